//! Steps that use a lock, a semaphore, an event, a condition, a barrier or a promise.

use std::cell::RefCell;
use std::time::Duration;

use glassloop::{
    Barrier, Condition, Event, Lock, Promise, Semaphore, SharedFuture, oneshot, sleep, timeout, yield_now,
};

pub(super) struct Synced {
    lock: Lock<u64>,
    semaphore: Semaphore,
    event: Event,
    condition: Condition,
    barrier: Barrier,
    promise: RefCell<(Option<Promise<u64>>, SharedFuture<u64>)>,
}

impl Synced {
    pub(super) fn new() -> Synced {
        let (promise, future) = oneshot();
        Synced {
            lock: Lock::with_value(0),
            semaphore: Semaphore::new(2),
            event: Event::new(),
            condition: Condition::new(),
            barrier: Barrier::new(2).expect("2 is not 0"),
            promise: RefCell::new((Some(promise), future)),
        }
    }

    /// One step; `below` gives random numbers below a bound. Every wait ends with `time`, or goes on when dropped in the middle.
    pub(super) async fn step(&self, below: &impl Fn(u64) -> u64, time: Duration) {
        match below(13) {
            0 | 1 => {
                if let Ok(mut guard) = timeout(time, self.lock.acquire()).await {
                    yield_now().await;
                    *guard += 1;
                }
            }
            2 => drop(self.lock.try_acquire()),
            3 | 4 => {
                if let Ok(permit) = timeout(time, self.semaphore.acquire()).await {
                    if below(4) == 0 { permit.forget() } else { sleep(time).await }
                }
            }
            5 => self.semaphore.add_permits(below(3) as usize),
            6 => drop(timeout(time, self.event.wait()).await),
            7 => {
                self.event.set();
                if below(2) == 0 {
                    self.event.clear();
                }
            }
            8 => {
                if let Ok(guard) = timeout(time, self.condition.acquire()).await {
                    drop(timeout(time, self.condition.wait(guard)).await);
                }
            }
            9 => {
                if let Some(guard) = self.condition.lock().try_acquire() {
                    self.condition.notify(&guard, below(3) as usize);
                    yield_now().await;
                }
            }
            10 => drop(timeout(time, self.barrier.wait()).await.is_ok()),
            11 if below(3) == 0 => self.barrier.abort(),
            11 => self.barrier.reset(),
            _ => self.promise_step(below, time).await,
        }
    }

    async fn promise_step(&self, below: &impl Fn(u64) -> u64, time: Duration) {
        let future = self.promise.borrow().1.clone();
        match below(6) {
            0 | 1 => drop(timeout(time, future).await.is_ok()),
            2 => future.on_done(|_| {}),
            3 => drop(future.cancel()),
            4 => {
                let promise = self.promise.borrow_mut().0.take();
                if let Some(promise) = promise {
                    let _ = promise.set(below(10));
                }
            }
            _ => {
                let (promise, future) = oneshot();
                let former = self.promise.replace((Some(promise), future));
                drop(former); // wakes who waits for it, with an error
            }
        }
    }
}
