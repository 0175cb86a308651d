//! Gathers by lot: children that end at once or wait, wake and cancel themselves and each other, give the gather up, panic, and do so when they
//! are dropped. What happens, and in which order, is held against a model that knows a queue and nothing of slots; and whoever observes changes nothing.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;

use glassloop_executor::{Executor, FutureCell, Group, JoinError, Never, OnPanic, TaskHandle, own_waker};

use crate::common::{Log, boom, drain, executor, spawn};
use crate::gather::{group, peek};
use crate::programs::Random;
use crate::replay::Comparer;
use crate::starts_model::model;

/// One thing that a child does in its turn. The number is a child's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Act {
    /// Ends the turn.
    Wait,
    Wake(usize),
    WakeFromElsewhere(usize),
    Cancel(usize),
    CancelNow(usize),
    DropGather,
    SetLocals,
    Spawn,
    /// Runs a gather of an executor of its own.
    Nest,
    Panic,
}

/// What a child does in its turns, and then, when it is dropped.
#[derive(Clone, Default, Debug)]
pub(crate) struct Plan {
    pub(crate) acts: Vec<Act>,
    pub(crate) at_end: Vec<Act>,
}

impl Plan {
    fn by_lot(random: &mut Random, children: usize) -> Plan {
        let acts = (0..random.below(4)).map(|_| {
            let other = random.below(children);
            match random.below(24) {
                0..9 => Act::Wait,
                9..13 => Act::Wake(other),
                13 | 14 => Act::WakeFromElsewhere(other),
                15 | 16 => Act::Cancel(other),
                17 | 18 => Act::CancelNow(other),
                19 => Act::DropGather,
                20 => Act::SetLocals,
                21 => Act::Spawn,
                22 if random.below(4) == 0 => Act::Nest,
                _ => Act::Panic,
            }
        });
        let acts = acts.collect();
        let at_end = match random.below(16) {
            0..3 => vec![Act::Wake(random.below(children))],
            3 => vec![Act::CancelNow(random.below(children))],
            4 => vec![Act::DropGather],
            5 => vec![Act::Panic],
            _ => vec![],
        };
        Plan { acts, at_end }
    }
}

type Gather = Group<Box<[FutureCell<Child, OnPanic>]>>;

struct World {
    executor: Weak<Executor>,
    log: Log,
    wakers: RefCell<Vec<Option<Waker>>>,
    handles: RefCell<Vec<Option<TaskHandle>>>,
    group: RefCell<Option<Gather>>,
}

impl World {
    fn act(&self, act: Act) {
        match act {
            Act::Wait => unreachable!("it ends a turn"),
            Act::Wake(other) => {
                // Not a clone: it would have escaped.
                self.wakers.borrow()[other].iter().for_each(Waker::wake_by_ref);
            }
            Act::WakeFromElsewhere(other) => {
                // Joined, so that the program stays the same: the wake is in before anything else happens.
                let waker = self.wakers.borrow()[other].clone();
                waker.into_iter().for_each(|waker| thread::spawn(move || waker.wake()).join().unwrap());
            }
            Act::Cancel(other) | Act::CancelNow(other) => {
                let handle = self.handles.borrow()[other].clone();
                match (handle, act) {
                    (Some(handle), Act::Cancel(_)) => _ = handle.cancel(),
                    (Some(handle), _) => handle.cancel_now(),
                    (None, _) => {}
                }
            }
            Act::DropGather => drop(self.group.take()),
            Act::SetLocals => {
                let set = self.executor.upgrade().map(|executor| executor.set_locals(Some(Rc::new(()))));
                assert_ne!(set, Some(false), "a child is being polled");
            }
            Act::Spawn => {
                let log = self.log.clone();
                let executor = self.executor.upgrade().expect("it runs");
                spawn(&executor, async move { log.say("task") }).detach();
            }
            Act::Nest => {
                let inner = executor();
                let log = self.log.clone();
                let children = ["inner", "most"].map(|word| {
                    let log = log.clone();
                    async move { log.say(word) }
                });
                let mut group = group::<Never, _>(&inner, children);
                drain(&inner);
                assert!(peek(&inner, &mut group).is_some());
            }
            Act::Panic => boom("by lot"),
        }
    }
}

struct Child {
    index: usize,
    acts: std::vec::IntoIter<Act>,
    at_end: Vec<Act>,
    world: Rc<World>,
    /// Somebody may cancel it.
    shared: bool,
}

impl Future for Child {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let (index, world) = (self.index, self.world.clone());
        world.log.say(format!("{index}"));
        if world.wakers.borrow()[index].is_none() {
            let waker = if index % 3 == 2 { cx.waker().clone() } else { own_waker(cx) };
            world.wakers.borrow_mut()[index] = Some(waker);
            if self.shared {
                world.handles.borrow_mut()[index] = world.executor.upgrade().and_then(|executor| executor.current());
            }
        }
        for act in self.acts.by_ref() {
            if act == Act::Wait {
                return Poll::Pending;
            }
            world.act(act);
        }
        Poll::Ready(index)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.world.log.say(format!("-{}", self.index));
        std::mem::take(&mut self.at_end).into_iter().for_each(|act| self.world.act(act));
    }
}

fn sign(outcome: &Option<Result<usize, JoinError>>) -> char {
    match outcome {
        Some(Ok(_)) => 'v',
        Some(Err(JoinError::Cancelled { .. })) => 'c',
        Some(Err(_)) => 'p',
        None => '?',
    }
}

/// What the children of one gather do, to the end of the executor; and how many polls that took.
fn run(plans: &[Plan], observed: bool) -> (String, u64) {
    let executor = Rc::new(executor());
    let comparer = observed.then(|| Comparer::watch(&executor));
    let (log, count) = (Log::default(), plans.len());
    let (wakers, handles) = (RefCell::new(vec![None; count]), RefCell::new(vec![None; count]));
    let world =
        World { executor: Rc::downgrade(&executor), log: log.clone(), wakers, handles, group: RefCell::default() };
    let world = Rc::new(world);
    let all = || plans.iter().flat_map(|plan| plan.acts.iter().chain(&plan.at_end));
    let children = plans.iter().cloned().enumerate().map(|(index, Plan { acts, at_end })| {
        let shared = all().any(|act| [Act::Cancel(index), Act::CancelNow(index)].contains(act));
        Child { index, acts: acts.into_iter(), at_end, world: world.clone(), shared }
    });
    let children: Vec<Child> = children.collect();
    let gather = executor.enter(|| group::<OnPanic, _>(&executor, children));
    *world.group.borrow_mut() = Some(gather);
    drain(&executor);
    let gather = world.group.take();
    if let Some(mut gather) = gather {
        if let Some(ended) = peek(&executor, &mut gather) {
            let signs: String = crate::common::all(ended.outcomes).iter().map(sign).collect();
            log.say(format!("{signs} {:?}", ended.first_failure));
        }
        executor.enter(|| drop(gather));
    }
    drain(&executor);
    executor.shutdown();
    assert!(!executor.has_escaped(), "who escaped has ended");
    comparer.into_iter().for_each(|comparer| _ = comparer.finish());
    (log.take(), executor.polls())
}

fn plans(seed: u64) -> Vec<Plan> {
    let mut random = Random::new(seed);
    let count = 1 + random.below(6);
    (0..count).map(|_| Plan::by_lot(&mut random, count)).collect()
}

#[test]
fn random_gathers_run_as_the_model_says_whoever_observes() {
    let mut modelled = 0;
    for seed in 1..=5_000 {
        let plans = plans(seed);
        let plain = run(&plans, false);
        if seed % 8 == 0 {
            assert_eq!(plain, run(&plans, true), "seed {seed}, observed: {plans:#?}");
        }
        // When a wake from another thread comes in is the executor's matter, and whom it finds in the slot.
        if !plans.iter().flat_map(|plan| &plan.acts).any(|act| matches!(act, Act::WakeFromElsewhere(_))) {
            assert_eq!(plain.0, model(&plans), "seed {seed}: {plans:#?}");
            modelled += 1;
        }
    }
    assert!(modelled > 2_500, "only {modelled} of the programs were compared with the model");
}
