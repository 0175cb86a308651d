//! What has to follow a mark, made from the sources.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use super::{names_in, read, root};

/// What has to follow a mark.
pub(super) fn make(mark: &str) -> Result<String, String> {
    match mark.split_once(": ") {
        Some(("code", what)) => code(what),
        Some(("text", file)) => diagram(file),
        Some(("trace", what)) => trace(what),
        Some(("file", name)) => read(name),
        None if mark == "examples" => table_of_examples(),
        _ => Err("there is no such mark".into()),
    }
}

/// An item of a source, moved to the left margin, below the name of its file.
fn code(what: &str) -> Result<String, String> {
    let (what, with_docs) = what.strip_suffix(", with docs").map_or((what, false), |what| (what, true));
    let (file, item) = what.split_once(' ').ok_or("a file and an item are expected")?;
    let text = read(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let everywhere = 0..lines.len();
    let mut found = match item.split_once(" in ") {
        Some((item, block)) => find(&lines, find(&lines, everywhere, block)?, item)?,
        None => find(&lines, everywhere, item)?,
    };
    let belongs = |line: &str| line.trim_start().starts_with("///") || line.trim_start().starts_with("#[");
    while with_docs && found.start > 0 && belongs(lines[found.start - 1]) {
        found.start -= 1;
    }
    let margin = indentation(lines[found.start]);
    let shown = lines[found].iter().map(|line| format!("{}\n", line.get(margin..).unwrap_or("")));
    Ok(std::iter::once(format!("// {file}\n")).chain(shown).collect())
}

/// The lines of the one item so named: from its first line to the one that closes it, at the same indentation.
fn find(lines: &[&str], within: Range<usize>, item: &str) -> Result<Range<usize>, String> {
    let starts: Vec<usize> = within.filter(|&number| begins(lines[number], item)).collect();
    let start = match starts[..] {
        [start] => start,
        [] => return Err(format!("`{item}` is not there: was it renamed? The mark has to be mended by hand")),
        _ => return Err(format!("there are {} of `{item}`: say which by `in impl …`", starts.len())),
    };
    let closes = |&number: &usize| {
        let line = lines[number];
        let at_the_margin = indentation(line) == indentation(lines[start]);
        // A constant may have its value on the next line.
        (line.ends_with('}') || line.ends_with(';')) && (at_the_margin || lines[start].ends_with('='))
    };
    let end = (start..lines.len()).find(closes).ok_or_else(|| format!("no end of `{item}`"))?;
    Ok(start..end + 1)
}

fn begins(line: &str, item: &str) -> bool {
    let mut line = line.trim_start();
    for word in ["pub ", "pub(crate) ", "pub(super) ", "async "] {
        line = line.strip_prefix(word).unwrap_or(line);
    }
    line.strip_prefix(item).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn diagram(file: &str) -> Result<String, String> {
    let text = read(file)?;
    let head = text.lines().map_while(|line| line.strip_prefix("//!"));
    let mut body = head.skip_while(|line| *line != " ```text").skip(1).take_while(|line| *line != " ```").peekable();
    body.peek().ok_or("there is no diagram in the file's head")?;
    Ok(body.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect())
}

/// Lines of what an example records. Each runs once for all its marks.
fn trace(what: &str) -> Result<String, String> {
    static RECORDED: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
    let (example, range) = what.split_once(' ').ok_or("an example and a range are expected")?;
    let mut recorded = RECORDED.lock().expect("only this test uses it");
    let lines = recorded.entry(example.to_owned()).or_insert_with(|| record(example));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
    let (first, last) = (number(first)?, number(last)?);
    let wanted = lines.get(first..=last).ok_or_else(|| format!("the trace has {} lines", lines.len()))?;
    Ok(wanted.iter().map(|line| format!("{line}\n")).collect())
}

fn record(example: &str) -> Vec<String> {
    let this = std::env::current_exe().expect("a test is a program");
    let profile = this.ancestors().nth(2).expect("it lies in <target>/<profile>/deps");
    let target = profile.parent().expect("a target folder");
    // Another test run may have left an older one there.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", example, "--target-dir"]).arg(target).current_dir(root());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo can be run").success(), "examples/{example}.rs cannot be built");

    let program = profile.join("examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("docs-{}-{example}.ndjson", std::process::id()));
    let run = Command::new(&program).args(["--virtual-time", "--trace"]).arg(&file).output();
    assert!(run.unwrap_or_else(|error| panic!("{}: {error}", program.display())).status.success());
    let lines = fs::read_to_string(&file).expect("a trace").lines().map(str::to_owned).collect();
    fs::remove_file(&file).expect("the trace can be removed");
    lines
}

fn table_of_examples() -> Result<String, String> {
    let mut table = String::from("| example | what it shows |\n| --- | --- |\n");
    for name in names_in("examples", "rs") {
        let file = format!("examples/{name}.rs");
        let text = read(&file)?;
        let says = text.lines().next().and_then(|line| line.strip_prefix("//! "));
        let says = says.ok_or_else(|| format!("the first line of {file} does not say what it shows"))?;
        table += &format!("| [`{name}`]({file}) | {} |\n", says.replace('|', "\\|"));
    }
    Ok(table)
}
