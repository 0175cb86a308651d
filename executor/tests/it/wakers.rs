//! Wakers kept too long, used from elsewhere, used at the worst moment.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use glassloop_executor::{own_waker, task_of};

use crate::common::{Counts, Gate, OnDrop, drain, executor, spawn, tick};

/// A waker of a task that has ended, and the executor it ran in.
fn stale(executor: &glassloop_executor::Executor) -> Waker {
    let gate = Gate::default();
    let task = spawn(executor, gate.wait());
    tick(executor);
    let waker = gate.waker();
    executor.enter(|| task.cancel());
    tick(executor);
    assert!(task.is_done());
    waker
}

fn from_a_thread(waker: &Waker) {
    let waker = waker.clone();
    thread::spawn(move || waker.wake()).join().unwrap();
}

#[test]
fn after_the_end_of_the_task() {
    let executor = executor();
    let waker = stale(&executor);
    executor.enter(|| waker.wake_by_ref());
    assert!(!executor.has_ready());
    from_a_thread(&waker);
    assert_eq!(tick(&executor), 0);
}

/// A local wake knows by the generation that it is stale; a remote one wakes whoever lives there, which is allowed.
#[test]
fn after_the_slot_was_given_to_another() {
    let executor = executor();
    let waker = stale(&executor);
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(pending::<()>()));
    tick(&executor);
    executor.enter(|| waker.wake_by_ref());
    assert!(!executor.has_ready());
    from_a_thread(&waker);
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
    assert!(!task.is_done());
}

#[test]
fn after_the_executor_is_gone() {
    let gone = executor();
    let gate = Gate::default();
    spawn(&gone, gate.wait()).detach();
    tick(&gone);
    let waker = gate.waker();
    drop(gone);
    waker.wake_by_ref();
    from_a_thread(&waker);
    let other = executor();
    other.enter(|| waker.wake_by_ref());
    assert_eq!(drain(&other), 0);
}

#[test]
fn wakers_of_one_task_will_wake_each_other_and_no_other() {
    let executor = executor();
    let wakers: Rc<RefCell<Vec<Waker>>> = Rc::default();
    for _ in 0..2 {
        let wakers = wakers.clone();
        let keep = std::future::poll_fn(move |cx| {
            wakers.borrow_mut().push(cx.waker().clone());
            cx.waker().wake_by_ref();
            if wakers.borrow().len() >= 4 { Poll::Ready(()) } else { Poll::Pending }
        });
        spawn(&executor, keep).detach();
    }
    drain(&executor);
    let wakers = wakers.borrow();
    assert!(wakers[0].will_wake(&wakers[2]) && wakers[1].will_wake(&wakers[3]));
    assert!(!wakers[0].will_wake(&wakers[1]));
}

#[test]
fn a_waker_is_a_word_to_copy() {
    let executor = executor();
    let gate = Gate::default();
    spawn(&executor, gate.wait()).detach();
    tick(&executor);
    let waker = gate.waker();
    let copies: Vec<Waker> = (0..1000).map(|_| waker.clone()).collect();
    executor.enter(|| copies.into_iter().for_each(Waker::wake));
    assert_eq!(tick(&executor), 1);
}

/// The wake comes from a destructor of a thread-local, when that thread's locals are going.
#[test]
fn pitfall_27_at_the_exit_of_a_thread() {
    type Act = Box<dyn FnMut()>;
    thread_local! {
        static LAST: RefCell<Option<OnDrop<Act>>> = const { RefCell::new(None) };
    }
    let executor = executor();
    let counts = Counts::default();
    let gate = Gate::default();
    spawn(&executor, counts.of(gate.wait())).detach();
    tick(&executor);
    let waker = gate.waker();
    thread::spawn(move || {
        let wake: Act = Box::new(move || [waker.clone(), waker.clone()].into_iter().for_each(Waker::wake));
        LAST.set(Some(OnDrop(wake)));
    })
    .join()
    .unwrap();
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
}

/// An executor that lives in a thread-local and goes with it.
#[test]
fn pitfall_27_an_executor_dropped_at_the_exit_of_its_thread() {
    thread_local! {
        static EXECUTOR: RefCell<Option<glassloop_executor::Executor>> = const { RefCell::new(None) };
    }
    let (dropped, was_dropped) = mpsc::channel();
    thread::spawn(move || {
        let executor = executor();
        let gate = Gate::default();
        let waits = gate.wait();
        let end = OnDrop(move || {
            gate.wake();
            dropped.send(()).unwrap();
        });
        let future = async move {
            let _end = end;
            waits.await
        };
        spawn(&executor, future).detach();
        tick(&executor);
        EXECUTOR.set(Some(executor));
    })
    .join()
    .unwrap();
    was_dropped.try_recv().unwrap();
}

/// A wake only queues: it neither polls nor drops, and may be made under any lock.
#[test]
fn pitfall_06_a_wake_runs_nothing() {
    let executor = executor();
    let counts = Counts::default();
    let lock = Arc::new(Mutex::new(()));
    let (gate, inside) = (Gate::default(), lock.clone());
    let waits = gate.wait();
    let future = counts.of(async move {
        waits.await;
        drop(inside.try_lock().expect("the waker's lock is free when the task runs"));
    });
    let task = spawn(&executor, future);
    tick(&executor);
    executor.enter(|| {
        let _held = lock.lock().unwrap();
        gate.open();
        assert_eq!(counts.polls(), 1);
    });
    tick(&executor);
    assert!(task.is_done());
}

/// Nobody drains while a flood comes in: a wake waits for nothing.
#[test]
fn pitfall_02_a_wake_never_blocks() {
    let executor = executor();
    let wakers: Vec<Waker> = (0..5_000)
        .map(|_| {
            let gate = Gate::default();
            spawn(&executor, gate.wait()).detach();
            tick(&executor);
            gate.waker()
        })
        .collect();
    let lock = Mutex::new(());
    let held = lock.lock().unwrap();
    thread::scope(|scope| scope.spawn(|| wakers.iter().for_each(Waker::wake_by_ref)).join().unwrap());
    drop(held);
    assert_eq!(tick(&executor), 5_000);
}

/// The waker that is replaced belongs to a stranger, who wakes and ends things when it is dropped.
#[test]
fn pitfall_07_a_replaced_waker_is_dropped_outside_of_every_borrow() {
    struct Meddler(Mutex<Option<Waker>>);
    impl std::task::Wake for Meddler {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            if let Some(waker) = self.0.lock().unwrap().take() {
                waker.wake();
            }
        }
    }
    let executor = executor();
    let (gate, counts) = (Gate::default(), Counts::default());
    spawn(&executor, counts.of(gate.wait())).detach();
    let mut awaited = spawn(&executor, pending::<()>());
    tick(&executor);
    executor.enter(|| {
        let meddler = Waker::from(Arc::new(Meddler(Mutex::new(Some(gate.waker())))));
        assert!(Pin::new(&mut awaited).poll(&mut Context::from_waker(&meddler)).is_pending());
        drop(meddler);
        assert!(!executor.has_ready());
        assert!(Pin::new(&mut awaited).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(executor.has_ready(), "the former waker was dropped, and woke");
    });
    tick(&executor);
    assert_eq!(counts.polls(), 2);
}

/// A context says nothing about who runs: a task is told by its waker, an executor by the thread.
#[test]
fn pitfall_09_identity_comes_from_the_thread() {
    let executor = executor();
    let mut task = spawn(&executor, async { 1 });
    // Polled by a stranger, outside of any executor.
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(task_of(Waker::noop()).is_none());
    assert!(!executor.is_entered() && !executor.id().is_current());
    executor.enter(|| {
        assert!(executor.is_entered());
        assert!(task_of(Waker::noop()).is_none());
        executor.tick(None);
    });
    assert!(task.is_done());
    let own = spawn(&executor, std::future::poll_fn(|cx| Poll::Ready((own_waker(cx), task_of(cx.waker())))));
    drain(&executor);
    let mut own = own;
    let (waker, who) = crate::common::outcome(&executor, &mut own).unwrap();
    assert_eq!(who.unwrap().to_string(), "2");
    assert!(executor.enter(|| task_of(&waker)).is_none(), "it has ended");
}

/// Two wakers of the same task with different tables would only cost a wake: equality is an optimisation.
#[test]
fn pitfall_10_a_waker_that_will_not_compare_is_replaced() {
    use crate::common::Count;
    let executor = executor();
    let gate = Gate::default();
    let mut task = spawn(&executor, gate.wait());
    tick(&executor);
    let mut counts = Vec::new();
    for _ in 0..3 {
        let (count, waker) = Count::new();
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        counts.push(count);
    }
    executor.enter(|| gate.open());
    drain(&executor);
    assert_eq!(counts.iter().map(|count| count.get()).collect::<Vec<_>>(), [0, 0, 1]);
}
