//! Each primitive under 10,000 random schedules: tasks that use it, and cancels and timeouts at every moment. No permit, turn or wake-up is
//! lost, and in the end nobody is left.

mod holders;
mod waiters;

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use glassloop::{Task, create_task, sleep, yield_now};

use crate::common::{ms, virtual_runtime, waits};

/// Marsaglia's xorshift64: the same schedule for the same seed, for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// Does nothing, yields, or sleeps a little.
    async fn pause(&mut self) {
        match self.below(4) {
            0 => sleep(ms(self.below(4))).await,
            1 => yield_now().await,
            _ => {}
        }
    }
}

/// A count, such as of tickets.
#[derive(Default)]
struct Count(Cell<u64>);

impl Count {
    fn next(&self) -> u64 {
        self.0.replace(self.0.get() + 1)
    }

    fn get(&self) -> u64 {
        self.0.get()
    }
}

/// A primitive, and what is known of it.
trait World: 'static {
    fn new(random: &mut Random) -> Self;

    /// One step of a task. It may wait for ever, and be dropped at every await.
    fn step(&self, random: &mut Random) -> impl Future<Output = ()>;

    /// What the task that cancels the others does besides.
    fn stir(&self, _random: &mut Random) {}

    /// Looks when nothing more can happen.
    fn settled(&self);

    /// Helps somebody on.
    fn help(&self);

    /// Ends what may be left when all tasks have ended.
    fn finish(&self) {}

    /// Looks when nothing is left.
    fn over(&self);
}

async fn work<W: World>(world: Rc<W>, mut random: Random) {
    for _ in 0..1 + random.below(4) {
        world.step(&mut random).await;
        random.pause().await;
    }
}

async fn schedule<W: World>(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let world = Rc::new(W::new(&mut random));
    let mut tasks: Vec<Task<()>> = Vec::new();
    for _ in 0..2 + random.below(5) {
        tasks.push(create_task(work(world.clone(), Random(random.below(u64::MAX) | 1))));
    }
    for _ in 0..random.below(12) {
        match random.below(4) {
            0 => drop(tasks[random.below(tasks.len() as u64) as usize].cancel()),
            1 => sleep(ms(random.below(3))).await,
            2 => world.stir(&mut random),
            _ => yield_now().await,
        }
    }
    // By then every timer of the tasks is over: whoever waits, waits for another.
    sleep(ms(1000)).await;
    assert!(waits().iter().all(|wait| !wait.woken), "somebody was woken and never had its turn");
    world.settled();
    for _ in 0..100 {
        if tasks.iter().all(Task::is_done) {
            break;
        }
        world.help();
        sleep(ms(1000)).await;
    }
    for task in tasks {
        assert!(task.is_done(), "nobody can help it");
        if let Err(glassloop::JoinError::Panicked(payload)) = task.await {
            panic!("a task panicked: {payload}");
        }
    }
    world.finish();
    sleep(ms(1)).await;
    assert_eq!(waits(), []);
    world.over();
}

fn ten_thousand_schedules<W: World>() {
    let runtime = virtual_runtime();
    for seed in 1..=10_000 {
        let _tell = TellSeed(seed);
        runtime.block_on(schedule::<W>(seed)).unwrap();
    }
}

/// Says which schedule it was, if it fails.
struct TellSeed(u64);

impl Drop for TellSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the schedule with seed {}", self.0);
        }
    }
}

#[test]
fn k3_ten_thousand_schedules_of_a_lock() {
    ten_thousand_schedules::<holders::Locked>();
}

#[test]
fn m3_ten_thousand_schedules_of_a_semaphore() {
    ten_thousand_schedules::<holders::Permits>();
}

#[test]
fn m4_ten_thousand_schedules_of_a_bounded_semaphore() {
    ten_thousand_schedules::<holders::Bounded>();
}

#[test]
fn e3_ten_thousand_schedules_of_an_event() {
    ten_thousand_schedules::<waiters::Flag>();
}

#[test]
fn c7_ten_thousand_schedules_of_a_condition() {
    ten_thousand_schedules::<waiters::Tokens>();
}

#[test]
fn b5_ten_thousand_schedules_of_a_barrier() {
    ten_thousand_schedules::<waiters::Parties>();
}

#[test]
fn f2_ten_thousand_schedules_of_a_promise() {
    ten_thousand_schedules::<waiters::Promised>();
}
