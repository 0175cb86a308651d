//! `timer_*`: timers that never fire.
//!
//! - `timer_create_cancel`: a sleep of an hour, polled once, so that its timer is armed, and dropped. No other timer is there.
//! - `timer_create_cancel_100k_live`: the same, while 100,000 tasks sleep for an hour or two.
//! - `timer_timeout_ready`: a limit of an hour for a future that is ready at once.
//! - `timer_reset`: an armed timer whose deadline is moved to later, again and again.
//!
//! Equal for all: the times. Not equal: in `timer_reset` each runtime moves what it has for that: a sleep (tokio, monoio, smol, glommio) or
//! the deadline of a timeout (glassloop, as in asyncio); compio has nothing. glommio takes a duration, and so reads the clock.
//!
//! The limit: an entry in a list that hangs off one of 64 slots, put in and taken out; for `timer_create_cancel*` with the reading of the
//! clock without which there is no deadline. For `timer_timeout_ready`, the future alone.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;
use crate::workloads::HOUR;

const TIMERS: u64 = 10_000;
const LIVE: u32 = 100_000;

async fn arm_and_drop(sleep: impl Future) {
    let mut sleep = pin!(sleep);
    poll_fn(|cx| {
        assert!(sleep.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

macro_rules! create_and_cancel {
    ($peer:ident) => {
        create_and_cancel!($peer, 0)
    };
    ($peer:ident, $live:expr) => {
        $peer::PEER.batches(TIMERS, || {
            let mut runtime = $peer::Runtime::new();
            runtime.block_on(async {
                let live: u32 = $live;
                for number in 0..live {
                    let time = HOUR + Duration::from_millis(36) * number;
                    $peer::detach($peer::spawn(async move {
                        $peer::sleep(time).await;
                    }));
                }
                // First in, first out: when this one has run, the others are asleep.
                $peer::join($peer::spawn(async {})).await;
            });
            Box::new(move || {
                runtime.block_on(async {
                    for _ in 0..TIMERS {
                        arm_and_drop($peer::sleep(HOUR)).await;
                    }
                });
            })
        })
    };
}

macro_rules! create_and_cancel_among_many {
    ($peer:ident) => {
        create_and_cancel!($peer, LIVE)
    };
}

macro_rules! timeout_of_ready {
    ($peer:ident) => {
        $peer::PEER.batches(TIMERS, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                runtime.block_on(async {
                    let mut sum = 0;
                    for number in 0..TIMERS {
                        sum += $peer::timeout(HOUR, async move { black_box(number) }).await.expect("it is ready");
                    }
                    assert_eq!(sum, TIMERS * (TIMERS - 1) / 2);
                });
            })
        })
    };
}

/// A timer `$timer` of `$peer`, armed, whose deadline is moved to `$deadline` by `$reset`.
macro_rules! resets {
    ($peer:ident, $timer:ident = $new:expr, $deadline:ident => $reset:expr) => {
        $peer::PEER.batches(TIMERS, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                runtime.block_on(async {
                    let mut $timer = pin!($new);
                    poll_fn(|cx| {
                        assert!($timer.as_mut().poll(cx).is_pending());
                        Poll::Ready(())
                    })
                    .await;
                    let mut $deadline = Instant::now() + HOUR;
                    for _ in 0..TIMERS {
                        $deadline += Duration::from_micros(1);
                        $reset;
                    }
                });
            })
        })
    };
}

fn glassloop_resets() -> Contender {
    glassloop::PEER.batches(TIMERS, || {
        let mut runtime = glassloop::Runtime::new();
        Box::new(move || {
            runtime.block_on(async {
                let moved = ::glassloop::timeout_scope(Some(HOUR), async |scope| {
                    self_wake().await; // while it waits, the timer is armed
                    let mut deadline = ::glassloop::now() + HOUR;
                    for _ in 0..TIMERS {
                        deadline = deadline + Duration::from_micros(1);
                        scope.reschedule(Some(deadline)).expect("it is not over");
                    }
                });
                moved.await.expect("it is not over");
            });
        })
    })
}

/// Timers in 64 lists, linked by numbers.
struct Wheel {
    first: [u32; 64],
    entries: Vec<Entry>,
    free: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    slot: u8,
    previous: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl Wheel {
    fn new() -> Wheel {
        let free_list = |number| Entry { slot: 0, previous: NONE, next: number + 1 };
        Wheel { first: [NONE; 64], entries: (0..LIVE).map(free_list).collect(), free: 0 }
    }

    fn insert(&mut self, tick: u64) -> u32 {
        let (number, slot) = (self.free, (tick % 64) as usize);
        self.free = self.entries[number as usize].next;
        let next = std::mem::replace(&mut self.first[slot], number);
        self.entries[number as usize] = Entry { slot: slot as u8, previous: NONE, next };
        if let Some(next) = self.entries.get_mut(next as usize) {
            next.previous = number;
        }
        number
    }

    fn remove(&mut self, number: u32) {
        let Entry { slot, previous, next } = self.entries[number as usize];
        match self.entries.get_mut(previous as usize) {
            Some(previous) => previous.next = next,
            None => self.first[slot as usize] = next,
        }
        if let Some(next) = self.entries.get_mut(next as usize) {
            next.previous = previous;
        }
        self.entries[number as usize].next = std::mem::replace(&mut self.free, number);
    }
}

fn limit(reads_the_clock: bool) -> Contender {
    LIMIT.batches(TIMERS, move || {
        let (mut wheel, begin) = (Wheel::new(), Instant::now());
        Box::new(move || {
            for number in 0..TIMERS {
                let now = if reads_the_clock { begin.elapsed().as_millis() as u64 } else { number };
                let timer = wheel.insert(black_box(now + 3_600_000));
                wheel.remove(black_box(timer));
            }
        })
    })
}

fn limit_of_ready() -> Contender {
    LIMIT.batches(TIMERS, || {
        Box::new(|| {
            let sum: u64 = (0..TIMERS).map(black_box).sum();
            assert_eq!(sum, TIMERS * (TIMERS - 1) / 2);
        })
    })
}

fn that_reset() -> Vec<Contender> {
    let mut contenders = vec![
        glassloop_resets(),
        resets!(tokio, timer = tokio::sleep(HOUR), deadline => timer.as_mut().reset(deadline.into())),
        resets!(tokio_local, timer = tokio::sleep(HOUR), deadline => timer.as_mut().reset(deadline.into())),
        resets!(smol, timer = smol::sleep(HOUR), deadline => timer.set_at(deadline)),
        limit(false),
    ];
    #[cfg(target_os = "linux")]
    contenders.extend([
        resets!(monoio, timer = monoio::sleep(HOUR), deadline => timer.as_mut().reset(deadline.into())),
        resets!(monoio_epoll, timer = monoio::sleep(HOUR), deadline => timer.as_mut().reset(deadline.into())),
        resets!(glommio, timer = glommio::sleep(HOUR), deadline => {
            black_box(deadline);
            timer.reset(HOUR)
        }),
    ]);
    contenders
}

pub(super) fn workloads() -> Vec<Workload> {
    let workload = |name: &str, step, limit: Option<Contender>, mut contenders: Vec<Contender>| {
        contenders.extend(limit);
        Workload { group: "timer", name: name.into(), step, metrics: CPU, contenders }
    };
    let created = "a timer, armed and cancelled";
    vec![
        workload("timer_create_cancel", created, Some(limit(true)), on_every_peer_with_drivers!(create_and_cancel)),
        workload("timer_create_cancel_100k_live", created, Some(limit(true)), {
            on_every_peer_with_drivers!(create_and_cancel_among_many)
        }),
        workload("timer_timeout_ready", "a limit for a future that is ready", Some(limit_of_ready()), {
            on_every_peer_with_drivers!(timeout_of_ready)
        }),
        workload("timer_reset", "a deadline moved to later", None, that_reset()),
    ]
}
