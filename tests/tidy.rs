//! The shape of the sources: which way imports go, where `unsafe` stands, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, by its path from the root, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(&path).expect("text"))
    };
    found.into_iter().map(named).collect()
}

/// The lines of code, without comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

#[test]
fn executor_and_reactor_know_nothing_of_each_other() {
    for (folder, stranger) in [("executor", "glassloop_reactor"), ("reactor", "glassloop_executor")] {
        for (file, text) in sources(&format!("{folder}/src")) {
            assert!(!code(&text).any(|line| line.contains(stranger)), "{file} names {stranger}");
        }
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        assert!(!manifest.contains(&stranger.replace('_', "-")), "{folder}/Cargo.toml names {stranger}");
    }
}

/// `http → net → context → {executor, reactor}`, and never back.
#[test]
fn imports_go_one_way() {
    // Of these files, none may name any of those modules.
    let rules: [(&[&str], &[&str]); 6] = [
        (
            &["src/http/h1"],
            &[
                "crate::net",
                "crate::context",
                "crate::runtime",
                "crate::time",
                "crate::task",
                "crate::http::client",
                "crate::http::server",
                "glassloop_executor",
                "glassloop_reactor",
            ],
        ),
        (&["src/net"], &["crate::http", "crate::runtime", "crate::queue", "crate::gather"]),
        (
            &["src/context.rs"],
            &["crate::http", "crate::net", "crate::runtime", "crate::queue", "crate::gather", "crate::time"],
        ),
        (
            &["src/queue", "src/sync"],
            &[
                "crate::http",
                "crate::net",
                "crate::runtime",
                "crate::context",
                "crate::time",
                "crate::task",
                "crate::gather",
                "glassloop_executor",
                "glassloop_reactor",
            ],
        ),
        (&["src/waiters.rs"], &["crate::http", "crate::net", "crate::runtime", "crate::queue", "glassloop_reactor"]),
        (
            &["src/gather.rs", "src/task.rs", "src/time.rs", "src/join.rs"],
            &["crate::http", "crate::net", "crate::runtime", "crate::queue"],
        ),
    ];
    for (file, text) in sources("src") {
        for (files, forbidden) in rules.iter().filter(|(files, _)| files.iter().any(|prefix| file.starts_with(prefix)))
        {
            for name in *forbidden {
                assert!(!code(&text).any(|line| line.contains(name)), "{file} (of {files:?}) names {name}");
            }
        }
    }
}

#[test]
fn unsafe_stands_in_two_files_and_is_argued() {
    let is_unsafe =
        |line: &&str| ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|form| line.contains(form));
    let mut blocks = 0;
    for (file, text) in sources("executor/src") {
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.starts_with("//") && is_unsafe(line)) {
            assert!(["executor/src/cell.rs", "executor/src/waker.rs"].contains(&file.as_str()), "{file}: {line}");
            let argued = lines[..number].iter().rev().take_while(|line| line.starts_with("//"));
            assert!(argued.into_iter().any(|line| line.starts_with("// SAFETY:")), "{file}:{}: not argued", number + 1);
            blocks += 1;
        }
    }
    assert!((1..=10).contains(&blocks), "{blocks} unsafe blocks");
    for file in ["src/lib.rs", "reactor/src/lib.rs"] {
        let text = fs::read_to_string(root().join(file)).expect("text");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

#[test]
fn each_crate_has_one_thread_local() {
    for (folder, home) in [("executor/src", "executor/src/waker.rs"), ("src", "src/context.rs")] {
        let with: Vec<String> = sources(folder)
            .into_iter()
            .filter(|(_, text)| code(text).any(|line| line.starts_with("thread_local!")))
            .map(|(file, _)| file)
            .collect();
        assert_eq!(with, [home], "thread-locals in {folder}");
    }
    assert!(!sources("reactor/src").iter().any(|(_, text)| code(text).any(|line| line.starts_with("thread_local!"))));
}

#[test]
fn no_file_is_too_long_to_read_at_a_sitting() {
    for folder in ["executor", "reactor", "src", "examples", "tests", "benches", "interop", "fuzz"] {
        for (file, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{file} has {} lines", text.lines().count());
        }
    }
}

/// The two machines are what a newcomer reads first. What only observes does not count, nor do the loom models and the unit tests, which
/// stand at the end of their files. Printed with `--nocapture`.
#[test]
fn executor_and_reactor_can_be_read_in_an_evening() {
    let (mut lines, mut code_lines) = (0, 0);
    for (file, text) in ["executor/src", "reactor/src"].into_iter().flat_map(sources) {
        if !["/observer.rs", "/snapshot.rs", "/telling.rs", "/model.rs"].iter().any(|part| file.ends_with(part)) {
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            lines += text.lines().filter(|line| !line.trim().is_empty()).count();
            code_lines += code(text).filter(|line| !line.is_empty()).count();
        }
    }
    println!("executor and reactor: {lines} lines with comments, {code_lines} without");
    assert!(lines <= 6_150, "{lines} lines with comments: it is getting too much to read");
}
