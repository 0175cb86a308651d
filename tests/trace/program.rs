//! The program `glass`: what it prints stands in `expected/`. `GLASSLOOP_BLESS=1 cargo test --test trace program`
//! writes that anew.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{cli, recorded, small};

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with recordings, which goes when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// `small.glt`, the same as `small.ndjson`, and `slower.glt`, in which jobs take longer.
    pub(crate) fn new(name: &str) -> Folder {
        let folder = Folder(recorded::scratch(name));
        fs::create_dir_all(&folder.0).expect("a folder");
        folder.put("small.glt", &small::record("glt", 50));
        folder.put("small.ndjson", &small::record("ndjson", 50));
        folder.put("slower.glt", &small::record("glt", 51));
        folder
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("a file");
    }

    /// Calls `glass`; what ends in `.glt`, `.ndjson` or `.json` is a file in here.
    pub(crate) fn glass(&self, arguments: &str) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = cli::run(self.arguments(arguments), &mut out, &mut err, false);
        Said { code, out: self.without_folder(out), err: self.without_folder(err) }
    }

    fn arguments(&self, arguments: &str) -> Vec<String> {
        let is_file = |word: &str| [".glt", ".ndjson", ".json"].iter().any(|end| word.ends_with(end));
        let in_here = |word: &str| if is_file(word) { self.0.join(word).display().to_string() } else { word.into() };
        ["glass"].into_iter().chain(arguments.split_whitespace()).map(in_here).collect()
    }

    /// As if it had been called in the folder, and this test were called `trace`.
    fn without_folder(&self, bytes: Vec<u8>) -> String {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let program = std::env::current_exe().expect("this test is a program");
        let program = program.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = text.replace(&format!("{}/", self.0.display()), "").replace(&program, "trace");
        // The size of a future is the compiler's affair.
        without_number(&without_number(&text, "\"size\":", "}"), " (", " byte")
    }
}

/// With `N` for each number between these two.
fn without_number(text: &str, before: &str, after: &str) -> String {
    let mut parts = text.split(before);
    let mut blanked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let number =
            if rest.len() < part.len() && rest.starts_with(after) { "N" } else { &part[..part.len() - rest.len()] };
        blanked += &format!("{before}{number}{rest}");
    }
    blanked
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Compares with a file of `expected/`.
fn expect(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trace/expected").join(name);
    if std::env::var_os("GLASSLOOP_BLESS").is_some_and(|bless| !bless.is_empty()) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(text == expected, "{name} has changed; it is now:\n{text}");
}

#[test]
fn every_command_prints_what_is_expected() {
    let folder = Folder::new("golden");
    for (name, code, arguments) in [
        ("help.txt", 0, "--help"),
        ("report.txt", 0, "report small.glt"),
        ("report-top-1.txt", 0, "report --top 1 small.glt"),
        ("why-main.txt", 0, "why small.glt main"),
        ("why-child.txt", 0, "why small.glt 3[1]"),
        ("why-gather.txt", 0, "why small.glt 3"),
        ("why-idler.txt", 0, "why small.glt idler"),
        ("why-worker-at.txt", 0, "why small.glt worker --at 40"),
        ("why-main-at.txt", 0, "why small.glt 1 --at 22"),
        ("tell.txt", 0, "tell small.glt"),
        ("tell-worker.txt", 0, "tell small.glt --task worker --from 10 --to 60"),
        ("diff.txt", 1, "diff small.glt slower.glt"),
        ("export.json", 0, "export --perfetto small.glt"),
        ("export-time.json", 0, "export --perfetto --clock time small.glt"),
        ("export.ndjson.txt", 0, "export --ndjson small.glt"),
    ] {
        let said = folder.glass(arguments);
        assert_eq!((said.code, said.err.as_str()), (code, ""), "{arguments}");
        expect(name, &said.out);
        let from_lines = folder.glass(&arguments.replace("small.glt", "small.ndjson"));
        assert_eq!(from_lines.out.replace("small.ndjson", "small.glt"), said.out, "{arguments}: the formats are alike");
    }
}

#[test]
fn traces_that_are_equal_are_called_so() {
    let folder = Folder::new("equal");
    let said = folder.glass("diff small.glt small.ndjson");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("equal: ") && said.out.ends_with(" events\n"), "{said:?}");
    // A flight recorder's may end in the middle.
    folder.put("part.ndjson", &{
        let lines = fs::read_to_string(folder.0.join("small.ndjson")).expect("a file");
        let part: String = lines.lines().take(9).map(|line| format!("{line}\n")).collect();
        part.replacen("\"ring\":null", "\"ring\":8", 1).into_bytes()
    });
    let said = folder.glass("diff --context 1 small.glt part.ndjson");
    assert_eq!(said.code, 1);
    assert!(said.out.contains("differ after 8 equal events") && said.out.contains("part.ndjson ends here"), "{said:?}");
    assert_eq!(said.out.lines().count(), 4, "{}", said.out);
}

#[test]
fn exports_go_to_a_file_as_well() {
    let folder = Folder::new("export");
    let said = folder.glass("export --ndjson small.glt -o out.ndjson");
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
    let [exported, recorded] =
        ["out.ndjson", "small.ndjson"].map(|name| fs::read(folder.0.join(name)).expect("a file"));
    assert_eq!(exported, recorded);
    let said = folder.glass("export --perfetto small.glt -o no/folder/out.json");
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("glass: no/folder/out.json: "), "{said:?}");
}

#[test]
fn what_is_wrong_is_said_on_stderr_with_status_2() {
    let folder = Folder::new("wrong");
    folder.put("text.glt", b"hello\n");
    folder.put("empty.glt", b"");
    let bytes = fs::read(folder.0.join("small.glt")).expect("a file");
    folder.put("cut.glt", &bytes[..bytes.len() - 40]);
    let lines = fs::read_to_string(folder.0.join("small.ndjson")).expect("a file");
    folder.put(
        "swapped.ndjson",
        lines.replacen("\"kind\":\"PollBegin\"", "\"kind\":\"PollEnd\",\"ready\":true", 1).as_bytes(),
    );
    for (arguments, problem) in [
        ("report missing.glt", "glass: missing.glt: No such file"),
        ("tell text.glt", "glass: text.glt: this is no glassloop trace"),
        ("why empty.glt main", "glass: empty.glt: the file is empty"),
        (
            "why small.glt nobody",
            "glass: small.glt: there is no task \"nobody\"; there are task 1 \"main\", task 2 \"worker\", ",
        ),
        ("tell small.glt --task 99", "glass: small.glt: there is no task \"99\""),
        ("why small.glt main --at 9999", "glass: small.glt: there is no event 9999; the last is "),
        ("tell small.glt --from 9999", "glass: small.glt: there is no event 9999; the last is "),
        (
            "tell swapped.ndjson",
            "glass: swapped.ndjson: event 6 (PollEnd) is impossible: somebody else is being polled",
        ),
        ("export small.glt", "error: the following required arguments were not provided"),
        ("", "Tells, explains and compares"),
    ] {
        let said = folder.glass(arguments);
        assert_eq!(said.code, 2, "{arguments}: {said:?}");
        assert!(said.err.starts_with(problem), "{arguments}: {said:?}");
    }
    let all_but_the_last = lines.trim_end().rfind('\n').expect("several lines") + 1;
    folder.put("killed.ndjson", &lines.as_bytes()[..all_but_the_last]);
    let said = folder.glass("report killed.ndjson");
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("glass: killed.ndjson: the trace is cut: it ends before the loop did"), "{said:?}");
    folder.put("cut.ndjson", &lines.as_bytes()[..lines.len() - 10]);
    for command in ["report", "tell", "export --ndjson", "export --perfetto"] {
        let said = folder.glass(&format!("{command} cut.glt"));
        assert_eq!(said.code, 2, "{command}");
        assert!(said.err.starts_with("glass: cut.glt: the trace is cut: "), "{command}: {said:?}");
        let said = folder.glass(&format!("{command} cut.ndjson"));
        assert_eq!(said.code, 2, "{command}");
        assert!(said.err.starts_with("glass: cut.ndjson: the trace is cut: line "), "{command}: {said:?}");
        assert!(said.out.contains("worker"), "{command}: what is whole is shown");
    }
}

/// Whoever reads has had enough.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_no_error() {
    let folder = Folder::new("pipe");
    for arguments in ["tell small.glt", "report small.glt", "export --ndjson small.glt", "export --perfetto small.glt"]
    {
        let mut err = Vec::new();
        let code = cli::run(folder.arguments(arguments), &mut Gone, &mut err, false);
        assert_eq!((code, String::from_utf8_lossy(&err).as_ref()), (0, ""), "{arguments}");
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let folder = Folder::new("colours");
    for arguments in ["report small.glt", "tell small.glt", "why small.glt main", "diff small.glt slower.glt"] {
        let mut out = Vec::new();
        cli::run(folder.arguments(arguments), &mut out, &mut Vec::new(), true);
        let mut text = folder.without_folder(out);
        assert!(text.contains("\x1b["), "{arguments}");
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"] {
            text = text.replace(code, "");
        }
        assert_eq!(text, folder.glass(arguments).out, "{arguments}");
    }
}

#[cfg(feature = "cli")]
#[test]
fn the_program_is_what_was_tested_here() {
    let program = env!("CARGO_BIN_EXE_glass");
    let folder = Folder::new("program");
    let arguments = folder.arguments("tell small.glt");
    let output = std::process::Command::new(program).args(&arguments[1..]).output().expect("it runs");
    assert!(folder.without_folder(output.stdout) == folder.glass("tell small.glt").out);
    assert_eq!(output.status.code(), Some(0));
}
