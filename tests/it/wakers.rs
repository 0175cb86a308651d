//! Wakers that outlive what they wake, and wakes from where nobody expects them.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;

use glassloop::{Queue, create_task, sleep, yield_now};

use crate::common::{Count, OnDrop, ms, run, virtual_runtime};

/// The waker of the task that awaits it.
async fn waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

#[test]
fn pitfall_28_a_waker_kept_after_the_end_wakes_nobody_from_anywhere() {
    let kept = Rc::new(RefCell::new(Vec::new()));
    let alive = Arc::new(());
    let (keep, captured) = (kept.clone(), alive.clone());
    run(async move {
        let task = create_task(async move {
            let _captured = captured;
            let own = waker().await;
            keep.borrow_mut().push(own);
            sleep(ms(1000)).await;
        });
        yield_now().await;
        task.detach();
    });
    assert_eq!(Arc::strong_count(&alive), 1, "a waker keeps nothing alive");
    let wakers = kept.take();
    let elsewhere = wakers.clone();
    wakers.iter().for_each(Waker::wake_by_ref);
    thread::spawn(move || elsewhere.into_iter().for_each(Waker::wake)).join().unwrap();
    // In another loop it is a stranger's: at worst a wake-up for nothing.
    run(async move {
        let task = create_task(sleep(ms(5)));
        wakers.iter().for_each(Waker::wake_by_ref);
        yield_now().await;
        assert!(!task.is_done());
        task.await.unwrap();
    });
}

/// Wakes when its thread ends.
struct WakesAtExit(RefCell<Vec<Waker>>);

impl Drop for WakesAtExit {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }
}

thread_local!(static AT_EXIT: WakesAtExit = const { WakesAtExit(RefCell::new(Vec::new())) });

#[test]
fn pitfall_27_a_waker_used_while_its_thread_exits() {
    run(async {
        let mut exiting = None;
        poll_fn(|cx| {
            if exiting.is_some() {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            exiting = Some(thread::spawn(move || AT_EXIT.with(|at_exit| at_exit.0.borrow_mut().push(waker))));
            Poll::Pending
        })
        .await;
        exiting.unwrap().join().unwrap();
    });
}

#[test]
fn pitfall_27_wakers_sleeps_and_tasks_of_a_thread_s_own_loop_dropped_while_it_exits() {
    thread_local!(static LATE: RefCell<Vec<Box<dyn std::any::Any>>> = const { RefCell::new(Vec::new()) });
    let exit = thread::spawn(|| {
        // Registered first, and so dropped last: after all that the loop itself keeps in the thread.
        LATE.with(|late| assert!(late.borrow().is_empty()));
        AT_EXIT.with(|at_exit| assert!(at_exit.0.borrow().is_empty()));
        let runtime = virtual_runtime();
        runtime
            .block_on(async {
                let queue = Queue::<u8>::new();
                let getter = queue.clone();
                let task = create_task(async move { getter.get().await.unwrap() });
                let mut nap = Box::pin(sleep(ms(50)));
                let woken = poll_fn(|cx| {
                    assert!(nap.as_mut().poll(cx).is_pending());
                    Poll::Ready(cx.waker().clone())
                })
                .await;
                yield_now().await;
                AT_EXIT.with(|at_exit| at_exit.0.borrow_mut().push(woken));
                LATE.with(|late| {
                    let wakes_a_getter = OnDrop(move || queue.put_nowait(1).unwrap());
                    late.borrow_mut().extend([
                        Box::new(task) as Box<dyn std::any::Any>,
                        Box::new(nap),
                        Box::new(wakes_a_getter),
                    ]);
                });
            })
            .unwrap();
        LATE.with(|late| late.borrow_mut().push(Box::new(runtime)));
    });
    exit.join().unwrap();
}

#[test]
fn two_loops_on_two_threads_wake_each_other_s_tasks() {
    /// One side's turn counter and the waker of whoever waits for it.
    #[derive(Default)]
    struct Side {
        turns: u32,
        waker: Option<Waker>,
    }
    const TURNS: u32 = 2000;
    let sides = Arc::new([Mutex::new(Side::default()), Mutex::new(Side::default())]);
    let player = |own: usize| {
        let sides = sides.clone();
        thread::spawn(move || {
            run(async move {
                let task = create_task(async move {
                    for turn in 1..=TURNS {
                        let waker = {
                            let mut other = sides[1 - own].lock().unwrap();
                            other.turns = turn;
                            other.waker.take()
                        };
                        waker.into_iter().for_each(Waker::wake);
                        poll_fn(|cx| {
                            let mut mine = sides[own].lock().unwrap();
                            if mine.turns >= turn {
                                return Poll::Ready(());
                            }
                            mine.waker = Some(cx.waker().clone());
                            Poll::Pending
                        })
                        .await;
                    }
                });
                task.await.unwrap();
            })
        })
    };
    let players = [player(0), player(1)];
    players.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(sides.iter().all(|side| side.lock().unwrap().turns == TURNS));
}

#[test]
fn futures_of_ours_polled_by_a_stranger_s_waker_wake_it() {
    let runtime = virtual_runtime();
    let queue = Queue::bounded(1);
    let (count, waker) = Count::new();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut get = Box::pin(queue.get());
    assert!(get.as_mut().poll(&mut cx).is_pending());
    runtime.block_on(queue.put(5)).unwrap().unwrap();
    assert_eq!(count.get(), 1);
    assert_eq!(get.as_mut().poll(&mut cx), Poll::Ready(Ok(5)));
}

#[test]
fn a_flood_of_wakes_from_threads_loses_none() {
    let (told, heard) = mpsc::channel::<u32>();
    run(async move {
        let mut senders = Vec::new();
        let mut sum = 0;
        let mut received = 0;
        poll_fn(|cx| {
            if senders.is_empty() {
                for thread in 0..4 {
                    let (told, waker) = (told.clone(), cx.waker().clone());
                    senders.push(thread::spawn(move || {
                        for n in 0..500 {
                            told.send(thread * 500 + n).unwrap();
                            waker.wake_by_ref();
                        }
                    }));
                }
            }
            while let Ok(n) = heard.try_recv() {
                sum += n;
                received += 1;
            }
            if received == 2000 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        assert_eq!(sum, (0..2000).sum::<u32>());
        senders.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
