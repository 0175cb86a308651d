//! `sleep` and the order of timers, on a clock that moves only when nothing else can happen.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use glassloop::trace::{self, Event, Observer, reactor};
use glassloop::{Clock, Instant, Runtime, Sleep, create_task, gather, now, sleep, sleep_until, timeout, yield_now};

use crate::common::{Log, at, ms, run, virtual_runtime};

const HOUR: Duration = Duration::from_secs(3600);

/// A sleep of an hour, armed.
async fn armed_sleep() -> Pin<Box<Sleep>> {
    let mut nap = Box::pin(sleep(HOUR));
    poll_fn(|cx| {
        assert!(nap.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    nap
}

fn armed() -> usize {
    let snapshot = trace::snapshot().unwrap();
    snapshot.reactor.iter().filter(|event| matches!(event, reactor::Event::TimerArm { .. })).count()
}

#[test]
fn s1_s3_a_sleep_of_zero_is_one_yield_without_a_timer() {
    run(async {
        let log = Log::default();
        for name in ["a", "b"] {
            let log = log.clone();
            create_task(async move {
                for turn in 0..2 {
                    log.say(format!("{name}{turn}"));
                    sleep(Duration::ZERO).await;
                    assert_eq!(armed(), 0);
                }
            })
            .detach();
        }
        sleep(Duration::ZERO).await;
        assert_eq!(log.take(), "a0 b0");
        sleep(Duration::ZERO).await;
        assert_eq!((log.take().as_str(), at()), ("a1 b1", 0));
    });
}

#[test]
fn s2_equal_tasks_take_turns() {
    run(async {
        let log = Log::default();
        let task = |name: &'static str| {
            let log = log.clone();
            async move {
                for _ in 0..3 {
                    log.say(name);
                    yield_now().await;
                }
            }
        };
        gather(["a", "b", "c"].map(task)).await;
        assert_eq!(log.take(), "a b c a b c a b c");
    });
}

#[test]
fn s4_what_comes_after_a_sleep_is_its_result() {
    run(async {
        let hello = create_task(async {
            sleep(ms(300)).await;
            "hello"
        });
        assert_eq!((hello.await.unwrap(), at()), ("hello", 300));
    });
}

#[test]
fn s5_s6_durations_without_end_never_end_and_can_be_cancelled() {
    run(async {
        let endless = [create_task(sleep(Duration::MAX)), create_task(sleep_until(now() + Duration::MAX))];
        let limited = create_task(timeout(Duration::MAX, sleep(ms(7))));
        let elapsed = timeout(HOUR, sleep(Duration::MAX)).await.unwrap_err();
        assert_eq!((elapsed.deadline.as_nanos(), at()), (3_600_000_000_000, 3_600_000));
        assert_eq!(limited.await.unwrap(), Ok(()));
        for task in endless {
            assert!(!task.is_done() && task.cancel() && task.await.is_err());
        }
    });
}

#[test]
fn s7_l7_a_dropped_sleep_takes_its_timer_along() {
    run(async {
        let task = create_task(sleep(HOUR));
        yield_now().await;
        assert_eq!(armed(), 1);
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(armed(), 0);
        sleep(ms(1)).await;
        assert_eq!(at(), 1);
    });
}

#[test]
fn l5_l9_by_deadline_then_by_arming() {
    run(async {
        let log = Log::default();
        for (name, millis) in [("c", 3), ("a", 1), ("d", 3), ("b", 1)] {
            let log = log.clone();
            create_task(async move {
                sleep(ms(millis)).await;
                log.say(name);
            })
            .detach();
        }
        sleep(ms(5)).await;
        assert_eq!(log.take(), "a b c d");
    });
}

#[test]
fn l6_due_timers_join_behind_what_is_ready() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    runtime
        .block_on(async {
            let log = Log::default();
            let (timed, ready) = (log.clone(), log.clone());
            create_task(async move {
                sleep(ms(1)).await;
                timed.say("timer");
            })
            .detach();
            yield_now().await;
            create_task(async move { ready.say("ready") }).detach();
            clock.advance(ms(1));
            yield_now().await;
            log.say("main");
            yield_now().await;
            assert_eq!(log.take(), "ready main timer");
        })
        .unwrap();
}

#[test]
fn l10_pitfall_13_a_busy_ready_queue_starves_no_timer() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    let turns = runtime.block_on(async {
        let done = Rc::new(Cell::new(false));
        let over = done.clone();
        create_task(async move {
            sleep(ms(5)).await;
            over.set(true);
        })
        .detach();
        let mut turns = 0;
        while !done.get() {
            turns += 1;
            clock.advance(ms(1));
            yield_now().await;
        }
        turns
    });
    assert_eq!(turns.unwrap(), 7, "one turn to arm it, five milliseconds, and one turn for the task itself");
}

#[test]
fn pitfall_17_a_combinator_that_never_waits_sees_the_end_of_a_sleep() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    runtime
        .block_on(async {
            let mut nap = pin!(sleep(ms(10)));
            let mut polls = 0;
            poll_fn(|cx| {
                while nap.as_mut().poll(cx).is_pending() {
                    polls += 1;
                    clock.block_for(ms(4));
                }
                Poll::Ready(())
            })
            .await;
            assert_eq!((polls, armed()), (3, 0));
        })
        .unwrap();
}

/// Keeps the limits of the loop's waits.
#[derive(Default)]
struct Waits(Cell<Option<Duration>>, Cell<bool>);

impl Observer for Waits {
    fn event(&self, event: &Event<'_>) {
        if let Event::Reactor(reactor::Event::Park { max_wait, .. }) = event {
            self.0.set(*max_wait);
            self.1.set(self.1.get() || max_wait.is_none());
        }
    }
}

#[test]
fn pitfall_37_an_earlier_timer_shortens_the_wait() {
    let waits = Rc::new(Waits::default());
    let runtime = Runtime::builder().observer(waits.clone()).build().unwrap();
    runtime
        .block_on(async {
            create_task(sleep(HOUR)).detach();
            yield_now().await;
            sleep(ms(2)).await;
        })
        .unwrap();
    let last = waits.0.get().expect("the loop waited, and not without limit");
    assert!(last <= ms(2) && !waits.1.get(), "{last:?}");
}

#[test]
fn a_clock_that_jumps_keeps_the_order_and_fires_nothing_twice() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    let log = Log::default();
    let order = (1..=50).map(|nth| (nth * 37 % 50 * 60 + 1, nth)).collect::<Vec<(u64, u64)>>();
    for &(minutes, nth) in &order {
        let log = log.clone();
        let sleeper = async move {
            sleep(Duration::from_secs(60 * minutes)).await;
            log.say(nth.to_string());
        };
        runtime.block_on(async { create_task(sleeper).detach() }).unwrap();
    }
    runtime
        .block_on(async {
            yield_now().await;
            clock.advance(20 * HOUR);
            yield_now().await;
            clock.advance(100 * HOUR);
            yield_now().await;
            yield_now().await;
        })
        .unwrap();
    let mut sorted = order;
    sorted.sort_unstable();
    let expected: Vec<String> = sorted.iter().map(|(_, nth)| nth.to_string()).collect();
    assert_eq!(log.take(), expected.join(" "));
}

#[test]
fn a_sleep_is_send_and_sync_and_small() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    run(async { is_send_and_sync(&sleep(ms(1))) });
    assert!(size_of::<Sleep>() <= 32, "a million of them are asleep at once");
}

#[test]
fn dropped_on_another_thread_it_is_disarmed() {
    let runtime = virtual_runtime();
    runtime
        .block_on(async {
            let nap = armed_sleep().await;
            assert_eq!(armed(), 1);
            thread::spawn(move || drop(nap)).join().unwrap();
            yield_now().await;
            assert_eq!(armed(), 0);
        })
        .unwrap();
}

#[test]
fn dropped_outside_of_the_loop_it_is_disarmed() {
    let runtime = virtual_runtime();
    let nap = runtime.block_on(armed_sleep()).unwrap();
    drop(nap);
    runtime.block_on(async { assert_eq!(armed(), 0) }).unwrap();
    assert_eq!(runtime.clock().now(), Instant::default());
}

#[test]
fn dropped_after_its_loop_it_does_nothing() {
    let runtime = virtual_runtime();
    let nap = runtime.block_on(armed_sleep()).unwrap();
    drop(runtime);
    // Another loop may live in the same place now: its timer is not this one's.
    run(async move {
        let other = create_task(sleep(ms(5)));
        yield_now().await;
        drop(nap);
        yield_now().await;
        assert_eq!(armed(), 1);
        other.await.unwrap();
    });
}

#[test]
fn moved_to_another_loop_it_panics_with_its_text() {
    let (send, receive) = mpsc::channel();
    run(async move {
        let nap = armed_sleep().await;
        let other_loop = thread::spawn(move || {
            let text = crate::common::panic_text(|| run(nap));
            send.send(text).unwrap();
        });
        other_loop.join().unwrap();
    });
    assert_eq!(receive.recv().unwrap(), "glassloop: a sleep was moved from one loop to another");
}

#[test]
fn sleep_until_a_moment_that_has_passed_yields_once() {
    run(async {
        sleep(ms(10)).await;
        let log = Log::default();
        let other = log.clone();
        create_task(async move { other.say("other") }).detach();
        sleep_until(Instant::default()).await;
        log.say("main");
        assert_eq!((log.take().as_str(), at()), ("other main", 10));
    });
}
