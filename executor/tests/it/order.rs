//! The order in which tasks run: first in, first out, a tick at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use crate::common::{Counts, Gate, Log, drain, executor, outcome, spawn, tick, yield_now, yield_times};

/// T1, T2: nothing runs inside the spawn; tasks start in the order of their creation.
#[test]
fn tasks_start_later_and_in_creation_order() {
    let (executor, log) = (executor(), Log::default());
    for name in ["a", "b", "c"] {
        let log = log.clone();
        spawn(&executor, async move { log.say(name) }).detach();
    }
    assert_eq!(log.take(), "");
    assert_eq!(tick(&executor), 3);
    assert_eq!(log.take(), "a b c");
}

/// S2: equal tasks rotate fairly.
#[test]
fn pitfall_14_a_task_that_wakes_itself_goes_to_the_back() {
    let (executor, log) = (executor(), Log::default());
    for name in ["a", "b", "c"] {
        let log = log.clone();
        spawn(&executor, async move {
            for step in 0..3 {
                log.say(format!("{name}{step}"));
                yield_now().await;
            }
        })
        .detach();
    }
    assert_eq!(drain(&executor), 4);
    assert_eq!(log.take(), "a0 b0 c0 a1 b1 c1 a2 b2 c2");
}

#[test]
fn pitfall_16_a_tick_is_a_snapshot() {
    let (executor, log) = (executor(), Log::default());
    let spinner = spawn(&executor, yield_times(1_000_000));
    for round in 0..5 {
        assert_eq!(tick(&executor), 1, "round {round}");
    }
    assert!(!spinner.is_done());

    // What is spawned inside a tick waits for the next.
    let gate = Gate::default();
    let (inner, opened) = (log.clone(), gate.clone());
    spawn(&executor, async move {
        opened.open();
        inner.say("opened");
    })
    .detach();
    let waiting = log.clone();
    spawn(&executor, async move {
        gate.wait().await;
        waiting.say("through");
    })
    .detach();
    assert_eq!(tick(&executor), 3);
    assert_eq!(log.take(), "opened through");
}

#[test]
fn what_a_task_spawns_runs_in_the_next_tick() {
    let (executor, log) = (std::rc::Rc::new(executor()), Log::default());
    let (spawner, outer) = (executor.clone(), log.clone());
    spawn(&executor, async move {
        let inner = outer.clone();
        spawn(&spawner, async move { inner.say("child") }).detach();
        outer.say("parent");
    })
    .detach();
    assert_eq!(tick(&executor), 1);
    assert_eq!(log.take(), "parent");
    assert_eq!(tick(&executor), 1);
    assert_eq!(log.take(), "child");
}

#[test]
fn many_wakes_before_a_turn_are_one_turn() {
    let (executor, gate) = (executor(), Gate::default());
    let counts = Counts::default();
    let task = spawn(&executor, counts.of(gate.wait()));
    tick(&executor);
    let waker = gate.waker();
    executor.enter(|| {
        for _ in 0..10 {
            waker.wake_by_ref();
        }
    });
    assert_eq!(tick(&executor), 1);
    assert_eq!(counts.polls(), 2);
    assert!(!task.is_done());
}

/// QUEUED is cleared before the poll, so a wake that comes during it counts.
#[test]
fn pitfall_01_a_wake_during_the_poll_is_not_lost() {
    let executor = executor();
    let mut polls = 0;
    let counts = Counts::default();
    let task = spawn(
        &executor,
        counts.of(std::future::poll_fn(move |cx| {
            polls += 1;
            if polls == 1 {
                // On the owner's thread, and from another while this one polls.
                cx.waker().wake_by_ref();
                let waker = cx.waker().clone();
                std::thread::spawn(move || waker.wake()).join().unwrap();
            }
            Poll::<()>::Pending
        })),
    );
    assert_eq!(tick(&executor), 1);
    // The remote wake is taken in first, and finds the task queued by the local one: one poll for both.
    assert_eq!(tick(&executor), 1);
    assert_eq!(tick(&executor), 0);
    assert_eq!(counts.polls(), 2);
    assert!(!task.is_done());
}

/// T3, T5: awaiting gives the value; awaiting a finished task does not yield.
#[test]
fn awaiting_a_task() {
    let (executor, log) = (executor(), Log::default());
    let first = spawn(&executor, async {
        yield_now().await;
        42
    });
    let inner = log.clone();
    let awaiter = spawn(&executor, async move {
        inner.say("waits");
        let value = first.await.unwrap();
        inner.say(format!("got {value}"));
        value
    });
    let mut main = spawn(&executor, async move {
        yield_times(10).await;
        awaiter.await.unwrap() + 1
    });
    assert_eq!(drain(&executor), 11);
    assert_eq!(log.take(), "waits got 42");
    assert_eq!(outcome(&executor, &mut main).unwrap(), 43);
    assert_eq!(executor.polls(), 2 + 2 + 11);
}

/// The waker of the awaiter goes to the back of the queue like any other.
#[test]
fn the_end_of_a_task_queues_who_awaits_it_behind_what_is_ready() {
    let (executor, log) = (executor(), Log::default());
    let worker = spawn(&executor, yield_now());
    let (waits, other) = (log.clone(), log.clone());
    spawn(&executor, async move {
        worker.await.unwrap();
        waits.say("awaiter");
    })
    .detach();
    spawn(&executor, async move {
        yield_now().await;
        other.say("other");
    })
    .detach();
    drain(&executor);
    assert_eq!(log.take(), "other awaiter");
}

#[test]
fn a_hundred_thousand_tasks_live_at_once() {
    const TASKS: usize = 100_000;
    let executor = executor();
    let gates: Vec<Gate> = (0..TASKS).map(|_| Gate::default()).collect();
    let tasks: Vec<_> = gates.iter().map(|gate| spawn(&executor, gate.wait())).collect();
    assert_eq!(tick(&executor), TASKS);
    assert_eq!(executor.snapshot().tasks.len(), TASKS);
    executor.enter(|| gates.iter().for_each(Gate::open));
    assert_eq!(tick(&executor), TASKS);
    assert!(tasks.iter().all(|task| task.is_done()));
    assert_eq!(executor.polls(), 2 * TASKS as u64);
    assert!(executor.snapshot().tasks.is_empty());
}

/// Of many tasks the next few are fetched from memory together: their order, and the end of the tick, stay what they are.
#[test]
fn many_tasks_take_turns_as_few_do() {
    const MANY: usize = 9001;
    let (executor, log) = (executor(), Rc::new(RefCell::new(Vec::new())));
    for task in 0..MANY {
        let log = log.clone();
        spawn(&executor, async move {
            for _ in 0..3 {
                log.borrow_mut().push(task);
                // Every third ends early, so that the last few of a tick are of every number.
                if task % 3 == 0 {
                    break;
                }
                yield_now().await;
            }
        })
        .detach();
    }
    for expected in [(0..MANY).collect::<Vec<_>>(), (0..MANY).filter(|task| task % 3 != 0).collect()] {
        assert_eq!(tick(&executor), expected.len());
        assert_eq!(log.take(), expected);
    }
    assert_eq!(drain(&executor), 2);
    assert_eq!(log.take().len(), MANY - MANY.div_ceil(3));
}
