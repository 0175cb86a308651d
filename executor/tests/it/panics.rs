//! Panics: in a poll, in a drop, in a stranger's waker. The loop goes on, and somebody is told.

use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use glassloop_executor::{Executor, JoinError, Task};

use crate::common::{Counts, Gate, OnDrop, boom, drain, executor, outcome, panic_text, spawn, tick, yield_now};

/// The executor still does its work.
fn assert_whole(executor: &Executor) {
    let mut after = spawn(executor, async {
        yield_now().await;
        1
    });
    drain(executor);
    assert_eq!(outcome(executor, &mut after).unwrap(), 1);
    assert!(executor.snapshot().tasks.is_empty());
}

#[test]
fn pitfall_23_a_panic_in_a_poll_ends_that_task_alone() {
    let executor = executor();
    let counts = Counts::default();
    let mut bad = spawn(
        &executor,
        counts.of(async {
            yield_now().await;
            boom("in the poll")
        }),
    );
    let mut good = spawn(&executor, async {
        yield_now().await;
        2
    });
    drain(&executor);
    assert_eq!(counts.polls_and_drops(), (2, 1));
    let outcome_of_bad: Result<(), JoinError> = outcome(&executor, &mut bad);
    assert_eq!(panic_text(outcome_of_bad), "in the poll");
    assert!(bad.is_done() && !bad.is_cancelled());
    assert_eq!(outcome(&executor, &mut good).unwrap(), 2);
    assert_whole(&executor);
}

/// A real `panic!`, with a formatted text.
#[test]
fn the_text_of_a_panic_can_be_read_and_the_payload_had() {
    let executor = executor();
    let mut task = spawn(&executor, async { std::panic::resume_unwind(Box::new(format!("no {}", 7))) });
    drain(&executor);
    let result: Result<(), _> = outcome(&executor, &mut task);
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "the task panicked: no 7");
    let JoinError::Panicked(payload) = error else { panic!("it panicked") };
    assert_eq!(*payload.into_inner().downcast::<String>().unwrap(), "no 7");
}

#[test]
fn a_panic_is_delivered_once() {
    let executor = executor();
    let mut task: Task<()> = spawn(&executor, async { boom("once") });
    drain(&executor);
    assert!(outcome(&executor, &mut task).is_err());
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| outcome(&executor, &mut task)));
    assert!(again.is_err(), "its payload was taken");
}

/// Waits until it is dropped, and panics then.
async fn panics_when_dropped() {
    let _bomb = OnDrop(|| boom("in the drop"));
    pending().await
}

#[test]
fn pitfall_22_a_panic_in_the_drop_of_a_cancelled_future() {
    let executor = executor();
    let mut task = spawn(&executor, panics_when_dropped());
    tick(&executor);
    executor.enter(|| task.cancel());
    drain(&executor);
    assert!(!task.is_cancelled());
    assert_eq!(panic_text(outcome(&executor, &mut task)), "in the drop");
    assert_whole(&executor);
}

/// Its parts are dropped by a `poll_fn`, so that the drop comes after the poll.
fn ends_and_panics_when_dropped(output: Poll<u8>, panics: bool) -> impl Future<Output = u8> {
    let bomb = OnDrop(|| boom("in the drop"));
    std::future::poll_fn(move |_| {
        let _ = &bomb;
        if panics { boom("in the poll") } else { output }
    })
}

#[test]
fn pitfall_22_a_panic_in_the_drop_after_the_end() {
    let executor = executor();
    let mut task = spawn(&executor, ends_and_panics_when_dropped(Poll::Ready(1), false));
    drain(&executor);
    assert_eq!(panic_text(outcome(&executor, &mut task)), "in the drop");
    assert_whole(&executor);
}

#[test]
fn pitfall_22_a_panic_in_the_drop_after_one_in_the_poll() {
    let executor = executor();
    let mut task = spawn(&executor, ends_and_panics_when_dropped(Poll::Pending, true));
    drain(&executor);
    assert_eq!(panic_text(outcome(&executor, &mut task)), "in the drop");
    assert_whole(&executor);
}

/// The value is lost with a drop that panics, and its own drop may panic as well.
#[test]
fn panics_in_the_drops_of_future_and_output() {
    let executor = executor();
    let bomb = OnDrop(|| boom("future"));
    let mut task = spawn(
        &executor,
        std::future::poll_fn(move |_| {
            let _ = &bomb;
            Poll::Ready(OnDrop(|| boom("output")))
        }),
    );
    drain(&executor);
    assert_eq!(panic_text(outcome(&executor, &mut task)), "future");
    assert_whole(&executor);
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        boom("payload");
    }
}

/// The payload of an unread panic is dropped with the handle, or with the detached task: its own panic ends there.
#[test]
fn a_payload_whose_drop_panics() {
    for detach_first in [true, false] {
        let executor = executor();
        let task: Task<()> = spawn(&executor, async { std::panic::resume_unwind(Box::new(Bomb)) });
        if detach_first {
            task.detach();
            drain(&executor);
        } else {
            drain(&executor);
            drop(task);
        }
        assert_whole(&executor);
    }
}

#[test]
fn a_future_that_panics_when_dropped_with_the_executor() {
    let gone = executor();
    let counts = Counts::default();
    let mut bad = spawn(&gone, panics_when_dropped());
    let good = spawn(&gone, counts.of(pending::<()>()));
    tick(&gone);
    drop(gone);
    assert_eq!(counts.drops(), 1);
    assert!(good.is_cancelled());
    assert_eq!(panic_text(outcome(&executor(), &mut bad)), "in the drop");
}

/// A waker of somebody else's that panics when it is woken, and says how often it was.
struct Explosive(std::sync::atomic::AtomicUsize);

impl Wake for Explosive {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        boom("waker");
    }
}

#[test]
fn a_strangers_waker_that_panics() {
    let (executor, gate) = (executor(), Gate::default());
    let mut task = spawn(&executor, gate.wait());
    let counts = Counts::default();
    tick(&executor);
    let explosive = Arc::new(Explosive(Default::default()));
    let waker = Waker::from(explosive.clone());
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
    executor.enter(|| gate.open());
    spawn(&executor, counts.of(async {})).detach();
    drain(&executor);
    assert_eq!(explosive.0.load(std::sync::atomic::Ordering::SeqCst), 1);
    // Those behind it in the tick were not hurt.
    assert_eq!(counts.polls(), 1);
    outcome(&executor, &mut task).unwrap();
    assert_whole(&executor);
}

/// The last owner of what a panicking future shares is dropped in the unwinding of its poll.
#[test]
fn a_poll_that_panics_drops_what_it_owns() {
    let executor = executor();
    let shared = Rc::new(());
    let (held, moved) = (shared.clone(), shared.clone());
    let mut task = spawn(&executor, async move {
        let _held = held;
        let _in_the_poll = moved;
        boom("in the poll")
    });
    drain(&executor);
    assert_eq!(Rc::strong_count(&shared), 1);
    let result: Result<(), _> = outcome(&executor, &mut task);
    assert_eq!(panic_text(result), "in the poll");
}
