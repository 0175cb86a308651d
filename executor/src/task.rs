//! A task: one allocation that holds the future, then its outcome, and who waits for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::cell::{FutureCell, Judge, Outcome, drop_quietly, project_task};
use crate::core::{Core, Turn};
use crate::flags::Flags;
use crate::handle::TaskHandle;
use crate::join::{Joinable, Task};
use crate::join_error::JoinError;
use crate::profile::{Header, Locals};
use crate::ticket::Ticket;

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

impl TaskRef {
    /// The name of a task that was given none: `Task-7`, and `gather-7[2]` for a child of a gather.
    pub fn default_name(self) -> String {
        match self.child {
            None => format!("Task-{self}"),
            Some(_) => format!("gather-{self}"),
        }
    }

    /// As reports call it: `task 7 "fetch"`, or `child 2 of gather 7`, counted from 0, and its name, if that is not the default.
    pub fn title(self, name: &str) -> String {
        match self.child {
            None => format!("task {self} {name:?}"),
            Some(child) if name == self.default_name() => format!("child {child} of gather {}", self.task),
            Some(child) => format!("child {child} of gather {} {name:?}", self.task),
        }
    }
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.child {
            None => write!(f, "{}", self.task),
            Some(child) => write!(f, "{}[{child}]", self.task),
        }
    }
}

/// What the executor keeps in a slot and gives turns to: a task or a group, without its types.
pub(crate) trait Run {
    fn header(&self) -> &Header;

    /// The number of the task, or of the whole group.
    fn id(&self) -> TaskId {
        self.header().id(self.flags(NO_CHILD))
    }

    /// The scheduling state of the task itself or of a group's child; of the group, if it is no child's index.
    fn flags(&self, index: u32) -> &Flags;

    /// How many children the gather has; `None` for a task.
    fn children(&self) -> Option<u32>;

    /// The bytes of its future, or of the futures of all children.
    fn size(&self) -> usize;

    /// One turn: delivers a cancel, or polls once; at the end frees the slot and wakes who waits. True if it has ended.
    ///
    /// It takes an owner of the block: it may be the last one then. (And from an `Rc` the call finds the block without a look at its alignment.)
    fn turn(self: Pin<Rc<Self>>, core: &Core, index: u32, ticket: Ticket) -> bool;

    /// The task-locals of the task itself or of a group's child.
    fn locals(&self, index: u32) -> Option<Locals>;

    /// Gives it others.
    fn set_locals(&self, index: u32, locals: Option<Locals>);
}

/// `index` of what is no child of a group.
pub(crate) const NO_CHILD: u32 = u32::MAX;

/// `J` says which outcomes are failures that must not go unseen.
pub(crate) struct TaskBlock<F: Future, J> {
    pub(crate) cell: FutureCell<F, J>,
    header: Header,
}

/// A task that is in no slot as yet, and its handle.
pub(crate) type NewTask<F, J> = (Pin<Rc<TaskBlock<F, J>>>, Task<<F as Future>::Output>);

/// Puts a future into a block of its own.
pub(crate) fn new_task<F, J>(future: F, (header, flags): (Header, Flags)) -> NewTask<F, J>
where
    F: Future + 'static,
    J: Judge<F::Output>,
{
    let block = Rc::pin(TaskBlock { cell: FutureCell::new(future, flags), header });
    let task = Task::new(block.clone());
    (block, task)
}

impl<F: Future + 'static, J: Judge<F::Output>> TaskBlock<F, J> {
    /// Born after the executor closed: ends as cancelled without a turn.
    pub(crate) fn refuse(self: Pin<&Self>) {
        project_task(self).cancel(JoinError::cancelled());
    }

    /// Out of line, as most turns are not the last.
    #[inline(never)]
    fn end(self: &Pin<Rc<Self>>, core: &Core, turn: &Turn<'_>) {
        core.end_turn(turn, &self.cell.flags, || project_task(self.as_ref()));
        self.header.join.end(&self.header, &self.cell.flags, || TaskHandle::of(self.clone(), NO_CHILD));
        if self.cell.flags.is_detached() {
            self.as_ref().discard();
        }
    }
}

impl<F: Future + 'static, J: Judge<F::Output>> Run for TaskBlock<F, J> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn flags(&self, _: u32) -> &Flags {
        &self.cell.flags
    }

    fn children(&self) -> Option<u32> {
        None
    }

    fn size(&self) -> usize {
        size_of::<F>()
    }

    fn turn(self: Pin<Rc<Self>>, core: &Core, _: u32, ticket: Ticket) -> bool {
        let pending = core.is_pending(ticket, &self.cell.flags, |cx| project_task(self.as_ref()).poll(cx));
        if !pending {
            self.end(core, &Turn { run: &*self, index: NO_CHILD, ticket });
            // What is dropped with the last owner is the user's.
            drop_quietly(self);
        }
        !pending
    }

    fn locals(&self, _: u32) -> Option<Locals> {
        self.header.locals()
    }

    fn set_locals(&self, _: u32, locals: Option<Locals>) {
        self.header.amend(|profile| profile.locals = locals);
    }
}

impl<F: Future + 'static, J: Judge<F::Output>> Joinable<F::Output> for TaskBlock<F, J> {
    fn take(self: Pin<&Self>) -> Option<Outcome<F::Output>> {
        project_task(self).take()
    }

    fn discard(self: Pin<&Self>) {
        if let Some(complaint) = project_task(self).discard() {
            self.header.complain(TaskRef { task: self.id(), child: None }, complaint);
        }
    }
}
