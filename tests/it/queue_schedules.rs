//! A queue under random schedules: producers, consumers, cancels and timeouts in every order. Nothing is lost, nothing comes twice,
//! and nobody sleeps while there is something for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use glassloop::trace::{self, Seen};
use glassloop::{Queue, Task, create_task, sleep, timeout, yield_now};

use crate::common::{ms, run};

/// Marsaglia's xorshift64: the same schedule for the same seed, for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What happened to the items, by number.
#[derive(Default)]
struct Ledger {
    next: Cell<u32>,
    put: RefCell<Vec<u32>>,
    got: RefCell<Vec<u32>>,
    done: Cell<usize>,
}

impl Ledger {
    fn new_item(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    fn got(&self, queue: &Queue<u32>, item: u32) {
        self.got.borrow_mut().push(item);
        if !item.is_multiple_of(3) {
            queue.task_done().unwrap();
            self.done.set(self.done.get() + 1);
        }
    }
}

async fn produce(queue: Queue<u32>, ledger: Rc<Ledger>, mut random: Random) {
    for _ in 0..random.below(6) {
        let item = ledger.new_item();
        let put = match random.below(4) {
            0 => queue.put_nowait(item).is_ok(),
            1 => matches!(timeout(ms(random.below(3)), queue.put(item)).await, Ok(Ok(()))),
            _ => {
                queue.put(item).await.unwrap();
                true
            }
        };
        if put {
            ledger.put.borrow_mut().push(item);
        }
        pause(&mut random).await;
    }
}

async fn consume(queue: Queue<u32>, ledger: Rc<Ledger>, mut random: Random) {
    for _ in 0..random.below(6) {
        let item = match random.below(4) {
            0 => queue.get_nowait().ok(),
            1 => timeout(ms(random.below(3)), queue.get()).await.ok().map(Result::unwrap),
            _ => Some(queue.get().await.unwrap()),
        };
        if let Some(item) = item {
            ledger.got(&queue, item);
        }
        pause(&mut random).await;
    }
}

async fn pause(random: &mut Random) {
    match random.below(4) {
        0 => sleep(ms(random.below(4))).await,
        1 => yield_now().await,
        _ => {}
    }
}

/// The one queue of this loop, as a snapshot sees it.
fn seen() -> Seen {
    trace::snapshot().unwrap().resources.remove(0).1
}

/// Nothing else can happen by itself: nobody may wait while there is an item, or room, for it.
fn check_waiters(queue: &Queue<u32>, seed: u64) {
    let Seen { unfinished, waits, .. } = seen();
    for wait in waits {
        let rightly = match wait.operation {
            "get" => queue.is_empty(),
            "put" => queue.is_full(),
            _ => unfinished > 0,
        };
        assert!(rightly && !wait.woken, "seed {seed}: {wait:?} beside {queue:?}");
    }
}

async fn schedule(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let queue = Queue::bounded(random.below(4) as usize); // 0: without a bound
    let ledger = Rc::new(Ledger::default());
    let mut tasks: Vec<Task<()>> = Vec::new();
    for _ in 0..2 + random.below(6) {
        let (queue, ledger, own) = (queue.clone(), ledger.clone(), Random(random.below(u64::MAX) | 1));
        tasks.push(match random.below(5) {
            0 | 1 => create_task(produce(queue, ledger, own)),
            2 | 3 => create_task(consume(queue, ledger, own)),
            _ => create_task(async move { queue.join().await }),
        });
    }
    for _ in 0..random.below(12) {
        match random.below(3) {
            0 => drop(tasks[random.below(tasks.len() as u64) as usize].cancel()),
            1 => sleep(ms(random.below(3))).await,
            _ => yield_now().await,
        }
    }
    // By now every timer of the tasks is over: whoever waits, waits for another.
    sleep(ms(1000)).await;
    check_waiters(&queue, seed);
    let got_before = ledger.got.borrow().len();
    let mut inside: Vec<u32> = std::iter::from_fn(|| queue.get_nowait().ok()).collect();
    // Putters that waited for room are let in one after the other, in their order.
    loop {
        yield_now().await;
        let more: Vec<u32> = std::iter::from_fn(|| queue.get_nowait().ok()).collect();
        if more.is_empty() {
            break;
        }
        inside.extend(more);
    }
    sleep(ms(1000)).await;
    inside.extend(std::iter::from_fn(|| queue.get_nowait().ok()));
    let mut seen = [ledger.got.borrow().as_slice(), &inside].concat();
    let mut put = ledger.put.borrow().clone();
    seen.sort_unstable();
    put.sort_unstable();
    assert_eq!(seen, put, "seed {seed}: {got_before} were got before the end");
    assert_eq!(self::seen().unfinished, put.len() - ledger.done.get(), "seed {seed}: {queue:?}");
}

#[test]
fn pitfall_57_three_thousand_random_schedules_lose_nothing() {
    for seed in 1..=3000 {
        run(schedule(seed));
    }
}
