//! `interval`.

use std::time::Duration;

use futures_util::future::{Either, select};
use glassloop::{Instant, Interval, MissedTicks, create_task, interval, interval_at, now, sleep, timeout, yield_now};

use crate::common::{Log, armed, at, ms, panic_text, run};

#[test]
fn it_ticks_at_once_and_then_every_period_without_drift() {
    run(async {
        let mut beat = interval(ms(10));
        assert_eq!((beat.period(), beat.next_tick()), (ms(10), now()));
        for nth in 0..5 {
            let due = beat.tick().await;
            assert_eq!((due, at()), (now(), 10 * nth));
            sleep(ms(nth)).await; // work that takes less than a period
        }
    });
}

#[test]
fn a_start_in_the_future_is_waited_for() {
    run(async {
        let mut beat = interval_at(now() + ms(7), ms(10));
        beat.tick().await;
        assert_eq!(at(), 7);
        beat.tick().await;
        assert_eq!(at(), 17);
        beat.reset_at(now() + ms(3));
        beat.tick().await;
        assert_eq!((at(), beat.next_tick()), (20, now() + ms(10)));
    });
}

/// When the ticks come, if the work after the first one takes `work` of a period of ten.
async fn with_a_gap(missed: MissedTicks, work: u64) -> Vec<u64> {
    let mut beat: Interval = interval(ms(10)).missed_ticks(missed);
    let begin = beat.tick().await;
    sleep(ms(work)).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        beat.tick().await;
        times.push(u64::try_from((now() - begin).as_millis()).unwrap());
    }
    times
}

#[test]
fn missed_ticks_are_made_up_for_put_off_or_left_out() {
    run(async {
        assert_eq!(with_a_gap(MissedTicks::Burst, 35).await, [35, 35, 35, 40, 50]);
        assert_eq!(with_a_gap(MissedTicks::Delay, 35).await, [35, 45, 55, 65, 75]);
        assert_eq!(with_a_gap(MissedTicks::Skip, 35).await, [35, 40, 50, 60, 70]);
    });
}

#[test]
fn a_tick_is_missed_only_when_the_next_is_due_too() {
    run(async {
        for missed in [MissedTicks::Burst, MissedTicks::Delay, MissedTicks::Skip] {
            assert_eq!(with_a_gap(missed, 19).await, [19, 20, 30, 40, 50], "{missed:?}");
        }
        assert_eq!(with_a_gap(MissedTicks::Burst, 20).await, [20, 20, 30, 40, 50]);
        assert_eq!(with_a_gap(MissedTicks::Delay, 20).await, [20, 30, 40, 50, 60]);
        assert_eq!(with_a_gap(MissedTicks::Skip, 20).await, [20, 30, 40, 50, 60]);
    });
}

#[test]
fn a_period_of_zero_and_a_burst_let_others_run() {
    run(async {
        for missed in [MissedTicks::Burst, MissedTicks::Delay, MissedTicks::Skip] {
            let log = Log::default();
            let other = log.clone();
            let task = create_task(async move {
                for _ in 0..3 {
                    other.say("other");
                    yield_now().await;
                }
            });
            let mut beat = interval(Duration::ZERO).missed_ticks(missed);
            for _ in 0..3 {
                beat.tick().await;
                log.say("tick");
            }
            task.await.unwrap();
            assert_eq!(log.take(), "other tick other tick other tick", "{missed:?}");
        }
        assert_eq!(at(), 0);
    });
}

#[test]
fn a_dropped_tick_is_not_lost_and_leaves_no_timer() {
    run(async {
        let mut beat = interval_at(now() + ms(10), ms(10));
        for _ in 0..3 {
            assert!(timeout(ms(3), beat.tick()).await.is_err());
            assert_eq!(armed(), 0);
        }
        let race = select(beat.tick(), sleep(ms(5))).await;
        assert!(matches!(race, Either::Left((due, _)) if due == Instant::from_nanos(10_000_000)));
        drop(race);
        assert_eq!((at(), armed()), (10, 0));
        beat.tick().await;
        assert_eq!(at(), 20);
    });
}

#[test]
fn a_period_without_end_ticks_once() {
    run(async {
        let mut beat = interval(Duration::MAX).missed_ticks(MissedTicks::Skip);
        beat.tick().await;
        assert!(timeout(ms(10), beat.tick()).await.is_err());
        assert_eq!(at(), 10);
    });
    assert!(panic_text(|| _ = interval(ms(1))).contains("interval()"));
}
