//! What a loop has to say besides its results: to stderr, unless `Builder::on_report` says otherwise.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use glassloop_executor::{AwaitCycle, Complaint, TaskRef, Uncollected};
use thiserror::Error;

use crate::deadlock::Deadlock;
use crate::diagnosis::words::{born, born_by, duration, thousands, title};
use crate::diagnosis::{LastWait, LeftChildren};

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
    #[error("glassloop: {} panicked and nobody awaited it: {panic} {}", task.title(name), born(task.child.is_some(), location))]
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
    #[error("glassloop: {} failed and nobody awaited it: {error} {}", task.title(name), born(task.child.is_some(), location))]
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
    /// An observer panicked. It is told of nothing any more; the loop goes on.
    #[error("glassloop: an observer panicked: {panic}; it hears no more")]
    ObserverPanicked {
        /// What it said.
        panic: String,
    },
    /// Tasks await each other, and nothing else can wake them. The last of their awaits gets this as
    /// [`JoinError::Cycle`](crate::JoinError::Cycle), and so they go on.
    #[error("glassloop: {0}")]
    AwaitCycle(AwaitCycle),
    /// A callback panicked: there is nobody else to tell. The loop goes on.
    #[error("glassloop: a callback panicked: {panic} ({callback} at {location})")]
    CallbackPanicked {
        /// `"call_soon"`, `"call_later"` or `"call_at"`; `"on_event"` for a hook that was told that a request was given up.
        callback: &'static str,
        /// What it said.
        panic: String,
        /// Where that was called.
        location: &'static Location<'static>,
    },
    /// Debug mode: one poll held the whole loop up. Something in it blocks, or wants a `yield_now()` now and then. Of each
    /// task the first is reported, the second, the fourth, and so on.
    #[error(
        "glassloop: a poll of {} took {}{} {}",
        task.title(name), duration(*took), stall(*times, after), born(task.child.is_some(), location)
    )]
    SlowPoll {
        /// Who was polled.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// How long it took, by the loop's clock.
        took: Duration,
        /// How many such polls the task has had.
        times: u32,
        /// The wait that had just ended: what takes long comes after it. `None` if it was for nothing that the loop
        /// knows.
        after: Option<LastWait>,
    },
    /// Debug mode: a task does nothing but wake itself, and nothing else happens meanwhile: it asks again and again where
    /// it should wait.
    #[error(
        "glassloop: {} woke itself {} times in a row{}, and nothing else happened; \
         if it waits for something, it should be woken by that {}",
        task.title(name), thousands(*times), within(*took), born(task.child.is_some(), location)
    )]
    BusyLoop {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// How often.
        times: u64,
        /// In what time, by the loop's clock.
        took: Duration,
    },
    /// Debug mode, and while a trace is recorded: a task is pending, and nobody has a waker of it. Said once of each task.
    #[error(
        "glassloop: nothing can wake {} any more: {}{} {}",
        task.title(name), lost(*dropped), last(last_wait), born(task.child.is_some(), location)
    )]
    LostWake {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// Whether its last waker was dropped without a wake; else its last poll left none with anybody.
        dropped: bool,
        /// What it waited for the last time, of what the loop knows.
        last_wait: Option<LastWait>,
    },
    /// Debug mode: a task or a gather was created, and the loop ended before its first turn. It waited for that alone.
    #[error(
        "glassloop: {} was never polled: it was ready, and the loop ended first {}",
        title(*task, name, children.is_some()), born_by(children.is_some(), location, by)
    )]
    NeverPolled {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// Of a gather: what is left of it.
        children: Option<LeftChildren>,
        /// Which task created it, if one did, in words.
        by: Option<String>,
    },
    /// Debug mode: a task or a gather was not done when the loop ended, and is cancelled.
    #[error(
        "glassloop: {} was pending when the loop ended{} {}{}",
        title(*task, name, children.is_some()), left(children), born(children.is_some(), location), lines(waits)
    )]
    PendingAtEnd {
        /// The task.
        task: TaskRef,
        /// Its name.
        name: String,
        /// Where it was created.
        location: &'static Location<'static>,
        /// Of a gather: what is left of it.
        children: Option<LeftChildren>,
        /// What it waited for then, in a line each: what, of which resource, where in the source, and for how long. Of a
        /// gather: what its children waited for, of which the first ten are told.
        waits: Vec<String>,
    },
    /// Debug mode, once: no task is ready, no timer armed, no socket waited on, no thread of the loop at work, and it has been so for a second of real
    /// time. Unless somebody outside wakes a task, the loop waits for ever.
    #[error(
        "glassloop: possible deadlock: every task waits, and only somebody outside of the loop can wake one{}{}",
        lines(tasks), strangers(*wakers)
    )]
    PossibleDeadlock {
        /// Every live task, in a line: its number, its name, what it waits for and where, where it was created. Then the
        /// circle, if there is one.
        tasks: Vec<String>,
        /// How many of their wakers strangers are known to hold.
        wakers: u32,
    },
    /// A deadlock is certain. Only observers are told, as an event: [`Runtime::block_on`](crate::Runtime::block_on) gives
    /// it to everybody else.
    #[error("{0}")]
    Deadlock(Deadlock),
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

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

fn stall(times: u32, after: &Option<LastWait>) -> String {
    let after = after.as_ref().map(|wait| format!(", right after its wait for {wait}")).unwrap_or_default();
    // Twos: 2, 4, 8, 16, 32, ...
    let ordinal = if times % 10 == 2 && times % 100 != 12 { "nd" } else { "th" };
    if times > 1 { format!("{after}; that is its {times}{ordinal} long one") } else { after }
}

fn within(took: Duration) -> String {
    if took.is_zero() { String::new() } else { format!(" within {}", duration(took)) }
}

fn left(children: &Option<LeftChildren>) -> String {
    let Some(LeftChildren { pending, all }) = children else { return String::new() };
    format!(": {pending} of its {all} children had not ended")
}

fn lost(dropped: bool) -> &'static str {
    if dropped { "its last waker was dropped without a wake" } else { "its last poll left no waker with anybody" }
}

fn last(wait: &Option<LastWait>) -> String {
    wait.as_ref().map(|wait| format!("; before that, it waited for {wait}")).unwrap_or_default()
}

fn strangers(wakers: u32) -> String {
    match wakers {
        0 => String::new(),
        1 => "\n  1 waker is with strangers".into(),
        _ => format!("\n  {wakers} wakers are with strangers"),
    }
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text.to_string(),
        (_, Some(text)) => text.clone(),
        _ => "(a payload that is no text)".into(),
    }
}
