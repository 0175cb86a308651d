//! `glass why`: the chain of wakes that led to a task's last poll, and, of one that was dropped, what it waited for.

use std::path::Path;
use std::rc::Rc;

use glassloop::trace;
use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Cause, Causes, Doing, Link, Model, Wait, title_of};
use glassloop::trace::read::Run;

use super::Failure;
use super::follow::{follow, heading, no_task, tasks_called};
use super::paint::{Ink, Painter};
use super::words::{Names, duration, moment, ordinal};
use notes::Notes;

mod notes;

/// Of a long chain, so many links are shown at its beginning and at its end.
const SHOWN: usize = 12;

pub(super) fn why(file: &Path, called: &str, at: Option<u64>, all: bool, out: &mut Painter<'_>) -> Result<(), Failure> {
    let trace = trace::read(file)?;
    let mut models = Vec::new();
    let (mut found, mut last) = (false, 0);
    for (number, run) in trace.runs.iter().enumerate() {
        let Told { model, causes, notes } = until(&trace.file, run, called, at.unwrap_or(u64::MAX))?;
        last = last.max(model.seq);
        // Another loop of the file may have gone on for longer.
        if at.is_some_and(|at| at == 0 || at > model.seq) {
            continue;
        }
        let tasks = tasks_called(&model, called);
        let mut heading = heading(&trace, number);
        for task in tasks {
            if std::mem::replace(&mut found, true) {
                writeln!(out.stream())?;
            }
            if let Some(heading) = heading.take() {
                out.line(Ink::Heading, heading)?;
            }
            out.line(Ink::Heading, condition(&model, task))?;
            notes.print(&model, task, out)?;
            explain(&model, &causes, &notes, task, all, out)?;
        }
        models.push(model);
    }
    match at {
        _ if found => Ok(()),
        Some(event) if models.is_empty() => Err(Failure::NoEvent { file: trace.file.to_string(), event, last }),
        _ => Err(no_task(&trace, called, &models)),
    }
}

/// What there is to tell up to a moment.
#[derive(Clone, Default)]
struct Told {
    model: Model,
    causes: Causes,
    notes: Notes,
}

fn until(file: &Rc<str>, run: &Run, called: &str, at: u64) -> Result<Told, Failure> {
    let (mut causes, mut notes) = (Causes::default(), Notes::default());
    let mut stopped = None;
    let followed = follow(file, run, 0, |record, model| {
        if record.seq > at && stopped.is_none() {
            stopped = Some(Told { model: model.clone(), causes: causes.clone(), notes: notes.clone() });
        }
        if stopped.is_none() {
            causes.note(record, model);
            notes.note(record, model, called);
        }
        Ok(())
    });
    match stopped {
        // What comes later may be damaged.
        Some(stopped) => Ok(stopped),
        None => Ok(Told { model: followed?, causes, notes }),
    }
}

fn explain(
    model: &Model,
    causes: &Causes,
    notes: &Notes,
    task: TaskRef,
    all: bool,
    out: &mut Painter<'_>,
) -> Result<(), Failure> {
    let links: Vec<&Link> = causes.chain(task).collect();
    let queued = causes.is_queued(task);
    let long = !all && links.len() > 2 * SHOWN + 1;
    for (index, link) in links.iter().enumerate() {
        if long && index == SHOWN {
            out.line(Ink::Faint, format_args!("{:19}... {} more; --all shows them", "", links.len() - 2 * SHOWN))?;
        }
        if long && (SHOWN..links.len() - SHOWN).contains(&index) {
            continue;
        }
        let did = match (index, link.cancelled) {
            (0, _) if queued => "is queued",
            (_, false) => "ran",
            (_, true) => "was dropped",
        };
        let title = model.past.title(link.task);
        let of_the_end = "because the loop ended, or somebody outside of it has cancelled it";
        let reason = if notes.is_of_the_end(link) { of_the_end.into() } else { because(model, link) };
        out.put(Ink::Faint, format_args!("{:>6}  {:>11}  ", link.at.seq, moment(link.at.t)))?;
        out.line(Ink::Plain, format_args!("{title} {did} {reason}"))?;
    }
    Ok(())
}

/// What the task is doing at that moment.
fn condition(model: &Model, task: TaskRef) -> String {
    let (names, title) = (Names(model), model.past.title(task));
    let life = model.past.tasks.get(&task);
    let polls = life.map_or(0, |life| life.polls);
    // Of what was before the recording, nobody knows how often it was polled.
    let is_known = life.is_some_and(|life| life.born.is_some());
    if let Some(children) = life.and_then(|life| life.children.filter(|_| life.ended.is_some())) {
        let last = children.saturating_sub(1);
        return format!("{title} has started its children: ask for {task}[0] to {task}[{last}]");
    }
    match model.state.doing(task) {
        None => {
            let ended = life.and_then(|life| life.ended).map(|(begun, _)| format!(" at {}", moment(begun.t)));
            format!("{title} has ended{}", ended.unwrap_or_default())
        }
        Some(Doing::Polling) if !is_known => format!("{title} is being polled"),
        Some(Doing::Polling) => format!("{title} is being polled, for the {} time", ordinal(polls)),
        Some(Doing::Queued(before)) => format!("{title} is in the run queue, {} in it", ordinal(before as u64 + 1)),
        Some(Doing::Waiting) => {
            let waits = model.state.waits(task).map(|wait| format!("{}{}", names.wait(wait), since(model, wait)));
            format!("{title} waits for {}", waits.collect::<Vec<_>>().join(" and for "))
        }
        Some(Doing::Idle) if polls == 0 && is_known => format!("{title} was never polled"),
        Some(Doing::Idle) => format!("{title} waits for something unknown: no timer, source or resource has its waker"),
    }
}

fn since(model: &Model, wait: Wait) -> String {
    match model.past.waits.get(&wait) {
        Some(begun) if begun.t < model.t => format!(", since {}", duration(model.t - begun.t)),
        _ => String::new(),
    }
}

pub(super) fn because(model: &Model, link: &Link) -> String {
    let names = Names(model);
    let who = |by: TaskRef| if by == link.task { "itself".into() } else { names.task(Some(by)) };
    let by = link.by.map(|by| format!(" by {}", who(by))).unwrap_or_default();
    match &link.cause {
        Cause::Root => "because it is the root of the run".into(),
        Cause::Before => "because of something before the recording".into(),
        Cause::Itself => "because it had woken itself".into(),
        Cause::Thread => "because another thread woke it".into(),
        Cause::Loop => "because the loop woke it".into(),
        Cause::Spawned(loc) => format!("because it was created{by} at {loc}"),
        Cause::Timer { timer, after, late, loc } => {
            let late = if *late == 0 { String::new() } else { format!(" {} late", duration(*late)) };
            // That a sleeper armed its own timer goes without saying.
            let is_own = link.by.is_none_or(|by| by == link.task);
            let armed = if is_own { String::new() } else { format!(", armed{by}") };
            format!("because timer {timer} ({}) fired{late} (sleep at {loc}){armed}", duration(*after))
        }
        Cause::Source { source, label, waited: (op, loc) } => {
            format!("because source {source} ({label}) was ready ({op} at {loc})")
        }
        Cause::Resource { resource, label: (label, name), op, waited: (wanted, loc) } => {
            let title = title_of(label, name.as_deref(), *resource);
            let op = op.as_deref().unwrap_or("something done");
            let by = if by.is_empty() { " by the loop" } else { &by };
            format!("because of {op} of {title}{by} ({wanted} at {loc})")
        }
        Cause::Ended(target, loc) => format!("because {} had ended (awaited at {loc})", names.target(*target)),
        Cause::Task => format!("because it was woken{by}"),
        Cause::Cancel => format!("because it was cancelled{by}"),
    }
}
