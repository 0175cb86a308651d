//! Dropped at every await: after each number of polls, nothing is lost and the next one finds all in order.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use glassloop::{Barrier, Condition, Event, Lock, Semaphore, oneshot, yield_now};

use crate::common::{poll_once, run, waits};

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// Polls a fresh `scenario` 0, 1, 2, ... times until it is done in time, calling `between` after each poll; drops it, and then `check`s.
fn dropped_at_every_await<W: Clone + 'static>(
    make: impl Fn() -> W,
    scenario: impl Fn(W) -> Boxed,
    between: impl Fn(&W, usize),
    check: impl Fn(&W, bool),
) {
    run(async {
        for polls in 0.. {
            let world = make();
            let mut future = scenario(world.clone());
            let mut done = false;
            for poll in 0..polls {
                done = future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
                between(&world, poll);
                if done {
                    break;
                }
            }
            drop(future);
            check(&world, done);
            assert_eq!(waits(), [], "after {polls} polls");
            if done {
                assert!(polls > 1, "it never waited");
                return;
            }
        }
    });
}

#[test]
fn k3_a_lock() {
    dropped_at_every_await(
        || {
            let lock = Lock::with_value(0);
            let guard = std::rc::Rc::new(std::cell::Cell::new(lock.try_acquire()));
            (lock, guard)
        },
        |(lock, _)| {
            Box::pin(async move {
                let mut guard = lock.acquire().await;
                yield_now().await;
                *guard += 1;
            })
        },
        |(_, guard), poll| {
            if poll == 1 {
                drop(guard.take());
            }
        },
        |(lock, guard), done| {
            drop(guard.take());
            assert_eq!(*lock.try_acquire().expect("nobody holds it"), i32::from(done));
        },
    );
}

#[test]
fn m3_a_semaphore() {
    dropped_at_every_await(
        || Semaphore::new(0),
        |semaphore| {
            Box::pin(async move {
                let _first = semaphore.acquire().await;
                let _second = semaphore.acquire().await;
                yield_now().await;
            })
        },
        |semaphore, poll| {
            if poll < 4 {
                semaphore.add_permits(usize::from(poll % 2 == 0));
            }
        },
        |semaphore, _| {
            semaphore.add_permits(1);
            assert!(!semaphore.locked() && semaphore.free() <= 3);
        },
    );
}

#[test]
fn e3_an_event() {
    dropped_at_every_await(
        Event::new,
        |event| {
            Box::pin(async move {
                event.wait().await;
                event.clear();
                event.wait().await;
            })
        },
        |event, _| event.set(),
        |event, _| {
            event.set();
            assert!(poll_once(&mut event.wait()).is_ready());
        },
    );
}

#[test]
fn c5_c7_a_condition_and_its_notification() {
    dropped_at_every_await(
        Condition::new,
        |condition| {
            Box::pin(async move {
                let guard = condition.acquire().await;
                let guard = condition.wait(guard).await;
                yield_now().await;
                drop(condition.wait(guard).await);
            })
        },
        |condition, _| {
            if let Some(guard) = condition.lock().try_acquire() {
                condition.notify(&guard, 1);
            }
        },
        |condition, _| {
            let guard = condition.lock().try_acquire().expect("nobody holds it");
            let mut next = condition.wait(guard);
            assert!(poll_once(&mut next).is_pending());
            condition.notify(&condition.lock().try_acquire().expect("it was given up"), 1);
            assert!(poll_once(&mut next).is_ready());
        },
    );
}

#[test]
fn c7_dropped_anywhere_between_notification_and_lock_the_next_is_notified() {
    for polls in 0..2 {
        run(async move {
            let condition = Condition::new();
            let wait = || condition.wait(condition.lock().try_acquire().unwrap());
            let (mut first, mut second) = (wait(), None);
            assert!(poll_once(&mut first).is_pending());
            assert!(poll_once(second.insert(wait())).is_pending());
            let guard = condition.acquire().await;
            condition.notify(&guard, 1);
            for _ in 0..polls {
                assert!(poll_once(&mut first).is_pending(), "the lock is held");
            }
            drop(first);
            drop(guard);
            assert!(poll_once(second.as_mut().unwrap()).is_ready(), "after {polls} polls");
        });
    }
}

#[test]
fn b5_a_barrier() {
    dropped_at_every_await(
        || Barrier::new(2).unwrap(),
        |barrier| {
            Box::pin(async move {
                for _ in 0..2 {
                    barrier.wait().await.unwrap();
                }
            })
        },
        |barrier, _| {
            let _ = poll_once(&mut barrier.wait());
        },
        |barrier, _| {
            assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
            let mut first = barrier.wait();
            assert!(poll_once(&mut first).is_pending());
            assert_eq!(poll_once(&mut barrier.wait()), Poll::Ready(Ok(1)));
            assert_eq!(poll_once(&mut first), Poll::Ready(Ok(0)));
        },
    );
}

#[test]
fn f6_a_promise() {
    dropped_at_every_await(
        || {
            let (promise, future) = oneshot();
            (std::rc::Rc::new(std::cell::Cell::new(Some(promise))), future)
        },
        |(_, future)| Box::pin(async move { assert_eq!(future.await, Ok(1)) }),
        |(promise, _), _| {
            if let Some(promise) = promise.take() {
                promise.set(1).unwrap();
            }
        },
        |(promise, future), _| {
            if let Some(promise) = promise.take() {
                assert!(!future.is_cancelled());
                promise.set(1).unwrap();
            }
            assert_eq!(future.result(), Some(Ok(1)));
        },
    );
}
