//! Lost wakes: a task is pending, and nobody has anything to wake it with.
//!
//! In debug mode, and while a trace is recorded, the places of our own primitives and the clones of strangers are counted for each task, so
//! that this is a fact. It is looked at only when the loop is about to wait: nobody is in the middle of anything then.
//!
//! There are two ways into it, and one of them may be meant:
//!
//! - a waker **was there and was dropped** without a wake. This is said in any case;
//! - the task's last poll **left no waker at all**, as `std::future::pending()` does. Whoever has a handle may mean to
//!   cancel it, so this is said only if nobody can: nobody has a handle; or the only one is with a task that awaits it,
//!   and waits for nothing else; or nobody will ever run. `sleep_forever()` says that it is meant.

use std::collections::{BTreeMap, BTreeSet};

use glassloop_executor::{Owners, Snapshot, TaskRef, TaskState, task_of_parts};
use glassloop_reactor::Event;

use super::known::{Facts, Known};
use crate::context::Context;

/// Tasks that nobody could wake when they were last heard of.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    tasks: BTreeMap<TaskRef, How>,
    /// Somebody new is among them.
    new: bool,
    /// How many polls there were when they were last looked at in vain, and how many tasks.
    looked: (u64, u64),
}

/// How a task came to be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// Its last waker was dropped without a wake.
    Dropped,
    /// Its last poll left none.
    NoneLeft,
}

/// So many tasks are soon looked at: somebody new is then, each time.
const FEW: u64 = 256;

impl Suspects {
    pub(super) fn add(&mut self, task: TaskRef, how: How) {
        self.tasks.insert(task, how);
        self.new = true;
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// It is being polled, or has ended.
    #[inline]
    pub(super) fn remove(&mut self, task: TaskRef) {
        if !self.tasks.is_empty() {
            self.tasks.remove(&task);
        }
    }

    /// The lost ones, when nobody is queued. `idle`: nothing is under way that could make anybody run.
    pub(super) fn find(&mut self, context: &Context, known: &Known, idle: bool) -> Vec<(TaskState, How)> {
        let executor = &context.executor;
        // Those who are left may be meant. As they may be many, they are not looked at each time.
        let (polls, tasks) = self.looked;
        let wait = !idle && executor.polls() < polls + tasks && (!self.new || tasks > FEW);
        // What another thread has sent since the last tick may wake anybody.
        if wait || executor.has_messages() || executor.has_escaped_elsewhere() {
            return Vec::new();
        }
        let look = Look::new(context, known, idle);
        let mut found = Vec::new();
        self.tasks.retain(|task, how| match look.verdict(*task, *how) {
            Verdict::Lost(state) => {
                found.push((state, *how));
                false
            }
            Verdict::MayBeMeant => true,
            Verdict::NotLost => false,
        });
        self.new = false;
        self.looked = (executor.polls(), look.snapshot.tasks.len() as u64);
        found
    }
}

enum Verdict {
    Lost(TaskState),
    MayBeMeant,
    NotLost,
}

/// The loop at this moment.
struct Look<'l> {
    known: &'l Known,
    owners: BTreeMap<TaskRef, Owners>,
    snapshot: Snapshot,
    /// Who stands in a place of ours. Facts are counted from events; this is looked up, so that a miscount accuses nobody.
    waiting: BTreeSet<TaskRef>,
    /// Nobody will ever run again.
    for_ever: bool,
}

impl<'l> Look<'l> {
    fn new(context: &'l Context, known: &'l Known, idle: bool) -> Look<'l> {
        let snapshot = context.executor.snapshot();
        let mut waiting: BTreeSet<TaskRef> = snapshot.joins.iter().filter_map(|join| join.waiter).collect();
        context.visit_resources(&mut |_, seen| waiting.extend(seen.waits.iter().filter_map(|wait| wait.task)));
        context.reactor.visit(&mut |event| {
            if let Event::TimerArm { waker, .. } | Event::WaitOn { waker, .. } = event {
                waiting.extend(task_of_parts(waker.data, waker.vtable));
            }
        });
        let may_run = |task: &TaskState| {
            let unseen = known.facts(task.task).is_some_and(|facts| facts.unseen && facts.nodes == 0);
            task.wakers > 0 || unseen
        };
        let for_ever = idle && !snapshot.tasks.iter().any(may_run);
        Look { known, owners: context.executor.owners(), snapshot, waiting, for_ever }
    }

    fn verdict(&self, task: TaskRef, how: How) -> Verdict {
        let position = self.snapshot.tasks.binary_search_by_key(&task, |state| state.task);
        let state = position.ok().map(|position| &self.snapshot.tasks[position]);
        let Some(state) = state else { return Verdict::NotLost };
        let facts = self.known.facts(task).filter(|facts| facts.is_forsaken() && !facts.told);
        let waits = state.wakers > 0 || state.cancel_asked || self.waiting.contains(&task);
        match facts {
            None => Verdict::NotLost,
            Some(_) if waits => Verdict::NotLost,
            Some(_) if how == How::NoneLeft && !self.for_ever && self.may_be_cancelled(task) => Verdict::MayBeMeant,
            Some(_) => Verdict::Lost(state.clone()),
        }
    }

    fn may_be_cancelled(&self, task: TaskRef) -> bool {
        match self.owners.get(&task) {
            Some(Owners::Nobody) => false,
            Some(Owners::ItsHandle) => !self.is_awaited_by_somebody_stuck(task),
            // A root that is to be pending for ever, while others work, is not rare.
            Some(Owners::Anybody | Owners::TheLoop) | None => true,
        }
    }

    /// The only handle is with a task that waits for this one to end, and for nothing else.
    fn is_awaited_by_somebody_stuck(&self, task: TaskRef) -> bool {
        let joins = &self.snapshot.joins;
        let position = joins.binary_search_by_key(&task.task, |join| join.target).ok();
        let waiter = position.and_then(|position| joins[position].waiter);
        waiter.and_then(|waiter| self.known.facts(waiter)).is_some_and(|waiter| {
            let Facts { nodes, strangers, unseen, .. } = waiter;
            (*nodes, *strangers, *unseen) == (1, 0, false)
        })
    }
}
