//! The state rebuilt from a decoded file equals what the loop said of itself, after every event.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use glassloop::trace::glt::decode;
use glassloop::trace::model::{Model, State};
use glassloop::trace::schema::Entry;
use glassloop::trace::{self, Observer};

use super::recorded::{self, Event};

/// What the loop says of itself after each event.
#[derive(Default)]
struct Said(RefCell<Vec<Vec<Entry<Rc<str>>>>>);

impl Observer for Said {
    fn event(&self, _: &trace::Event<'_>) {
        let snapshot = trace::snapshot().expect("events come from inside a loop");
        self.0.borrow_mut().push(snapshot.entries());
    }
}

fn state_of(entries: &[Entry<Rc<str>>]) -> State {
    let mut model = Model::default();
    entries
        .iter()
        .for_each(|entry| model.describe(entry, 0).unwrap_or_else(|problem| panic!("{problem}: {entries:?}")));
    model.state
}

fn replay(seed: u64) -> usize {
    let said = Rc::new(Said::default());
    let bytes = recorded::record_program(seed, &recorded::scratch("rebuilt.glt"), Some(said.clone()));
    let records = recorded::records(bytes);
    let said = said.0.borrow();
    assert_eq!(records.len(), said.len(), "program {seed}: one record an event");
    let mut model = Model::default();
    let (mut last_said, mut real) = (None, State::default());
    for (index, (record, said)) in records.iter().zip(&*said).enumerate() {
        // Half of all events change nothing of the state.
        if last_said.replace(said) != Some(said) {
            real = state_of(said);
        }
        let before = || &records[index.saturating_sub(20)..=index];
        model.apply(record).unwrap_or_else(|problem| panic!("program {seed}: {problem}, after {:#?}", before()));
        let rebuilt = &model.state;
        assert!(*rebuilt == real, "program {seed}: {rebuilt:#?}\nbut there is {real:#?}, after {:#?}", before());
        for task in real.tasks.keys() {
            assert_eq!(rebuilt.doing(*task), real.doing(*task), "program {seed}: of {task}, after {:#?}", before());
        }
    }
    records.len()
}

/// Of 10,000 programs, after every event: see the two tests below, which run side by side.
fn decoded_records_lead_to_the_snapshot(programs: RangeInclusive<u64>) {
    let events: usize = programs.map(replay).sum();
    assert!(events > 250_000, "the programs did too little: {events} events");
}

#[test]
fn decoded_records_lead_to_the_snapshot_in_programs_1_to_5_000() {
    decoded_records_lead_to_the_snapshot(1..=5_000);
}

#[test]
fn decoded_records_lead_to_the_snapshot_in_programs_5_001_to_10_000() {
    decoded_records_lead_to_the_snapshot(5_001..=10_000);
}

#[test]
fn the_same_virtual_run_is_the_same_file_and_both_formats_have_the_same_records() {
    let mut alike = 0;
    for seed in 1..=300 {
        let record = |name: &str| recorded::record_program(seed, &recorded::scratch(name), None);
        let files = ["same.glt", "same.glt", "same.ndjson", "same.ndjson"].map(record);
        let records = files.clone().map(recorded::records);
        // A thread may have been quick in one run and slow in another.
        if records.iter().any(|records| recorded::has_threads(records)) {
            continue;
        }
        assert!(files[0] == files[1], "program {seed}: two .glt that differ");
        assert!(files[2] == files[3], "program {seed}: two .ndjson that differ");
        assert_eq!(records[0], records[2], "program {seed}: the formats");
        let [glt, _, lines, _] = files;
        let mut exported = Vec::new();
        trace::ndjson::export(&recorded::parse(glt), &mut exported).expect("it can be exported");
        assert!(exported == lines, "program {seed}: exported lines differ from recorded ones");
        alike += 1;
    }
    assert!(alike > 100, "only {alike} programs without threads");
}

/// Each block begins with a state: it must be the one that the blocks before it lead to.
fn check_blocks(name: &str, bytes: Vec<u8>) -> usize {
    let trace = recorded::parse(bytes);
    let mut checked = 0;
    for run in &trace.runs {
        let mut model = Model::default();
        let mut beginnings = run.beginnings().into_iter().peekable();
        for record in run.records() {
            let record = record.unwrap_or_else(|error| panic!("{name}: {error}"));
            if record.seq > 0 && beginnings.next_if_eq(&record.seq).is_some() {
                let described = run.records_from(record.seq).map_while(Result::ok).take_while(|record| record.seq == 0);
                let described = recorded::model_of(&described.collect::<Vec<Event>>());
                assert!(model.state == described.state, "{name}: at event {}", record.seq);
                checked += 1;
            }
            model.apply(&record).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        }
        assert_eq!(beginnings.next(), None, "{name}: every block was come to");
    }
    checked
}

#[test]
fn every_example_makes_sense_and_its_blocks_begin_with_the_state_there() {
    for name in recorded::examples() {
        let arguments: &[&str] = if name == "many_sleeps" { &["--tasks", "3000"] } else { &[] };
        let blocks = check_blocks(&name, recorded::record_example(&name, arguments, "glt"));
        assert!(blocks > 0, "{name}: no block");
        assert!(name != "many_sleeps" || blocks > 2, "{blocks} blocks");
    }
}

/// Of a recording with the loop's own state before each event: it must be the one that the events before it lead to.
fn check_each_event(name: &str, bytes: &[u8]) -> usize {
    let mut checked = 0;
    for run in decode::runs(bytes).unwrap_or_else(|error| panic!("{name}: {error}")) {
        assert_eq!(run.cut, None, "{name}");
        let mut model = Model::default();
        for block in run.blocks {
            let block = decode::block(bytes, block).unwrap_or_else(|error| panic!("{name}: {error}"));
            let [event] = &block.events[..] else { panic!("{name}: {} events", block.events.len()) };
            let (rebuilt, real) = (&model.state, state_of(&block.states));
            assert!(*rebuilt == real, "{name}: before {event:?}: {rebuilt:#?}\nbut there is {real:#?}");
            model.apply(event).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            checked += 1;
        }
    }
    checked
}

#[test]
fn after_every_event_of_every_example_the_rebuilt_state_is_the_loops_own() {
    for name in recorded::examples() {
        let few: &[&str] = if name == "many_sleeps" { &["--tasks", "50"] } else { &[] };
        let bytes = recorded::record_example(&name, &[few, &["--keyframes", "1"]].concat(), "glt");
        let events = check_each_event(&name, &bytes);
        println!("{name}: {events} events");
        assert!(events > 20, "{name}: {events} events");
    }
}

#[cfg(all(feature = "compression", feature = "cookies", feature = "tls"))]
#[test]
fn after_every_event_of_fetch_too() {
    // How many there are depends on how fast the server is.
    assert!(check_each_event("fetch", &recorded::record_fetch(1)) > 40);
    assert!(check_blocks("fetch", recorded::record_fetch(10)) > 2);
}

#[test]
fn keyframes_from_the_environment_are_a_number() {
    let path = recorded::scratch("often.glt");
    let mut program = recorded::example("hello_wake");
    let output = program.env("GLASSLOOP_TRACE", &path).env("GLASSLOOP_TRACE_KEYFRAMES", "often").output();
    let output = output.expect("a plain `cargo test` builds the examples first");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("GLASSLOOP_TRACE_KEYFRAMES=\"often\""), "{output:?}");
    assert!(!path.exists());
}

#[test]
fn a_reader_can_begin_at_any_block() {
    let bytes = recorded::record_example("many_sleeps", &["--tasks", "3000"], "glt");
    let trace = recorded::parse(bytes);
    let run = &trace.runs[0];
    let whole: Vec<Event> = run.records().collect::<Result<_, _>>().expect("it is whole");
    let all = recorded::model_of(&whole);
    for first in run.beginnings() {
        let part: Vec<Event> = run.records_from(first + 1).collect::<Result<_, _>>().expect("it is whole");
        let first_event = part.iter().find(|record| record.seq > 0).expect("a block has events");
        assert_eq!(first_event.seq, first);
        assert!(recorded::model_of(&part).state == all.state, "from {first} on");
    }
}
