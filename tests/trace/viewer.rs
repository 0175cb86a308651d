//! The page that steps through a run: what is in it, and what the viewer's own tests are given to compare with.
//!
//! `stepper/check` runs those, with `STEPPER_CASES` naming the folder that is filled here.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use glassloop::trace::{self, Observer, html, model::Model};
use glassloop::{Clock, Runtime, create_task_named, sleep};

use super::{cli, recorded, small};

/// What the viewer's tests look at.
fn cases() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stepper");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn page_of(glt: Vec<u8>) -> String {
    let mut page = Vec::new();
    html::write("test.glt", glt, &mut page).unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(page).expect("UTF-8")
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).unwrap_or_else(|| panic!("no {before}")) + before.len();
    let length = text[start..].find(after).unwrap_or_else(|| panic!("no {after} after {before}"));
    &text[start..start + length]
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{letter} is not of base64"),
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::new();
    for four in text.chunks(4) {
        let bits =
            four.iter().zip([18, 12, 6, 0]).fold(0, |bits, (letter, shift)| bits | u32::from(value(*letter)) << shift);
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

fn recording_in(page: &str) -> Vec<u8> {
    from_base64(between(page, "id=\"trace\">", "</script>"))
}

fn sources_in(page: &str) -> serde_json::Value {
    serde_json::from_str(between(page, "id=\"sources\">", "</script>")).expect("JSON")
}

#[test]
fn a_page_holds_the_recording_and_the_sources_that_it_names() {
    let page = String::from_utf8(recorded::record_example("queue", &[], "html")).expect("UTF-8");
    assert!(recording_in(&page) == recorded::record_example("queue", &[], "glt"));
    let source = fs::read_to_string("examples/queue.rs").expect("tests run in the package");
    assert_eq!(sources_in(&page)["examples/queue.rs"], source);
}

#[test]
fn loops_that_record_one_after_the_other_stand_in_one_page() {
    let page = String::from_utf8(recorded::record_example("tour", &[], "html")).expect("UTF-8");
    assert!(recorded::parse(recording_in(&page)).runs.len() > 3);
}

#[test]
fn the_page_without_data_is_small_and_asks_nobody() {
    let page = fs::read_to_string("src/trace/stepper.html").expect("it is part of the package");
    assert!(page.len() <= 120_000, "{} bytes", page.len());
    assert!(page.contains("default-src 'none'"));
    for (at, _) in page.match_indices("://") {
        let address = &page[at.saturating_sub(5)..(at + 24).min(page.len())];
        assert!(address.contains("www.w3.org/2000/svg"), "an address: {address}");
    }
    for mark in ["@TRACE@", "@SOURCES@"] {
        assert_eq!(page.matches(mark).count(), 1, "{mark}");
    }
}

/// A run in which every text that a program gives is an attack.
fn hostile() -> Vec<u8> {
    const NAME: &str = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";
    let path = recorded::scratch("hostile.glt");
    let builder = Runtime::builder().clock(Clock::new_virtual()).trace_output(true).trace(&path);
    let runtime = builder.build().expect("a loop");
    let result = runtime.block_on(async {
        let queue = glassloop::Queue::<u8>::bounded(1).named(NAME);
        queue.put(1).await.expect("it is open");
        trace::mark(NAME);
        let _span = trace::span("\u{202e}\0 __proto__ @TRACE@ @SOURCES@");
        create_task_named(NAME, sleep(Duration::MAX)).cancel();
        sleep(Duration::from_millis(1)).await;
    });
    result.expect("no deadlock");
    drop(runtime);
    recorded::take(&path)
}

#[test]
fn nothing_that_a_program_says_becomes_part_of_the_page() {
    let page = page_of(hostile());
    let empty = fs::read_to_string("src/trace/stepper.html").expect("it is part of the package");
    assert_eq!(page.matches("<script").count(), empty.matches("<script").count());
    assert_eq!(page.matches("</script").count(), empty.matches("</script").count());
}

#[test]
fn only_sources_that_stand_in_the_package_are_put_in() {
    let recorded = recorded::record_example("hello_wake", &[], "ndjson");
    let lines = String::from_utf8(recorded).expect("UTF-8");
    assert!(lines.contains("examples/hello_wake.rs:"));
    // The texts of a recording have their lengths, so a path is exchanged for one that is as long.
    let glt = recorded::record_example("hello_wake", &[], "glt");
    for other in ["/etc/hostname/./../wake", "examples/../../../wk.rs", "./amples/hello_wake.rs"] {
        let other = format!("{other:/<22}");
        let changed = replaced(&glt, b"examples/hello_wake.rs", &other.as_bytes()[..22]);
        let sources = sources_in(&page_of(changed));
        assert_eq!(sources.as_object().map(serde_json::Map::len), Some(0), "{other}: {sources}");
    }
}

fn replaced(bytes: &[u8], text: &[u8], other: &[u8]) -> Vec<u8> {
    assert_eq!(text.len(), other.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(text.len()).position(|window| window == text) {
        bytes[at + found..at + found + text.len()].copy_from_slice(other);
        at += found + text.len();
    }
    assert!(at > 0);
    bytes
}

#[test]
fn a_page_is_made_of_the_binary_format_only() {
    let problem = html::write("run.ndjson", small::record("ndjson", 50), &mut Vec::new()).unwrap_err();
    assert_eq!(problem.to_string(), "run.ndjson: a page is made of a .glt file; this one is .ndjson");
    let problem = html::write("x.glt", b"hello".to_vec(), &mut Vec::new()).unwrap_err();
    assert!(problem.to_string().starts_with("x.glt: this is no glassloop trace"), "{problem}");
}

/// What the loop says of itself after each event, as `glass export --states` has it.
#[derive(Default)]
struct Said(RefCell<Vec<String>>);

impl Observer for Said {
    fn event(&self, _: &trace::Event<'_>) {
        let snapshot = trace::snapshot().expect("events come from inside a loop");
        let mut model = Model::default();
        for entry in snapshot.entries() {
            model.describe(&entry, 0).unwrap_or_else(|problem| panic!("{problem}"));
        }
        let mut said = self.0.borrow_mut();
        let seq = said.len() as u64 + 1;
        said.push(cli::states::state(0, seq, &model.state).to_string());
    }
}

fn glass(arguments: &[&str]) -> Vec<u8> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run([&["glass"], arguments].concat(), &mut out, &mut err, false);
    assert_eq!(code, 0, "{arguments:?}: {}", String::from_utf8_lossy(&err));
    out
}

/// Random programs, each with what the loop itself said of its state after every event.
#[test]
fn exported_states_are_those_of_the_runtime_and_the_viewer_gets_them() {
    let folder = cases();
    for seed in 1..=60 {
        let said = Rc::new(Said::default());
        let path = folder.join(format!("program-{seed}.glt"));
        let bytes = recorded::record_program(seed, &path, Some(said.clone()));
        fs::write(&path, bytes).expect("a file");
        let said = said.0.borrow().join("\n") + "\n";
        let exported = glass(&["export", "--states", path.to_str().expect("UTF-8")]);
        assert!(exported == said.as_bytes(), "program {seed}");
        fs::write(path.with_extension("states"), said).expect("a file");
    }
}

/// Above this size the states of all events together are too many to be compared.
const SMALL: usize = 60_000;

#[test]
fn the_viewer_gets_every_example() {
    let folder = cases();
    for name in recorded::examples() {
        let arguments: &[&str] = if name == "many_sleeps" { &["--tasks", "40"] } else { &[] };
        let bytes = recorded::record_example(&name, arguments, "glt");
        let path = folder.join(format!("{name}.glt"));
        fs::write(&path, &bytes).expect("a file");
        fs::write(path.with_extension("html"), page_of(bytes.clone())).expect("a file");
        let path = path.to_str().expect("UTF-8");
        if bytes.len() <= SMALL {
            for (extension, command) in [("states", &["export", "--states", path][..]), ("tell", &["tell", path])] {
                fs::write(Path::new(path).with_extension(extension), glass(command)).expect("a file");
            }
        }
    }
}

#[test]
fn the_viewer_gets_hostile_pages() {
    let folder = cases();
    let whole = small::record("glt", 50);
    let empty = fs::read_to_string("src/trace/stepper.html").expect("it is part of the package");
    let put = |name: &str, page: String| fs::write(folder.join(format!("hostile-{name}.html")), page).expect("a file");
    put("names", page_of(hostile()));
    put("no-data", empty.clone());
    put("no-base64", empty.replacen("@TRACE@", "§§§", 1).replacen("@SOURCES@", "[1, 2", 1));
    for part in [0, 3, 9, whole.len() / 3, whole.len() / 2, whole.len() - 30] {
        let text = between(&page_of(whole.clone()), "id=\"trace\">", "</script>")[..part / 3 * 4].to_owned();
        put(&format!("cut-{part}"), empty.replacen("@TRACE@", &text, 1).replacen("@SOURCES@", "{}", 1));
    }
    // A count of a thousand million events, right where the events of the first block begin to be counted.
    let mut counted = whole.clone();
    let at = counted.windows(5).position(|tag| tag[0] == b'B' && tag[3..] == [0, 0]).expect("a block") + 5;
    counted.splice(at + 2..at + 3, [0xff, 0xff, 0xff, 0xff]);
    let page = page_of(whole);
    let (before, after) = page.split_once("id=\"trace\">").expect("a recording");
    let after = &after[after.find("</script>").expect("its end")..];
    put("counts", format!("{before}id=\"trace\">{}{after}", to_base64(&counted)));
}

fn to_base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|three| {
        let bits = three.iter().zip([16, 8, 0]).fold(0u32, |bits, (byte, shift)| bits | u32::from(*byte) << shift);
        [18, 12, 6, 0].into_iter().take(three.len() + 1).map(move |shift| LETTERS[(bits >> shift & 63) as usize])
    });
    let mut text: String = letters.map(char::from).collect();
    text.extend(std::iter::repeat_n('=', (4 - text.len() % 4) % 4));
    text
}
