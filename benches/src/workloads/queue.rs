//! `queue_*`: one queue with room for 128, four tasks that put, and four (`4p4c`) or one (`4p1c`) that take.
//!
//! Equal for all: the tasks, the room, the items, whose sum is checked. Not equal: tokio's and local-sync's channels have *one*
//! receiver, so four consumers share it behind a lock (one queue, as everybody else's). Shown and not counted is another way: a channel for each
//! consumer, with a quarter of the room. There the sender chooses who takes an item, and nobody can take another's: these are four queues, and
//! the work is less than is asked for. flume on monoio is left out: with four consumers, it hangs.
//!
//! The limit: a ring, and tasks that put until it is full or take until it is empty; a turn is a number from a queue and one
//! indirect call.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;
use crate::workloads::channels::*;
use crate::workloads::floor::{self, Job, Ready};

const ROOM: usize = 128;
const PRODUCERS: u64 = 4;
const ITEMS: u64 = 10_000;
const ALL: u64 = PRODUCERS * ITEMS;
const TAKEN: u64 = PRODUCERS * (ITEMS * (ITEMS - 1) / 2);

/// Runs the tasks of both sides, and adds up what was taken.
macro_rules! sum_of {
    ($peer:ident, $runtime:ident, $producers:expr, $consumers:expr) => {
        $runtime.block_on(async {
            let producers: Vec<_> = $producers.map($peer::spawn).collect();
            let consumers: Vec<_> = $consumers.map($peer::spawn).collect();
            for producer in producers {
                $peer::join(producer).await;
            }
            let mut sum = 0;
            for consumer in consumers {
                sum += $peer::join(consumer).await;
            }
            sum
        })
    };
}

/// A future that gives the sum of its share of the items.
macro_rules! takes {
    ($channel:ident, $receiver:ident, $share:expr) => {{
        let mut receiver = $receiver;
        async move {
            let mut sum = 0;
            for _ in 0..$share {
                sum += $channel::receive(&mut receiver).await;
            }
            sum
        }
    }};
}

macro_rules! producers {
    ($channel:ident, $sender:ident) => {
        (0..PRODUCERS).map(move |_| {
            let sender = $sender.clone();
            async move {
                for item in 0..ITEMS {
                    $channel::send(&sender, item).await;
                }
            }
        })
    };
}

macro_rules! four_take {
    ($peer:ident with $channel:ident) => {
        $peer::PEER
            .batches(ALL, || {
                let mut runtime = $peer::Runtime::new();
                Box::new(move || {
                    let (sender, receiver) = $channel::bounded::<u64>(ROOM);
                    let consumers = (0..PRODUCERS).map(move |_| {
                        let receiver = receiver.clone();
                        takes!($channel, receiver, ITEMS)
                    });
                    assert_eq!(sum_of!($peer, runtime, producers!($channel, sender), consumers), TAKEN);
                })
            })
            .with($channel::NAME)
    };
}

macro_rules! one_takes {
    ($peer:ident with $channel:ident) => {
        $peer::PEER
            .batches(ALL, || {
                let mut runtime = $peer::Runtime::new();
                Box::new(move || {
                    let (sender, receiver) = $channel::bounded::<u64>(ROOM);
                    let consumer = std::iter::once(takes!($channel, receiver, ALL));
                    assert_eq!(sum_of!($peer, runtime, producers!($channel, sender), consumer), TAKEN);
                })
            })
            .with($channel::NAME)
    };
}

/// Why a channel for each consumer is not counted.
const FOUR_QUEUES: &str = "that is a queue for each consumer, and not one queue that any of the four takes from";

/// Four channels: each producer sends into all of them in turn.
macro_rules! a_channel_each {
    ($peer:ident with $channel:ident, $name:literal) => {
        $peer::PEER
            .batches(ALL, || {
                let mut runtime = $peer::Runtime::new();
                Box::new(move || {
                    let (senders, receivers): (Vec<_>, Vec<_>) =
                        (0..PRODUCERS).map(|_| $channel::bounded::<u64>(ROOM / PRODUCERS as usize)).unzip();
                    let producers = (0..PRODUCERS).map(move |_| {
                        let senders = senders.clone();
                        async move {
                            for item in 0..ITEMS {
                                $channel::send(&senders[(item % PRODUCERS) as usize], item).await;
                            }
                        }
                    });
                    let consumers = receivers.into_iter().map(|receiver| takes!($channel, receiver, ITEMS));
                    assert_eq!(sum_of!($peer, runtime, producers, consumers), TAKEN);
                })
            })
            .with($name)
            .not_counted(FOUR_QUEUES)
    };
}

#[derive(Default)]
struct Ring {
    items: VecDeque<u64>,
    full_for: VecDeque<usize>,
    empty_for: VecDeque<usize>,
    taken: u64,
}

fn limit_producer(number: usize, ring: Rc<RefCell<Ring>>) -> Job {
    let mut next = 0;
    Box::new(move |ready: &mut Ready| {
        let ring = &mut *ring.borrow_mut();
        while next < ITEMS {
            if ring.items.len() == ROOM {
                ring.full_for.push_back(number);
                return;
            }
            ring.items.push_back(next);
            next += 1;
            ready.extend(ring.empty_for.pop_front());
        }
    })
}

fn limit_consumer(number: usize, ring: Rc<RefCell<Ring>>) -> Job {
    Box::new(move |ready: &mut Ready| {
        let ring = &mut *ring.borrow_mut();
        while let Some(item) = ring.items.pop_front() {
            ring.taken += item;
            ready.extend(ring.full_for.pop_front());
        }
        ring.empty_for.push_back(number);
    })
}

fn limit(consumers: usize) -> Contender {
    LIMIT.batches(ALL, move || {
        Box::new(move || {
            let ring = Rc::new(RefCell::new(Ring::default()));
            let first = PRODUCERS as usize;
            let mut jobs: Vec<Job> = (0..first).map(|number| limit_producer(number, ring.clone())).collect();
            jobs.extend((first..first + consumers).map(|number| limit_consumer(number, ring.clone())));
            floor::run(&mut jobs, &mut (0..first + consumers).collect());
            assert_eq!(ring.borrow().taken, TAKEN);
        })
    })
}

fn to_four() -> Vec<Contender> {
    let mut contenders = vec![
        four_take!(glassloop with queue),
        four_take!(tokio with tokio_shared),
        four_take!(tokio with flumes),
        a_channel_each!(tokio with tokio_mpsc, "an mpsc each"),
        four_take!(tokio_local with tokio_shared),
        four_take!(tokio_local with local_sync_shared),
        a_channel_each!(tokio_local with local_sync_mpsc, "a local-sync each"),
        four_take!(smol with async_channels),
        four_take!(smol with flumes),
        four_take!(smol with local_sync_shared),
        a_channel_each!(smol with local_sync_mpsc, "a local-sync each"),
        four_take!(local_pool with flumes),
        four_take!(local_pool with local_sync_shared),
        a_channel_each!(local_pool with local_sync_mpsc, "a local-sync each"),
        limit(4),
    ];
    #[cfg(target_os = "linux")]
    contenders.extend([
        four_take!(monoio with async_channels),
        four_take!(monoio with local_sync_shared),
        a_channel_each!(monoio with local_sync_mpsc, "a local-sync each"),
        a_channel_each!(monoio_epoll with local_sync_mpsc, "a local-sync each"),
        four_take!(compio with flumes),
        a_channel_each!(compio with local_sync_mpsc, "a local-sync each"),
        a_channel_each!(glommio with local_sync_mpsc, "a local-sync each"),
    ]);
    contenders
}

fn to_one() -> Vec<Contender> {
    let mut contenders = vec![
        one_takes!(glassloop with queue),
        one_takes!(tokio with tokio_mpsc),
        one_takes!(tokio with flumes),
        one_takes!(tokio_local with tokio_mpsc),
        one_takes!(tokio_local with local_sync_mpsc),
        one_takes!(smol with async_channels),
        one_takes!(smol with flumes),
        one_takes!(smol with local_sync_mpsc),
        one_takes!(local_pool with flumes),
        one_takes!(local_pool with local_sync_mpsc),
        limit(1),
    ];
    #[cfg(target_os = "linux")]
    contenders.extend([
        one_takes!(monoio with async_channels),
        one_takes!(monoio with local_sync_mpsc),
        one_takes!(monoio_epoll with local_sync_mpsc),
        one_takes!(compio with local_sync_mpsc),
        one_takes!(glommio with local_sync_mpsc),
    ]);
    contenders
}

pub(super) fn workloads() -> Vec<Workload> {
    let workload = |name: &str, contenders| Workload {
        group: "queue",
        name: name.into(),
        step: "an item, put and taken",
        metrics: CPU,
        contenders,
    };
    vec![workload("queue_128_4p4c", to_four()), workload("queue_128_4p1c", to_one())]
}
