//! `timeout` and `timeout_at`.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::time::Duration;

use glassloop::trace;
use glassloop::{Elapsed, Instant, create_task, gather, now, sleep, timeout, timeout_at, wait_for, yield_now};

use crate::common::{Log, at, ms, run};

fn nothing_armed() -> bool {
    trace::snapshot().unwrap().reactor.is_empty()
}

#[test]
fn w01_w04_w15_in_time_is_the_value_and_the_limit_is_disarmed() {
    run(async {
        let work = async {
            sleep(ms(5)).await;
            7
        };
        assert_eq!(timeout(ms(10), work).await, Ok(7));
        assert!(nothing_armed());
        // No limit is `Duration::MAX`.
        assert_eq!(timeout(Duration::MAX, sleep(ms(5))).await, Ok(()));
        assert_eq!(timeout_at(now() + ms(10), sleep(ms(5))).await, Ok(()));
        assert!(nothing_armed());
        assert_eq!(at(), 15);
    });
}

#[test]
fn w02_late_the_work_is_dropped_and_then_comes_the_error() {
    run(async {
        let log = Log::default();
        let guard = log.on_drop("dropped");
        let work = async move {
            let _guard = guard;
            sleep(ms(100)).await;
        };
        let elapsed = timeout(ms(10), work).await.unwrap_err();
        log.say("timeout");
        assert_eq!(log.take(), "dropped timeout");
        assert_eq!(elapsed, Elapsed { deadline: Instant::from_nanos(10_000_000) });
        assert_eq!(elapsed.to_string(), "timed out at Instant(10ms)");
        assert!(nothing_armed());
    });
}

#[test]
fn w03_w09_the_work_s_own_error_passes() {
    run(async {
        let result = timeout(ms(10), async { Err::<(), _>("its own") }).await;
        assert_eq!(result, Ok(Err("its own")));
        assert!(nothing_armed());
    });
}

#[test]
fn w05_w06_w14_a_limit_of_zero_polls_once() {
    run(async {
        assert_eq!(timeout(Duration::ZERO, async { 1 }).await, Ok(1));
        assert_eq!(timeout_at(Instant::default(), async { 1 }).await, Ok(1));
        let done = create_task(async { 2 });
        yield_now().await;
        assert_eq!(timeout(Duration::ZERO, done).await.unwrap().unwrap(), 2);
        let log = Log::default();
        let body = log.clone();
        let work = async move {
            body.say("up to its first wait");
            pending::<()>().await;
        };
        assert!(timeout(Duration::ZERO, work).await.is_err());
        assert_eq!((log.take().as_str(), at()), ("up to its first wait", 0));
    });
}

#[test]
fn w08_w10_nested_only_the_scope_whose_time_is_over_ends() {
    run(async {
        let outer_shorter = timeout(ms(10), timeout(ms(20), pending::<()>())).await;
        assert!(outer_shorter.is_err());
        assert_eq!(at(), 10);
        let inner_shorter = timeout(ms(20), async {
            let inner = timeout(ms(10), pending::<()>()).await;
            sleep(ms(5)).await;
            inner.is_err()
        })
        .await;
        assert_eq!((inner_shorter, at()), (Ok(true), 25));
        assert!(nothing_armed());
    });
}

#[test]
fn w22_work_and_limit_of_the_same_length_the_work_wins() {
    run(async {
        assert_eq!(timeout(ms(10), sleep(ms(10))).await, Ok(()));
        let deadline = now() + ms(10);
        assert_eq!(timeout_at(deadline, glassloop::sleep_until(deadline)).await, Ok(()));
    });
}

#[test]
fn it_counts_from_the_first_poll_that_waits() {
    run(async {
        let limited = timeout(ms(10), sleep(ms(25)));
        sleep(ms(20)).await;
        assert_eq!((limited.await, at()), (Ok(()), 25), "the sleep was half over, the limit had not begun");
    });
}

#[test]
fn a_future_that_never_wakes_ends_with_its_limit_and_hangs_nobody() {
    run(async {
        let log = Log::default();
        let other = log.clone();
        create_task(pending::<()>()).detach();
        create_task(async move {
            sleep(ms(5)).await;
            other.say("other");
        })
        .detach();
        assert!(timeout(ms(10), pending::<()>()).await.is_err());
        assert_eq!(log.take(), "other");
    });
}

#[test]
fn dropped_it_drops_the_future_and_its_timer() {
    run(async {
        let log = Log::default();
        let guard = log.on_drop("dropped");
        let task = create_task(timeout(ms(10), async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(log.take(), "dropped");
        assert!(nothing_armed());
    });
}

/// What is awaited inside goes with the future; so nobody is left who could await it elsewhere, and would have to ask again.
#[test]
fn the_end_of_the_time_wakes_nobody_who_owned_what_was_awaited() {
    run(async {
        let polls = Rc::new(Cell::new(0));
        let counted = polls.clone();
        let mut work = Box::pin(async {
            assert!(timeout(ms(10), create_task(pending::<()>())).await.is_err());
            sleep(ms(1)).await;
            assert!(timeout(ms(10), gather([pending::<()>()])).await.is_err());
            sleep(ms(1)).await;
            assert!(wait_for(create_task(pending::<()>()), Some(Duration::ZERO)).await.is_err());
            sleep(ms(1)).await;
        });
        create_task(poll_fn(move |cx| {
            counted.set(counted.get() + 1);
            work.as_mut().poll(cx)
        }))
        .await
        .unwrap();
        // One at the start, and one for the end of each wait: the last `wait_for` yields.
        assert_eq!(polls.get(), 7);
    });
}
