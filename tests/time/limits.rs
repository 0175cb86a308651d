//! `wait_for`, and what `timeout` and a cancel make of each other.

use std::cell::Cell;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::{Instant, JoinError, Queue, Task, create_task, gather, now, sleep, timeout, wait_for, yield_now};

use crate::common::{Log, OnDrop, armed, at, ms, run};

const ZERO: Option<Duration> = Some(Duration::ZERO);

#[test]
fn w01_in_time_is_the_value_and_the_limit_is_disarmed() {
    run(async {
        let work = async {
            sleep(ms(5)).await;
            7
        };
        assert_eq!(wait_for(work, Some(ms(10))).await, Ok(7));
        assert_eq!((at(), armed()), (5, 0));
    });
}

#[test]
fn w02_w07_late_the_work_is_dropped_and_then_comes_the_error() {
    run(async {
        let log = Log::default();
        let guard = OnDrop(log.sayer_mut("dropped"));
        let work = async move {
            let _guard = guard;
            sleep(ms(100)).await;
        };
        let elapsed = wait_for(work, Some(ms(10))).await.unwrap_err();
        log.say("timeout");
        assert_eq!((log.take().as_str(), at(), armed()), ("dropped timeout", 10, 0));
        assert_eq!(elapsed.deadline, Instant::from_nanos(10_000_000));
    });
}

#[test]
fn w03_its_own_error_passes() {
    run(async {
        assert_eq!(wait_for(async { Err::<(), _>("its own") }, Some(ms(10))).await, Ok(Err("its own")));
        assert_eq!(armed(), 0);
    });
}

#[test]
fn w04_none_is_no_limit() {
    run(async {
        assert_eq!(wait_for(sleep(ms(1 << 40)), None).await, Ok(()));
        assert_eq!((at(), armed()), (1 << 40, 0));
    });
}

#[test]
fn w05_zero_never_starts_the_work() {
    run(async {
        let log = Log::default();
        let (guard, other) = (OnDrop(log.sayer_mut("dropped")), log.clone());
        let work = async move {
            let _guard = guard;
            unreachable!("it was started");
        };
        create_task(async move { other.say("other") }).detach();
        let error = wait_for(work, ZERO).await.unwrap_err();
        assert_eq!((log.take().as_str(), error.deadline), ("other dropped", now()));
        // A queue that has an item is no finished task: the item stays.
        let queue = Queue::new();
        queue.put_nowait(1).unwrap();
        assert!(wait_for(queue.get(), ZERO).await.is_err());
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn w06_zero_gives_the_value_of_a_task_that_is_done() {
    run(async {
        let log = Log::default();
        let (done, mut by_reference) = (create_task(async { "value" }), create_task(async { 2 }));
        let failed = create_task(async { resume_unwind(Box::new("its own")) });
        let other = log.clone();
        let pending = create_task(async move {
            sleep(ms(1)).await;
            other.say("ran on");
        });
        yield_now().await;
        create_task(async { unreachable!("finished tasks do not yield, and nothing else may") }).cancel();
        assert_eq!(wait_for(done, ZERO).await.unwrap().unwrap(), "value");
        assert_eq!(wait_for(&mut by_reference, ZERO).await.unwrap().unwrap(), 2);
        let failed: Result<(), JoinError> = wait_for(failed, ZERO).await.unwrap();
        assert!(matches!(failed, Err(JoinError::Panicked(_))));
        assert!(wait_for(pending, ZERO).await.is_err());
        sleep(ms(2)).await;
        assert_eq!(log.take(), "ran on", "the handle went, the task did not");
    });
}

#[test]
fn a_loop_of_limits_of_zero_lets_others_run() {
    run(async {
        let done = Rc::new(Cell::new(false));
        let setter = done.clone();
        create_task(async move { setter.set(true) }).detach();
        while wait_for(pending::<()>(), ZERO).await.is_err() && !done.get() {}
    });
}

#[test]
fn w19_a_cancel_in_the_very_moment_of_the_deadline_wins() {
    run(async {
        for limit in [10, 0] {
            let limited: Rc<Cell<Option<Task<_>>>> = Rc::default();
            let to_cancel = limited.clone();
            let canceller = create_task(async move {
                sleep(ms(limit)).await; // armed first, so woken first
                let limited = to_cancel.take().unwrap();
                assert!(limited.cancel());
                assert!(matches!(limited.await, Err(JoinError::Cancelled { .. })));
            });
            limited.set(Some(create_task(timeout(ms(limit), pending::<()>()))));
            canceller.await.unwrap();
        }
    });
}

#[test]
fn w20_a_limit_of_zero_swallows_no_cancel() {
    run(async {
        let task = create_task(async {
            let _ = timeout(Duration::ZERO, pending::<()>()).await;
            unreachable!("it was cancelled");
        });
        yield_now().await;
        task.cancel();
        let outcome: Result<(), JoinError> = task.await;
        assert!(matches!(outcome, Err(JoinError::Cancelled { .. })));
        assert_eq!(armed(), 0);
    });
}

#[test]
fn w22_work_and_limit_of_the_same_length_the_work_wins() {
    run(async {
        assert_eq!(wait_for(sleep(ms(10)), Some(ms(10))).await, Ok(()));
        assert_eq!(wait_for(sleep(Duration::ZERO), Some(ms(1))).await, Ok(()));
        // Work that is a task of its own wins if its timer was armed first.
        let task = create_task(sleep(ms(10)));
        yield_now().await;
        assert!(wait_for(task, Some(ms(10))).await.is_ok());
        assert!(wait_for(create_task(sleep(ms(10))), Some(ms(10))).await.is_err());
    });
}

#[test]
fn behind_foreign_combinators_and_dropped_half_way() {
    run(async {
        let mut many: FuturesUnordered<_> =
            (1..=20).map(|nth| async move { (nth, wait_for(sleep(ms(nth)), Some(ms(10))).await.is_ok()) }).collect();
        let mut outcomes = Vec::new();
        while let Some(outcome) = many.next().await {
            outcomes.push(outcome);
        }
        outcomes.sort_unstable();
        assert!(outcomes.into_iter().all(|(nth, in_time)| in_time == (nth <= 10)));
        let children = (0..5).map(|nth| wait_for(sleep(ms(100 * nth)), Some(ms(50))));
        assert_eq!(timeout(ms(20), gather(children)).await.ok().map(drop), None);
        yield_now().await;
        {
            let mut dropped = pin!(wait_for(sleep(ms(100)), Some(ms(50))));
            assert!(futures_util::poll!(dropped.as_mut()).is_pending());
            assert_eq!(armed(), 2);
        }
        assert_eq!(armed(), 0);
    });
}
