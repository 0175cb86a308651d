//! Random small programs, watched: what the events describe equals the executor's own snapshot after *every* event.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};
use std::thread;

use glassloop_executor::{Executor, FutureCell, Group, JoinError, Never, OnPanic, Spawn, Task, child, own_waker};

use crate::common::{OnDrop, boom, executor};
use crate::gather::{ended, peek};
use crate::replay::Comparer;

/// Marsaglia's xorshift: the same program for the same seed, everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }
}

type Boxed = Pin<Box<dyn Future<Output = u8>>>;
type Homogeneous = Group<Box<[FutureCell<Boxed, Never>]>>;
type Pair = Group<(FutureCell<Boxed, OnPanic>, FutureCell<Boxed, OnPanic>)>;

/// What the tasks of one program share, and every step draws from.
struct World {
    random: RefCell<Random>,
    executor: Weak<Executor>,
    tasks: RefCell<Vec<Task<u8>>>,
    groups: RefCell<Vec<Homogeneous>>,
    pairs: RefCell<Vec<Pair>>,
    wakers: RefCell<Vec<Waker>>,
    born: RefCell<usize>,
}

/// A task or a group that a program found in the world, and takes out to await.
enum Found {
    Nothing,
    Task(Task<u8>),
    Group(Homogeneous),
}

impl World {
    fn below(&self, bound: usize) -> usize {
        self.random.borrow_mut().below(bound)
    }

    fn pick<T>(&self, from: &RefCell<Vec<T>>) -> Option<T> {
        let length = from.borrow().len();
        (length > 0).then(|| {
            let index = self.below(length);
            from.borrow_mut().swap_remove(index)
        })
    }

    fn spawn(self: &Rc<Self>) {
        let Some(executor) = self.executor.upgrade() else { return };
        if *self.born.borrow() >= 12 {
            return;
        }
        *self.born.borrow_mut() += 1;
        match self.below(4) {
            0 => {
                let count = self.below(4);
                let children = (0..count).map(|_| child(self.clone().body())).collect();
                let group = executor.spawn_group(Spawn::here(), children);
                self.groups.borrow_mut().push(group);
            }
            1 => {
                let children = (child(self.clone().body()), child(self.clone().body()));
                let pair = executor.spawn_group(Spawn::here(), children);
                self.pairs.borrow_mut().push(pair);
            }
            2 => {
                let named = Spawn { name: Some("named".into()), ..Spawn::here() };
                let task = executor.spawn(named, self.clone().body());
                self.tasks.borrow_mut().push(task);
            }
            _ => {
                let task = executor.spawn(Spawn::here(), self.clone().body());
                self.tasks.borrow_mut().push(task);
            }
        }
    }

    /// One step that takes no time: inside a task, inside a destructor, or between two ticks.
    fn act(self: &Rc<Self>) {
        match self.below(9) {
            0 | 1 => self.spawn(),
            2 => {
                if let Some(task) = self.pick(&self.tasks) {
                    task.cancel();
                    self.tasks.borrow_mut().push(task);
                }
            }
            3 => drop(self.pick(&self.tasks)),
            4 => drop(self.pick(&self.groups)),
            5 => drop(self.pick(&self.pairs)),
            6 | 7 => {
                if let Some(waker) = self.pick(&self.wakers) {
                    waker.wake();
                }
            }
            _ => {
                if let Some(waker) = self.pick(&self.wakers) {
                    // Joined, so that the program stays the same: the wake is in before anything else happens.
                    thread::spawn(move || waker.wake()).join().unwrap();
                }
            }
        }
    }

    fn find(&self) -> Found {
        if self.below(2) == 0 {
            self.pick(&self.tasks).map_or(Found::Nothing, Found::Task)
        } else {
            self.pick(&self.groups).map_or(Found::Nothing, Found::Group)
        }
    }

    /// Leaves the waker of whoever polls in the world, and waits for one wake.
    async fn wait(&self) {
        let mut waiting = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waiting, true) {
                return Poll::Ready(());
            }
            let escapes = self.below(4) == 0;
            let waker = if escapes { cx.waker().clone() } else { own_waker(cx) };
            self.wakers.borrow_mut().push(waker);
            Poll::Pending
        })
        .await;
    }

    /// The await of a task, given up after its first poll, and made again elsewhere.
    async fn wait_for(&self, mut task: Task<u8>) {
        let gives_up = self.below(3) == 0;
        let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut task).poll(cx))).await;
        if gives_up && first.is_pending() {
            self.tasks.borrow_mut().push(task);
        } else if first.is_pending() {
            let _: Result<u8, JoinError> = task.await;
        }
    }

    /// What a task of a random program does.
    fn body(self: Rc<Self>) -> Boxed {
        let steps = self.below(5);
        Box::pin(async move {
            let dying = self.clone();
            let acts_at_its_end = self.below(4) == 0;
            let _end = OnDrop(move || {
                if acts_at_its_end {
                    dying.act();
                }
            });
            for _ in 0..steps {
                match self.below(10) {
                    0 | 1 => self.wait().await,
                    2 => crate::common::yield_now().await,
                    3 | 4 => match self.find() {
                        Found::Nothing => {}
                        Found::Task(task) => self.wait_for(task).await,
                        Found::Group(group) => drop(ended(group).await),
                    },
                    5 if self.below(3) == 0 => boom("on purpose"),
                    6 if self.below(3) == 0 => pending().await,
                    _ => self.act(),
                }
            }
            0
        })
    }
}

/// Runs one program to its end; how many events it made.
fn run(seed: u64) -> usize {
    let executor = Rc::new(executor());
    let comparer = Comparer::watch(&executor);
    let world = Rc::new(World {
        random: RefCell::new(Random::new(seed)),
        executor: Rc::downgrade(&executor),
        tasks: RefCell::default(),
        groups: RefCell::default(),
        pairs: RefCell::default(),
        wakers: RefCell::default(),
        born: RefCell::default(),
    });
    executor.enter(|| {
        for _ in 0..=world.below(2) {
            let future = pin!(world.clone().body());
            let mut root = executor.root(Spawn::here(), future);
            for _ in 0..world.below(12) {
                executor.tick(Some(&mut root));
                world.act();
            }
        }
        executor.shutdown();
        // What is left in the world goes inside the executor, which is told of it.
        drop(world.groups.take());
        drop(world.pairs.take());
        drop(world.tasks.take());
    });
    comparer.finish()
}

#[test]
fn the_events_of_3000_programs_rebuild_their_executors() {
    let events: usize = (1..=3000).map(run).sum();
    assert!(events > 100_000, "only {events} events: these programs do too little");
}

/// The ends of whole gathers, seen from the outside of any task.
#[test]
fn a_watched_gather_that_is_polled_by_a_stranger() {
    let executor = Rc::new(executor());
    let comparer = Comparer::watch(&executor);
    let children: Box<[_]> =
        Box::new([child::<_, Never>(crate::common::yield_now()), child(crate::common::yield_now())]);
    let mut group = executor.spawn_group(Spawn::here(), children);
    assert!(peek(&executor, &mut group).is_none());
    crate::common::drain(&executor);
    assert!(peek(&executor, &mut group).is_some());
    assert!(comparer.finish() > 10);
}
