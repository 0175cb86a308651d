//! The end of an executor: every future dropped once, in the order of creation, whatever its destructor does.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::thread;

use glassloop_executor::{Executor, Never, Spawn, Task, child};

use crate::common::{Counts, Gate, Log, OnDrop, boom, drain, executor, spawn, tick};

/// R1: leftovers go in creation order, whether they have started or not, wherever their slots are.
#[test]
fn in_the_order_of_creation() {
    let (executor, log) = (executor(), Log::default());
    let noted = |name: &'static str| {
        let log = log.clone();
        let end = OnDrop(move || log.say(name));
        async move {
            let _end = end;
            pending::<()>().await
        }
    };
    let gate = Gate::default();
    let short = spawn(&executor, gate.wait());
    spawn(&executor, noted("1")).detach();
    tick(&executor);
    executor.enter(|| gate.open());
    drain(&executor);
    assert!(short.is_done());
    let children = Box::new([child::<_, Never>(noted("2[0]")), child(noted("2[1]"))]);
    let group = executor.spawn_group::<Box<[_]>>(Spawn::here(), children);
    // It moves into the slot of the first.
    spawn(&executor, noted("3")).detach();
    tick(&executor);
    spawn(&executor, noted("4, never polled")).detach();
    drop(executor);
    assert_eq!(log.take(), "1 2[0] 2[1] 3 4, never polled");
    drop(group);
}

#[test]
fn each_future_is_dropped_once_and_on_its_thread() {
    let counts = Counts::default();
    let home = thread::current().id();
    let executor = executor();
    for _ in 0..100 {
        let alive = OnDrop(move || assert_eq!(thread::current().id(), home));
        let future = counts.of(async move {
            let _alive = alive;
            pending::<()>().await
        });
        spawn(&executor, future).detach();
    }
    tick(&executor);
    executor.shutdown();
    assert_eq!(counts.polls_and_drops(), (100, 100));
    executor.shutdown();
    drop(executor);
    assert_eq!(counts.polls_and_drops(), (100, 100));
}

/// A waker kept elsewhere owns nothing: no thread but the loop's ever drops a future.
#[test]
fn pitfall_08_futures_are_dropped_on_the_loops_thread_alone() {
    let executor = executor();
    let home = thread::current().id();
    let gate = Gate::default();
    let alive = OnDrop(move || assert_eq!(thread::current().id(), home));
    let waits = gate.wait();
    let task = spawn(&executor, async move {
        let _alive = alive;
        waits.await;
        alive_rc(&Rc::new(()));
    });
    tick(&executor);
    let waker = gate.waker();
    drop(task);
    let waking = thread::spawn(move || {
        waker.wake_by_ref();
        drop(waker);
    });
    drop(executor);
    waking.join().unwrap();
}

fn alive_rc(shared: &Rc<()>) -> usize {
    Rc::strong_count(shared)
}

fn when_dropped(executor: &Executor, act: impl FnMut() + 'static) -> Task<()> {
    let end = OnDrop(act);
    spawn(executor, async move {
        let _end = end;
        pending().await
    })
}

fn upgrade(executor: &Weak<Executor>) -> Rc<Executor> {
    executor.upgrade().expect("shutdown() borrows it")
}

#[test]
fn pitfall_26_destructors_that_spawn() {
    let executor = Rc::new(executor());
    let counts = Counts::default();
    let late: Rc<RefCell<Option<Task<()>>>> = Rc::default();
    let (weak, counting, keep) = (Rc::downgrade(&executor), counts.clone(), late.clone());
    when_dropped(&executor, move || {
        let executor = upgrade(&weak);
        *keep.borrow_mut() = Some(spawn(&executor, counting.of(pending::<()>())));
        let children: Box<[_]> = Box::new([child::<_, Never>(counting.of(pending::<()>()))]);
        drop(executor.spawn_group(Spawn::here(), children));
    })
    .detach();
    tick(&executor);
    executor.shutdown();
    assert_eq!(counts.polls_and_drops(), (0, 2));
    assert!(late.take().unwrap().is_cancelled());
    assert!(executor.snapshot().tasks.is_empty());
}

#[test]
fn pitfall_26_destructors_that_wake_and_cancel_others() {
    let executor = executor();
    let (log, gate) = (Log::default(), Gate::default());
    let others: Rc<RefCell<Vec<Task<()>>>> = Rc::default();
    let (inside, opened) = (others.clone(), gate.clone());
    when_dropped(&executor, move || {
        opened.open();
        for other in inside.borrow().iter() {
            other.cancel();
        }
    })
    .detach();
    for name in ["a", "b"] {
        let (log, waits) = (log.clone(), gate.wait());
        let end = OnDrop(move || log.say(name));
        let task = spawn(&executor, async move {
            let _end = end;
            waits.await;
            pending().await
        });
        others.borrow_mut().push(task);
    }
    tick(&executor);
    drop(executor);
    assert_eq!(log.take(), "a b");
    assert!(others.borrow().iter().all(Task::is_cancelled));
}

#[test]
fn destructors_that_panic() {
    let executor = executor();
    let counts = Counts::default();
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let counted = counts.drop_counter();
        tasks.push(when_dropped(&executor, move || {
            let _ = &counted;
            boom("destructor")
        }));
    }
    tick(&executor);
    drop(executor);
    assert_eq!(counts.drops(), 3);
    assert!(tasks.iter().all(|task| task.is_done() && !task.is_cancelled()));
}

/// A destructor that owns handles: of tasks that end after it, of one that has ended.
#[test]
fn destructors_that_drop_handles() {
    let executor = executor();
    let counts = Counts::default();
    let (output, later) = (counts.drop_counter(), Rc::new(RefCell::new(None)));
    let mut finished = Some(spawn(&executor, async move { output }));
    let inside = later.clone();
    when_dropped(&executor, move || drop((finished.take(), inside.borrow_mut().take()))).detach();
    *later.borrow_mut() = Some(spawn(&executor, counts.of(pending::<()>())));
    tick(&executor);
    drop(executor);
    assert_eq!(counts.polls_and_drops(), (1, 2));
}

/// An awaiter that goes before the task it waits for, and one that goes after.
#[test]
fn tasks_that_wait_for_one_another() {
    let executor = executor();
    let counts = Counts::default();
    let first = spawn(&executor, counts.of(pending::<()>()));
    let second = spawn(&executor, counts.of(first));
    let third = spawn(&executor, counts.of(second));
    tick(&executor);
    drop(executor);
    assert_eq!(counts.polls_and_drops(), (3, 3));
    assert!(third.is_cancelled());
}

#[test]
fn spawning_afterwards() {
    let executor = executor();
    let counts = Counts::default();
    executor.shutdown();
    let task = spawn(&executor, counts.of(async {}));
    assert!(task.is_done() && task.is_cancelled());
    assert_eq!(counts.polls_and_drops(), (0, 1));
    assert!(!executor.has_ready());
}

fn refused(act: impl FnOnce()) -> bool {
    let payload = catch_unwind(AssertUnwindSafe(act)).unwrap_err();
    payload.downcast_ref::<String>().unwrap().contains("was called from inside a task")
}

/// From inside a task and from inside a destructor it is refused; what the others rely on goes on.
#[test]
fn shutdown_from_inside() {
    let executor = Rc::new(executor());
    let (refusals, weak) = (Rc::new(Cell::new(0)), Rc::downgrade(&executor));
    let (counting, inside) = (refusals.clone(), weak.clone());
    let shut_down = move || counting.set(counting.get() + usize::from(refused(|| upgrade(&inside).shutdown())));
    let (in_poll, in_drop) = (shut_down.clone(), shut_down);
    let end = OnDrop(in_drop);
    let task = spawn(&executor, async move {
        let _end = end;
        in_poll();
        pending::<()>().await
    });
    tick(&executor);
    assert_eq!(refusals.get(), 1);
    assert!(!task.is_done());
    executor.shutdown();
    assert_eq!(refusals.get(), 2);
    assert!(task.is_cancelled());
}

/// A wake that was sent and never taken in, a call that nobody will run: both go with the executor.
#[test]
fn pitfall_28_what_was_sent_goes_with_the_executor() {
    let executor = executor();
    let (dropped, count) = (std::sync::Arc::new(()), std::sync::Arc::new(()));
    let (id, captured) = (executor.id(), dropped.clone());
    assert!(id.call(move || drop(captured)));
    drop(executor);
    assert_eq!(std::sync::Arc::strong_count(&dropped), 1);
    let captured = count.clone();
    assert!(!id.call(move || drop(captured)));
    assert_eq!(std::sync::Arc::strong_count(&count), 1);
}
