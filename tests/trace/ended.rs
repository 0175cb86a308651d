//! When a loop is gone, nothing of it is left in what its recording tells: so no page ends with a timer that nobody will ever see fire.

use glassloop::trace::model::{Model, State};
use glassloop::trace::schema::Entry;

use super::recorded;

/// What there is after each loop's last event, and how many loops there were.
fn check_ends(name: &str, bytes: Vec<u8>) -> usize {
    let trace = recorded::parse(bytes);
    for (number, run) in trace.runs.iter().enumerate() {
        let (mut model, mut last) = (Model::default(), None);
        for record in run.records() {
            let record = record.unwrap_or_else(|error| panic!("{name}: {error}"));
            model.apply(&record).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            last = Some(record.entry);
        }
        assert_eq!(last, Some(Entry::LoopEnd {}), "{name}, loop {number}");
        assert!(model.state == State::default(), "{name}, loop {number}: this is left: {:#?}", model.state);
    }
    trace.runs.len()
}

#[test]
fn of_no_example_anything_is_left_when_its_loops_are_gone() {
    for name in recorded::examples() {
        let few: &[&str] = if name == "many_sleeps" { &["--tasks", "50"] } else { &[] };
        let loops = check_ends(&name, recorded::record_example(&name, few, "glt"));
        assert!(loops > 0, "{name}: no loop");
    }
    check_ends("the endless queue", recorded::record_example("queue", &["--endless"], "glt"));
}

#[cfg(all(feature = "compression", feature = "cookies", feature = "tls"))]
#[test]
fn nor_of_fetch() {
    assert_eq!(check_ends("fetch", recorded::record_fetch(4096)), 1);
}
