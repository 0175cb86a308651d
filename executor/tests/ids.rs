//! The ids of executors: few, given back, reused. In a process of its own, and one test at a time, as all share them.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use glassloop_executor::{Executor, OutOfExecutors, Spawn, Task, own_waker};

/// Executors that may be alive at the same time.
const LIMIT: usize = 1024;

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn executor() -> Executor {
    Executor::new(Waker::noop().clone()).unwrap()
}

/// A task that waits for ever, and a waker of it.
fn waiting_task(executor: &Executor) -> (Task<()>, Waker) {
    let kept: Rc<RefCell<Option<Waker>>> = Rc::default();
    let keep = kept.clone();
    let task = executor.spawn(
        Spawn::here(),
        poll_fn(move |cx| {
            *keep.borrow_mut() = Some(own_waker(cx));
            Poll::Pending
        }),
    );
    executor.enter(|| executor.tick(None));
    let waker = kept.take().unwrap();
    (task, waker)
}

/// Gives every other id away and takes it back, so that the next executor has the one of `gone`.
fn with_the_id_of(gone: Executor, act: impl FnOnce(&Executor)) {
    let former = gone.id();
    drop(gone);
    let mut others = Vec::new();
    loop {
        let next = executor();
        if format!("{:?}", next.id()).split(',').next() == format!("{former:?}").split(',').next() {
            assert_ne!(next.id(), former, "the same half in another life");
            return act(&next);
        }
        others.push(next);
    }
}

#[test]
fn when_all_are_taken_the_next_is_refused_and_a_drop_helps() {
    let _alone = alone();
    let mut alive: Vec<Executor> = (0..LIMIT).map(|_| executor()).collect();
    let refused = Executor::new(Waker::noop().clone()).unwrap_err();
    assert_eq!(refused, OutOfExecutors);
    assert_eq!(refused.to_string(), "1024 executors are alive in this process, and that is the limit");
    drop(alive.swap_remove(617));
    let last = executor();
    let task = last.spawn(Spawn::here(), async {});
    last.enter(|| last.tick(None));
    assert!(task.is_done());
    assert!(Executor::new(Waker::noop().clone()).is_err());
    drop(alive);
    drop(executor());
}

/// A waker kept since a former life of the id finds a stranger, and at worst wakes it for nothing.
#[test]
fn a_waker_of_a_former_life_is_at_worst_a_spurious_wake() {
    let _alone = alone();
    let gone = executor();
    let (_, stale) = waiting_task(&gone);
    with_the_id_of(gone, |executor| {
        // Nobody lives in that slot yet.
        let early = stale.clone();
        thread::spawn(move || early.wake()).join().unwrap();
        executor.enter(|| stale.wake_by_ref());
        executor.enter(|| executor.tick(None));
        assert_eq!(executor.polls(), 0);

        let (task, live) = waiting_task(executor);
        let before = executor.polls();
        let late = stale.clone();
        thread::spawn(move || late.wake()).join().unwrap();
        executor.enter(|| executor.tick(None));
        assert!(executor.polls() <= before + 1);
        // The pending bit is the new owner's: its wakes get through.
        let before = executor.polls();
        thread::spawn(move || live.wake()).join().unwrap();
        executor.enter(|| executor.tick(None));
        assert_eq!(executor.polls(), before + 1);
        assert!(!task.is_done());
    });
}

/// So nobody who counts wakers takes a leftover for one of a task that lives now.
#[test]
fn no_task_has_the_ticket_of_one_in_the_same_slot_in_a_former_life() {
    let _alone = alone();
    let gone = executor();
    let (_, stale) = waiting_task(&gone);
    with_the_id_of(gone, |executor| {
        let (_, live) = waiting_task(executor);
        assert!(!stale.will_wake(&live), "{stale:?} is {live:?}");
    });
}

/// What was sent to the former owner and not taken in is gone: messages, bits and the state of parking.
#[test]
fn a_reused_half_is_clean() {
    let _alone = alone();
    let gone = executor();
    let (_, waker) = waiting_task(&gone);
    let (dropped, id) = (Arc::new(()), gone.id());
    let captured = dropped.clone();
    assert!(id.call(move || unreachable!("never run, only dropped: {captured:?}")));
    let elsewhere = waker.clone();
    thread::spawn(move || [elsewhere.clone(), elsewhere].map(Waker::wake)).join().unwrap();
    assert!(gone.has_escaped());
    with_the_id_of(gone, |executor| {
        assert_eq!(Arc::strong_count(&dropped), 1);
        assert!(!executor.has_escaped());
        assert!(executor.begin_park(), "nothing has come for the new owner");
        executor.end_park();
        assert_eq!(executor.enter(|| executor.tick(None)), 0);
        let (_task, live) = waiting_task(executor);
        thread::spawn(move || live.wake()).join().unwrap();
        assert!(!executor.begin_park());
        assert_eq!(executor.enter(|| executor.tick(None)), 1);
    });
}

#[test]
fn pitfall_30_an_id_is_checked_with_its_life() {
    let _alone = alone();
    let gone = executor();
    let former = gone.id();
    let task = gone.spawn(Spawn::here(), pending::<()>());
    with_the_id_of(gone, |executor| {
        assert!(!former.call(|| unreachable!("meant for another")));
        executor.enter(|| {
            assert!(executor.id().is_current() && !former.is_current());
            // Of an executor that is gone: a handle that cancels nobody here.
            let (_here, _) = waiting_task(executor);
            assert!(task.is_cancelled() && !task.cancel());
            assert_eq!(executor.tick(None), 0);
        });
    });
}
