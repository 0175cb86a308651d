//! A task: one allocation that holds the future, then its outcome, and who waits for it.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;

use crate::cell::{Flags, FutureCell, Outcome, project_task};
use crate::core::{Core, Turn};
use crate::join::{JoinCell, Joinable, Task};
use crate::remote::ExecutorId;

/// The number of a task (or of a whole `gather`): counted from 1 within its executor, never reused.
pub type TaskId = u64;

/// What runs when the executor gives a turn: a task, or one child of a `gather`.
///
/// A gather's children share its [`TaskId`]; they are told apart by their position among the arguments. Before its
/// children start, a gather waits in the run queue as itself: `child` is `None`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskRef {
    /// The task, or the gather.
    pub task: TaskId,
    /// Which child of the gather; `None` for a task.
    pub child: Option<u32>,
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.child {
            None => write!(f, "{}", self.task),
            Some(child) => write!(f, "{}[{child}]", self.task),
        }
    }
}

/// How a task comes into the world: all that is settled at its creation.
///
/// Shared: a loop that spawns unnamed tasks from one line makes one of these for all of them.
#[derive(Debug)]
pub(crate) struct Birth {
    pub(crate) executor: ExecutorId,
    pub(crate) parent: Option<TaskId>,
    pub(crate) name: Option<String>,
    pub(crate) location: &'static Location<'static>,
}

/// The part of a task or a group that does not depend on its types.
pub(crate) struct Header {
    pub(crate) id: TaskId,
    pub(crate) birth: Rc<Birth>,
    pub(crate) join: JoinCell,
}

impl Header {
    pub(crate) fn name(&self) -> String {
        self.birth.name.clone().unwrap_or_else(|| format!("Task-{}", self.id))
    }
}

/// What the executor keeps in a slot and gives turns to: a task or a group, without its types.
pub(crate) trait Run {
    fn header(&self) -> &Header;

    /// The scheduling state of the task itself or of a group's child.
    fn flags(&self, index: u32) -> &Flags;

    /// How many children the gather has; `None` for a task.
    fn children(&self) -> Option<u32>;

    /// One turn: delivers a cancel, or polls once; at the end frees the slot and wakes who waits. True if it has ended.
    fn turn(self: Pin<&Self>, core: &Core, turn: &Turn<'_>) -> bool;
}

/// `index` of what is no child of a group.
pub(crate) const NO_CHILD: u32 = u32::MAX;

pub(crate) struct TaskBlock<F: Future> {
    pub(crate) cell: FutureCell<F>,
    header: Header,
}

/// Puts a future into a block of its own, as yet in no slot.
pub(crate) fn new_task<F: Future + 'static>(future: F, header: Header) -> (Pin<Rc<TaskBlock<F>>>, Task<F::Output>) {
    let block = Rc::pin(TaskBlock { cell: FutureCell::new(future), header });
    let task = Task::new(block.clone());
    (block, task)
}

impl<F: Future + 'static> TaskBlock<F> {
    /// Born after the executor closed: ends as cancelled without a turn.
    pub(crate) fn refuse(self: Pin<&Self>) {
        project_task(self).cancel();
    }
}

impl<F: Future + 'static> Run for TaskBlock<F> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn flags(&self, _: u32) -> &Flags {
        &self.cell.flags
    }

    fn children(&self) -> Option<u32> {
        None
    }

    fn turn(self: Pin<&Self>, core: &Core, turn: &Turn<'_>) -> bool {
        let ended = core.give_turn(turn, &self.cell.flags, project_task(self));
        if ended {
            self.header.join.wake(&self.header);
        }
        ended
    }
}

impl<F: Future + 'static> Joinable<F::Output> for TaskBlock<F> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn flags(&self) -> &Flags {
        &self.cell.flags
    }

    fn take(self: Pin<&Self>) -> Option<Outcome<F::Output>> {
        project_task(self).take()
    }

    fn discard(self: Pin<&Self>) {
        project_task(self).discard();
    }
}
