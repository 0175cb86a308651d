//! Who may hold a waker of a task: known for our own primitives, marked as *escaped* for anybody else's.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;

use glassloop_executor::{Executor, Never, Spawn, TaskRef, child};

use crate::common::{Gate, executor, spawn, tick, yield_now};

type Kept = Rc<RefCell<Option<Waker>>>;

/// Keeps a clone of its waker, as a stranger's future does.
fn keep(kept: &Kept) -> impl Future<Output = ()> + use<> {
    let kept = kept.clone();
    poll_fn(move |cx| {
        *kept.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    })
}

fn escaped(executor: &Executor) -> Vec<TaskRef> {
    let tasks = executor.snapshot().tasks.into_iter();
    tasks.filter(|state| state.escaped).map(|state| state.task).collect()
}

#[test]
fn a_clone_marks_the_task_for_life() {
    let executor = executor();
    let kept = Kept::default();
    let task = spawn(&executor, keep(&kept));
    spawn(&executor, Gate::default().wait()).detach();
    tick(&executor);
    assert_eq!(escaped(&executor), [TaskRef { task: 1, child: None }]);
    kept.take();
    assert_eq!(escaped(&executor).len(), 1);
    assert!(executor.has_escaped());
    task.cancel();
    tick(&executor);
    assert!(!executor.has_escaped(), "nobody who has escaped is alive");
}

#[test]
fn our_own_primitives_and_plain_wakes_mark_nothing() {
    let executor = executor();
    let gate = Gate::default();
    let awaited = spawn(&executor, gate.wait());
    spawn(&executor, async move { awaited.await.unwrap() }).detach();
    spawn(&executor, async {
        yield_now().await;
        std::future::pending::<()>().await
    })
    .detach();
    tick(&executor);
    tick(&executor);
    assert_eq!(executor.snapshot().tasks.len(), 3);
    assert!(escaped(&executor).is_empty() && !executor.has_escaped());
}

#[test]
fn a_clone_marks_the_child_alone() {
    let executor = executor();
    let (kept, gate) = (Kept::default(), Gate::default());
    let children = (child::<_, Never>(gate.wait()), child::<_, Never>(keep(&kept)));
    let group = executor.spawn_group(Spawn::here(), children);
    tick(&executor);
    assert_eq!(escaped(&executor), [TaskRef { task: group.id(), child: Some(1) }]);
    drop(group);
    tick(&executor);
    assert!(!executor.has_escaped());
}

#[test]
fn a_clone_marks_the_root() {
    let executor = executor();
    let kept = Kept::default();
    let future = pin!(keep(&kept));
    let mut root = executor.root(Spawn::here(), future);
    executor.enter(|| executor.tick(Some(&mut root)));
    assert_eq!(escaped(&executor), [TaskRef { task: root.id(), child: None }]);
    drop(root);
    assert!(!executor.has_escaped());
}

/// A waker moved to another thread without a clone is no escape yet; one cloned there cannot be told, and counts for all.
#[test]
fn a_clone_on_another_thread_marks_the_executor() {
    let executor = executor();
    let gate = Gate::default();
    spawn(&executor, gate.wait()).detach();
    tick(&executor);
    let waker = gate.waker();
    let waker = thread::spawn(move || waker).join().unwrap();
    assert!(!executor.has_escaped());
    thread::spawn(move || drop(waker.clone())).join().unwrap();
    assert!(executor.has_escaped());
    assert!(escaped(&executor).is_empty());
}

/// Inside another executor the task cannot be looked at either.
#[test]
fn a_clone_inside_a_nested_executor_marks_the_outer_one() {
    let (outer, inner) = (executor(), executor());
    let gate = Gate::default();
    spawn(&outer, gate.wait()).detach();
    tick(&outer);
    let waker = gate.waker();
    outer.enter(|| inner.enter(|| drop(waker.clone())));
    assert!(outer.has_escaped() && !inner.has_escaped());
}

#[test]
fn a_clone_of_a_waker_of_what_has_ended_marks_nothing() {
    let executor = executor();
    let gate = Gate::default();
    let task = spawn(&executor, gate.wait());
    tick(&executor);
    let waker = gate.waker();
    executor.enter(|| {
        task.cancel();
        executor.tick(None);
        drop(waker.clone());
    });
    assert!(!executor.has_escaped());
    drop(executor);
    drop(waker.clone());
}
