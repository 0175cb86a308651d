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
        // Both tasks were born long before; the first block says that they are there, and how much is not.
        let tasks = |entry: &&Entry<Rc<str>>| matches!(entry, Entry::Spawn { .. });
        for block in &run.blocks {
            assert_eq!(block.states.iter().filter(tasks).count(), 2);
            assert_eq!(block.states[0], Entry::Dropped { count: block.events[0].seq - 1 });
        }
        let trace = trace::read(&path).expect("it can be read");
        let records: Vec<_> = trace.runs[0].records().collect::<Result<_, _>>().expect("it is whole");
        let gap = records.iter().filter_map(|record| match record.entry {
            Entry::Dropped { count } => Some((record.seq, count)),
            _ => None,
        });
        let first = records.iter().find(|record| record.seq > 0).expect("events").seq;
        assert_eq!(gap.collect::<Vec<_>>(), [(0, first - 1)]);
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

#[test]
fn what_ends_otherwise_than_with_an_output_is_saved() {
    let path = fresh("panicked.glt");
    let runtime = builder(&path, 10).build().expect("a loop");
    let panicking = std::panic::AssertUnwindSafe(|| runtime.block_on(async { std::panic::resume_unwind(Box::new(1)) }));
    std::panic::catch_unwind(panicking).expect_err("it resumes here");
    assert!(run(&path).has(|entry| *entry == Entry::RunEnd { reason: RunEnding::Panicked }));
}

/// Ten thousand reports, and each would cost the whole ring.
#[test]
fn many_reports_are_written_together() {
    let path = fresh("failing.glt");
    let runtime = builder(&path, 100_000).build().expect("a loop");
    let mut saved = 0;
    let failing = async {
        for _ in 0..2_000 {
            drop(glassloop::try_create_task(async { Err::<(), _>("nobody will know") }));
            yield_now().await;
            // Whoever reads removes it: so it is seen when it is written.
            saved += u32::from(std::fs::remove_file(&path).is_ok());
        }
    };
    runtime.block_on(failing).expect("it ends");
    assert!((2..60).contains(&saved), "saved {saved} times");
    let _ = std::fs::remove_file(&path);
    drop(runtime);
    let is_report = |entry: &Entry<Rc<str>>| matches!(entry, Entry::Report { what: Finding::Uncollected, .. });
    let told = run(&path).events().filter(|record| is_report(&record.entry)).count();
    assert_eq!(told, 2_000, "the last ones are written when the loop ends");
}

#[test]
fn a_folder_that_is_not_there_is_found_out_at_once() {
    let path = fresh("no such folder").join("last.glt");
    let error = builder(&path, 10).build().expect_err("no folder, no loop");
    assert!(error.to_string().contains("no such folder/last.glt"), "{error}");
}

/// The disk is full, but what was saved before is still there.
#[cfg(target_os = "linux")]
#[test]
fn a_save_that_fails_is_reported_once_and_leaves_the_former_file() {
    let path = fresh("kept.glt");
    let reports = Rc::new(std::cell::RefCell::new(Vec::new()));
    let heard = reports.clone();
    let builder = Runtime::builder().clock(Clock::new_virtual()).trace_last(&path, 10);
    let runtime = builder.on_report(move |report| heard.borrow_mut().push(report.to_string())).build().expect("a loop");
    let work = async {
        trace::save().expect("it can be written");
        let former = std::fs::read(&path).expect("it was written");
        let beside = fresh("kept.glt.part");
        std::os::unix::fs::symlink("/dev/full", &beside).expect("a link");
        trace::save().expect_err("the disk is full");
        assert_eq!(std::fs::read(&path).expect("it is there"), former);
        for _ in 0..3 {
            std::os::unix::fs::symlink("/dev/full", &beside).expect("the link went with the attempt");
            drop(glassloop::try_create_task(async { Err::<(), _>("nobody will know") }));
            yields(5_000).await;
            let _ = std::fs::remove_file(&beside);
        }
    };
    runtime.block_on(work).expect("it ends");
    drop(runtime);
    let lost = reports.borrow().iter().filter(|report| report.contains("trace file")).count();
    assert_eq!(lost, 1, "{:?}", reports.borrow());
}
