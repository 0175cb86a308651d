//! `Builder::trace_last`: the last events, in memory until something is wrong.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use glassloop::trace::schema::{Entry, Finding, RunEnding};
use glassloop::{Builder, Clock, RunError, Runtime, create_task, trace, yield_now};

use crate::{Run, fresh, run};

fn builder(path: &Path, events: u64) -> Builder {
    Runtime::builder().clock(Clock::new_virtual()).on_report(|_| {}).trace_last(path, events)
}

async fn yields(times: u32) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// The events are without gaps, and as many as were asked for; the tail is what was told last.
fn is_the_end(run: &Run, at_least: u64) {
    let seqs: Vec<_> = run.events().map(|record| record.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a + 1 == *b), "no gaps");
    let count = seqs.len() as u64;
    assert!((at_least..=at_least + 2 * 4096).contains(&count), "{count} events for {at_least}");
    assert_eq!(run.header["ring"], at_least);
}

#[test]
fn it_keeps_the_last_events_with_the_state_they_begin_from() {
    for keep in [1, 4096, 10_000] {
        let path = fresh(&format!("last-{keep}.glt"));
        let runtime = builder(&path, keep).build().expect("a loop");
        let work = async {
            let _waits = create_task(std::future::pending::<()>());
            yields(20_000).await;
            trace::save().expect("it can be written");
        };
        runtime.block_on(work).expect("it ends");
        let run = run(&path);
        is_the_end(&run, keep);
        assert!(run.events().last().expect("some").seq > 100_000);
        // Both tasks were born long before; the first block says that they are there.
        let tasks = |entry: &&Entry<Rc<str>>| matches!(entry, Entry::Spawn { .. });
        for block in &run.blocks {
            assert_eq!(block.states.iter().filter(tasks).count(), 2);
        }
    }
}

#[test]
fn its_memory_does_not_grow() {
    let size_after = |times: u32| {
        let path = fresh(&format!("bounded-{times}.glt"));
        let runtime = builder(&path, 5000).build().expect("a loop");
        let work = async {
            yields(times).await;
            trace::save().expect("it can be written");
        };
        runtime.block_on(work).expect("it ends");
        std::fs::metadata(&path).expect("a file").len()
    };
    // What is written is what is kept.
    let (short, long) = (size_after(5_000), size_after(100_000));
    assert!(long < 2 * short, "{short} bytes after 5,000 yields, {long} after 100,000");
}

#[test]
fn it_writes_nothing_while_nothing_is_wrong() {
    let path = fresh("nothing wrong.glt");
    builder(&path, 10).build().expect("a loop").block_on(yields(10_000)).expect("it ends");
    assert!(!path.exists());
}

#[test]
fn a_deadlock_is_saved() {
    let path = fresh("deadlock.glt");
    let runtime = builder(&path, 10).build().expect("a loop");
    let stuck = async {
        yields(3_000).await;
        let queue = glassloop::Queue::<()>::bounded(1);
        let _ = queue.get().await;
    };
    assert!(matches!(runtime.block_on(stuck), Err(RunError::Deadlock(_))));
    let run = run(&path);
    is_the_end(&run, 10);
    assert!(run.has(|entry| matches!(entry, Entry::ResWaitOn { op, .. } if **op == *"get")));
    assert!(run.has(|entry| *entry == Entry::RunEnd { reason: RunEnding::Deadlock }));
}

#[test]
fn a_stall_is_saved_when_it_is_reported() {
    let path = fresh("stall.glt");
    let clock = Clock::new_virtual();
    let builder = Runtime::builder().clock(clock.clone()).debug(true).on_report(|_| {}).trace_last(&path, 10);
    let runtime = builder.build().expect("a loop");
    let work = async {
        clock.block_for(Duration::from_millis(200));
        yield_now().await;
        // The poll before was too long, and is on the disk by now.
        assert!(run(&path).has(|entry| matches!(entry, Entry::Report { what: Finding::Stall, .. })));
    };
    runtime.block_on(work).expect("it ends");
}
