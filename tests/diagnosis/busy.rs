//! Tasks that only wake themselves, and workers that only look as if they did.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use glassloop::net::UdpSocket;
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
    assert_eq!(texts(&reports), [said("10,001", "100 ms"), said("20,002", "200 ms"), said("40,004", "400 ms")]);
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

/// It has a timer, or a socket, and looks at it between its turns.
#[test]
fn a_worker_with_a_timer_or_a_socket_of_its_own_is_none() {
    let reports = reports_of(|clock| async move {
        let mut timer = pin!(sleep(ms(90)));
        for _ in 0..50_000 {
            let over = poll_fn(|cx| Poll::Ready(timer.as_mut().poll(cx).is_ready())).await;
            if over {
                timer.set(sleep(ms(90)));
            }
            clock.block_for(Duration::from_micros(10));
            yield_now().await;
        }
    });
    assert_eq!(reports, []);
    let reports = reports_of(|clock| async move {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let here = socket.local_addr().unwrap();
        for round in 0..30_000 {
            clock.block_for(Duration::from_micros(10));
            if round % 9_000 == 0 {
                socket.send_to(b"still at it", here).await.unwrap();
            }
            yield_now().await;
        }
    });
    assert_eq!(reports, []);
}

/// Two ends of a channel of which the loop knows nothing: they wake each other, and get somewhere.
#[test]
fn two_that_wake_each_other_are_none() {
    type Place = Rc<RefCell<(Option<u32>, Option<Waker>)>>;
    async fn pass(cell: &Place, mut step: impl FnMut(&mut Option<u32>) -> bool) {
        poll_fn(|cx| {
            let mut cell = cell.borrow_mut();
            let done = step(&mut cell.0);
            let other = if done { cell.1.take() } else { cell.1.replace(cx.waker().clone()) };
            drop(cell);
            other.into_iter().for_each(Waker::wake);
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    let reports = reports_of(|clock| async move {
        let cell = Place::default();
        let theirs = cell.clone();
        let sum = create_task(async move {
            let mut sum = 0;
            for _ in 0..50_000 {
                pass(&theirs, |item| item.take().inspect(|item| sum += u64::from(*item)).is_some()).await;
            }
            sum
        });
        for item in 0..50_000 {
            clock.block_for(Duration::from_micros(5));
            pass(&cell, |place| place.is_none() && place.replace(item).is_none()).await;
        }
        assert_eq!(sum.await.unwrap(), 49_999 * 25_000);
    });
    assert_eq!(reports, []);
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
