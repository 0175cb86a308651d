//! `queue`: one queue with room for 128, four tasks that put and four that take. `ping_pong`: two tasks, two queues with room for one.
//!
//! tokio's and local-sync's channels have *one* receiver, so there are two ways to have four consumers: to share the receiver
//! behind a lock (one queue, as everybody else's), or to give each consumer a channel of its own with a quarter of the room (four
//! queues: less than is asked for). Both are shown.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;

use criterion::{BenchmarkGroup, Criterion, Throughput};
use local_sync::mpsc::bounded as local;
use tokio::sync::{Mutex, mpsc};

use crate::cpu_time::ThreadCpuTime;
use crate::peers::{glassloop_runtime, sum_on_async_executor, sum_on_glassloop, sum_on_tokio, tokio_runtime};

const ROOM: usize = 128;
const SIDE: usize = 4;
const ITEMS: u64 = 10_000;
const TAKEN: u64 = SIDE as u64 * (ITEMS * (ITEMS - 1) / 2);

const ROUNDS: u64 = 20_000;
const RETURNED: u64 = ROUNDS * (ROUNDS - 1) / 2;

/// A future that puts 0, 1, 2, ... and has nothing to add to the sum. The queues differ only in the names of what they do.
macro_rules! puts {
    ($times:expr, $item:ident => $put:expr) => {
        async move {
            for $item in 0..$times {
                $put;
            }
            0
        }
    };
}

/// A future that gives the sum of what it took.
macro_rules! takes {
    ($times:expr, $take:expr) => {
        async move {
            let mut sum = 0;
            for _ in 0..$times {
                sum += $take;
            }
            sum
        }
    };
}

/// A future that puts 0, 1, 2, ... and takes each back before the next; gives the sum of what came back.
macro_rules! serves {
    ($item:ident => $put:expr, $take:expr) => {
        async move {
            let mut sum = 0;
            for $item in 0..ROUNDS {
                $put;
                sum += $take;
            }
            sum
        }
    };
}

/// A future that puts back what it takes.
macro_rules! returns {
    ($item:ident => $put:expr, $take:expr) => {
        async move {
            for _ in 0..ROUNDS {
                let $item = $take;
                $put;
            }
            0
        }
    };
}

fn each_side<F>(future: impl Fn() -> F) -> impl Iterator<Item = F> {
    (0..SIDE).map(move |_| future())
}

type Group<'c> = BenchmarkGroup<'c, ThreadCpuTime>;

pub fn queue(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("queue_128_4p4c");
    group.throughput(Throughput::Elements(SIDE as u64 * ITEMS));
    many_consumers(&mut group);
    a_shared_receiver(&mut group);
    a_channel_each(&mut group);
    group.finish();
}

/// Queues that any number of tasks may take from.
fn many_consumers(group: &mut Group<'_>) {
    let runtime = glassloop_runtime();
    group.bench_function("glassloop", |b| {
        b.iter(|| {
            let queue = glassloop::Queue::bounded(ROOM);
            let put = each_side(|| {
                let queue = queue.clone();
                puts!(ITEMS, item => queue.put(item).await.expect("not shut down"))
            });
            let take = each_side(|| {
                let queue = queue.clone();
                takes!(ITEMS, queue.get().await.expect("not shut down"))
            });
            assert_eq!(sum_on_glassloop(&runtime, put, take), TAKEN);
        });
    });

    let executor = async_executor::LocalExecutor::new();
    group.bench_function("async-channel on async-executor", |b| {
        b.iter(|| {
            let (sender, receiver) = async_channel::bounded(ROOM);
            let put = each_side(|| {
                let sender = sender.clone();
                puts!(ITEMS, item => sender.send(item).await.expect("not closed"))
            });
            let take = each_side(|| {
                let receiver = receiver.clone();
                takes!(ITEMS, receiver.recv().await.expect("not closed"))
            });
            assert_eq!(sum_on_async_executor(&executor, put, take), TAKEN);
        });
    });
    group.bench_function("flume on async-executor", |b| {
        b.iter(|| {
            let (sender, receiver) = flume::bounded(ROOM);
            let put = each_side(|| {
                let sender = sender.clone();
                puts!(ITEMS, item => sender.send_async(item).await.expect("not closed"))
            });
            let take = each_side(|| {
                let receiver = receiver.clone();
                takes!(ITEMS, receiver.recv_async().await.expect("not closed"))
            });
            assert_eq!(sum_on_async_executor(&executor, put, take), TAKEN);
        });
    });
}

/// One channel, its receiver behind a lock.
fn a_shared_receiver(group: &mut Group<'_>) {
    let runtime = tokio_runtime();
    group.bench_function("tokio mpsc, shared receiver", |b| {
        b.iter(|| {
            let (sender, receiver) = mpsc::channel(ROOM);
            let receiver = Arc::new(Mutex::new(receiver));
            let put = each_side(|| {
                let sender = sender.clone();
                puts!(ITEMS, item => sender.send(item).await.expect("not closed"))
            });
            let take = each_side(|| {
                let receiver = receiver.clone();
                takes!(ITEMS, receiver.lock().await.recv().await.expect("not closed"))
            });
            assert_eq!(sum_on_tokio(&runtime, put, take), TAKEN);
        });
    });

    let executor = async_executor::LocalExecutor::new();
    group.bench_function("local-sync on async-executor, shared receiver", |b| {
        b.iter(|| {
            let (sender, receiver) = local::channel(ROOM);
            // local-sync has no mutex: its semaphore keeps the order, and who has the permit may look.
            let turn = Rc::new((local_sync::semaphore::Semaphore::new(1), RefCell::new(receiver)));
            let put = each_side(|| {
                let sender = sender.clone();
                puts!(ITEMS, item => sender.send(item).await.expect("not closed"))
            });
            let take = each_side(|| {
                let turn = turn.clone();
                takes!(ITEMS, {
                    let _permit = turn.0.acquire().await.expect("not closed");
                    poll_fn(|cx| turn.1.borrow_mut().poll_recv(cx)).await.expect("not closed")
                })
            });
            assert_eq!(sum_on_async_executor(&executor, put, take), TAKEN);
        });
    });
}

/// Four channels: each producer puts into all of them in turn.
fn a_channel_each(group: &mut Group<'_>) {
    let runtime = tokio_runtime();
    group.bench_function("tokio mpsc, a channel each", |b| {
        b.iter(|| {
            let (senders, receivers): (Vec<_>, Vec<_>) = each_side(|| mpsc::channel(ROOM / SIDE)).unzip();
            let put = each_side(|| {
                let senders = senders.clone();
                puts!(ITEMS, item => senders[item as usize % SIDE].send(item).await.expect("not closed"))
            });
            let take =
                receivers.into_iter().map(|mut receiver| takes!(ITEMS, receiver.recv().await.expect("not closed")));
            assert_eq!(sum_on_tokio(&runtime, put, take), TAKEN);
        });
    });

    let executor = async_executor::LocalExecutor::new();
    group.bench_function("local-sync on async-executor, a channel each", |b| {
        b.iter(|| {
            let (senders, receivers): (Vec<_>, Vec<_>) = each_side(|| local::channel(ROOM / SIDE)).unzip();
            let put = each_side(|| {
                let senders = senders.clone();
                puts!(ITEMS, item => senders[item as usize % SIDE].send(item).await.expect("not closed"))
            });
            let take =
                receivers.into_iter().map(|mut receiver| takes!(ITEMS, receiver.recv().await.expect("not closed")));
            assert_eq!(sum_on_async_executor(&executor, put, take), TAKEN);
        });
    });
}

pub fn ping_pong(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("ping_pong");
    group.throughput(Throughput::Elements(ROUNDS));
    glassloop_and_tokio_play(&mut group);
    async_executor_plays(&mut group);
    group.finish();
}

fn glassloop_and_tokio_play(group: &mut Group<'_>) {
    let runtime = glassloop_runtime();
    group.bench_function("glassloop", |b| {
        b.iter(|| {
            let (there, back) = (glassloop::Queue::bounded(1), glassloop::Queue::bounded(1));
            let (from, to) = (there.clone(), back.clone());
            let ping = serves!(item => there.put(item).await.expect("open"), back.get().await.expect("open"));
            let pong = returns!(item => to.put(item).await.expect("open"), from.get().await.expect("open"));
            assert_eq!(sum_on_glassloop(&runtime, [ping], [pong]), RETURNED);
        });
    });

    let runtime = tokio_runtime();
    group.bench_function("tokio mpsc", |b| {
        b.iter(|| {
            let ((there, mut from), (to, mut back)) = (mpsc::channel(1), mpsc::channel(1));
            let ping = serves!(item => there.send(item).await.expect("open"), back.recv().await.expect("open"));
            let pong = returns!(item => to.send(item).await.expect("open"), from.recv().await.expect("open"));
            assert_eq!(sum_on_tokio(&runtime, [ping], [pong]), RETURNED);
        });
    });
}

fn async_executor_plays(group: &mut Group<'_>) {
    let executor = async_executor::LocalExecutor::new();
    group.bench_function("async-channel on async-executor", |b| {
        b.iter(|| {
            let ((there, from), (to, back)) = (async_channel::bounded(1), async_channel::bounded(1));
            let ping = serves!(item => there.send(item).await.expect("open"), back.recv().await.expect("open"));
            let pong = returns!(item => to.send(item).await.expect("open"), from.recv().await.expect("open"));
            assert_eq!(sum_on_async_executor(&executor, [ping], [pong]), RETURNED);
        });
    });
    group.bench_function("flume on async-executor", |b| {
        b.iter(|| {
            let ((there, from), (to, back)) = (flume::bounded(1), flume::bounded(1));
            let ping =
                serves!(item => there.send_async(item).await.expect("open"), back.recv_async().await.expect("open"));
            let pong =
                returns!(item => to.send_async(item).await.expect("open"), from.recv_async().await.expect("open"));
            assert_eq!(sum_on_async_executor(&executor, [ping], [pong]), RETURNED);
        });
    });
    group.bench_function("local-sync on async-executor", |b| {
        b.iter(|| {
            let ((there, mut from), (to, mut back)) = (local::channel(1), local::channel(1));
            let ping = serves!(item => there.send(item).await.expect("open"), back.recv().await.expect("open"));
            let pong = returns!(item => to.send(item).await.expect("open"), from.recv().await.expect("open"));
            assert_eq!(sum_on_async_executor(&executor, [ping], [pong]), RETURNED);
        });
    });
}
