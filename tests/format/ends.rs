//! Where recordings end, and what is in a file that has not ended yet.

use std::cell::RefCell;
use std::fs;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use glassloop::net::TcpListener;
use glassloop::trace::read::{ReadProblem, Trace};
use glassloop::trace::schema::{Entry, Record, RunEnding};
use glassloop::{Builder, Clock, Runtime, create_task, sleep, trace, yield_now};

use crate::{fresh, run};

fn builder() -> Builder {
    Runtime::builder().clock(Clock::new_virtual()).on_report(|_| {})
}

/// The records of the only run.
fn whole(trace: &Trace) -> Vec<Record<Rc<str>>> {
    assert_eq!(trace.runs.len(), 1);
    trace.runs[0].records().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_end_of_the_loop_is_the_last_event_whatever_is_held_longer() {
    for name in ["held.glt", "held.ndjson"] {
        let path = fresh(name);
        let runtime = builder().trace(&path).build().expect("a loop");
        let held = runtime.block_on(async {
            create_task(sleep(Duration::from_secs(1))).detach();
            (TcpListener::bind("127.0.0.1:0").await.expect("a port"), trace::span("outlives the loop"))
        });
        let _second = runtime.block_on(async {});
        drop(runtime);
        let records = whole(&trace::read(&path).expect("the file is at its end"));
        let ends: Vec<_> = records.iter().filter(|record| matches!(record.entry, Entry::RunEnd { .. })).collect();
        assert_eq!(ends.len(), 2, "{name}");
        let [.., cancelled, last] = &records[..] else { panic!("{records:?}") };
        assert!(matches!(cancelled.entry, Entry::Done { .. }), "{name}: {cancelled:?}");
        assert_eq!(last.entry, Entry::LoopEnd {}, "{name}");
        let bytes = fs::read(&path).expect("a file");
        drop(held);
        assert_eq!(fs::read(&path).expect("a file"), bytes, "{name}: what comes later belongs to nothing");
    }
}

#[test]
fn a_loop_that_never_runs_has_an_end_too() {
    for name in ["idle.glt", "idle.ndjson"] {
        let path = fresh(name);
        drop(builder().trace(&path).build().expect("a loop"));
        let records = whole(&trace::read(&path).expect("a file"));
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].entry, Entry::LoopEnd {});
    }
}

#[test]
fn what_was_saved_in_the_middle_is_read_and_is_not_called_whole() {
    for name in ["saved.glt", "saved.ndjson"] {
        let path = fresh(name);
        let runtime = builder().trace(&path).build().expect("a loop");
        let work = async {
            trace::mark("so far");
            trace::save().expect("it can be written");
            let so_far = trace::read(&path).expect("a file");
            yield_now().await;
            so_far
        };
        let so_far = runtime.block_on(work).expect("it ends");
        drop(runtime);
        let mut records: Vec<_> = so_far.runs[0].records().collect();
        let problem = records.pop().expect("some").expect_err("it is not whole").problem;
        assert!(matches!(problem, ReadProblem::NoEnd | ReadProblem::Glt(_)), "{name}: {problem}");
        let last = records.pop().expect("some").expect("it can be read");
        assert_eq!(last.entry, Entry::Mark { text: "so far".into() }, "{name}");
        // And it goes on as if nothing had been.
        let records = whole(&trace::read(&path).expect("a file"));
        assert!(records.iter().map(|record| record.seq).filter(|seq| *seq > 0).eq(1..=records.len() as u64), "{name}");
        assert_eq!(records.last().map(|record| &record.entry), Some(&Entry::LoopEnd {}));
    }
}

/// A stranger's waker panics in the loop itself, which unwinds.
#[test]
fn a_run_that_unwinds_has_an_end_too() {
    struct Bomb;
    impl std::task::Wake for Bomb {
        fn wake(self: std::sync::Arc<Bomb>) {
            std::panic::resume_unwind(Box::new("in a wake"));
        }
    }
    let path = fresh("unwinds.glt");
    let runtime = builder().trace(&path).build().expect("a loop");
    let armed = async {
        let mut nap = std::pin::pin!(sleep(Duration::from_millis(10)));
        let bomb = std::task::Waker::from(std::sync::Arc::new(Bomb));
        let _ = nap.as_mut().poll(&mut std::task::Context::from_waker(&bomb));
        sleep(Duration::from_secs(1)).await;
    };
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(armed)));
    assert!(unwound.is_err(), "the waker's panic comes out of the loop");
    runtime.block_on(async {}).expect("it can run again");
    drop(runtime);
    let recorded = run(&path);
    let ends = recorded.events().filter_map(|record| match record.entry {
        Entry::RunEnd { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [RunEnding::Panicked, RunEnding::Done]);
}

/// Names and arguments may be of bytes that are no text.
#[cfg(unix)]
#[test]
fn a_program_may_be_called_with_what_is_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let mut program = std::env::current_exe().expect("this test is a program");
    program.pop();
    program.pop();
    program.push(format!("examples/no_loop{}", std::env::consts::EXE_SUFFIX));
    let path = fresh("arguments").with_file_name(OsStr::from_bytes(b"argument \xff.glt"));
    let output = Command::new(program).arg("--trace").arg(&path).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let trace = trace::read(&path).expect("it was recorded");
    fs::remove_file(&path).expect("it can be removed");
    assert_eq!(trace.runs[0].header.program.as_deref(), Some("no_loop"));
    assert_eq!(trace.runs[0].header.args, [""; 0], "they are redacted");
}

#[test]
fn arguments_are_recorded_with_the_output_only() {
    for (shown, name) in [(false, "no arguments.glt"), (true, "arguments.glt")] {
        let path = fresh(name);
        drop(Runtime::builder().trace_output(shown).trace(&path).build().expect("a loop"));
        assert_eq!(run(&path).header.get("args").is_some(), shown);
    }
}

/// The loop goes after all that it kept in the thread itself.
#[test]
fn pitfall_27_a_loop_that_goes_while_its_thread_exits_has_an_end_too() {
    thread_local!(static LATE: RefCell<Option<Runtime>> = const { RefCell::new(None) });
    for name in ["thread's end.glt", "thread's end.ndjson"] {
        let path = fresh(name);
        let recording = path.clone();
        let exit = std::thread::spawn(move || {
            LATE.with(|late| assert!(late.borrow().is_none())); // registered first, and so dropped last
            let runtime = builder().trace(&recording).build().expect("a loop");
            let ended = runtime.block_on(async { create_task(sleep(Duration::from_secs(1))).detach() });
            LATE.set(Some(runtime));
            ended.expect("no deadlock");
        });
        exit.join().expect("nothing panics at the exit");
        let records = whole(&trace::read(&path).expect("the file is at its end"));
        assert_eq!(records.last().map(|record| &record.entry), Some(&Entry::LoopEnd {}), "{name}");
    }
}
