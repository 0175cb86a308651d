//! The README and the book: what they quote, name and link to is as they say.
//!
//! What follows a mark is made from the sources; `GLASSLOOP_BLESS=1 cargo test --test docs` makes it anew in every page.
//!
//! | mark, alone on its line | what follows |
//! | --- | --- |
//! | `<!-- code: src/runtime.rs fn block_on_at -->` | a fence with the file's name and that item, without its doc comments |
//! | `<!-- code: src/time.rs fn poll in impl Future for Sleep -->` | the same, when the file has several of that name |
//! | `<!-- code: src/time.rs struct Sleep, with docs -->` | the same, with its doc comments and attributes |
//! | `<!-- text: executor/src/ticket.rs -->` | a fence with the first diagram in the comment at the head of that file |
//! | `<!-- trace: gather 5-8 -->` | a fence with what that example records in virtual time, from one `seq` to another |
//! | `<!-- file: examples/expected/cascade.txt -->` | a fence with that file |
//! | `<!-- examples -->` | the table of the examples, down to `<!-- end -->` |

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[path = "docs/quotes.rs"]
mod quotes;

const BLESS: &str = "GLASSLOOP_BLESS=1 cargo test --test docs";

struct Page {
    /// Its path from the root of the repository.
    name: String,
    text: String,
}

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let chapters = names_in("docs", "md").into_iter().map(|name| format!("docs/{name}.md"));
    let names = ["README.md".to_owned()].into_iter().chain(chapters);
    names.map(|name| Page { text: read(&name).unwrap_or_else(|problem| panic!("{problem}")), name }).collect()
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> Result<String, String> {
    let text = fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))?;
    Ok(text.replace("\r\n", "\n"))
}

fn page(name: &str) -> &'static Page {
    PAGES.iter().find(|page| page.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

/// The files of a folder that end so, without that end, in the order of their names.
fn names_in(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths = entries.map(|entry| entry.expect("a folder that can be read").path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    wanted.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

// What the pages quote.

#[test]
fn pages_show_what_is_there() {
    let mut stale = Vec::new();
    for page in &*PAGES {
        let (text, marks) = made_anew(page);
        if marks.is_empty() {
            continue;
        }
        if std::env::var_os("GLASSLOOP_BLESS").is_some_and(|bless| !bless.is_empty()) {
            fs::write(root().join(&page.name), text).unwrap_or_else(|error| panic!("{}: {error}", page.name));
        } else {
            stale.extend(marks.into_iter().map(|mark| format!("\n  {}: {mark}", page.name)));
        }
    }
    assert!(
        stale.is_empty(),
        "what follows these marks is not what is there now:{}\nTo mend it: {BLESS}",
        stale.concat()
    );
}

/// The page with all that follows marks made anew, and the marks that were followed by something else.
fn made_anew(page: &Page) -> (String, Vec<&str>) {
    let (mut text, mut stale) = (String::new(), Vec::new());
    let mut lines = page.text.lines();
    let mut in_fence = false;
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        in_fence ^= line.starts_with("```");
        let mark = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
        let Some(mark) = mark.filter(|_| !in_fence) else { continue };

        let fail = |problem: &str| -> ! { panic!("{}: {line}: {problem}", page.name) };
        let made = quotes::make(mark).unwrap_or_else(|problem| fail(&problem));
        let mut end = "<!-- end -->";
        if mark != "examples" {
            let fence = lines.next().filter(|line| line.starts_with("```"));
            text += &format!("{}\n", fence.unwrap_or_else(|| fail("a line with ``` has to follow")));
            end = "```";
        }
        let mut there = String::new();
        loop {
            match lines.next() {
                None => fail(&format!("a line with {end} has to follow")),
                Some(line) if line == end => break,
                Some(line) => there += &format!("{line}\n"),
            }
        }
        text += &format!("{made}{end}\n");
        if there != made {
            stale.push(line);
        }
    }
    (text, stale)
}

// What the pages name and link to.

/// The lines of a page outside of its fences.
fn prose(page: &Page) -> impl Iterator<Item = &str> {
    let mut in_fence = false;
    page.text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        in_fence ^= fence;
        !in_fence && !fence
    })
}

/// As GitHub and mdBook make it of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn links(page: &Page) -> impl Iterator<Item = &str> {
    prose(page).flat_map(|line| line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or("")))
}

#[test]
fn every_link_leads_somewhere() {
    let inside = root().canonicalize().expect("the repository");
    for page in &*PAGES {
        for link in links(page).filter(|link| !link.contains("://")) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let folder = Path::new(&page.name).parent().expect("a page's folder");
            let target = if path.is_empty() { PathBuf::from(&page.name) } else { folder.join(path) };
            let found = root().join(&target).canonicalize();
            let found = found.unwrap_or_else(|error| panic!("{}: ({link}): {error}", page.name));
            assert!(found.starts_with(&inside), "{}: ({link}) leads out of the repository", page.name);
            // The fragment of a stepper's page is an event.
            if !fragment.is_empty() && target.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&found).expect("a page");
                let target = Page { name: link.into(), text };
                let mut headings = prose(&target).filter(|line| line.starts_with('#'));
                let there = headings.any(|line| anchor(line.trim_start_matches('#')) == fragment);
                assert!(there, "{}: ({link}): there is no such heading", page.name);
            }
        }
    }
}

/// What an attribute of an HTML tag says; `None` if it has no such attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// A picture says in words what it shows, and so does a frame; a frame's page can also be opened alone, below it.
#[test]
fn every_picture_and_frame_is_there_and_can_do_without_being_seen() {
    for page in &*PAGES {
        let folder = root().join(&page.name).parent().expect("a page's folder").to_owned();
        let prose: Vec<&str> = prose(page).collect();
        for (number, line) in prose.iter().enumerate() {
            assert!(!line.contains("![]("), "{}: a picture says nothing to whoever cannot see it: {line}", page.name);
            for tag in line.split("<iframe").skip(1) {
                let (source, title) = (attribute(tag, "src").unwrap_or(""), attribute(tag, "title").unwrap_or(""));
                let file = source.split('#').next().unwrap_or("");
                assert!(folder.join(file).is_file(), "{}: there is no {source:?} to be shown", page.name);
                assert!(!title.is_empty(), "{}: the frame of {source} has no title", page.name);
                let below = prose[number..].iter().find(|line| line.contains("]("));
                let is_linked = below.is_some_and(|line| line.contains(&format!("]({file}")));
                assert!(is_linked, "{}: the first link below the frame of {source} does not open it", page.name);
            }
        }
    }
}

/// The chapters that lead through the runtime.
fn chapters() -> Vec<&'static Page> {
    let (_, chapters) = page("docs/SUMMARY.md").text.split_once("# How it works\n").expect("that part");
    let chapters = chapters.split("\n# ").next().unwrap_or("");
    let names = chapters.lines().filter_map(|line| line.split("](").nth(1)?.strip_suffix(')'));
    let chapters: Vec<_> = names.map(|name| page(&format!("docs/{name}"))).collect();
    assert!(chapters.len() >= 7);
    chapters
}

/// They have one form: a question, code, a picture, a run to step through, and something to try.
#[test]
fn every_chapter_asks_shows_and_ends_with_something_to_try() {
    for Page { name, text } in chapters() {
        let question = text.split("\n## ").next().is_some_and(|opening| opening.contains("answers one question"));
        let last = text.rsplit("\n## ").next().is_some_and(|last| last.starts_with("One thing to change\n"));
        for (what, there) in [
            ("question", question),
            ("code", text.contains("<!-- code: ")),
            ("picture", text.contains("](pictures/")),
            ("stepper", text.contains("<iframe src=\"steppers/")),
            ("event for its stepper to begin with", text.contains(".html#e=")),
            ("thing to change at its end", last),
        ] {
            assert!(there, "{name} has no {what}");
        }
    }
}

/// The code that is to be changed is in the file that was named last before it.
#[test]
fn what_a_chapter_says_to_change_is_there() {
    for Page { name, text } in chapters() {
        let last = text.rsplit("\n## ").next().unwrap_or("");
        let words = last.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut found = 0;
        for phrase in ["in place of `", "before the line `", "remove `", "let `"] {
            for (at, _) in words.match_indices(phrase) {
                let code = words[at + phrase.len()..].split('`').next().unwrap_or("");
                let file = words[..at].split('`').skip(1).step_by(2).filter(|span| root().join(span).is_file()).last();
                let file = file.unwrap_or_else(|| panic!("{name}: {phrase}{code}`: in which file?"));
                let source = read(file).unwrap_or_else(|problem| panic!("{name}: {problem}"));
                assert!(source.contains(code), "{name}: there is no `{code}` in {file}");
                found += 1;
            }
        }
        assert!(found > 0, "{name} does not say what to change");
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = page("docs/SUMMARY.md");
    for page in PAGES.iter().filter(|page| page.name.starts_with("docs/") && page.name != summary.name) {
        let name = page.name.trim_start_matches("docs/");
        assert_eq!(links(summary).filter(|link| *link == name).count(), 1, "{name} in {}", summary.name);
    }
}

#[test]
fn every_file_and_example_that_is_named_exists() {
    let folders = ["src/", "executor/", "reactor/", "examples/", "benches/", "docs/", "tests/", "interop/", "fuzz/"];
    for page in &*PAGES {
        let named = prose(page).flat_map(|line| line.split('`').skip(1).step_by(2));
        for path in named.filter(|span| folders.iter().any(|folder| span.starts_with(folder))) {
            assert!(root().join(path).exists(), "{}: there is no `{path}`", page.name);
        }
        for rest in page.text.split("--example ").skip(1) {
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
            assert!(root().join(format!("examples/{name}.rs")).exists(), "{}: no example {name:?}", page.name);
        }
    }
}

#[test]
fn no_page_names_a_path_outside_of_the_repository() {
    for page in &*PAGES {
        for place in ["/tmp/", "/home/", "/work/", "/root/", "/Users/", "/var/", "/opt/", "~/", ":\\"] {
            assert!(!page.text.contains(place), "{} contains {place:?}", page.name);
        }
    }
}

#[test]
fn the_first_screen_has_two_commands() {
    let text = page("README.md").text.split("\n## ").next().unwrap_or("");
    let commands: Vec<&str> = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(commands, ["cargo run --release --example tour\n", "cargo test\n"]);
}

#[test]
fn every_dependency_has_its_reason() {
    let mut used = BTreeMap::new();
    let members = ["executor", "reactor", "benches", "interop", "fuzz"].map(|member| format!("{member}/Cargo.toml"));
    for manifest in members.iter().map(String::as_str).chain(["Cargo.toml"]) {
        let text = read(manifest).unwrap_or_else(|problem| panic!("{problem}"));
        let mut relevant = false;
        for line in text.lines() {
            if line.starts_with('[') {
                relevant = line.ends_with("dependencies]");
            } else if let Some((name, _)) = line.split_once(" = ").filter(|_| relevant) {
                used.insert(name.to_owned(), manifest);
            }
        }
    }
    used.retain(|name, _| !name.starts_with("glassloop"));

    let design = &page("docs/design.md").text;
    let chapter = design.split("\n## ").find(|chapter| chapter.starts_with("Dependencies\n")).expect("its chapter");
    let rows = chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let explained: BTreeSet<&str> = rows.collect();
    for (name, manifest) in &used {
        assert!(explained.contains(name.as_str()), "docs/design.md gives no reason for {name} of {manifest}");
    }
    for name in explained {
        assert!(used.contains_key(name), "docs/design.md explains {name}, which nothing depends on");
    }
}
