//! The examples, run as a user runs them: what they print, how they end, what they record, and what the loop says of
//! those that are broken on purpose.
//!
//! `GLASSLOOP_BLESS=1 cargo test --test examples` writes what they print now to `examples/expected`: read the changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// The tutorial's.
const SIX: [&str; 6] = ["sync_vs_async", "coroutine", "gather", "fetch_posts", "create_task", "queue"];
const CLEAR: [&str; 8] =
    ["hello_wake", "cascade", "echo", "pipeline", "rate_limiter", "web_crawler", "hello_server", "one_request"];
const BROKEN: [&str; 10] = [
    "blocker",
    "lost_wake",
    "futurelock",
    "dining_tasks",
    "full_queue",
    "forgot_await",
    "select_drops",
    "gather_fails",
    "no_loop",
    "busy_loop",
];

/// `cargo test` builds the examples beside the tests.
fn example(name: &str, arguments: &[&str]) -> Output {
    example_with(name, arguments, &[])
}

fn example_with(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = command(name);
    command.args(arguments).envs(environment.iter().copied());
    let missing = "a plain `cargo test` builds the examples first, and so does `cargo build --examples`";
    command.output().unwrap_or_else(|error| panic!("{:?}: {error} ({missing})", command.get_program()))
}

/// An example, with nothing of the environment that changes what it does.
fn command(name: &str) -> Command {
    let mut path = std::env::current_exe().expect("this test is a program");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&path);
    for variable in ["GLASSLOOP_TRACE", "GLASSLOOP_DEBUG", "RUST_BACKTRACE", "RUST_LIB_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

fn expected_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("examples/expected/{name}.txt"))
}

fn expected(name: &str) -> String {
    let path = expected_file(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares with a file in `examples/expected`, or writes it.
fn assert_expected(name: &str, printed: &str) {
    if std::env::var_os("GLASSLOOP_BLESS").is_some_and(|bless| !bless.is_empty()) {
        fs::write(expected_file(name), printed).expect("the file can be written");
    } else {
        assert_eq!(printed, expected(name), "{name}");
    }
}

/// As printed, but for what a panic's first line says of this very run and build: the number of the thread, and
/// a line of the crate itself.
fn without_changing_numbers(stderr: &str) -> String {
    let kept = stderr.lines().map(|line| {
        let panicked = line.strip_prefix("thread '").and_then(|rest| rest.split_once("' ("));
        let Some((thread, (_, place))) = panicked.and_then(|(name, rest)| Some((name, rest.split_once(") ")?))) else {
            return format!("{line}\n");
        };
        let place = match place.split_once(".rs:") {
            Some((file, _)) if file.starts_with("panicked at src/") => format!("{file}.rs:"),
            _ => place.to_owned(),
        };
        format!("thread '{thread}' {place}\n")
    });
    kept.collect()
}

/// A file of this test's own.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

/// Runs an example with a trace; gives what it printed and what it recorded.
fn traced(name: &str, arguments: &[&str], file: &str) -> (Output, String) {
    let path = scratch(file);
    let path_text = path.to_str().expect("a path of letters");
    let output = example(name, &[arguments, &["--virtual-time", "--trace", path_text]].concat());
    let trace = fs::read_to_string(&path).expect("the trace was written");
    fs::remove_file(&path).expect("the trace can be removed");
    (output, trace)
}

#[test]
fn the_six_print_what_the_tutorial_prints() {
    for name in SIX {
        let output = example(name, &["--virtual-time"]);
        assert_eq!(text(&output.stdout), expected(name), "{name}");
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {}", text(&output.stderr));
    }
}

#[test]
fn every_clear_example_prints_what_is_expected() {
    for name in CLEAR {
        let output = example(name, &["--virtual-time"]);
        assert_expected(name, &text(&output.stdout));
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {}", text(&output.stderr));
    }
}

#[test]
fn what_is_broken_is_diagnosed_and_then_mended() {
    for name in BROKEN {
        let output = example(name, &["--virtual-time"]);
        assert_expected(name, &text(&output.stdout));
        assert_expected(&format!("{name}.stderr"), &without_changing_numbers(&text(&output.stderr)));
        assert!(output.status.success(), "{name}: {:?}", output.status);
    }
}

/// No false alarm.
#[test]
fn debug_mode_has_nothing_to_say_of_what_is_not_broken() {
    for name in SIX.iter().chain(&CLEAR).chain(&["tour"]) {
        let output = example_with(name, &["--virtual-time"], &[("GLASSLOOP_DEBUG", "1")]);
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {}", text(&output.stderr));
        if *name != "tour" {
            assert_expected(name, &text(&output.stdout)); // debug mode changes nothing
        }
    }
    for name in BROKEN {
        let output = example_with(name, &["--virtual-time"], &[("GLASSLOOP_DEBUG", "1")]);
        // Nor of its mended form.
        assert_expected(&format!("{name}.stderr"), &without_changing_numbers(&text(&output.stderr)));
    }
    // This one leaves its sleepers to the end of the loop, and that is all that is to be said of it.
    let output = example_with("many_sleeps", &["--tasks", "2"], &[("GLASSLOOP_DEBUG", "1")]);
    let report = text(&output.stderr);
    assert_eq!(report.matches(" was pending when the loop ended ").count(), 2, "{report}");
    assert_eq!(report.matches("\n  it waited for a timer (due in ").count(), 2, "{report}");
    assert_eq!(report.lines().count(), 4, "{report}");
}

#[test]
fn every_example_is_tested_here() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let programs = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let names: BTreeSet<String> =
        programs.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    // tests/fetch.rs has those of `fetch`.
    let others = ["tour", "many_sleeps", "echo_per_core", "fetch"];
    let tested = SIX.iter().chain(&CLEAR).chain(&BROKEN).chain(&others);
    assert_eq!(names, tested.map(|name| name.to_string()).collect());
}

#[test]
fn the_tour_is_the_six_with_a_line_before_each() {
    let output = example("tour", &["--virtual-time"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let mut rest = printed.as_str();
    for (number, name) in (1..).zip(SIX) {
        let heading = format!("{number}. {name}: ");
        let at = rest.find(&heading).unwrap_or_else(|| panic!("no heading {heading:?} in {printed}"));
        let body = rest[at..].split_once('\n').expect("a line after the heading").1;
        assert!(body.starts_with(&expected(name)), "{name} in {printed}");
        rest = body;
    }
    assert!(rest.contains("Where next?"));
}

#[test]
fn the_endless_queue_ends_with_a_report_of_its_deadlock() {
    let output = example("queue", &["--endless", "--virtual-time"]);
    assert_eq!(output.status.code(), Some(1));
    let ten_lines = expected("queue").lines().take(10).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(text(&output.stdout), ten_lines);
    // The producer is done, and not named.
    assert_expected("queue_endless.stderr", &text(&output.stderr));
}

#[test]
fn many_sleeps_says_what_a_task_takes() {
    let output = example("many_sleeps", &["--tasks", "1000"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("1000 tasks asleep"));
}

#[cfg(unix)]
#[test]
fn echo_per_core_says_what_all_loops_did() {
    let output = example("echo_per_core", &["--threads", "2", "--clients", "3", "--millis", "20"]);
    let printed = text(&output.stdout);
    let rate = printed.strip_prefix("2 loops: ").and_then(|rest| rest.strip_suffix(" requests a second\n"));
    assert!(rate.is_some_and(|rate| rate.parse::<u64>().is_ok_and(|rate| rate > 0)), "{printed:?}");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_same_virtual_run_gives_the_same_trace_byte_for_byte() {
    for (name, arguments) in [
        ("sync_vs_async", &[][..]),
        ("coroutine", &[]),
        ("gather", &[]),
        ("create_task", &[]),
        ("queue", &[]),
        ("queue", &["--endless"]),
        ("hello_wake", &[]),
        ("cascade", &[]),
        ("pipeline", &[]),
        ("rate_limiter", &[]),
        ("blocker", &[]),
        ("lost_wake", &[]),
        ("futurelock", &[]),
        ("dining_tasks", &[]),
        ("full_queue", &[]),
        ("forgot_await", &[]),
        ("select_drops", &[]),
        ("gather_fails", &[]),
    ] {
        let (first_output, first) = traced(name, arguments, &format!("{name}-1.ndjson"));
        let (_, second) = traced(name, arguments, &format!("{name}-2.ndjson"));
        assert!(!first.is_empty() && first == second, "{name} {arguments:?}: two traces that differ");
        let status = i32::from(arguments.contains(&"--endless"));
        assert_eq!(first_output.status.code(), Some(status), "{name}: a trace changes nothing");
    }
}

#[test]
fn every_line_of_a_trace_is_an_object_and_none_is_missing() {
    for name in SIX {
        let (output, trace) = traced(name, &[], &format!("{name}-whole.ndjson"));
        assert_eq!(text(&output.stdout), expected(name), "{name}: a trace changes nothing");
        let lines: Vec<Value> = trace.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines[0]["kind"], "Header");
        assert_eq!(lines.iter().filter(|line| line["kind"] == "RunEnd").count(), 1, "{name}");
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(line["seq"], number, "{name}: no gap");
            assert!(line["kind"].is_string(), "{name}: {line}");
        }
        let spawned = lines.iter().filter(|line| line["kind"] == "Spawn").count();
        assert!(spawned > 0 && lines.iter().any(|line| line["kind"] == "PollBegin"), "{name}");
    }
}

#[test]
fn a_trace_is_of_the_kind_that_its_name_says() {
    for name in SIX.iter().chain(&CLEAR).chain(&BROKEN) {
        let path = scratch(&format!("{name}-kind.glt"));
        let output = example(name, &["--virtual-time", "--trace", path.to_str().expect("a path of letters")]);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        assert_expected(name, &text(&output.stdout)); // a trace changes nothing
        let trace = fs::read(&path).expect("the trace was written");
        fs::remove_file(&path).expect("the trace can be removed");
        assert!(trace.starts_with(b"GLT1"), "{name}: not the compact format");

        let (_, picture) = traced(name, &[], &format!("{name}-kind.json"));
        let picture: Value = serde_json::from_str(&picture).expect("JSON");
        assert!(picture["traceEvents"].as_array().is_some_and(|events| !events.is_empty()), "{name}");
    }
    let other = scratch("trace.txt");
    let output = example("coroutine", &["--virtual-time", "--trace", other.to_str().expect("letters")]);
    assert_eq!(output.status.code(), Some(2));
    let refusal = text(&output.stderr);
    assert!([".ndjson", ".glt", ".json", "trace.txt"].iter().all(|part| refusal.contains(part)), "{refusal}");
    assert!(output.stdout.is_empty() && !other.exists());
}

/// `example | head -1`: who reads has had enough, and that is nobody's mistake.
#[test]
fn an_example_ends_without_a_word_when_nobody_reads_any_more() {
    // This one has printed its first lines before it asks for anything.
    for name in SIX.iter().chain(&CLEAR).chain(&BROKEN).filter(|name| **name != "no_loop") {
        let path = scratch(&format!("{name}-unread.glt"));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = command(name);
        command.args(["--virtual-time", "--trace"]).arg(&path).stdout(writer);
        let output = command.output().expect("it runs");
        let said = text(&output.stderr);
        assert!(output.status.success() && !said.contains("panicked"), "{name}: {:?} {said}", output.status);
        let _ = fs::remove_file(&path);
    }
}

#[test]
fn bad_arguments_are_refused_in_words() {
    let both = example("fetch_posts", &["--virtual-time", "--base", "http://localhost:1"]);
    assert_eq!(both.status.code(), Some(2), "another server's time cannot be virtual");
    let no_url = example("fetch_posts", &["--base", "not a url"]);
    assert_eq!(no_url.status.code(), Some(1));
    assert!(text(&no_url.stderr).contains("not a url"), "{}", text(&no_url.stderr));
    let directory = scratch("no/such/directory/trace.ndjson");
    let no_file = example("coroutine", &["--virtual-time", "--trace", directory.to_str().expect("letters")]);
    assert_eq!(no_file.status.code(), Some(2));
    assert!(text(&no_file.stderr).contains("trace.ndjson"), "{}", text(&no_file.stderr));
    assert!(no_file.stdout.is_empty());
}

#[test]
fn the_environment_names_a_trace_file_too() {
    let path = scratch("environment.ndjson");
    let mut program = std::env::current_exe().expect("this test is a program");
    program.pop();
    program.pop();
    program.push(format!("examples/coroutine{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).arg("--virtual-time").env("GLASSLOOP_TRACE", &path).output().expect("it runs");
    assert!(output.status.success());
    let trace = fs::read_to_string(&path).expect("the trace was written");
    fs::remove_file(&path).expect("the trace can be removed");
    assert!(trace.contains("\"kind\":\"TimerArm\""));
}
