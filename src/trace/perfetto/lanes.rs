//! Which lane a task has.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::executor::TaskRef;

/// With more tasks than this, lanes of those that have ended are used again.
const OWN_LANES: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    reuse: bool,
    taken: BTreeMap<TaskRef, u64>,
    free: BTreeSet<u64>,
    used: u64,
}

impl Lanes {
    pub(super) fn new(tasks: usize) -> Lanes {
        Lanes { reuse: tasks > OWN_LANES, ..Lanes::default() }
    }

    /// Whether a lane may have several tasks, one after the other.
    pub(super) fn are_shared(&self) -> bool {
        self.reuse
    }

    /// The lane of a task, and whether it is a new one. The first is 0.
    pub(super) fn of(&mut self, task: TaskRef) -> (u64, bool) {
        if let Some(lane) = self.taken.get(&task) {
            return (*lane, false);
        }
        let reused = self.free.pop_first();
        let lane = reused.unwrap_or(self.used);
        self.used = self.used.max(lane + 1);
        self.taken.insert(task, lane);
        (lane, reused.is_none())
    }

    /// The task has ended.
    pub(super) fn leave(&mut self, task: TaskRef) {
        if let Some(lane) = self.taken.remove(&task)
            && self.reuse
        {
            self.free.insert(lane);
        }
    }
}
