//! Why awaiting a task gave no value, and what is said of a failure that nobody collects.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use crate::task::TaskRef;

/// Why awaiting a task gave no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The task was cancelled, or its executor was dropped before it ended. Not *your* cancellation: asyncio's
    /// `CancelledError` cannot tell the two apart, this can.
    #[non_exhaustive]
    Cancelled {
        /// What was given to [`cancel_with`](crate::Task::cancel_with).
        reason: Option<CancelReason>,
    },
    /// The task's future panicked: while it was polled or while it was dropped.
    Panicked(PanicPayload),
    /// The awaited task waits, directly or through others, for the one that awaits it. The task awaited runs on.
    Cycle(Box<AwaitCycle>),
}

impl JoinError {
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> JoinError {
        JoinError::Panicked(PanicPayload(Box::new(Mutex::new(payload))))
    }

    /// As of a task that was cancelled without a reason.
    pub const fn cancelled() -> JoinError {
        JoinError::Cancelled { reason: None }
    }

    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, JoinError::Cancelled { .. })
    }

    /// Why it was cancelled, if whoever did it said so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            JoinError::Cancelled { reason } => reason.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled { reason: None } => f.write_str("the task was cancelled"),
            JoinError::Cancelled { reason: Some(reason) } => write!(f, "the task was cancelled: {reason}"),
            JoinError::Panicked(payload) => write!(f, "the task panicked: {payload}"),
            JoinError::Cycle(cycle) => write!(f, "{cycle}"),
        }
    }
}

impl std::error::Error for JoinError {}

/// What a task panicked with. In a `Mutex`, so that an error that carries it is `Send + Sync`; boxed, as every task has room for an error.
pub struct PanicPayload(Box<Mutex<Box<dyn Any + Send>>>);

/// What was given to [`cancel_with`](crate::Task::cancel_with). A clone is the same text; behind one pointer, as every task has room for an error.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelReason(Arc<Box<str>>);

impl CancelReason {
    pub(crate) fn new(reason: impl Into<Box<str>>) -> CancelReason {
        CancelReason(Arc::new(reason.into()))
    }
}

impl Deref for CancelReason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

const _: () = assert!(size_of::<JoinError>() == 16, "a part of every task");

impl PanicPayload {
    /// The payload as `std::panic::catch_unwind` gives it, for `std::panic::resume_unwind`.
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => f.write_str(text),
            (_, Some(text)) => f.write_str(text),
            _ => f.write_str("(a payload that is no text)"),
        }
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PanicPayload({self})")
    }
}

/// Tasks that wait for each other: each for the next, and the last for the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AwaitCycle {
    /// One after the other.
    pub tasks: Box<[CycleMember]>,
}

/// A task of an [`AwaitCycle`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CycleMember {
    /// The task.
    pub task: TaskRef,
    /// Its name.
    pub name: String,
    /// Where it waits for the next.
    pub location: &'static Location<'static>,
}

impl fmt::Display for AwaitCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [CycleMember { task, name, location }] = &self.tasks[..] {
            return write!(f, "{} waits for itself at {location}", task.title(name));
        }
        f.write_str("tasks wait for each other:")?;
        for (index, CycleMember { task, name, location }) in self.tasks.iter().enumerate() {
            let next = &self.tasks[(index + 1) % self.tasks.len()];
            let comma = if index > 0 { "," } else { "" };
            let (waits, next) = (task.title(name), next.task.title(&next.name));
            write!(f, "{comma} {waits} for {next} at {location}")?;
        }
        Ok(())
    }
}

/// How a task failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Complaint {
    /// It panicked, with this text.
    Panicked(String),
    /// It gave an `Err`, with this text.
    Failed(String),
}

/// A task failed, and whoever could have been told let go of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uncollected {
    /// The task.
    pub task: TaskRef,
    /// Its name.
    pub name: String,
    /// Where it was created.
    pub location: &'static Location<'static>,
    /// How it failed.
    pub complaint: Complaint,
}
