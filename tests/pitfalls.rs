//! The table of `docs/pitfalls.md` is whole, and each test that it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const RULES: usize = 59;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder that can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests of the three crates.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "executor/src", "executor/tests", "reactor/src", "reactor/tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // Between the attribute and the function may be others.
        for behind in text.split("#[test]\n").skip(1) {
            let mut lines = behind.lines().map(str::trim_start).skip_while(|line| line.starts_with(['#', '/']));
            let name = lines.next().and_then(|line| line.strip_prefix("fn ")?.split('(').next());
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

/// The number of the rule that a test is about, by its name.
fn rule_of(name: &str) -> Option<&str> {
    name.split_once("pitfall_").map(|(_, rest)| rest.split('_').next().unwrap_or(rest))
}

#[test]
fn each_rule_has_its_row_and_each_row_its_tests() {
    let page = include_str!("../docs/pitfalls.md");
    let tests = tests();
    let mut rules = 0;
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", number, _, shown, ""] = cells[..] else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        rules += 1;
        assert_eq!(number, rules, "the rules stand in their order");
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
        for name in &named {
            assert!(name.contains('/') || tests.contains(*name), "{number}: there is no test `{name}`");
            let of = rule_of(name).map_or(number, |of| of.parse().expect("a number"));
            assert_eq!(of, number, "`{name}` stands at another rule");
        }
        let is_explained = shown.starts_with("nothing to test: ") || shown.starts_with("not tested: ");
        assert!(is_explained || !named.is_empty(), "rule {number} has neither a test nor a reason");
    }
    assert_eq!(rules, RULES);
}

/// So that `cargo test pitfall_03` runs those of rule 3 and no others.
#[test]
fn names_begin_with_two_digits_of_a_rule() {
    for name in tests() {
        if let Some(number) = rule_of(&name) {
            let is_rule = number.parse().is_ok_and(|number: usize| (1..=RULES).contains(&number));
            assert!(number.len() == 2 && is_rule, "{name}: there is no rule {number}");
        }
    }
}
