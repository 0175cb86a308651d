//! Tasks that only wake themselves, and workers that only look as if they did.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{
    Clock, Queue, Report, create_task, create_task_named, interval, now, sleep, timeout, trace, yield_now,
};

use crate::common::{ms, reports_of};

fn texts(reports: &[Report]) -> Vec<String> {
    reports.iter().map(|report| report.to_string().split(" (created").next().unwrap_or_default().into()).collect()
}

#[test]
fn a_task_that_looks_again_and_again_is_named_at_doubling_counts() {
    let reports = reports_of(|clock| async move {
        let done = Rc::new(Cell::new(false));
        let (seen, looking) = (done.clone(), clock.clone());
        let spin = create_task_named("spin", async move {
            while !seen.get() {
                looking.block_for(Duration::from_micros(10));
                yield_now().await;
            }
        });
        sleep(ms(500)).await;
        done.set(true);
        spin.await.unwrap();
    });
    let said = |times: &str, took: &str| {
        format!(
            "glassloop: task 2 \"spin\" woke itself {times} times in a row within {took}, and nothing else happened; \
             if it waits for something, it should be woken by that"
        )
    };
    assert_eq!(texts(&reports), [said("10,001", "100ms"), said("20,002", "200.01ms"), said("40,004", "400.03ms")]);
}

#[test]
fn where_a_clock_stands_still_they_are_counted() {
    let reports = reports_of(|_| async {
        let queue = Queue::<u8>::new();
        for _ in 0..150_000 {
            // It waits for a moment, and in vain.
            assert!(queue.get_nowait().is_err());
            let _ = timeout(ms(1), yield_now()).await;
        }
    });
    let [text] = &texts(&reports)[..] else { panic!("{reports:?}") };
    assert!(text.starts_with("glassloop: task 1 \"main\" woke itself 100,000 times in a row, and nothing"), "{text}");
}

/// `rounds` turns of a task that yields after each, with something besides that happens in them.
fn quiet(rounds: u32, took: Duration, mut besides: impl FnMut(u32)) {
    let reports = reports_of(|clock: Clock| async move {
        for round in 0..rounds {
            clock.block_for(took);
            besides(round);
            yield_now().await;
        }
    });
    assert_eq!(reports, []);
}

#[test]
fn a_worker_that_yields_is_none() {
    // Each turn does something that takes its time.
    quiet(30_000, Duration::from_micros(50), |_| {});
    // It is soon over.
    quiet(9_999, Duration::from_micros(20), |_| {});
    quiet(99_000, Duration::ZERO, |_| {});
    // What it does can be seen, be it seldom.
    quiet(50_000, Duration::from_micros(10), |round| {
        if round % 9_000 == 0 {
            Queue::new().put_nowait(round).unwrap();
        }
    });
    quiet(50_000, Duration::from_micros(10), |round| {
        if round % 9_000 == 0 {
            trace::mark("still at it");
        }
    });
}

#[test]
fn who_yields_to_others_is_none() {
    let reports = reports_of(|clock| async move {
        let other = clock.clone();
        let fair = create_task(async move {
            for _ in 0..30_000 {
                other.block_for(Duration::from_micros(10));
                yield_now().await;
            }
        });
        for _ in 0..30_000 {
            yield_now().await;
        }
        fair.await.unwrap();
        let ticks = create_task(async {
            let mut ticks = interval(ms(50));
            loop {
                ticks.tick().await;
            }
        });
        let end = now() + ms(500);
        while now() < end {
            clock.block_for(Duration::from_micros(10));
            yield_now().await;
        }
        ticks.cancel();
    });
    assert_eq!(reports, []);
}
