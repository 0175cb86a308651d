//! Of timers, sources and the clock.

use std::rc::Rc;

use glassloop::trace::model::Wait;
use glassloop::trace::schema::{Direction, Entry, Tried, WaitEnd};

use super::super::words::{count, duration, moment, place};
use super::{Scene, until};

pub(super) fn sentence(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    match entry.code() {
        48..54 => of_timers(entry, scene),
        54..61 => of_sources(entry, scene),
        _ => of_the_wait(entry),
    }
}

fn of_timers(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let names = scene.names;
    match entry {
        Entry::TimerArm { timer, task, deadline, place: lies, loc } => {
            let length = duration(deadline.saturating_sub(scene.t));
            let (task, until, lies) = (names.task(*task), until(*deadline), place(*lies));
            format!("timer {timer} is armed for {task}, for {length} ({until}) at {loc}; it goes to {lies}")
        }
        Entry::TimerCascade { timer, from, to } => {
            format!("{} falls from {} to {}", names.timer(*timer), place(*from), place(*to))
        }
        Entry::TimerFire { timer, late: 0 } => format!("{} fired on time", names.timer(*timer)),
        Entry::TimerFire { timer, late } => format!("{} fired {} late", names.timer(*timer), duration(*late)),
        Entry::TimerCancel { timer } => {
            let deadline = scene.model.state.timers.get(timer).map_or(0, |armed| armed.deadline);
            match deadline.saturating_sub(scene.t) {
                0 => format!("{} is disarmed", names.timer(*timer)),
                left => format!("{} is disarmed, {} before it was due", names.timer(*timer), duration(left)),
            }
        }
        Entry::TimerWaker { timer, task } => {
            format!("{} will wake {} from now on", names.timer(*timer), names.task(*task))
        }
        Entry::ClockJump { from, to } => {
            let length = duration(to.saturating_sub(*from));
            format!("nothing else can happen: the virtual clock jumps by {length}, to {}", moment(*to))
        }
        other => format!("{other:?}"),
    }
}

fn of_sources(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let names = scene.names;
    match entry {
        Entry::SourceAdd { source, label } => format!("source {source} ({label}) is registered"),
        Entry::SourceDel { source } => format!("{} is deregistered", names.source(*source)),
        Entry::Ready { source, readable, writable, read_closed, write_closed } => {
            let news = [
                (readable, "it can be read"),
                (writable, "it can be written"),
                (read_closed, "the peer will send no more"),
                (write_closed, "the peer takes no more"),
            ];
            let news: Vec<&str> = news.into_iter().filter(|(new, _)| **new).map(|(_, text)| text).collect();
            format!("news of {}: {}", names.source(*source), news.join(", "))
        }
        Entry::NotReady { source, direction } => {
            format!("{} has nothing more to {}", names.source(*source), verb(*direction))
        }
        Entry::SourceWaitOn { source, task, op, loc, .. } => {
            format!("{} waits for {op} of {} at {loc}", names.task(*task), names.source(*source))
        }
        Entry::SourceWaitOff { source, direction, waiter, why } => {
            let wait =
                scene.model.state.sources.get(source).and_then(|known| known.waits[*direction as usize].get(waiter));
            let op = wait.map_or(verb(*direction), |wait| &wait.op);
            let task = names.task(wait.and_then(|wait| wait.task));
            let wait = Wait::Source { source: *source, direction: *direction, waiter: *waiter };
            let (of, after) = (names.source(*source), scene.waited(wait));
            match why {
                WaitEnd::Woken => scene.wait_is_over(&task, &format!("{op} of {of}"), wait),
                WaitEnd::Dropped => format!("{task} no longer waits for {op} of {of}{after}"),
                WaitEnd::Replaced => format!("somebody else waits for {op} of {of} now, in place of {task}"),
            }
        }
        Entry::IoTry { source, direction, result, bytes } => {
            let what = match result {
                Tried::Done => bytes.map_or("done".into(), |bytes| format!("{} went through", count(bytes, "byte"))),
                Tried::WouldBlock => "it would block".into(),
                Tried::Eof => "the peer has ended".into(),
                Tried::Error => "an error".into(),
            };
            format!("{} tries to {} {}: {what}", scene.doer(), verb(*direction), names.source(*source))
        }
        other => format!("{other:?}"),
    }
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Read => "read",
        Direction::Write => "write",
    }
}

fn of_the_wait(entry: &Entry<Rc<str>>) -> String {
    match entry {
        Entry::Park { timeout: Some(0) } => "the loop looks whether a source is ready".into(),
        Entry::Park { timeout: Some(limit) } => {
            format!("nothing is ready: the loop waits, at most {}", duration(*limit))
        }
        Entry::Park { timeout: None } => "nothing is ready: the loop waits, without limit".into(),
        Entry::Unpark { ready, unparked, slept } => {
            let slept = if *slept == 0 { String::new() } else { format!(" after {}", duration(*slept)) };
            let what = match (ready, unparked) {
                (0, false) => "nothing has come".into(),
                (0, true) => "another thread has news".into(),
                (ready, false) => format!("news of {}", count(*ready, "source")),
                (ready, true) => format!("news of {} and of another thread", count(*ready, "source")),
            };
            format!("the loop goes on{slept}: {what}")
        }
        other => format!("{other:?}"),
    }
}
