//! The handle of a task: dropped at each stage, awaited twice, kept longer than the executor.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Context;

use glassloop_executor::{JoinError, Spawn};

use crate::common::{Count, Counts, Gate, OnDrop, boom, drain, executor, outcome, spawn, tick, yield_now};

#[test]
fn names_and_numbers() {
    let executor = executor();
    let unnamed = spawn(&executor, async {});
    let named = executor.spawn(Spawn { name: Some("worker".into()), ..Spawn::here() }, async {});
    assert_eq!((unnamed.id(), unnamed.name()), (1, "Task-1".to_string()));
    assert_eq!((named.id(), named.name()), (2, "worker".to_string()));
    drain(&executor);
    assert_eq!(spawn(&executor, async {}).id(), 3);
    assert_eq!(format!("{named:?}"), "Task { id: 2, name: \"worker\", done }");
}

/// T21 cannot happen: the executor keeps a task that nobody holds.
/// Numbers are kept as what is to be added to the first of the profile, which tasks of one line share; that has two bytes.
#[test]
fn numbers_go_on_when_more_tasks_are_created_at_one_line_than_share_a_profile() {
    let executor = executor();
    let mut tasks = Vec::new();
    for number in 1..=150_000 {
        tasks.push(spawn(&executor, async {}));
        assert_eq!(tasks.last().unwrap().id(), number);
    }
    // A changed profile keeps the number of its task.
    tasks[70_000].set_name("named");
    assert_eq!((tasks[70_000].id(), tasks[70_000].name()), (70_001, "named".into()));
    assert_eq!(tasks[149_999].name(), "Task-150000");
}

#[test]
fn dropped_before_the_first_poll() {
    let executor = executor();
    let counts = Counts::default();
    drop(spawn(&executor, counts.of(yield_now())));
    drain(&executor);
    assert_eq!(counts.polls_and_drops(), (2, 1));
}

#[test]
fn dropped_while_the_task_waits() {
    let (executor, gate) = (executor(), Gate::default());
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(gate.wait()));
    tick(&executor);
    drop(task);
    executor.enter(|| gate.open());
    drain(&executor);
    assert_eq!(counts.polls_and_drops(), (2, 1));
}

/// The output of a detached task goes when the task ends, that of a finished one with the handle.
#[test]
fn an_output_that_nobody_takes_is_dropped_once() {
    for detach_first in [true, false] {
        let executor = executor();
        let counts = Counts::default();
        let output = counts.drop_counter();
        let task = spawn(&executor, async move { output });
        if detach_first {
            task.detach();
            assert_eq!(counts.drops(), 0);
            drain(&executor);
        } else {
            drain(&executor);
            assert_eq!(counts.drops(), 0);
            drop(task);
        }
        assert_eq!(counts.drops(), 1);
    }
}

#[test]
fn an_output_that_was_taken_is_not_dropped_again() {
    let executor = executor();
    let counts = Counts::default();
    let output = counts.drop_counter();
    let mut task = spawn(&executor, async move { output });
    drain(&executor);
    let taken = outcome(&executor, &mut task);
    drop(task);
    drop(executor);
    assert_eq!(counts.drops(), 0);
    drop(taken);
    assert_eq!(counts.drops(), 1);
}

#[test]
fn awaited_again_after_its_value_was_taken() {
    let executor = executor();
    let mut task = spawn(&executor, async { 1 });
    drain(&executor);
    assert_eq!(outcome(&executor, &mut task).unwrap(), 1);
    let payload = catch_unwind(AssertUnwindSafe(|| outcome(&executor, &mut task))).unwrap_err();
    assert_eq!(
        payload.downcast_ref::<String>().unwrap(),
        "glassloop: Task-1 was awaited again, but its output has been taken"
    );
    assert!(task.is_done());
}

#[test]
fn kept_longer_than_the_executor() {
    let gone = executor();
    let counts = Counts::default();
    let mut waiting = spawn(&gone, counts.of(pending::<u8>()));
    let mut finished = spawn(&gone, async { 2 });
    tick(&gone);
    let mut unborn = spawn(&gone, counts.of(pending::<u8>()));
    drop(gone);
    assert_eq!(counts.polls_and_drops(), (1, 2));
    let other = executor();
    assert!(matches!(outcome(&other, &mut waiting), Err(JoinError::Cancelled { .. })));
    assert!(matches!(outcome(&other, &mut unborn), Err(JoinError::Cancelled { .. })));
    assert_eq!(outcome(&other, &mut finished).unwrap(), 2);
    assert!(!waiting.cancel() && waiting.is_cancelled());
}

/// The await moves from one awaiter to another: the last one is woken, and nobody else.
#[test]
fn the_last_to_await_is_woken() {
    let (executor, gate) = (executor(), Gate::default());
    let mut task = spawn(&executor, gate.wait());
    tick(&executor);
    let ((first, first_waker), (second, second_waker)) = (Count::new(), Count::new());
    for waker in [&first_waker, &first_waker, &second_waker] {
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(waker)).is_pending());
    }
    executor.enter(|| gate.open());
    drain(&executor);
    assert_eq!((first.get(), second.get()), (0, 1));
}

#[test]
fn pitfall_21_the_panic_of_an_output_does_not_escape_the_handle() {
    let executor = executor();
    let detached = spawn(&executor, async { OnDrop(|| boom("output")) });
    let finished = spawn(&executor, async { OnDrop(|| boom("output")) });
    detached.detach();
    drain(&executor);
    drop(finished);
    // Of a task that is unwinding itself: the second panic is caught, nothing aborts.
    let third = spawn(&executor, async { OnDrop(|| boom("output")) });
    drain(&executor);
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _held = third;
        boom("first")
    }));
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"first"));
}
