//! Under combinators that are not ours, which poll with wakers of their own; and wakers that call back.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use glassloop::{Barrier, Condition, Event, Lock, Semaphore, create_task, oneshot, sleep, yield_now};

use crate::common::{ms, run, waits};

#[test]
fn pitfall_18_k1_locks_in_futures_unordered() {
    run(async {
        let lock = Lock::with_value(Vec::new());
        let lock = &lock;
        let mut all: FuturesUnordered<_> = (0..10)
            .map(|number| async move {
                let mut order = lock.acquire().await;
                yield_now().await;
                order.push(number);
            })
            .collect();
        while all.next().await.is_some() {}
        let mut order = lock.try_acquire().unwrap().clone();
        order.sort_unstable();
        assert_eq!(order, (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn pitfall_18_m2_semaphores_in_futures_unordered() {
    run(async {
        let semaphore = Semaphore::new(3);
        let mut all: FuturesUnordered<_> = (0..20)
            .map(|_| async {
                let _permit = semaphore.acquire().await;
                assert!(semaphore.free() < 3);
                sleep(ms(1)).await;
            })
            .collect();
        while all.next().await.is_some() {}
        assert_eq!(semaphore.free(), 3);
    });
}

#[test]
fn pitfall_18_e1_c2_b1_f2_the_others_in_futures_unordered() {
    run(async {
        let (event, condition, barrier) = (Event::new(), Condition::with_value(0), Barrier::new(5).unwrap());
        let (promise, future) = oneshot();
        let mut all: FuturesUnordered<_> = (0..5)
            .map(|_| async {
                event.wait().await;
                let guard = condition.acquire().await;
                let mut guard = condition.wait_while(guard, |count| *count == 0).await;
                *guard -= 1;
                drop(guard);
                (barrier.wait().await.unwrap(), future.clone().await.unwrap())
            })
            .collect();
        let feeder = async {
            event.set();
            for _ in 0..5 {
                sleep(ms(1)).await;
                let mut guard = condition.acquire().await;
                *guard += 1;
                condition.notify(&guard, 1);
            }
            sleep(ms(1)).await;
            promise.set("value").unwrap();
        };
        let collect = async {
            let mut indexes = Vec::new();
            while let Some((index, value)) = all.next().await {
                assert_eq!(value, "value");
                indexes.push(index);
            }
            indexes.sort_unstable();
            assert_eq!(indexes, [0, 1, 2, 3, 4]);
        };
        glassloop::join!(feeder, collect).await;
        assert_eq!(waits(), []);
    });
}

#[test]
fn pitfall_55_the_loser_of_a_select_leaves_the_line() {
    run(async {
        let (lock, event) = (Lock::new(), Event::new());
        let guard = lock.acquire().await;
        event.set();
        for _ in 0..3 {
            let Either::Right((_, loser)) = select(lock.acquire(), event.wait()).await else {
                panic!("the lock is held");
            };
            assert_eq!(waits().len(), 1);
            drop(loser);
            assert_eq!(waits(), []);
        }
        drop(guard);
        assert!(lock.try_acquire().is_some());
    });
}

#[test]
fn pitfall_55_both_ready_at_once_nothing_is_lost() {
    run(async {
        let (left, right) = (Semaphore::new(0), Semaphore::new(0));
        let both = (left.clone(), right.clone());
        let task = create_task(async move {
            match select(both.0.acquire(), both.1.acquire()).await {
                Either::Left((permit, _)) | Either::Right((permit, _)) => permit.forget(),
            }
        });
        yield_now().await;
        left.add_permits(1);
        right.add_permits(1); // both arms are woken; one of them is dropped, chosen
        task.await.unwrap();
        assert_eq!((left.free(), right.free(), right.locked()), (0, 1, false));
    });
}

#[test]
fn a_poll_without_a_wake_up_takes_nothing_out_of_turn() {
    run(async {
        let lock = Lock::new();
        let guard = lock.acquire().await;
        let (mut first, mut second) = (pin!(lock.acquire()), pin!(lock.acquire()));
        poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending() && second.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(guard);
        poll_fn(|cx| {
            assert!(second.as_mut().poll(cx).is_pending(), "it is the first one's turn");
            Poll::Ready(())
        })
        .await;
        drop(first.await);
        drop(second.await);
    });
}

thread_local! {
    static EVENT: RefCell<Option<Event>> = const { RefCell::new(None) };
}

/// Sets and clears the event that it waits for, when it is woken.
struct CallsBack;

impl Wake for CallsBack {
    fn wake(self: Arc<Self>) {
        let event = EVENT.with(|event| event.borrow().clone()).unwrap();
        event.clear();
        event.set();
        drop(event.wait());
    }
}

#[test]
fn pitfall_07_a_foreign_waker_may_call_back_into_what_wakes_it() {
    run(async {
        let event = Event::new();
        EVENT.with(|slot| *slot.borrow_mut() = Some(event.clone()));
        let waker = Waker::from(Arc::new(CallsBack));
        let mut waits: Vec<_> = (0..3).map(|_| event.wait()).collect();
        for wait in &mut waits {
            assert!(Pin::new(wait).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        event.set();
        for wait in waits {
            wait.await;
        }
        EVENT.with(|slot| slot.borrow_mut().take());
    });
}
