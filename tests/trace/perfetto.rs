//! The JSON for Perfetto keeps to the rules that its viewers need.

use std::collections::{BTreeMap, BTreeSet};

use glassloop::trace::perfetto::{self, TimeAxis};
use serde_json::Value;

use super::recorded;

type Row = (u64, u64);
/// By category and number: beginning or end, on which row, and when.
type Arrows = BTreeMap<(String, u64), Vec<(String, Row, u64)>>;

/// What is on one row.
#[derive(Default)]
struct Slices {
    /// Begin and end, in nanoseconds, in the order of the file.
    all: Vec<(u64, u64, String)>,
}

/// What was counted.
#[derive(Default, Debug)]
struct Found {
    kinds: BTreeMap<String, usize>,
    lanes: usize,
}

/// "12.345" µs, as nanoseconds: three decimals exactly.
fn nanos(value: &Value, text: &str) -> u64 {
    let (whole, decimals) = text.split_once('.').unwrap_or_else(|| panic!("no decimals: {value}"));
    assert_eq!(decimals.len(), 3, "{value}");
    whole.parse::<u64>().expect("a number") * 1000 + decimals.parse::<u64>().expect("a number")
}

/// The text of a number, which a float would not keep.
fn raw<'l>(line: &'l str, member: &str) -> Option<&'l str> {
    let key = format!("\"{member}\":");
    let rest = &line[line.find(&key)? + key.len()..];
    Some(&rest[..rest.find([',', '}']).expect("something comes after it")])
}

/// Checks one file, and counts what is in it.
fn validate(name: &str, json: &[u8]) -> Found {
    let text = str::from_utf8(json).expect("UTF-8");
    let whole: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(whole["displayTimeUnit"], "ns");
    let events = whole["traceEvents"].as_array().expect("an array");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("{\"ph\"")).collect();
    assert_eq!(lines.len(), events.len(), "{name}: an event a line");

    let mut found = Found::default();
    let mut rows: BTreeMap<Row, Slices> = BTreeMap::new();
    let mut arrows = Arrows::new();
    let mut bars: BTreeMap<(u64, String, String), u64> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut last = 0;
    for (event, line) in events.iter().zip(lines) {
        let text = |member: &str| event[member].as_str().map(str::to_owned).unwrap_or_default();
        let number = |member: &str| event[member].as_u64().unwrap_or_else(|| panic!("{name}: {member} of {event}"));
        let (ph, row) = (text("ph"), (number("pid"), number("tid")));
        assert!(event["name"].is_string(), "{name}: {event}");
        *found.kinds.entry(ph.clone()).or_default() += 1;
        if ph == "M" {
            assert!(event.get("ts").is_none(), "{name}: metadata with a time: {event}");
            assert!(event["name"] != "thread_name" || named.insert(row), "{name}: named twice: {event}");
            continue;
        }
        let at = nanos(event, raw(line, "ts").unwrap_or_else(|| panic!("{name}: no time: {event}")));
        assert!(at >= last, "{name}: time runs backwards: {event}");
        last = at;
        match ph.as_str() {
            "X" => {
                let end = at + nanos(event, raw(line, "dur").expect("a length"));
                rows.entry(row).or_default().all.push((at, end, text("name")));
            }
            "s" | "f" => {
                assert!(ph == "s" || event["bp"] == "e", "{name}: {event}");
                arrows.entry((text("cat"), number("id"))).or_default().push((ph, row, at));
            }
            "b" | "e" => {
                let id = event["id2"]["local"].as_str().unwrap_or_else(|| panic!("{name}: no id: {event}"));
                let open = bars.entry((row.0, text("cat"), id.to_owned())).or_default();
                assert_eq!(*open, u64::from(ph == "e"), "{name}: {event}");
                *open = 1 - *open;
            }
            "C" => assert!(event["args"]["count"].is_u64(), "{name}: {event}"),
            "i" => assert_eq!(event["s"], "t", "{name}: {event}"),
            _ => panic!("{name}: an event of another kind: {event}"),
        }
    }
    assert!(bars.values().all(|open| *open == 0), "{name}: a bar without an end");
    for (row, slices) in &rows {
        assert!(named.contains(row), "{name}: the row {row:?} has no name");
        check_row(name, *row, slices);
    }
    check_arrows(name, &arrows, &rows);
    found.lanes = rows.keys().filter(|(pid, _)| pid % 2 == 0).count();
    found
}

/// Each arrow goes from a slice to the beginning of a poll.
fn check_arrows(name: &str, arrows: &Arrows, rows: &BTreeMap<Row, Slices>) {
    for ((cat, id), ends) in arrows {
        let [(begin, from, left), (end, to, arrived)] = &ends[..] else { panic!("{name}: {cat} {id}: {ends:?}") };
        assert_eq!((begin.as_str(), end.as_str()), ("s", "f"), "{name}: {cat} {id}");
        assert!(left <= arrived, "{name}: {cat} {id}");
        let within = |row: &Row, at: u64| rows[row].all.iter().any(|(begin, end, _)| (*begin..=*end).contains(&at));
        assert!(within(from, *left), "{name}: {cat} {id} comes from nowhere");
        let polling = |(begin, _, name): &(u64, u64, String)| begin == arrived && name.starts_with("polling");
        assert!(rows[to].all.iter().any(polling), "{name}: {cat} {id} leads to no poll");
    }
}

/// On the loop's row, slices lie one inside the other; on that of a task, one after the other.
fn check_row(name: &str, row: Row, slices: &Slices) {
    let is_loop = row.0 % 2 == 1;
    let mut open: Vec<u64> = Vec::new();
    for (begin, end, slice) in &slices.all {
        while open.last().is_some_and(|end| end <= begin) {
            open.pop();
        }
        assert!(open.len() < if is_loop { 2 } else { 1 }, "{name}: {slice} at {begin} overlaps, on {row:?}");
        assert!(open.last().is_none_or(|outer| end <= outer), "{name}: {slice} at {begin} does not nest");
        open.push(*end);
    }
}

/// Exports a recording with both kinds of time.
fn export(name: &str, glt: Vec<u8>) -> Found {
    let trace = recorded::parse(glt);
    let mut found = Found::default();
    for axis in [TimeAxis::Clock, TimeAxis::Step] {
        let mut json = Vec::new();
        perfetto::write(&trace, Some(axis), &mut json).unwrap_or_else(|error| panic!("{name}: {error}"));
        found = validate(name, &json);
    }
    found
}

#[test]
fn every_example_keeps_the_rules() {
    for name in recorded::examples() {
        let arguments: &[&str] = if name == "many_sleeps" { &["--tasks", "3000"] } else { &[] };
        let found = export(&name, recorded::record_example(&name, arguments, "glt"));
        assert!(found.kinds["X"] > 0 && found.kinds["C"] > 0 && found.kinds["M"] > 0, "{name}: {found:?}");
    }
}

#[test]
fn a_thousand_random_programs_keep_the_rules() {
    let mut kinds = BTreeMap::<String, usize>::new();
    for seed in 1..=1000 {
        let glt = recorded::record_program(seed, &recorded::scratch("perfetto.glt"), None);
        for (kind, count) in export(&format!("program {seed}"), glt).kinds {
            *kinds.entry(kind).or_default() += count;
        }
    }
    assert!(["X", "s", "f", "b", "e", "C", "i", "M"].iter().all(|kind| kinds[*kind] > 100), "{kinds:?}");
}

#[test]
fn an_example_records_it_itself() {
    let json = recorded::record_example("gather", &[], "json");
    let glt = recorded::parse(recorded::record_example("gather", &[], "glt"));
    let mut exported = Vec::new();
    perfetto::write(&glt, None, &mut exported).expect("it can be exported");
    assert_eq!(json, exported);
    // Several loops one after the other.
    let found = validate("tour", &recorded::record_example("tour", &[], "json"));
    assert!(found.lanes > 6, "{found:?}");
}

#[test]
fn with_many_tasks_lanes_are_used_again() {
    let path = recorded::scratch("many.glt");
    let runtime = glassloop::Runtime::builder().clock(glassloop::Clock::new_virtual()).trace(&path).build();
    let runtime = runtime.expect("a loop");
    runtime
        .block_on(async {
            for _ in 0..2_500 {
                glassloop::create_task(glassloop::yield_now()).await.expect("it does not panic");
            }
        })
        .expect("no deadlock");
    drop(runtime);
    let found = export("many", recorded::take(&path));
    assert_eq!(found.lanes, 2, "the root's, and one for each task in turn");
}

#[test]
fn a_flight_recording_begins_with_a_state_and_keeps_the_rules() {
    let path = recorded::scratch("flight.glt");
    let builder = glassloop::Runtime::builder().clock(glassloop::Clock::new_virtual()).trace_last(&path, 5_000);
    let tasks = async {
        for number in 0..3_000 {
            glassloop::create_task(glassloop::sleep(std::time::Duration::from_millis(number))).detach();
        }
        glassloop::sleep(std::time::Duration::from_millis(1_500)).await;
        glassloop::trace::save().expect("it can be written");
    };
    builder.build().expect("a loop").block_on(tasks).expect("no deadlock");
    let bytes = recorded::take(&path);
    let records = recorded::records(bytes.clone());
    let first = records.iter().find(|record| record.seq > 0).expect("an event");
    assert!(records[0].seq == 0 && first.seq > 1, "the beginning was dropped");
    let model = recorded::model_of(&records);
    assert!(model.state.timers.len() > 1_000, "{} timers", model.state.timers.len());
    assert!(export("flight", bytes).lanes > 1);
}
