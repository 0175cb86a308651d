//! What `docs/pictures.txt` lists is in `docs/pictures` and `docs/steppers`, as it would be made now. `docs/draw` makes
//! it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cli;

const TABLE: &str = "docs/pictures.txt";
/// Ports that the system gives out have as many digits.
const FIRST_PORT: usize = 50_001;

/// A line of the table.
#[derive(Debug)]
struct Row {
    /// Where it goes, from the root of the repository.
    output: String,
    example: String,
    /// How `glass` makes it out of a recording.
    arguments: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Does away with itself.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn pictures_and_steppers_are_fresh() {
    let text = fs::read_to_string(root().join(TABLE)).expect("the table");
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<Row> = lines.map(|(number, line)| row(number + 1, line)).collect();
    let scratch = Scratch(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("draw-{}", std::process::id())));
    fs::create_dir_all(&scratch.0).expect("a folder");
    let recordings = record(rows.iter().map(|row| row.example.as_str()).collect(), &scratch.0);
    let bless = std::env::var_os("GLASSLOOP_BLESS").is_some_and(|bless| !bless.is_empty());

    let mut stale = extra(&rows, bless);
    for row in &rows {
        let made = make(row, &recordings[row.example.as_str()]);
        let path = root().join(&row.output);
        if bless {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, made).unwrap_or_else(|error| panic!("{}: {error}", row.output));
        } else if fs::read(path).ok().as_deref() != Some(made.as_slice()) {
            stale.push(row.output.clone());
        }
    }
    assert!(
        stale.is_empty(),
        "these are not as they would be made now:\n  {}\nTo mend it: docs/draw",
        stale.join("\n  ")
    );
}

fn row(number: usize, line: &str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["stepper", example] => Row {
            output: format!("docs/steppers/{example}.html"),
            example: example.into(),
            arguments: ["export", "--html"].map(String::from).into(),
        },
        ["picture", name, example, panel, ref rest @ ..] if !rest.is_empty() => {
            let options = rest.iter().position(|word| word.starts_with("--")).unwrap_or(rest.len());
            let (event, options) = (rest[..options].join(" "), &rest[options..]);
            let how = if event.parse::<u64>().is_ok() { "--event" } else { "--find" };
            let arguments = ["draw", "--svg", "--panel", panel, how, &event].into_iter().chain(options.iter().copied());
            Row {
                output: format!("docs/pictures/{name}.svg"),
                example: example.into(),
                arguments: arguments.map(String::from).collect(),
            }
        }
        _ => panic!(
            "{TABLE}, line {number}: {line:?} is neither \"picture NAME EXAMPLE PANEL EVENT\" nor \"stepper EXAMPLE\""
        ),
    }
}

/// What lies there and is in no row; gone, if it is to be mended.
fn extra(rows: &[Row], bless: bool) -> Vec<String> {
    let mut extra = Vec::new();
    for folder in ["docs/pictures", "docs/steppers"] {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let name = format!("{folder}/{}", path.file_name().expect("a name").to_string_lossy());
            if rows.iter().any(|row| row.output == name) {
                continue;
            }
            if bless {
                fs::remove_file(path).expect("it can be removed");
            } else {
                extra.push(format!("{name}, which is not in {TABLE}"));
            }
        }
    }
    extra
}

/// Runs each example in virtual time; gives where the recordings are. The examples are always built without
/// optimisation: of their futures it changes the sizes, which stand in a recording.
fn record(examples: BTreeSet<&str>, scratch: &Path) -> BTreeMap<String, PathBuf> {
    let this = std::env::current_exe().expect("a test is a program");
    let target = this.ancestors().nth(3).expect("it lies in <target>/<profile>/deps");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--target-dir"]).arg(target).current_dir(root());
    for example in &examples {
        build.args(["--example", example]);
    }
    assert!(build.status().expect("cargo can be run").success(), "the examples cannot be built: {examples:?}");

    let run = |example: &str| {
        let program = target.join("debug/examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
        let file = scratch.join(format!("{example}.glt"));
        let run = Command::new(&program).args(["--virtual-time", "--trace"]).arg(&file).current_dir(root()).output();
        let run = run.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
        let recorded = fs::read(&file).expect("a recording");
        fs::write(&file, with_ports_of_our_own(recorded)).expect("it can be written");
        (example.to_owned(), file)
    };
    examples.into_iter().map(run).collect()
}

/// The system gives out ports as it likes: here they are counted in the order in which they appear.
fn with_ports_of_our_own(mut recording: Vec<u8>) -> Vec<u8> {
    const HOST: &[u8] = b"127.0.0.1:";
    let mut ports: Vec<Vec<u8>> = Vec::new();
    let mut at = 0;
    while let Some(found) = recording[at..].windows(HOST.len()).position(|bytes| bytes == HOST) {
        at += found + HOST.len();
        let digits = recording[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        assert_eq!(digits, 5, "a text in a recording keeps its length: run it again");
        let port = recording[at..at + digits].to_vec();
        let number = ports.iter().position(|known| *known == port).unwrap_or_else(|| {
            ports.push(port);
            ports.len() - 1
        });
        recording[at..at + digits].copy_from_slice((FIRST_PORT + number).to_string().as_bytes());
    }
    recording
}

fn make(row: &Row, recording: &Path) -> Vec<u8> {
    let file = recording.display().to_string();
    let arguments = ["glass".to_owned()].into_iter().chain(row.arguments.iter().cloned()).chain([file]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(arguments, &mut out, &mut err, false);
    assert_eq!(code, 0, "{}: {}", row.output, String::from_utf8_lossy(&err));
    out
}
