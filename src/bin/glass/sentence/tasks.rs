//! Of tasks and their order.

use std::rc::Rc;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Wait;
use glassloop::trace::schema::{Effect, Ending, Entry, Via, WaitEnd};

use super::super::words::{count, duration, ordinal};
use super::Scene;

pub(super) fn sentence(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let names = scene.names;
    match entry {
        Entry::Spawn { .. } => spawn(entry, scene),
        Entry::Rename { task, name } => format!("{} is now called {name:?}", names.task(*task)),
        Entry::ChildStart { task } => format!("{} is about to start", names.task(*task)),
        Entry::Wake { .. } => wake(entry, scene),
        Entry::Enqueue { task } => {
            let place = scene.model.state.run_queue.len() as u64 + 1;
            format!("{} joins the run queue, {} in it", names.task(*task), ordinal(place))
        }
        Entry::Dequeue { task: None } => "the turn of a task that has ended meanwhile".into(),
        Entry::Dequeue { task } => {
            let life = task.and_then(|task| scene.model.past.tasks.get(&task));
            let since = life.and_then(|life| life.queued_since).map(|begun| begun.t);
            format!("the turn of {}{}", names.task(*task), scene.after(since))
        }
        Entry::PollBegin { task } => {
            let life = task.and_then(|task| scene.model.past.tasks.get(&task));
            // Of what was before the recording, nobody knows how often.
            let time = life.filter(|life| life.born.is_some()).map(|life| ordinal(life.polls + 1));
            let time = time.map(|time| format!(", for the {time} time")).unwrap_or_default();
            format!("{} is polled{time}", names.task(*task))
        }
        Entry::PollEnd { task, ready } => poll_end(*task, *ready, scene),
        Entry::Escape { task } => format!("somebody unknown has got a waker of {}", names.task(*task)),
        Entry::WakerClone { task, live } => {
            format!("a waker of {} is cloned by somebody unknown: {live} such clones now", names.task(*task))
        }
        Entry::WakerDrop { task, live } => {
            format!("a waker of {} is dropped by somebody unknown: {live} left", names.task(*task))
        }
        Entry::CancelAsk { task } => format!("{} is asked to end", names.task(*task)),
        Entry::CancelDeliver { task } => format!("{} is cancelled: its future is dropped", names.task(*task)),
        Entry::Done { task, ending } => done(*task, *ending, scene),
        Entry::JoinWaitOn { task, target, loc } => {
            format!("{} waits for the end of {} at {loc}", names.task(*task), names.target(*target))
        }
        Entry::JoinWaitOff { task: who, target, why } => {
            let wait = Wait::Join(*target);
            let (task, target, after) = (names.task(*who), names.target(*target), scene.waited(wait));
            match why {
                WaitEnd::Woken => scene.wait_is_over(&task, &format!("the end of {target}"), wait),
                // It has ended itself; and there was but one.
                WaitEnd::Dropped if who.is_none() => format!("nobody waits for the end of {target} any more{after}"),
                WaitEnd::Dropped => format!("{task} no longer waits for the end of {target}{after}"),
                WaitEnd::Replaced => format!("somebody else waits for the end of {target} now, in place of {task}"),
            }
        }
        other => format!("{other:?}"),
    }
}

fn spawn(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let Entry::Spawn { task: Some(task), parent, children, name, loc, size } = entry else { return String::new() };
    let name = name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
    let by = parent.map(|task| format!(" by {}", scene.names.target(task))).unwrap_or_default();
    let what = match children {
        Some(children) => format!("gather {task}{name} of {}", count(*children, "future")),
        None => format!("task {task}{name}"),
    };
    format!("{what} is created{by} at {loc} ({})", count(*size, "byte"))
}

fn wake(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let Entry::Wake { task, by, via, source, effect } = entry else { return String::new() };
    let (names, source) = (scene.names, source.unwrap_or_default());
    let whom = task.map_or_else(|| "a task that is gone".into(), |task| names.task(Some(task)));
    let by = by.map(|by| names.task(Some(by)));
    let woken = match via {
        Via::Itself => format!("{whom} wakes itself"),
        Via::Task => format!("{} wakes {whom}", by.unwrap_or_else(|| "a task".into())),
        Via::Timer => format!("timer {source} wakes {whom}"),
        Via::Io => format!("{} wakes {whom}", names.source(source)),
        Via::Resource => match by {
            Some(by) => format!("{by} wakes {whom} through {}", names.resource(source)),
            None => format!("{} wakes {whom}", names.resource(source)),
        },
        Via::Join => format!("the end of {} wakes {whom}", names.target(source)),
        Via::Thread => format!("another thread wakes {whom}"),
        Via::Cancel => format!("{whom} is woken to be cancelled"),
        Via::Loop => format!("the loop wakes {whom}"),
    };
    match effect {
        Effect::Enqueued => woken,
        Effect::AlreadyQueued => format!("{woken}; it is in the run queue already"),
        Effect::Stale => format!("{woken}: nothing happens"),
    }
}

fn poll_end(task: Option<TaskRef>, ready: bool, scene: Scene<'_>) -> String {
    let life = task.and_then(|task| scene.model.past.tasks.get(&task));
    let since = life.and_then(|life| life.polling_since).map_or(scene.t, |begun| begun.t);
    let took = match scene.t.saturating_sub(since) {
        0 => String::new(),
        length => format!(" after {}", duration(length)),
    };
    let name = scene.names.task(task);
    if ready {
        return format!("{name} is ready{took}");
    }
    let is_queued = task.is_some_and(|task| scene.model.state.run_queue.place(task).is_some());
    match task.and_then(|task| scene.names.waits(task)) {
        _ if is_queued => format!("{name} is pending{took}, and in the run queue again"),
        Some(waits) => format!("{name} is pending{took}: it waits for {waits}"),
        None => format!("{name} is pending{took}: it waits for something unknown"),
    }
}

fn done(task: Option<TaskRef>, ending: Ending, scene: Scene<'_>) -> String {
    let name = scene.names.task(task);
    let life = task.and_then(|task| scene.model.past.tasks.get(&task));
    let after = scene.after(life.and_then(|life| life.born).map(|born| born.t));
    match ending {
        Ending::Finished => format!("{name} has ended{after}"),
        Ending::Cancelled => format!("{name} has ended as cancelled{after}"),
        Ending::Started => format!("{name} has started all its children"),
    }
}
