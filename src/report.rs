//! What a loop has to say besides its results: to stderr, unless `Builder::on_report` says otherwise.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use glassloop_executor::{AwaitCycle, Complaint, TaskRef, Uncollected};
use thiserror::Error;

/// Something a person should hear of that no return value tells.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Report {
    /// The trace could not be written to its end.
    #[error("glassloop: trace file {path}: {problem}; the rest is not recorded")]
    TraceLost {
        /// The file.
        path: String,
        /// What the system said.
        problem: String,
    },
    /// A task panicked, and nobody will ever ask what came of it: its handle is gone.
    #[error("glassloop: task {task} {name:?} panicked and nobody awaited it: {panic} (created at {location})")]
    TaskPanicked {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// What it said.
        panic: String,
    },
    /// A task that was created as one that may fail gave an `Err`, and its handle is gone.
    #[error("glassloop: task {task} {name:?} failed and nobody awaited it: {error} (created at {location})")]
    TaskFailed {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// The error's text.
        error: String,
    },
    /// Tasks await each other, and nothing else can wake them. The last of their awaits gets this as
    /// [`JoinError::Cycle`](crate::JoinError::Cycle), and so they go on.
    #[error("glassloop: {0}")]
    AwaitCycle(AwaitCycle),
    /// A callback panicked: there is nobody else to tell. The loop goes on.
    #[error("glassloop: a callback panicked: {panic} ({callback} at {location})")]
    CallbackPanicked {
        /// `"call_soon"`, `"call_later"` or `"call_at"`.
        callback: &'static str,
        /// What it said.
        panic: String,
        /// Where that was called.
        location: &'static Location<'static>,
    },
    /// Debug mode: one poll held the whole loop up. Something in it blocks, or wants a `yield_now()` now and then.
    #[error("glassloop: a poll of task {task} {name:?} took {took:?} (created at {location})")]
    SlowPoll {
        /// Who was polled.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// How long it took, by the loop's clock.
        took: Duration,
    },
    /// Debug mode: a task was created, and the loop ended before its first turn.
    #[error("glassloop: task {task} {name:?} was never polled when the loop ended (created at {location})")]
    NeverPolled {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
    },
    /// Debug mode: a task was not done when the loop ended, and is cancelled.
    #[error("glassloop: task {task} {name:?} was pending when the loop ended (created at {location})")]
    PendingAtEnd {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
    },
    /// Debug mode, once: no task is ready, no timer armed, no socket waited on, and no thread of the loop at work. Unless somebody outside wakes a
    /// task, the loop waits for ever.
    #[error("glassloop: possible deadlock: only a wake from outside of the loop can go on with{}", lines(tasks))]
    PossibleDeadlock {
        /// Every live task: its number, its name, where it was created, and whether somebody unknown may wake it.
        tasks: Vec<String>,
    },
}

impl From<&Uncollected> for Report {
    fn from(uncollected: &Uncollected) -> Report {
        let Uncollected { task, name, location, complaint } = uncollected.clone();
        match complaint {
            Complaint::Panicked(panic) => Report::TaskPanicked { task, name, location, panic },
            Complaint::Failed(error) => Report::TaskFailed { task, name, location, error },
        }
    }
}

/// Where reports go.
pub(crate) type OnReport = Rc<dyn Fn(&Report)>;

pub(crate) fn to_stderr() -> OnReport {
    // Not `eprintln!`, which panics when stderr is closed.
    Rc::new(|report| drop(writeln!(io::stderr(), "{report}")))
}

/// Reports are made in the middle of the loop, and while tasks unwind: a panic has to end here.
pub(crate) fn to(report: impl Fn(&Report) + 'static) -> OnReport {
    Rc::new(move |what| {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| report(what))) {
            // The payload's own drop may panic too.
            std::mem::forget(payload);
        }
    })
}

fn lines(tasks: &[String]) -> String {
    tasks.iter().map(|task| format!("\n  {task}")).collect()
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text.to_string(),
        (_, Some(text)) => text.clone(),
        _ => "(a payload that is no text)".into(),
    }
}
