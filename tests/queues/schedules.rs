//! Random schedules of producers, consumers, joiners, cancels and shutdowns: nothing is lost, the counts are right, and nobody
//! is left asleep.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use glassloop::queue::{Buffer, Heap, QueueOver};
use glassloop::trace::{self, Seen};
use glassloop::{Clock, Runtime, Task, create_task, sleep, timeout, yield_now};

use crate::common::{OnDrop, ms};
use crate::mirror::Mirror;

/// What has become of the items.
#[derive(Default)]
struct Ledger {
    alive: Cell<usize>,
    put: Cell<usize>,
    got: Cell<usize>,
    done: Cell<usize>,
    /// Dropped by a shutdown.
    swept: Cell<usize>,
}

fn count(cell: &Cell<usize>) {
    cell.set(cell.get() + 1);
}

struct Item {
    priority: u64,
    ledger: Rc<Ledger>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.ledger.alive.set(self.ledger.alive.get() - 1);
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Item) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Item) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

struct World<B> {
    queue: QueueOver<B>,
    random: Cell<u64>,
    ledger: Rc<Ledger>,
}

impl<B: Buffer<Item = Item>> World<B> {
    /// Below `bound`, by xorshift.
    fn below(&self, bound: u64) -> u64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        (x >> 8) % bound
    }

    async fn actor(self: Rc<Self>) {
        for _ in 0..1 + self.below(5) {
            match self.below(10) {
                0..=3 => self.put().await,
                4..=7 => self.get().await,
                8 => sleep(ms(self.below(4))).await,
                _ => yield_now().await,
            }
        }
    }

    async fn put(&self) {
        let (queue, ledger) = (&self.queue, &self.ledger);
        let item = Item { priority: self.below(4), ledger: ledger.clone() };
        count(&ledger.alive);
        let stored = match self.below(4) {
            0 => queue.put_nowait(item).is_ok(),
            1 => matches!(timeout(ms(self.below(3)), queue.put(item)).await, Ok(Ok(()))),
            2 => FuturesUnordered::from_iter([queue.put(item)]).next().await.unwrap().is_ok(),
            _ => queue.put(item).await.is_ok(),
        };
        if stored {
            count(&ledger.put);
        }
    }

    async fn get(&self) {
        let (queue, ledger) = (&self.queue, &self.ledger);
        let got = match self.below(7) {
            0 => queue.get_nowait().ok(),
            1 => timeout(ms(self.below(3)), queue.get()).await.ok().and_then(Result::ok),
            2 => match select(queue.get(), pin!(sleep(ms(self.below(3))))).await {
                Either::Left((item, _)) => item.ok(),
                Either::Right(_) => None,
            },
            3 => FuturesUnordered::from_iter([queue.get(), queue.get()]).next().await.unwrap().ok(),
            4 => queue.stream().next().await,
            5 => {
                if let Ok(_job) = queue.get_guard().await {
                    count(&ledger.got);
                    let _counted = OnDrop(|| count(&ledger.done)); // with the job, however this ends
                    sleep(ms(self.below(3))).await;
                }
                None
            }
            _ => queue.get().await.ok(),
        };
        if let Some(_item) = got {
            count(&ledger.got);
            sleep(ms(self.below(2))).await;
            queue.task_done().unwrap();
            count(&ledger.done);
        }
    }

    fn shutdown(&self, immediate: bool) {
        if immediate {
            self.ledger.swept.set(self.ledger.swept.get() + self.queue.len());
        }
        self.queue.shutdown(immediate);
    }

    /// When all that can happen has happened.
    fn check(&self) {
        let Ledger { put, got, done, swept, .. } = &*self.ledger;
        let Seen { len, unfinished, waits, .. } = self.seen();
        assert_eq!(len, self.queue.len());
        assert_eq!(put.get(), got.get() + swept.get() + len, "each item that was put is somewhere");
        assert_eq!(put.get(), done.get() + swept.get() + unfinished, "the count");
        assert!(self.queue.maxsize() == 0 || len <= self.queue.maxsize(), "the bound");
        for wait in waits {
            assert!(!wait.woken, "a wake-up without a turn: {wait:?}");
            let may_sleep = match wait.operation {
                "get" => len == 0 && !self.queue.is_shut_down(),
                "put" => self.queue.is_full() && !self.queue.is_shut_down(),
                "join" => unfinished > 0,
                other => panic!("who does {other}?"),
            };
            assert!(may_sleep, "left asleep: {wait:?} of {:?}", self.queue);
        }
    }

    fn seen(&self) -> Seen {
        let resources = trace::snapshot().expect("a loop").resources;
        resources.into_iter().map(|(_, seen)| seen).find(|seen| seen.kind.ends_with("queue")).expect("the queue")
    }

    async fn end(&self, tasks: Vec<Task<()>>) {
        self.shutdown(false);
        while self.queue.get_nowait().is_ok() {
            count(&self.ledger.got);
        }
        sleep(ms(100)).await;
        self.check();
        while self.queue.task_done().is_ok() {
            count(&self.ledger.done);
        }
        sleep(ms(100)).await;
        assert!(tasks.iter().all(Task::is_done), "after the shutdown nobody waits any more");
        assert!(self.seen().waits.is_empty());
        assert_eq!(self.ledger.alive.get(), 0, "and no item is left anywhere");
    }
}

async fn schedule<B: Buffer<Item = Item>>(seed: u64) {
    let world = Rc::new(World {
        queue: QueueOver::<B>::bounded((seed % 4) as usize),
        random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        ledger: Rc::default(),
    });
    let mut tasks: Vec<Task<()>> = (0..2 + world.below(6)).map(|_| create_task(world.clone().actor())).collect();
    for _ in 0..world.below(3) {
        let queue = world.queue.clone();
        tasks.push(create_task(async move { queue.join().await }));
    }
    for _ in 0..world.below(6) {
        match world.below(3) {
            0 => yield_now().await,
            1 => sleep(ms(world.below(3))).await,
            _ => {}
        }
        match world.below(6) {
            0 => world.shutdown(false),
            1 => world.shutdown(true),
            _ => drop(tasks[world.below(tasks.len() as u64) as usize].cancel()),
        }
    }
    sleep(ms(100)).await;
    world.check();
    world.end(tasks).await;
}

/// Runs 5,000 schedules; every fourth is also replayed from its events.
fn schedules<B: Buffer<Item = Item>>() {
    for seed in 1..=5000 {
        let mut builder = Runtime::builder().clock(Clock::new_virtual());
        let mirror = Rc::new(Mirror::default());
        if seed % 4 == 0 {
            builder = builder.observer(mirror.clone());
        }
        let runtime = builder.build().expect("a loop");
        if let Err(error) = runtime.block_on(async { schedule::<B>(seed).await }) {
            panic!("schedule {seed}: {error}");
        }
        drop(runtime);
        mirror.check();
    }
}

#[test]
fn pitfall_57_nothing_is_lost_in_5_000_schedules_of_a_queue() {
    schedules::<VecDeque<Item>>();
}

#[test]
fn pitfall_57_nothing_is_lost_in_5_000_schedules_of_a_lifo_queue() {
    schedules::<Vec<Item>>();
}

#[test]
fn pitfall_57_nothing_is_lost_in_5_000_schedules_of_a_priority_queue() {
    schedules::<Heap<Item>>();
}
