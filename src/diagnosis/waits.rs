//! What each task waits for at one moment, read from the places where primitives keep its ticket.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use glassloop_executor::{JoinState, Snapshot, TaskId, TaskRef, task_of_parts};
use glassloop_reactor::{Event, Instant};

use super::resources::{short_label, wanted};
use super::words::duration;
use crate::context::Context;
use crate::task::name_of;
use crate::waiters::Seen;

/// One of the things that a task waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    what: String,
    location: &'static Location<'static>,
    /// How long, if that is known: only in debug mode is the clock read when a wait begins.
    lasts: Option<Duration>,
    /// On whom that depends, and by what.
    pub(super) next: Vec<(Option<String>, TaskRef)>,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wait { what, location, lasts, .. } = self;
        write!(f, "{what} at {location}")?;
        match lasts {
            Some(lasts) => write!(f, ", for {}", duration(*lasts)),
            None => Ok(()),
        }
    }
}

/// Of a task that is pending, and waits for none of these.
pub(super) fn for_unknown(escaped: bool, strangers: u32) -> String {
    match strangers {
        0 if escaped => "pending, and strangers may or may not hold its waker".into(),
        0 => "pending, for nothing that the loop knows of".into(),
        1 => "pending, and strangers hold a waker of it".into(),
        count => format!("pending, and strangers hold {count} wakers of it"),
    }
}

/// A place where a primitive of ours keeps the ticket of a task, to wake it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    /// With a task, or a gather, whose end is waited for.
    Join(TaskId),
    /// With the timer of this number.
    Timer(u64),
    /// With a source, under the number of the waiter.
    Source(u64, u64),
    /// In the line of a resource, under the number of the waiter.
    Resource(u64, u64),
}

/// What each task waits for: first for others to end, then for resources, for time and for sockets, each in the order of
/// their numbers.
pub(super) fn waits(context: &Context, snapshot: &Snapshot) -> BTreeMap<TaskRef, Vec<Wait>> {
    let mut waits: BTreeMap<TaskRef, Vec<Wait>> = BTreeMap::new();
    let mut add = |task: Option<TaskRef>, wait: Wait| {
        if let Some(task) = task {
            waits.entry(task).or_default().push(wait);
        }
    };
    for join in &snapshot.joins {
        add(join.waiter, of_end(context, snapshot, join));
    }
    context.visit_resources(&mut |id, seen| of_resource(context, snapshot, id, &seen, &mut add));
    of_reactor(context, &mut add);
    waits
}

fn of_end(context: &Context, snapshot: &Snapshot, join: &JoinState) -> Wait {
    let target = TaskRef { task: join.target, child: None };
    let start = snapshot.tasks.partition_point(|state| state.task < target);
    let on = snapshot.tasks[start..].iter().take_while(|state| state.task.task == join.target);
    let next: Vec<_> = on.map(|state| (None, state.task)).collect();
    let what = match &next[..] {
        [(_, TaskRef { child: Some(_), .. }), ..] => format!("gather {}", join.target),
        _ => format!("the end of {}", name(snapshot, target)),
    };
    Wait { what, location: join.location, lasts: lasts(context, Node::Join(join.target)), next }
}

fn of_resource(
    context: &Context,
    snapshot: &Snapshot,
    id: u64,
    seen: &Seen,
    add: &mut impl FnMut(Option<TaskRef>, Wait),
) {
    for wait in &seen.waits {
        let Some(task) = wait.task else { continue };
        let what = wanted(id, seen, wait.operation, task, &|task| name(snapshot, task));
        let next = seen.holder.map(|holder| (Some(short_label(id, seen)), holder)).into_iter().collect();
        let lasts = lasts(context, Node::Resource(id, wait.number));
        add(Some(task), Wait { what, location: wait.location, lasts, next });
    }
}

fn of_reactor(context: &Context, add: &mut impl FnMut(Option<TaskRef>, Wait)) {
    let now = context.reactor.clock().now();
    let mut kinds = BTreeMap::new();
    context.reactor.visit(&mut |event| {
        let (waker, what, location, node) = match *event {
            Event::SourceAdd { source, kind } => {
                kinds.insert(source, kind);
                return;
            }
            Event::TimerArm { timer, waker, deadline, location, .. } => {
                (waker, timer_in_words(deadline, now), location, Node::Timer(timer))
            }
            Event::WaitOn { source, waiter, waker, operation, location, .. } => {
                let kind = kinds.get(&source).copied().unwrap_or("unknown");
                (waker, format!("{operation} of source {source} ({kind})"), location, Node::Source(source, waiter))
            }
            _ => return,
        };
        let lasts = lasts(context, node);
        add(task_of_parts(waker.data, waker.vtable), Wait { what, location, lasts, next: Vec::new() });
    });
}

fn timer_in_words(deadline: Instant, now: Instant) -> String {
    match deadline - now {
        Duration::ZERO => "a timer (due now)".into(),
        left => format!("a timer (due in {})", duration(left)),
    }
}

/// A task in words; it may be gone.
fn name(snapshot: &Snapshot, task: TaskRef) -> String {
    match snapshot.tasks.binary_search_by_key(&task, |state| state.task) {
        Ok(position) => task.title(&name_of(task, &snapshot.tasks[position].name)),
        Err(_) => format!("task {task}"),
    }
}

/// How long somebody has waited there.
fn lasts(context: &Context, node: Node) -> Option<Duration> {
    #[cfg(feature = "trace")]
    {
        let since = context.watch.get()?.since(node)?;
        Some(context.reactor.clock().now() - since)
    }
    #[cfg(not(feature = "trace"))]
    {
        let _ = (context, node);
        None
    }
}
