//! Cancel: a request, granted at the task's next turn by dropping its future.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use glassloop_executor::{JoinError, Task};

use crate::common::{Counts, Gate, Log, OnDrop, drain, executor, outcome, spawn, tick, yield_now};

fn is_cancelled<T>(outcome: Result<T, JoinError>) -> bool {
    matches!(outcome, Err(JoinError::Cancelled { .. }))
}

/// T6: cancelled before its first step, the body never runs.
#[test]
fn before_the_first_poll() {
    let executor = executor();
    let counts = Counts::default();
    let mut task = spawn(&executor, counts.of(pending::<()>()));
    executor.enter(|| assert!(task.cancel()));
    assert_eq!(counts.polls_and_drops(), (0, 0));
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls_and_drops(), (0, 1));
    assert!(is_cancelled(outcome(&executor, &mut task)));
}

/// T7: a request; done is still false, and the drop comes at the next turn.
#[test]
fn while_it_waits() {
    let (executor, gate) = (executor(), Gate::default());
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(gate.wait()));
    tick(&executor);
    executor.enter(|| assert!(task.cancel()));
    assert!(!task.is_done() && !task.is_cancelled());
    assert_eq!(format!("{task:?}"), "Task { id: 1, name: \"Task-1\", cancelling }");
    assert_eq!(counts.polls_and_drops(), (1, 0));
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls_and_drops(), (1, 1));
    // T10.
    assert!(task.is_done() && task.is_cancelled());
    // The gate's waker is stale now.
    executor.enter(|| gate.open());
    assert_eq!(drain(&executor), 0);
}

#[test]
fn while_it_is_queued() {
    let executor = executor();
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(yield_now()));
    tick(&executor);
    executor.enter(|| assert!(task.cancel()));
    // It keeps its place; no second entry.
    assert_eq!(tick(&executor), 1);
    assert!(task.is_cancelled());
    assert_eq!(counts.polls_and_drops(), (1, 1));
}

/// T8: cancel of a finished task is false.
#[test]
fn after_the_end() {
    let executor = executor();
    let mut task = spawn(&executor, async { 1 });
    tick(&executor);
    executor.enter(|| assert!(!task.cancel()));
    assert_eq!(outcome(&executor, &mut task).unwrap(), 1);
    executor.enter(|| assert!(!task.cancel()));
    assert!(!task.is_cancelled());
}

/// T9: cancelled, and that can be had again and again.
#[test]
fn awaiting_a_cancelled_task_twice() {
    let executor = executor();
    let mut task = spawn(&executor, pending::<()>());
    executor.enter(|| task.cancel());
    tick(&executor);
    assert!(is_cancelled(outcome(&executor, &mut task)));
    assert!(is_cancelled(outcome(&executor, &mut task)));
}

/// T14: two requests before the delivery are one.
#[test]
fn twice_before_delivery() {
    let executor = executor();
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(pending::<()>()));
    tick(&executor);
    executor.enter(|| assert!(task.cancel() && task.cancel()));
    assert_eq!(tick(&executor), 1);
    assert_eq!(drain(&executor), 0);
    assert_eq!(counts.polls_and_drops(), (1, 1));
}

/// Outside of `enter` the request goes the way of other threads; it holds all the same.
#[test]
fn pitfall_24_cancel_from_outside_of_the_executor() {
    let executor = executor();
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(pending::<()>()));
    tick(&executor);
    assert!(task.cancel());
    assert_eq!(counts.polls_and_drops(), (1, 0));
    assert!(!executor.begin_park(), "something was sent");
    tick(&executor);
    assert_eq!(counts.polls_and_drops(), (1, 1));
}

type Holder<T> = Rc<RefCell<Option<Task<T>>>>;

/// A task that finds its own handle and does `act` with it, then goes on with `then`.
fn with_own_handle(
    act: impl FnOnce(Task<u8>, &Holder<u8>) + 'static,
    then: impl FnMut() -> Poll<u8> + 'static,
) -> (usize, usize, Holder<u8>) {
    let executor = executor();
    let counts = Counts::default();
    let holder: Holder<u8> = Rc::default();
    let (inside, mut act, mut then) = (holder.clone(), Some(act), then);
    let body = poll_fn(move |_| {
        let own = inside.borrow_mut().take();
        if let (Some(own), Some(act)) = (own, act.take()) {
            act(own, &inside);
        }
        then()
    });
    let task = spawn(&executor, counts.of(body));
    *holder.borrow_mut() = Some(task);
    drain(&executor);
    drop(executor);
    (counts.polls(), counts.drops(), holder)
}

fn keep(own: Task<u8>, holder: &Holder<u8>) {
    *holder.borrow_mut() = Some(own);
}

/// Only flagged, and dropped after the poll: at its next turn.
#[test]
fn oneself_and_wait() {
    let cancel = |own: Task<u8>, holder: &Holder<u8>| {
        assert!(own.cancel());
        keep(own, holder);
    };
    let (polls, drops, holder) = with_own_handle(cancel, || Poll::Pending);
    assert_eq!((polls, drops), (1, 1));
    assert!(holder.take().unwrap().is_cancelled());
}

/// T16: cancel oneself and return without another await: the value.
#[test]
fn oneself_and_return() {
    let cancel = |own: Task<u8>, holder: &Holder<u8>| {
        assert!(own.cancel());
        keep(own, holder);
    };
    let (polls, drops, holder) = with_own_handle(cancel, || Poll::Ready(5));
    assert_eq!((polls, drops), (1, 1));
    let mut task = holder.take().unwrap();
    assert!(task.is_done() && !task.is_cancelled());
    assert_eq!(outcome(&executor(), &mut task).unwrap(), 5);
}

/// A task that drops its own handle is detached, and runs on until the executor goes.
#[test]
fn dropping_ones_own_handle() {
    let (polls, drops, holder) = with_own_handle(|own, _| drop(own), || Poll::Pending);
    assert_eq!((polls, drops), (1, 1));
    assert!(holder.take().is_none());
    let (polls, drops, _) = with_own_handle(|own, _| drop(own), || Poll::Ready(1));
    assert_eq!((polls, drops), (1, 1));
}

#[test]
fn a_task_that_cancels_another_that_is_queued_behind_it() {
    let (executor, log) = (executor(), Log::default());
    let holder: Holder<()> = Rc::default();
    let (inside, first, second) = (holder.clone(), log.clone(), log.clone());
    spawn(&executor, async move {
        first.say("first");
        inside.borrow().as_ref().unwrap().cancel();
    })
    .detach();
    let dropped = OnDrop(move || second.say("dropped unpolled"));
    let task = spawn(&executor, async move {
        let _dropped = dropped;
        unreachable!("it was cancelled before its turn")
    });
    *holder.borrow_mut() = Some(task);
    assert_eq!(tick(&executor), 2);
    assert_eq!(log.take(), "first dropped unpolled");
}

/// T13: who awaits hears of the end when the destructors have run.
#[test]
fn pitfall_25_a_join_completes_after_the_drop_of_the_future() {
    let (executor, log) = (executor(), Log::default());
    for ends_by_itself in [false, true] {
        let (inner, outer) = (log.clone(), log.clone());
        let task = spawn(&executor, async move {
            let _end = OnDrop(move || inner.say("dropped"));
            yield_now().await;
            if !ends_by_itself {
                pending::<()>().await;
            }
        });
        tick(&executor);
        if !ends_by_itself {
            executor.enter(|| task.cancel());
        }
        spawn(&executor, async move {
            let cancelled = task.await.is_err();
            outer.say(format!("joined,{cancelled}"));
        })
        .detach();
        drain(&executor);
        assert_eq!(log.take(), format!("dropped joined,{}", !ends_by_itself));
    }
}
