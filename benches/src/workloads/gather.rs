//! `gather_*`: 1000 futures awaited together, by a task.
//!
//! - `gather_ready`: all are ready at once. A step is a child.
//! - `gather_yield_once`: each gives up one turn by [`self_wake`]. A step is a child.
//! - `gather_one_woken`: one of them gives up many turns, the others wait for it to end. A step is a turn.
//!
//! Equal for all: the futures, and that their outputs are added up. Not equal: glassloop has `gather`, tokio has `JoinSet` besides
//! futures' `join_all` (of which the faster is shown), the others have `join_all`. A gather polls each child by a waker of its own, and so
//! does a `join_all` of more than 30.
//!
//! The limit: all children in one allocation, a queue of the numbers of those that are ready.

use std::collections::VecDeque;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::future::join_all;

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;
use crate::workloads::THOUSAND;

const SUM: u64 = THOUSAND * (THOUSAND - 1) / 2;
const BATCH: u64 = 20;
const TURNS: u64 = 50_000;

/// Opens once, for all who wait.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    open: bool,
    wakers: Vec<Waker>,
}

impl Gate {
    fn open(&self) {
        let wakers = {
            let mut waiting = self.0.lock().expect("nobody panics");
            waiting.open = true;
            std::mem::take(&mut waiting.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.0.lock().expect("nobody panics");
        if waiting.open {
            return Poll::Ready(());
        }
        waiting.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

async fn ready(number: u64) -> u64 {
    number
}

async fn yields_once(number: u64) -> u64 {
    self_wake().await;
    number
}

async fn one_is_woken(gate: Gate, number: u64) -> u64 {
    if number == THOUSAND / 2 {
        for _ in 0..TURNS {
            self_wake().await;
        }
        gate.open();
    } else {
        gate.await;
    }
    number
}

/// What a batch does: so many times a thousand futures, by whatever gathers them.
macro_rules! batch {
    ($peer:ident, $steps:expr, $times:expr, $futures:expr, $futures_in:ident => $gather:expr) => {
        $peer::PEER.batches($steps, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                let all = async {
                    let mut sum: u64 = 0;
                    for _ in 0..$times {
                        let $futures_in = $futures;
                        sum += $gather;
                    }
                    sum
                };
                assert_eq!(runtime.block_on(async { $peer::join($peer::spawn(all)).await }), $times * SUM);
            })
        })
    };
}

/// All the contenders of a workload, each with its own way to gather.
macro_rules! contenders {
    ($steps:expr, $times:expr, $futures:expr) => {{
        macro_rules! by_join_all {
            ($peer:ident) => {
                batch!($peer, $steps, $times, $futures, futures => join_all(futures).await.into_iter().sum::<u64>())
                    .with("join_all")
            };
        }
        let mut all = of_each!(by_join_all: tokio tokio_local smol local_pool ; monoio monoio_epoll compio glommio);
        all.push(batch!(glassloop, $steps, $times, $futures, futures => {
            ::glassloop::gather(futures).await.into_iter().sum::<u64>()
        }));
        all.push(
            batch!(tokio, $steps, $times, $futures, futures => {
                futures.collect::<::tokio::task::JoinSet<_>>().join_all().await.into_iter().sum::<u64>()
            })
            .with("JoinSet"),
        );
        all
    }};
}

/// A child that is pending so many times.
struct Countdown(u64);

impl Future for Countdown {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u64> {
        if self.0 == 0 {
            return Poll::Ready(1);
        }
        self.0 -= 1;
        Poll::Pending
    }
}

/// Polls those that are queued until all of these are done.
fn poll_queued(children: &mut [Countdown], queue: &mut VecDeque<usize>) -> u64 {
    let mut cx = Context::from_waker(Waker::noop());
    let mut done = 0;
    while let Some(number) = queue.pop_front() {
        match Pin::new(black_box(&mut children[number])).poll(&mut cx) {
            Poll::Ready(one) => done += one,
            Poll::Pending => queue.push_back(number),
        }
    }
    done
}

fn limit_of_all(polls: u64) -> Contender {
    LIMIT.batches(BATCH * THOUSAND, move || {
        Box::new(move || {
            for _ in 0..BATCH {
                let mut children: Vec<_> = (0..THOUSAND).map(|_| Countdown(polls)).collect();
                assert_eq!(poll_queued(&mut children, &mut (0..THOUSAND as usize).collect()), THOUSAND);
            }
        })
    })
}

fn limit_of_one() -> Contender {
    LIMIT.batches(TURNS, || {
        Box::new(|| {
            let mut children: Vec<_> = (0..THOUSAND).map(|_| Countdown(TURNS)).collect();
            assert_eq!(poll_queued(&mut children, &mut VecDeque::from([THOUSAND as usize / 2])), 1);
        })
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let workload = |name: &str, step, limit, mut contenders: Vec<Contender>| {
        contenders.push(limit);
        Workload { group: "gather", name: name.into(), step, metrics: CPU, contenders }
    };
    let all = BATCH * THOUSAND;
    vec![
        workload("gather_ready", "a child", limit_of_all(0), contenders!(all, BATCH, (0..THOUSAND).map(ready))),
        workload(
            "gather_yield_once",
            "a child",
            limit_of_all(1),
            contenders!(all, BATCH, (0..THOUSAND).map(yields_once)),
        ),
        workload("gather_one_woken", "a turn of one child of 1000", limit_of_one(), {
            contenders!(TURNS, 1, {
                let gate = Gate::default();
                (0..THOUSAND).map(move |number| one_is_woken(gate.clone(), number))
            })
        }),
    ]
}
