//! Every behaviour of `docs/BEHAVIOURS.md` has a test, also those in the list of differences of `docs/asyncio-map.md`.
//!
//! A test names its behaviours by the beginning of its function's name (`t1_t2_creating_runs_nothing`).
//! The files below this one test those behaviours that no other folder of tests has as its subject, and that the maps forget no name.

#[path = "behaviours/common.rs"]
mod common;
#[path = "behaviours/context.rs"]
mod context;
#[path = "behaviours/ending.rs"]
mod ending;
#[path = "behaviours/groups.rs"]
mod groups;
#[path = "behaviours/more.rs"]
mod more;
#[path = "behaviours/names.rs"]
mod names;
#[path = "behaviours/recipes.rs"]
mod recipes;
#[path = "behaviours/tasks.rs"]
mod tasks;
#[path = "behaviours/types.rs"]
mod types;
#[path = "behaviours/waiting.rs"]
mod waiting;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The ids at the beginning of table rows.
fn behaviours() -> Vec<String> {
    let text = read("docs/BEHAVIOURS.md");
    let first_cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    first_cells.filter(|cell| is_id(cell)).map(str::to_owned).collect()
}

/// A capital letter and a number.
fn is_id(word: &str) -> bool {
    let number = word.strip_prefix(|first: char| first.is_ascii_uppercase());
    number.is_some_and(|number| matches!(number.len(), 1 | 2) && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn ids_in(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_id(word)).map(str::to_owned)
}

/// The ids that the name of a function begins with.
fn ids_of_a_line(line: &str) -> BTreeSet<String> {
    let name = line.trim_start().trim_start_matches("async ").strip_prefix("fn ").unwrap_or("");
    let words = name.split('_').map(str::to_uppercase);
    let without_zeros = |word: String| format!("{}{}", &word[..1], word[1..].trim_start_matches('0'));
    words.take_while(|word| is_id(word)).map(without_zeros).collect()
}

fn tests_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests/behaviours.rs")
        {
            found.push(path);
        }
    }
}

fn tested() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["tests", "executor/tests", "reactor/tests"] {
        tests_below(&root().join(folder), &mut files);
    }
    files.iter().flat_map(|file| read(file).lines().map(ids_of_a_line).collect::<Vec<_>>()).flatten().collect()
}

/// The ids that the map's list of differences has a row for: a row begins with one or more of them.
fn different() -> BTreeSet<String> {
    let map = read("docs/asyncio-map.md");
    let chapter =
        map.split("\n## ").find(|chapter| chapter.starts_with("Differences\n")).expect("its list of differences");
    let first_cells = chapter.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    first_cells.flat_map(ids_in).collect()
}

#[test]
fn every_behaviour_is_tested_and_every_difference_is_one_of_a_behaviour() {
    let all = behaviours();
    assert_eq!(all.len(), 202, "docs/BEHAVIOURS.md has another number of them");
    let (tested, different) = (tested(), different());
    let forgotten: Vec<&String> = all.iter().filter(|id| !tested.contains(*id)).collect();
    assert!(forgotten.is_empty(), "in no test: {forgotten:?}");
    assert!(different.len() > 50 && different.iter().all(|id| all.contains(id)), "{different:?}");
}

#[test]
fn every_behaviour_is_in_the_map_and_the_map_names_no_others() {
    let all: BTreeSet<String> = behaviours().into_iter().collect();
    let mapped: BTreeSet<String> = ids_in(&read("docs/asyncio-map.md")).collect();
    let (missing, unknown): (Vec<_>, Vec<_>) = (all.difference(&mapped).collect(), mapped.difference(&all).collect());
    assert!(missing.is_empty() && unknown.is_empty(), "not in the map: {missing:?}; in it, but unknown: {unknown:?}");
}

/// The words of Rust in the code spans of a cell; a span with blanks in it is an example, not a name.
fn names_in(cell: &str) -> impl Iterator<Item = &str> {
    let spans = cell.split('`').skip(1).step_by(2).filter(|span| !span.contains(' ') && !span.starts_with('-'));
    let words = spans.flat_map(|span| span.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| word.starts_with(|first: char| first.is_alphabetic()))
}

/// What the second column of the maps names is in the sources; where it says "the same", what the first column names.
#[test]
fn the_maps_lead_to_names_that_exist() {
    let mut files = Vec::new();
    for folder in ["src", "executor/src", "reactor/src"] {
        tests_below(&root().join(folder), &mut files);
    }
    let sources: Vec<String> = files.iter().map(read).collect();
    let words = sources.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let known: BTreeSet<&str> = words.collect();
    // Of the standard library, of crates beside this one, or of arguments in the examples.
    let elsewhere = ["futures_util", "std", "tokio_util", "compat", "exit", "OnceCell", "RefCell", "f64", "NAN"];
    for (map, first_chapter) in [("docs/asyncio-map.md", "The loop"), ("docs/tokio-map.md", "Running")] {
        let text = read(map);
        let tables = text.split_once(&format!("\n## {first_chapter}\n")).expect("its first table").1;
        let tables = tables.split("\n## Files").next().unwrap_or("").split("\n## What has no").next().unwrap_or("");
        for row in tables.lines().filter_map(|line| line.strip_prefix("| ")) {
            let mut cells = row.split(" | ");
            let (theirs, ours) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
            let same = if ours.starts_with("the same") { theirs } else { "" };
            for name in
                names_in(ours).chain(names_in(same).filter(|name| !["loop", "task", "net", "time"].contains(name)))
            {
                assert!(known.contains(name) || elsewhere.contains(&name), "{map}: `{name}` is not there: {row}");
            }
        }
    }
}
