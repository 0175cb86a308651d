//! The run queue, with each task's place in it.

use std::collections::{BTreeMap, VecDeque};

use crate::trace::executor::TaskRef;

/// Who is ready, front first; `None` for a task that ended while it was queued.
#[derive(Clone, Debug, Default)]
pub struct RunQueue {
    line: VecDeque<Option<TaskRef>>,
    /// How many have left the line: so a task is found without a search.
    left: u64,
    /// Counted from the first that ever stood in the line.
    numbers: BTreeMap<TaskRef, u64>,
}

impl PartialEq for RunQueue {
    fn eq(&self, other: &RunQueue) -> bool {
        self.line == other.line
    }
}

impl Eq for RunQueue {}

impl RunQueue {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Whether nobody is ready.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// All of them, front first.
    pub fn iter(&self) -> impl Iterator<Item = Option<TaskRef>> + '_ {
        self.line.iter().copied()
    }

    /// How many have their turn before this task.
    pub fn place(&self, task: TaskRef) -> Option<usize> {
        self.numbers.get(&task).map(|number| (number - self.left) as usize)
    }

    pub(super) fn push(&mut self, task: Option<TaskRef>) {
        if let Some(task) = task {
            self.numbers.insert(task, self.left + self.line.len() as u64);
        }
        self.line.push_back(task);
    }

    pub(super) fn pop(&mut self) -> Option<Option<TaskRef>> {
        let front = self.line.pop_front()?;
        self.left += 1;
        if let Some(task) = front {
            self.numbers.remove(&task);
        }
        Some(front)
    }

    /// The task has ended; its place stays.
    pub(super) fn forget(&mut self, task: TaskRef) {
        if let Some(place) = self.place(task) {
            self.numbers.remove(&task);
            self.line[place] = None;
        }
    }
}
