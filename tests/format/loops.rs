//! Several loops at once: which file is whose, and what stands in it.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use glassloop::trace::glt::decode;
use glassloop::trace::model::Model;
use glassloop::trace::schema::{Entry, Finding};
use glassloop::{Builder, Clock, Queue, Runtime, create_task, sleep, trace, try_create_task, yield_now};

use crate::{fresh, run, runs};

fn builder() -> Builder {
    Runtime::builder().clock(Clock::new_virtual()).on_report(|_| {})
}

fn marks(path: &Path) -> Vec<String> {
    let of_run = |entry: &Entry<Rc<str>>| match entry {
        Entry::Mark { text } => Some(text.to_string()),
        _ => None,
    };
    runs(path)
        .iter()
        .flat_map(|run| run.events().filter_map(|record| of_run(&record.entry)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn loops_that_record_at_the_same_time_have_files_of_their_own() {
    let path = fresh("at once.glt");
    let others = [2, 3].map(|number| fresh(&format!("at once-{number}.glt")));
    // The same file by another name.
    let same = path.parent().expect("a folder").join(".").join("at once.glt");
    let first = builder().trace(&path).build().expect("a loop");
    let second = builder().trace(&same).build().expect("a loop");
    let third = std::thread::spawn({
        let path = path.clone();
        move || drop(builder().trace(&path).build().map(|third| third.block_on(async { trace::mark("third") })))
    });
    third.join().expect("it does not panic");
    first.block_on(async { trace::mark("first") }).expect("it ends");
    second.block_on(async { trace::mark("second") }).expect("it ends");
    drop(first);
    // Free again: it follows the first.
    let fourth = builder().trace(&path).build().expect("a loop");
    fourth.block_on(async { trace::mark("fourth") }).expect("it ends");
    drop((second, fourth));
    assert_eq!(marks(&path), ["first", "fourth"]);
    assert_eq!(others.map(|path| marks(&path)), [["second"], ["third"]]);
}

/// It is written anew with each: not for ever.
#[test]
fn a_page_takes_32_loops_and_the_next_takes_another() {
    let [first, second] = ["many.html", "many-2.html"].map(fresh);
    for number in 1..=33 {
        assert!(!second.exists(), "before the loop {number}");
        let runtime = builder().trace(&first).trace_output(true).build().expect("a loop");
        runtime.block_on(async { trace::mark("here") }).expect("it ends");
    }
    let sizes = [first, second].map(|path| fs::metadata(path).expect("a page").len());
    assert!(sizes[0] > sizes[1] + 31 * 1_000, "{sizes:?}");
}

/// The queue, the nap, the span and the failing task are the outer loop's; the inner one touches them, and there the outer one's blocks
/// end.
#[test]
fn what_an_inner_loop_does_to_an_outer_one_stands_in_the_outer_ones_recording() {
    let [outer, inner] = ["outer.glt", "inner.glt"].map(fresh);
    let runtime = builder().trace(&outer).trace_keyframes(1).build().expect("a loop");
    let work = async {
        let queue = Queue::new().named("outer");
        queue.put_nowait(0).expect("room");
        let mut nap = Box::pin(sleep(Duration::from_secs(1)));
        let armed = std::future::poll_fn(|cx| std::task::Poll::Ready(nap.as_mut().poll(cx).is_pending()));
        assert!(armed.await);
        let span = Cell::new(Some((nap, trace::span("outer"))));
        let failed = try_create_task(async { Err::<(), _>("nobody will know") });
        yield_now().await;
        let failed = Cell::new(Some(failed));
        let builder = builder().trace(&inner).trace_keyframes(1);
        let within = async {
            create_task(async {}).await.expect("it does not panic");
            for number in 0..10 {
                queue.put_nowait(number).expect("room");
            }
            drop((span.take(), failed.take()));
        };
        builder.build().expect("a loop").block_on(within).expect("it ends");
    };
    runtime.block_on(work).expect("it ends");
    drop(runtime);
    let (outer_run, inner_run) = (run(&outer), run(&inner));
    let is_span = |entry: &Entry<Rc<str>>| matches!(entry, Entry::SpanEnd { .. } | Entry::TimerCancel { .. });
    let is_failure = |entry: &Entry<Rc<str>>| matches!(entry, Entry::Report { what: Finding::Uncollected, .. });
    assert_eq!(outer_run.events().filter(|record| is_span(&record.entry)).count(), 2);
    assert!(outer_run.has(is_failure));
    assert!(!inner_run.has(is_span) && !inner_run.has(is_failure));
    for path in [outer, inner] {
        let bytes = fs::read(&path).expect("a file");
        let mut model = Model::default();
        for payload in decode::runs(&bytes).expect("a trace").remove(0).blocks {
            let (block, mut said) = (decode::block(&bytes, payload).expect("whole"), Model::default());
            block.states.iter().for_each(|entry| said.describe(entry, 0).expect("a state"));
            assert!(said.state == model.state, "{path:?}: before {:?}", block.events);
            block.events.iter().for_each(|record| model.apply(record).expect("possible"));
        }
    }
}

struct Panics(Cell<u32>);

impl trace::Observer for Panics {
    fn event(&self, _: &trace::Event<'_>) {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() < 10, "ten are enough");
    }
}

struct Counts(Cell<u32>);

impl trace::Observer for Counts {
    fn event(&self, _: &trace::Event<'_>) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn an_observer_that_panics_is_reported_and_changes_nothing() {
    let [with, without] = ["with.ndjson", "without.ndjson"].map(fresh);
    let reports = Rc::new(RefCell::new(Vec::new()));
    let (panics, counts) = (Rc::new(Panics(Cell::new(0))), Rc::new(Counts(Cell::new(0))));
    let heard = reports.clone();
    let program = async || {
        let tasks = [1, 2, 3].map(|time| create_task(sleep(Duration::from_millis(time))));
        for task in tasks {
            task.await.expect("it does not panic");
        }
    };
    let observed = builder().observer(panics.clone()).observer(counts.clone());
    let observed = observed.on_report(move |report| heard.borrow_mut().push(report.to_string())).trace(&with);
    observed.build().expect("a loop").block_on(program()).expect("it ends");
    builder().trace(&without).build().expect("a loop").block_on(program()).expect("it ends");
    assert_eq!(*reports.borrow(), ["glassloop: an observer panicked: ten are enough; it hears no more"]);
    assert_eq!(panics.0.get(), 10);
    let lines = |path| fs::read_to_string(path).expect("a file").lines().count() as u32;
    assert_eq!(lines(&with), lines(&without) + 1, "only the report is new");
    assert_eq!(counts.0.get(), lines(&with) - 1, "all but the header");
}

/// Asks for the loop's state, makes a task and wakes one, in the middle of what it is told.
struct CallsBack {
    waker: RefCell<Option<Waker>>,
    busy: Cell<bool>,
    calls: Cell<u32>,
}

impl trace::Observer for CallsBack {
    fn event(&self, _: &trace::Event<'_>) {
        if self.calls.get() < 100 && !self.busy.replace(true) {
            self.calls.set(self.calls.get() + 1);
            trace::snapshot();
            if let Some(waker) = &*self.waker.borrow() {
                create_task(sleep(Duration::from_millis(1))).detach();
                waker.wake_by_ref();
            }
            self.busy.set(false);
        }
    }
}

#[test]
fn pitfall_07_an_observer_may_call_back_into_the_loop_that_it_watches() {
    let path = fresh("calls back.glt");
    let observer = CallsBack { waker: RefCell::new(None), busy: Cell::new(false), calls: Cell::new(0) };
    let (observer, reports) = (Rc::new(observer), Rc::new(RefCell::new(Vec::new())));
    let (calls, heard) = (observer.clone(), reports.clone());
    let builder = builder().on_report(move |report| heard.borrow_mut().push(report.to_string()));
    let runtime = builder.observer(calls).trace(&path).build().expect("a loop");
    let work = async {
        let waker = std::future::poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
        *observer.waker.borrow_mut() = Some(waker);
        let queue = Queue::bounded(1);
        for number in 0..20 {
            queue.put(number).await.expect("nobody shuts it down");
            sleep(Duration::from_millis(1)).await;
            assert_eq!(queue.get().await, Ok(number));
        }
    };
    runtime.block_on(work).expect("no deadlock");
    drop(runtime);
    assert_eq!((observer.calls.get(), reports.take()), (100, Vec::<String>::new()));
    run(&path);
}
