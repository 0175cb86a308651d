//! `glass tell`: one sentence an event.

use std::io;
use std::path::Path;
use std::rc::Rc;

use glassloop::trace;
use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Model;
use glassloop::trace::schema::{Entry, Finding, Record, RunEnding};

use super::Failure;
use super::follow::{follow, heading, is_called, no_task, tasks_called};
use super::paint::{Ink, Painter};
use super::sentence::sentence;
use super::words::moment;

pub(super) fn tell(file: &Path, from: u64, to: u64, task: Option<&str>, out: &mut Painter<'_>) -> Result<(), Failure> {
    if from > to {
        return Err(Failure::Backwards { from, to });
    }
    let trace = trace::read(file)?;
    let mut models = Vec::new();
    let mut told = false;
    for (number, run) in trace.runs.iter().enumerate() {
        if let Some(heading) = heading(&trace, number) {
            out.line(Ink::Heading, heading)?;
        }
        // Turns are counted from the beginning.
        let followed = follow(&trace.file, run, 0, |record, model| {
            let asked = task.is_none_or(|task| concerns(record, model, task));
            if record.seq >= from && record.seq <= to && asked && record.seq > 0 {
                told = true;
                line(out, record, model)?;
            }
            Ok(())
        })?;
        models.push(followed);
    }
    match task {
        Some(task) if !told && models.iter().all(|model| tasks_called(model, task).is_empty()) => {
            Err(no_task(&trace, task, &models))
        }
        _ => {
            let last = models.iter().map(|model| model.seq).max().unwrap_or_default();
            if from > last { Err(Failure::NoEvent { file: trace.file.to_string(), event: from, last }) } else { Ok(()) }
        }
    }
}

/// Number, time, turn, and what happened; `before` is what there was before.
pub(super) fn line(out: &mut Painter<'_>, record: &Record<Rc<str>>, before: &Model) -> io::Result<()> {
    let turn = before.past.turns + u64::from(matches!(record.entry, Entry::Turn {}));
    let turn = if turn == 0 { String::new() } else { format!("turn {turn}") };
    out.put(Ink::Faint, format_args!("{:>6}  {:>11}  {turn:<9} ", record.seq, moment(record.t)))?;
    let ink = match record.entry {
        Entry::Report { what: Finding::Other, .. } => Ink::Plain,
        Entry::Report { .. } | Entry::RunEnd { reason: RunEnding::Deadlock } => Ink::Bad,
        _ => Ink::Plain,
    };
    // A report has lines of its own.
    let text = sentence(record, before).replace('\n', &format!("\n{:31}", ""));
    out.line(ink, text)
}

/// Whether an event is about a task: what it is, does, waits for, or does to others.
fn concerns(record: &Record<Rc<str>>, before: &Model, called: &str) -> bool {
    let is_it = |task: Option<TaskRef>| task.is_some_and(|task| is_called(before, task, called));
    match &record.entry {
        Entry::Spawn { task, parent, name, .. } => {
            let by = parent.map(|task| TaskRef { task, child: None });
            is_it(*task) || is_it(by) || name.as_deref() == Some(called)
        }
        Entry::Wake { task, by, .. } => is_it(*task) || is_it(*by),
        Entry::JoinWaitOn { task, target, .. } | Entry::JoinWaitOff { task, target, .. } => {
            is_it(*task) || is_it(Some(TaskRef { task: *target, child: None }))
        }
        Entry::ChildStart { task }
        | Entry::Rename { task, .. }
        | Entry::Enqueue { task }
        | Entry::Dequeue { task }
        | Entry::PollBegin { task }
        | Entry::PollEnd { task, .. }
        | Entry::Escape { task }
        | Entry::WakerClone { task, .. }
        | Entry::WakerDrop { task, .. }
        | Entry::CancelAsk { task }
        | Entry::CancelDeliver { task }
        | Entry::Done { task, .. }
        | Entry::Report { task, .. }
        | Entry::SpanBegin { task, .. }
        | Entry::TimerArm { task, .. }
        | Entry::TimerWaker { task, .. }
        | Entry::SourceWaitOn { task, .. }
        | Entry::ResWaitOn { task, .. } => is_it(*task),
        Entry::TimerCascade { timer, .. } | Entry::TimerFire { timer, .. } | Entry::TimerCancel { timer } => {
            is_it(before.state.timers.get(timer).and_then(|timer| timer.task))
        }
        Entry::SourceWaitOff { source, direction, waiter, .. } => {
            let known = before.state.sources.get(source);
            is_it(known.and_then(|known| known.waits[*direction as usize].get(waiter)).and_then(|wait| wait.task))
        }
        Entry::ResWoken { resource, waiter } => {
            let known = before.state.resources.get(resource);
            is_it(known.and_then(|known| known.waits.get(waiter)).and_then(|wait| wait.task))
        }
        // What happens while it is being polled, it does.
        Entry::Mark { .. }
        | Entry::Out { .. }
        | Entry::SpanEnd { .. }
        | Entry::ResNew { .. }
        | Entry::ResState { .. }
        | Entry::ResDel { .. }
        | Entry::ResName { .. }
        | Entry::ResWaitOff { .. }
        | Entry::SourceAdd { .. }
        | Entry::SourceDel { .. }
        | Entry::NotReady { .. }
        | Entry::IoTry { .. } => is_it(before.state.polling),
        _ => false,
    }
}
