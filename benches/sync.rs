//! `sync_*`: a lock, a semaphore and an event, first when nobody else wants them, then when all do.
//!
//! tokio and async-lock have no event of asyncio's kind (set once, all who wait go on): a flag with a `Notify`, or with an
//! `event_listener::Event`, is how their documentation says to make one.

use std::future::Ready;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use criterion::{Criterion, Throughput};

use crate::cpu_time::ThreadCpuTime;
use crate::peers::{
    glassloop_runtime, self_wake, sum_on_async_executor, sum_on_glassloop, sum_on_tokio, tokio_runtime,
};

/// How many tasks, how often each takes its turn, and whether it gives up the thread while it holds what it took.
const SETTINGS: [(&str, u64, u64, bool); 2] = [("uncontended", 1, 50_000, false), ("contended", 8, 5_000, true)];

/// Nobody comes second.
const NOBODY: [Ready<u64>; 0] = [];

/// A future that takes a turn so many times, and gives how many it had.
macro_rules! turns {
    ($turns:expr, $yields:expr, $take:expr) => {
        async move {
            let mut had = 0;
            for _ in 0..$turns {
                let _held = $take;
                if $yields {
                    self_wake().await;
                }
                had += 1;
            }
            had
        }
    };
}

pub fn lock(criterion: &mut Criterion<ThreadCpuTime>) {
    for (setting, tasks, turns, yields) in SETTINGS {
        let mut group = criterion.benchmark_group(format!("sync_lock_{setting}"));
        group.throughput(Throughput::Elements(tasks * turns));

        let runtime = glassloop_runtime();
        group.bench_function("glassloop", |b| {
            b.iter(|| {
                let lock = glassloop::Lock::new();
                let users = (0..tasks).map(|_| {
                    let lock = lock.clone();
                    turns!(turns, yields, lock.acquire().await)
                });
                assert_eq!(sum_on_glassloop(&runtime, users, NOBODY), tasks * turns);
            });
        });

        let runtime = tokio_runtime();
        group.bench_function("tokio", |b| {
            b.iter(|| {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                let users = (0..tasks).map(|_| {
                    let lock = lock.clone();
                    turns!(turns, yields, lock.lock().await)
                });
                assert_eq!(sum_on_tokio(&runtime, users, NOBODY), tasks * turns);
            });
        });

        let executor = async_executor::LocalExecutor::new();
        group.bench_function("async-lock on async-executor", |b| {
            b.iter(|| {
                let lock = Rc::new(async_lock::Mutex::new(()));
                let users = (0..tasks).map(|_| {
                    let lock = lock.clone();
                    turns!(turns, yields, lock.lock().await)
                });
                assert_eq!(sum_on_async_executor(&executor, users, NOBODY), tasks * turns);
            });
        });
        group.finish();
    }
}

const PERMITS: usize = 2;

pub fn semaphore(criterion: &mut Criterion<ThreadCpuTime>) {
    for (setting, tasks, turns, yields) in SETTINGS {
        let mut group = criterion.benchmark_group(format!("sync_semaphore_{setting}"));
        group.throughput(Throughput::Elements(tasks * turns));

        let runtime = glassloop_runtime();
        group.bench_function("glassloop", |b| {
            b.iter(|| {
                let semaphore = glassloop::Semaphore::new(PERMITS);
                let users = (0..tasks).map(|_| {
                    let semaphore = semaphore.clone();
                    turns!(turns, yields, semaphore.acquire().await)
                });
                assert_eq!(sum_on_glassloop(&runtime, users, NOBODY), tasks * turns);
            });
        });

        let runtime = tokio_runtime();
        group.bench_function("tokio", |b| {
            b.iter(|| {
                let semaphore = Arc::new(tokio::sync::Semaphore::new(PERMITS));
                let users = (0..tasks).map(|_| {
                    let semaphore = semaphore.clone();
                    turns!(turns, yields, semaphore.acquire().await.expect("not closed"))
                });
                assert_eq!(sum_on_tokio(&runtime, users, NOBODY), tasks * turns);
            });
        });

        let executor = async_executor::LocalExecutor::new();
        group.bench_function("async-lock on async-executor", |b| {
            b.iter(|| {
                let semaphore = Rc::new(async_lock::Semaphore::new(PERMITS));
                let users = (0..tasks).map(|_| {
                    let semaphore = semaphore.clone();
                    turns!(turns, yields, semaphore.acquire().await)
                });
                assert_eq!(sum_on_async_executor(&executor, users, NOBODY), tasks * turns);
            });
        });
        group.finish();
    }
}

/// asyncio's event from what tokio has.
#[derive(Default)]
struct TokioEvent {
    set: AtomicBool,
    notify: tokio::sync::Notify,
}

impl TokioEvent {
    fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    fn clear(&self) {
        self.set.store(false, Ordering::Release);
    }

    async fn wait(&self) {
        // Made before the look at the flag, so that no `notify_waiters` can come between the two unseen.
        let notified = self.notify.notified();
        if !self.set.load(Ordering::Acquire) {
            notified.await;
        }
    }
}

/// asyncio's event from what async-lock itself is made of.
#[derive(Default)]
struct ListenedEvent {
    set: AtomicBool,
    event: event_listener::Event,
}

impl ListenedEvent {
    fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.event.notify(usize::MAX);
    }

    fn clear(&self) {
        self.set.store(false, Ordering::Release);
    }

    async fn wait(&self) {
        if self.set.load(Ordering::Acquire) {
            return;
        }
        let listener = self.event.listen();
        if !self.set.load(Ordering::Acquire) {
            listener.await;
        }
    }
}

/// How many tasks wait for the event, and how often. With none, the setter itself waits for what it has just set.
const WAITERS: [(&str, u64, u64); 2] = [("uncontended", 0, 50_000), ("contended", 8, 5_000)];

/// A future that sets and clears the event so many times, and gives the waiters of each time their turn.
macro_rules! sets {
    ($event:expr, $waiters:expr, $times:expr) => {{
        let event = $event.clone();
        async move {
            for _ in 0..$times {
                event.set();
                if $waiters == 0 {
                    event.wait().await;
                    event.clear();
                } else {
                    event.clear();
                    self_wake().await;
                }
            }
            event.set(); // whoever missed one, in another order than first come first served, waits no more
            $times
        }
    }};
}

/// Futures that wait for the event so many times.
macro_rules! waits {
    ($event:expr, $waiters:expr, $times:expr) => {
        (0..$waiters).map(|_| {
            let event = $event.clone();
            async move {
                for _ in 0..$times {
                    event.wait().await;
                }
                $times
            }
        })
    };
}

pub fn event(criterion: &mut Criterion<ThreadCpuTime>) {
    for (setting, waiters, times) in WAITERS {
        let mut group = criterion.benchmark_group(format!("sync_event_{setting}"));
        let steps = times * (1 + waiters);
        group.throughput(Throughput::Elements(steps));

        let runtime = glassloop_runtime();
        group.bench_function("glassloop", |b| {
            b.iter(|| {
                let event = glassloop::Event::new();
                let sum = sum_on_glassloop(&runtime, waits!(event, waiters, times), [sets!(event, waiters, times)]);
                assert_eq!(sum, steps);
            });
        });

        let runtime = tokio_runtime();
        group.bench_function("tokio Notify and a flag", |b| {
            b.iter(|| {
                let event = Arc::new(TokioEvent::default());
                let sum = sum_on_tokio(&runtime, waits!(event, waiters, times), [sets!(event, waiters, times)]);
                assert_eq!(sum, steps);
            });
        });

        let executor = async_executor::LocalExecutor::new();
        group.bench_function("event-listener on async-executor", |b| {
            b.iter(|| {
                let event = Rc::new(ListenedEvent::default());
                let set = sets!(event, waiters, times);
                let sum = sum_on_async_executor(&executor, waits!(event, waiters, times), [set]);
                assert_eq!(sum, steps);
            });
        });
        group.finish();
    }
}
