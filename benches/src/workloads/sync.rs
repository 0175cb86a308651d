//! `sync_*`: a lock, a semaphore with two permits and an event, first when nobody else wants them, then when all do.
//!
//! Equal for all: the tasks, and how often each has its turn; who has it under contention gives up the thread once by [`self_wake`].
//! Not equal: asyncio's event (set once, all who wait go on) is something that neither tokio nor async-lock has. A flag with a `Notify`, or
//! with an `event_listener::Event`, is how their documentation says to make one.
//!
//! No limit is shown: without anybody else, it is a flag.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::contender::{CPU, Contender, Workload};
use crate::peers::*;

/// How many tasks, how often each takes its turn, and whether it gives up the thread while it holds what it took.
const SETTINGS: [(&str, u64, u64, bool); 2] = [("uncontended", 1, 50_000, false), ("contended", 8, 5_000, true)];

/// Tasks that take turns; what they take is shared by clones of `$shared`.
macro_rules! takes_turns {
    ($setting:ident, $peer:ident, $new:expr, $shared:ident => $take:expr) => {{
        let (_, tasks, turns, yields) = $setting;
        $peer::PEER.batches(tasks * turns, move || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                let shared = $new;
                let user = || {
                    let $shared = shared.clone();
                    async move {
                        let mut had = 0;
                        for _ in 0..turns {
                            let _held = $take;
                            if yields {
                                self_wake().await;
                            }
                            had += 1;
                        }
                        had
                    }
                };
                let had = runtime.block_on(async {
                    let users: Vec<_> = (0..tasks).map(|_| $peer::spawn(user())).collect();
                    let mut had = 0;
                    for user in users {
                        had += $peer::join(user).await;
                    }
                    had
                });
                assert_eq!(had, tasks * turns);
            })
        })
    }};
}

type Setting = (&'static str, u64, u64, bool);

fn locks(setting: Setting) -> Vec<Contender> {
    use ::tokio::sync::Mutex;
    vec![
        takes_turns!(setting, glassloop, ::glassloop::Lock::new(), lock => lock.acquire().await),
        takes_turns!(setting, tokio, Arc::new(Mutex::new(())), lock => lock.lock().await),
        takes_turns!(setting, tokio_local, Arc::new(Mutex::new(())), lock => lock.lock().await),
        takes_turns!(setting, smol, Rc::new(async_lock::Mutex::new(())), lock => lock.lock().await),
    ]
}

fn semaphores(setting: Setting) -> Vec<Contender> {
    use ::tokio::sync::Semaphore;
    const PERMITS: usize = 2;
    vec![
        takes_turns!(setting, glassloop, ::glassloop::Semaphore::new(PERMITS), permits => permits.acquire().await),
        takes_turns!(setting, tokio, Arc::new(Semaphore::new(PERMITS)), permits => permits.acquire().await),
        takes_turns!(setting, tokio_local, Arc::new(Semaphore::new(PERMITS)), permits => permits.acquire().await),
        takes_turns!(setting, smol, Rc::new(async_lock::Semaphore::new(PERMITS)), permits => permits.acquire().await),
    ]
}

/// asyncio's event from what tokio has.
#[derive(Default)]
struct TokioEvent {
    set: AtomicBool,
    notify: ::tokio::sync::Notify,
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

macro_rules! sets_and_waits {
    ($waiters:expr, $times:expr, $peer:ident, $new:expr) => {{
        let (waiters, times) = ($waiters, $times);
        $peer::PEER.batches(times * (1 + waiters), move || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                let event = $new;
                let setter = event.clone();
                let sets = async move {
                    for _ in 0..times {
                        setter.set();
                        if waiters == 0 {
                            setter.wait().await;
                            setter.clear();
                        } else {
                            setter.clear();
                            self_wake().await;
                        }
                    }
                    setter.set(); // whoever missed one, in another order than first come first served, waits no more
                    times
                };
                let waits = || {
                    let event = event.clone();
                    async move {
                        for _ in 0..times {
                            event.wait().await;
                        }
                        times
                    }
                };
                let steps = runtime.block_on(async {
                    let waiting: Vec<_> = (0..waiters).map(|_| $peer::spawn(waits())).collect();
                    let mut steps = $peer::join($peer::spawn(sets)).await;
                    for task in waiting {
                        steps += $peer::join(task).await;
                    }
                    steps
                });
                assert_eq!(steps, times * (1 + waiters));
            })
        })
    }};
}

fn events(waiters: u64, times: u64) -> Vec<Contender> {
    vec![
        sets_and_waits!(waiters, times, glassloop, ::glassloop::Event::new()),
        sets_and_waits!(waiters, times, tokio, Arc::new(TokioEvent::default())),
        sets_and_waits!(waiters, times, tokio_local, Arc::new(TokioEvent::default())),
        sets_and_waits!(waiters, times, smol, Rc::new(ListenedEvent::default())),
    ]
}

pub(super) fn workloads() -> Vec<Workload> {
    let workload = |kind: &str, setting: &str, step, contenders| Workload {
        group: "sync",
        name: format!("sync_{kind}_{setting}"),
        step,
        metrics: CPU,
        contenders,
    };
    let mut all = Vec::new();
    for setting in SETTINGS {
        all.push(workload("lock", setting.0, "a turn with the lock", locks(setting)));
        all.push(workload("semaphore", setting.0, "a turn with a permit", semaphores(setting)));
    }
    for (setting, waiters, times) in WAITERS {
        all.push(workload("event", setting, "a set, or a wait", events(waiters, times)));
    }
    all
}
