//! The examples, run as a user runs them: what they print, how they end, and what they record.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

const SIX: [&str; 6] = ["sync_vs_async", "coroutine", "gather", "fetch_posts", "create_task", "queue"];

/// `cargo test` builds the examples beside the tests.
fn example(name: &str, arguments: &[&str]) -> Output {
    let mut path = std::env::current_exe().expect("this test is a program");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&path);
    command.args(arguments).env_remove("GLASSLOOP_TRACE");
    let missing = "a plain `cargo test` builds the examples first, and so does `cargo build --examples`";
    command.output().unwrap_or_else(|error| panic!("{}: {error} ({missing})", path.display()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

fn expected(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("examples/expected/{name}.txt"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
    let trace = std::fs::read_to_string(&path).expect("the trace was written");
    std::fs::remove_file(&path).expect("the trace can be removed");
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
    let report = text(&output.stderr);
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "glassloop: deadlock: 2 tasks alive, nothing can wake them");
    assert!(lines[1].contains("\"main\" waits for gather 2 at ") && lines[1].contains("queue.rs:"), "{report}");
    assert!(lines[2].contains("[1]\" waits for get of queue 1 at ") && lines[2].contains("queue.rs:"), "{report}");
    assert_eq!(lines.len(), 3, "the producer is done and not named: {report}");
}

#[test]
fn many_sleeps_says_what_a_task_takes() {
    let output = example("many_sleeps", &["--tasks", "1000"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("1000 tasks asleep"));
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
    let trace = std::fs::read_to_string(&path).expect("the trace was written");
    std::fs::remove_file(&path).expect("the trace can be removed");
    assert!(trace.contains("\"kind\":\"TimerArm\""));
}
