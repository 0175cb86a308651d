//! Other threads: floods, parking, calls, and two loops that wake each other.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

use glassloop_executor::Executor;

use crate::common::{Count, Counts, Gate, drain, executor, spawn, tick};

/// An executor whose unparker counts.
fn counted() -> (Executor, Arc<Count>) {
    let (count, unparker) = Count::new();
    (Executor::new(unparker).unwrap(), count)
}

fn waiting_task(executor: &Executor) -> (Counts, Waker) {
    let (counts, gate) = (Counts::default(), Gate::default());
    spawn(executor, counts.of(gate.wait())).detach();
    tick(executor);
    (counts, gate.waker())
}

fn elsewhere(act: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(act).join().unwrap());
}

#[test]
fn pitfall_03_a_flood_unparks_at_most_once() {
    let (executor, unparks) = counted();
    let (counts, waker) = waiting_task(&executor);
    // While it runs: not once.
    elsewhere(|| (0..1000).for_each(|_| waker.wake_by_ref()));
    assert_eq!(unparks.get(), 0);
    assert!(!executor.begin_park(), "there is something to take in");
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
    // While it is parked: once.
    assert!(executor.begin_park());
    elsewhere(|| (0..1000).for_each(|_| waker.wake_by_ref()));
    assert_eq!(unparks.get(), 1);
    executor.end_park();
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 3);
    // And again: the state was restored.
    for round in 1..=3 {
        assert!(executor.begin_park());
        elsewhere(|| waker.wake_by_ref());
        executor.end_park();
        tick(&executor);
        assert_eq!(unparks.get(), 1 + round);
    }
}

/// The owner may be woken by something else: a socket, a timer.
#[test]
fn a_park_that_ends_for_another_reason() {
    let (executor, unparks) = counted();
    let (counts, waker) = waiting_task(&executor);
    assert!(executor.begin_park());
    executor.end_park();
    elsewhere(|| waker.wake_by_ref());
    assert_eq!(unparks.get(), 0);
    assert!(!executor.begin_park());
    tick(&executor);
    assert_eq!(counts.polls(), 2);
    assert!(executor.begin_park());
    executor.end_park();
}

/// Wakes of many tasks are a message each; those of one task are one, children of a gather included.
#[test]
fn each_slot_is_coalesced_by_itself() {
    use crate::gather::group;
    let (executor, _) = counted();
    let gates: Vec<Gate> = (0..100).map(|_| Gate::default()).collect();
    let group = group::<glassloop_executor::Never, _>(&executor, gates.iter().map(Gate::wait));
    tick(&executor);
    let wakers: Vec<Waker> = gates.iter().map(Gate::waker).collect();
    elsewhere(|| (0..10).for_each(|_| wakers.iter().for_each(Waker::wake_by_ref)));
    assert_eq!(tick(&executor), 100);
    assert_eq!(executor.polls(), 200);
    drop(group);
}

/// The bit is the slot's: a stale ticket sets it first, and the live one's wake relies on that message.
#[test]
fn a_stale_tickets_wake_does_not_swallow_a_live_ones() {
    let executor = executor();
    let gate = Gate::default();
    let former = spawn(&executor, gate.wait());
    tick(&executor);
    let stale = gate.waker();
    executor.enter(|| former.cancel());
    tick(&executor);
    let (counts, live) = waiting_task(&executor);
    elsewhere(|| {
        stale.wake_by_ref();
        live.wake_by_ref();
    });
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
    // The bit is clear again.
    elsewhere(|| live.wake_by_ref());
    assert_eq!(tick(&executor), 1);
}

/// Sent to a task that ended before the message was read; its slot is free, then reused.
#[test]
fn a_wake_that_arrives_after_the_end() {
    let executor = executor();
    let gate = Gate::default();
    let task = spawn(&executor, gate.wait());
    tick(&executor);
    let waker = gate.waker();
    executor.enter(|| task.cancel());
    elsewhere(|| waker.wake_by_ref());
    assert_eq!(tick(&executor), 1);
    elsewhere(|| waker.wake_by_ref());
    assert_eq!(tick(&executor), 0);
    let (counts, live) = waiting_task(&executor);
    elsewhere(|| live.wake_by_ref());
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
}

#[test]
fn a_wake_from_another_thread_during_the_poll() {
    let executor = executor();
    let counts = Counts::default();
    let mut first = true;
    let task = spawn(
        &executor,
        counts.of(poll_fn(move |cx| {
            if !std::mem::replace(&mut first, false) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            elsewhere(|| waker.wake());
            Poll::Pending
        })),
    );
    assert_eq!(tick(&executor), 1);
    assert!(!executor.has_ready());
    assert_eq!(tick(&executor), 1);
    assert!(task.is_done());
    assert_eq!(counts.polls(), 2);
}

#[test]
fn a_call_runs_on_the_loop() {
    let (executor, unparks) = counted();
    let (id, home) = (executor.id(), thread::current().id());
    let (send, receive) = mpsc::channel();
    assert!(executor.begin_park());
    elsewhere(|| {
        assert!(!id.is_current());
        let send = send.clone();
        assert!(id.call(move || send.send((thread::current().id(), id.is_current())).unwrap()));
    });
    assert_eq!(unparks.get(), 1);
    assert!(receive.try_recv().is_err());
    executor.end_park();
    tick(&executor);
    assert_eq!(receive.try_recv().unwrap(), (home, true));
    // One that panics is nobody else's trouble.
    assert!(id.call(|| crate::common::boom("call")));
    assert!(id.call(move || send.send((thread::current().id(), false)).unwrap()));
    tick(&executor);
    assert!(receive.try_recv().is_ok());
    drop(executor);
    assert!(!id.call(|| unreachable!("the executor is gone")));
}

/// Sleeps as a loop does, with `thread::park` as its reactor.
fn run_until(executor: &Executor, done: impl Fn() -> bool) {
    executor.enter(|| {
        while !done() {
            if executor.tick(None) == 0 && executor.begin_park() {
                if !done() {
                    thread::park();
                }
                executor.end_park();
            }
        }
    });
}

struct Unpark(thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn parking_executor() -> Executor {
    Executor::new(Waker::from(Arc::new(Unpark(thread::current())))).unwrap()
}

/// A side of the ping-pong: the number of the round it may play, and who waits for that.
#[derive(Default)]
struct Side {
    round: AtomicUsize,
    waiting: Mutex<Option<Waker>>,
}

impl Side {
    fn serve(&self, round: usize) {
        self.round.store(round, Ordering::SeqCst);
        let waker = self.waiting.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn turn(&self, round: usize) {
        poll_fn(|cx| {
            *self.waiting.lock().unwrap() = Some(cx.waker().clone());
            if self.round.load(Ordering::SeqCst) >= round { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Every wake matters here: one that is lost stops the game, and the test with it.
#[test]
fn pitfall_04_two_loops_wake_each_other() {
    const ROUNDS: usize = 5_000;
    let sides = Arc::new([Side::default(), Side::default()]);
    let play = |me: usize| {
        let sides = sides.clone();
        move || {
            let executor = parking_executor();
            let task = spawn(&executor, async move {
                for round in 1..=ROUNDS {
                    if me == 0 {
                        sides[1].serve(round);
                        sides[0].turn(round).await;
                    } else {
                        sides[1].turn(round).await;
                        sides[0].serve(round);
                    }
                }
            });
            run_until(&executor, || task.is_done());
        }
    };
    let other = thread::spawn(play(1));
    play(0)();
    other.join().unwrap();
}

/// Many threads, many tasks: each waits until all of its wakes have come.
#[test]
fn pitfall_04_many_threads_wake_many_tasks() {
    const TASKS: usize = 8;
    const ROUNDS: usize = 500;
    let executor = parking_executor();
    let counters: Arc<Vec<AtomicUsize>> = Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
    let mut tasks = Vec::new();
    let gates: Vec<Gate> = (0..TASKS).map(|_| Gate::default()).collect();
    for (index, gate) in gates.iter().enumerate() {
        let (counters, gate) = (counters.clone(), gate.clone());
        tasks.push(spawn(
            &executor,
            poll_fn(move |cx| {
                let _ = std::pin::pin!(gate.wait()).poll(cx);
                if counters[index].load(Ordering::SeqCst) == 2 * ROUNDS { Poll::Ready(()) } else { Poll::Pending }
            }),
        ));
    }
    tick(&executor);
    let wakers: Vec<Waker> = gates.iter().map(Gate::waker).collect();
    let start = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    for (counter, waker) in counters.iter().zip(&wakers) {
                        counter.fetch_add(1, Ordering::SeqCst);
                        waker.wake_by_ref();
                    }
                }
            });
        }
        start.wait();
        run_until(&executor, || tasks.iter().all(|task| task.is_done()));
    });
}

/// A thread wakes without pause while executors come and go under its waker.
#[test]
fn pitfall_05_waking_while_the_executor_goes() {
    let waker = Mutex::new(Waker::noop().clone());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let kept = waker.lock().unwrap().clone();
                kept.wake_by_ref();
                kept.wake();
            }
        });
        for _ in 0..300 {
            let executor = parking_executor();
            let (counts, fresh) = waiting_task(&executor);
            *waker.lock().unwrap() = fresh;
            drain(&executor);
            drop(executor);
            assert_eq!(counts.drops(), 1);
        }
        over.store(true, Ordering::SeqCst);
    });
}
