//! An executor inside a task of another.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

use glassloop_executor::Executor;

use crate::common::{Counts, Gate, Log, boom, drain, executor, outcome, panic_text, spawn, tick, yield_now};

#[test]
fn an_inner_executor_runs_inside_an_outer_poll() {
    let (outer, log) = (Rc::new(executor()), Log::default());
    let (weak, noting) = (Rc::downgrade(&outer), log.clone());
    let mut task = spawn(&outer, async move {
        let outer: Rc<Executor> = Weak::upgrade(&weak).unwrap();
        yield_now().await;
        let inner = executor();
        let said = noting.clone();
        let mut nested = spawn(&inner, async move {
            yield_now().await;
            said.say("inner");
            3
        });
        assert!(outer.is_entered());
        assert_eq!(drain(&inner), 2);
        assert!(outer.is_entered() && !inner.is_entered());
        noting.say("outer");
        outcome(&inner, &mut nested).unwrap()
    });
    drain(&outer);
    assert_eq!(log.take(), "inner outer");
    assert_eq!(outcome(&outer, &mut task).unwrap(), 3);
}

/// While the inner one runs, a wake for the outer one goes the way of other threads, and is not lost.
#[test]
fn wakes_for_the_outer_one_arrive_remotely() {
    let (outer, gate) = (executor(), Gate::default());
    let counts = Counts::default();
    let waiting = spawn(&outer, counts.of(gate.wait()));
    let opening = spawn(&outer, async move {
        let inner = executor();
        spawn(&inner, async move { gate.open() }).detach();
        drain(&inner);
    });
    tick(&outer);
    assert!(opening.is_done() && !outer.has_ready());
    assert!(!outer.begin_park(), "the wake was sent");
    assert_eq!(tick(&outer), 1);
    assert!(waiting.is_done());
    assert_eq!(counts.polls(), 2);
}

/// And the other way round: a handle of an inner task, awaited by an outer one.
#[test]
fn an_outer_task_awaits_an_inner_one() {
    let (outer, inner) = (executor(), executor());
    let gate = Gate::default();
    let inner_task = spawn(&inner, gate.wait());
    let mut task = spawn(&outer, inner_task);
    tick(&inner);
    tick(&outer);
    inner.enter(|| gate.open());
    tick(&inner);
    assert!(!task.is_done());
    assert_eq!(tick(&outer), 1);
    outcome(&outer, &mut task).unwrap().unwrap();
    assert!(inner.snapshot().joins.is_empty());
}

#[test]
fn the_outer_one_is_put_back_after_a_panic() {
    let (outer, inner) = (executor(), executor());
    outer.enter(|| {
        let unwound = catch_unwind(AssertUnwindSafe(|| inner.enter(|| boom("inside"))));
        assert!(unwound.is_err());
        assert!(outer.is_entered());
    });
    assert!(!outer.is_entered());
}

#[test]
fn pitfall_19_a_tick_inside_a_poll_is_refused() {
    let outer = Rc::new(executor());
    let weak = Rc::downgrade(&outer);
    let mut task = spawn(&outer, async move { weak.upgrade().unwrap().tick(None) });
    let after = spawn(&outer, async {});
    drain(&outer);
    assert_eq!(
        panic_text(outcome(&outer, &mut task)),
        "glassloop: tick() was called from inside a task: a loop cannot run within itself"
    );
    assert!(after.is_done());
    let mut later = spawn(&outer, async { 1 });
    drain(&outer);
    assert_eq!(outcome(&outer, &mut later).unwrap(), 1);
}

/// Through another executor it is still the same loop.
#[test]
fn a_tick_inside_a_poll_of_a_nested_executor_is_refused() {
    let outer = Rc::new(executor());
    let (weak, refused) = (Rc::downgrade(&outer), Rc::new(Cell::new(false)));
    let noted = refused.clone();
    spawn(&outer, async move {
        let inner = executor();
        let mut task = spawn(&inner, async move { weak.upgrade().unwrap().tick(None) });
        drain(&inner);
        noted.set(outcome(&inner, &mut task).is_err());
    })
    .detach();
    drain(&outer);
    assert!(refused.get());
}

/// An executor that ends inside a poll of another.
#[test]
fn an_inner_executor_dropped_with_tasks_alive() {
    let outer = executor();
    let counts = Counts::default();
    let counting = counts.clone();
    let mut task = spawn(&outer, async move {
        let inner = executor();
        let pending = spawn(&inner, counting.of(std::future::pending::<()>()));
        tick(&inner);
        drop(inner);
        yield_now().await;
        pending.await.is_err()
    });
    drain(&outer);
    assert!(outcome(&outer, &mut task).unwrap());
    assert_eq!(counts.polls_and_drops(), (1, 1));
}
