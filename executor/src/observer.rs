//! What the executor tells of itself: one event for each change of its state, and a snapshot to hold against them.

use std::panic::Location;

use crate::flags::Flags;
pub use crate::slots::WakeEffect;
use crate::task::{TaskId, TaskRef};

/// Hears of every step of an executor.
///
/// Called after the change, outside of every borrow, so that [`Executor::snapshot`](crate::Executor::snapshot) taken inside the call shows
/// exactly the state that the events so far describe. It must not poll, wake or spawn.
pub trait Observer {
    /// One step.
    fn event(&self, event: &Event<'_>);
}

/// One step of the executor.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A task, a gather (`children` is how many) or the root future came to be.
    Spawn {
        /// The task or the gather as a whole.
        task: TaskId,
        /// How many children a gather has; `None` for a task.
        children: Option<u32>,
        /// Who was being polled.
        parent: Option<TaskId>,
        /// The name it was given.
        name: Option<&'a str>,
        /// Where it was created.
        location: &'static Location<'static>,
        /// The bytes of its future; of a gather, of all its children's.
        size: usize,
    },
    /// A task, or a gather with all its children, was given another name.
    Rename {
        /// The task or the gather as a whole.
        task: TaskId,
        /// Its name from now on.
        name: &'a str,
    },
    /// A child of a gather is about to be polled for the first time.
    ChildStart(TaskRef),
    /// Somebody woke a task. Says what the wake will do; the [`Event::Enqueue`] that follows does it.
    Wake {
        /// Who is woken; `None` if it is gone.
        task: Option<TaskRef>,
        /// Who was being polled when it was woken; `None`: the loop itself.
        by: Option<TaskRef>,
        /// Which way the wake came.
        via: Via,
        /// What it does.
        effect: WakeEffect,
    },
    /// A task went to the back of the run queue.
    Enqueue(TaskRef),
    /// The front of the run queue was taken: `None` for a task that ended while it was queued.
    Dequeue(Option<TaskRef>),
    /// A poll begins.
    PollBegin(TaskRef),
    /// A poll has ended.
    PollEnd {
        /// The task.
        task: TaskRef,
        /// Whether it was the last one.
        ready: bool,
    },
    /// A clone of the task's waker was handed to somebody unknown; told once.
    Escape(TaskRef),
    /// A waker of the task was cloned by somebody unknown.
    WakerClone {
        /// The task.
        task: TaskRef,
        /// How many such clones there are now.
        live: u32,
    },
    /// One of those clones was dropped.
    WakerDrop {
        /// The task.
        task: TaskRef,
        /// How many are left.
        live: u32,
    },
    /// Somebody asked the task to end.
    CancelAsk(TaskRef),
    /// The task's turn came, and its future is about to be dropped.
    CancelDeliver(TaskRef),
    /// The task has ended and its slot is free.
    Done {
        /// The task.
        task: TaskRef,
        /// How it ended.
        ending: Ending,
    },
    /// A task waits for another, or for a gather, to end.
    WaitOn {
        /// Whose end is waited for.
        target: TaskId,
        /// Who waits; `None`: somebody outside of this executor, or behind a foreign combinator.
        waiter: Option<TaskRef>,
        /// Where.
        location: &'static Location<'static>,
    },
    /// That wait is over.
    WaitOff {
        /// Whose end was waited for.
        target: TaskId,
        /// Who waited.
        waiter: Option<TaskRef>,
        /// Why it is over.
        why: WaitEnd,
    },
}

/// Which way a wake came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// On the executor's own thread.
    Local,
    /// Through the remote half; it takes effect when the loop drains it.
    Remote,
    /// By a cancel.
    Cancel,
}

/// How a task ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// With an output, or by a panic: the outcome says.
    Finished,
    /// Its future was dropped.
    Cancelled,
    /// A gather as a whole: its children have started and go on by themselves.
    Started,
}

impl Ending {
    pub(crate) fn of(flags: &Flags) -> Ending {
        if flags.is_cancelled() { Ending::Cancelled } else { Ending::Finished }
    }
}

/// Why a wait is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitEnd {
    /// What was waited for has come.
    Woken,
    /// The waiter went away.
    Dropped,
    /// Another waiter took its place.
    Replaced,
}

/// An executor's whole state at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// Who is being polled.
    pub polling: Option<TaskRef>,
    /// The run queue, front first; `None` for one that ended while it was queued.
    pub run_queue: Vec<Option<TaskRef>>,
    /// All that is alive, by number.
    pub tasks: Vec<TaskState>,
    /// Who waits for whom to end, by the number of the latter.
    pub joins: Vec<JoinState>,
}

/// A live task, or a started child of a gather.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskState {
    /// The task.
    pub task: TaskRef,
    /// The name it was given.
    pub name: Option<String>,
    /// Who created it.
    pub parent: Option<TaskId>,
    /// Where it was created.
    pub location: &'static Location<'static>,
    /// In the run queue.
    pub queued: bool,
    /// To be dropped at its next turn.
    pub cancel_asked: bool,
    /// A clone of its waker was handed to somebody unknown.
    pub escaped: bool,
    /// How many clones of its waker strangers hold: counted only while somebody observes, and only those that were made and dropped
    /// on the executor's own thread. One that is dropped elsewhere counts for ever.
    pub wakers: u32,
}

/// Somebody waits for a task or a gather to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinState {
    /// Whose end is waited for.
    pub target: TaskId,
    /// Who waits; `None`: somebody outside of this executor, or behind a foreign combinator.
    pub waiter: Option<TaskRef>,
    /// Where.
    pub location: &'static Location<'static>,
}

/// Who can cancel a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owners {
    /// Nobody has a handle of it.
    Nobody,
    /// Whoever has its one [`Task`](crate::Task).
    ItsHandle,
    /// There was a [`TaskHandle`](crate::TaskHandle) of it, which may have been cloned; or it is the child of a `gather`.
    Anybody,
    /// It is the root: it ends with its `block_on`.
    TheLoop,
}
