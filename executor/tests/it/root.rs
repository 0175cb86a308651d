//! The root future of a `block_on`: borrowed, pinned by the caller, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use glassloop_executor::{Executor, Root, Spawn};

use crate::common::{Counts, Gate, Log, boom, drain, executor, spawn, yield_now, yield_times};

/// Ticks until the root has ended, as a `block_on` does.
fn run<F: Future>(executor: &Executor, root: &mut Root<'_, F>) -> std::thread::Result<F::Output> {
    executor.enter(|| {
        loop {
            executor.tick(Some(root));
            if let Some(output) = root.take_output() {
                return output;
            }
            assert!(executor.has_ready(), "the root sleeps and nothing is ready");
        }
    })
}

#[test]
fn the_root_may_borrow_and_runs_among_tasks() {
    let (executor, log) = (executor(), Log::default());
    let text = String::from("borrowed");
    let before = log.clone();
    spawn(&executor, async move { before.say("task") }).detach();
    let future = pin!(async {
        log.say("root");
        yield_now().await;
        text.len()
    });
    let mut root = executor.root(Spawn::here(), future);
    assert_eq!(run(&executor, &mut root).unwrap(), 8);
    assert!(root.take_output().is_none());
    assert_eq!(log.take(), "task root");
}

#[test]
fn the_root_awaits_tasks_and_is_woken_by_them() {
    let executor = executor();
    let task = spawn(&executor, async {
        yield_times(3).await;
        7
    });
    let future = pin!(async move { task.await.unwrap() });
    let mut root = executor.root(Spawn::here(), future);
    assert_eq!(run(&executor, &mut root).unwrap(), 7);
}

#[test]
fn the_panic_of_the_root_comes_back_and_tasks_live_on() {
    let (executor, gate) = (executor(), Gate::default());
    let task = spawn(&executor, gate.wait());
    let future = pin!(async {
        yield_now().await;
        boom("root")
    });
    let mut root = executor.root(Spawn::here(), future);
    let payload: Result<(), _> = run(&executor, &mut root);
    assert_eq!(payload.unwrap_err().downcast_ref(), Some(&"root"));
    drop(root);
    executor.enter(|| gate.open());
    drain(&executor);
    assert!(task.is_done() && !task.is_cancelled());
}

/// The slot of a root that has ended serves others, and the next root is polled all the same.
#[test]
fn a_second_root_after_tasks_have_moved_in() {
    let executor = executor();
    for round in 0..3 {
        let future = pin!(async { round });
        let mut root = executor.root(Spawn::here(), future);
        assert_eq!(run(&executor, &mut root).unwrap(), round);
        drop(root);
        spawn(&executor, std::future::pending::<()>()).detach();
    }
    assert_eq!(executor.snapshot().tasks.len(), 3);
}

/// A root that ended while it was queued leaves an entry behind: it is nobody's.
#[test]
fn a_root_that_ends_while_it_is_queued() {
    let executor = executor();
    let future = pin!(std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(())
    }));
    let mut root = executor.root(Spawn::here(), future);
    run(&executor, &mut root).unwrap();
    drop(root);
    assert_eq!(executor.snapshot().run_queue, [None]);

    let counts = Counts::default();
    let future = pin!(counts.of(yield_now()));
    let mut root = executor.root(Spawn::here(), future);
    run(&executor, &mut root).unwrap();
    assert_eq!(counts.polls(), 2);
}

#[test]
fn a_root_dropped_unfinished_makes_room_for_the_next() {
    let executor = executor();
    let counts = Counts::default();
    {
        let future = pin!(counts.of(std::future::pending::<()>()));
        let mut root = executor.root(Spawn::here(), future);
        executor.enter(|| executor.tick(Some(&mut root)));
    }
    assert_eq!(counts.polls_and_drops(), (1, 1));
    let future = pin!(async { 5 });
    let mut root = executor.root(Spawn::here(), future);
    assert_eq!(run(&executor, &mut root).unwrap(), 5);
}

#[test]
fn one_root_at_a_time() {
    let executor = executor();
    let (first, second) = (pin!(async {}), pin!(async {}));
    let mut root = executor.root(Spawn::here(), first);
    let refused = catch_unwind(AssertUnwindSafe(|| executor.root(Spawn::here(), second).id())).unwrap_err();
    assert!(refused.downcast_ref::<&str>().unwrap().contains("has a root already"));
    run(&executor, &mut root).unwrap();
}

/// A waker of the root names a slot, never the stack frame that the root lay in.
#[test]
fn pitfall_11_a_waker_of_the_root_outlives_it() {
    let executor = executor();
    let mut kept = None;
    {
        let future = pin!(std::future::poll_fn(|cx| {
            kept = Some(cx.waker().clone());
            Poll::Ready(())
        }));
        let mut root = executor.root(Spawn::here(), future);
        run(&executor, &mut root).unwrap();
    }
    let waker = kept.unwrap();
    executor.enter(|| waker.wake_by_ref());
    std::thread::spawn(move || waker.wake()).join().unwrap();
    assert!(!executor.has_ready());
    assert_eq!(drain(&executor), 0);
}
