//! What no chain of wakes tells of a task that ran no more: what it waited for, and what the loop has found.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Begun, Cause, Link, Model};
use glassloop::trace::schema::{Ending, Entry, Finding, Record};

use super::super::follow::is_called;
use super::super::paint::{Ink, Painter};
use super::super::words::{Names, finding, moment};

/// What is noted on the way, of the tasks that are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// What each task waited for when its last poll ended: later, whoever is dropped before it may wake it.
    left: BTreeMap<TaskRef, String>,
    /// What was found of each.
    findings: Vec<(TaskRef, Begun, String)>,
    /// The loop ran for the last time until this event, and then it was dropped.
    ran_until: u64,
    is_gone: bool,
}

impl Notes {
    /// The next record; `before` is what the records before it led to.
    pub(super) fn note(&mut self, record: &Record<Rc<str>>, before: &Model, called: &str) {
        match &record.entry {
            Entry::PollEnd { task: Some(task), ready: false } if is_called(before, *task, called) => {
                let unknown = || "something unknown: no timer, source or resource had its waker".into();
                self.left.insert(*task, Names(before).waits(*task).unwrap_or_else(unknown));
            }
            Entry::Report { what, task, text } => {
                let at = Begun { seq: record.seq, t: record.t };
                let of_all = task.is_none() && matches!(what, Finding::Deadlock | Finding::PossibleDeadlock);
                let alive = before.state.tasks.keys().filter(|_| of_all);
                let about = alive.chain(task).filter(|task| is_called(before, **task, called));
                let text = in_short(&finding(what, text));
                self.findings.extend(about.map(|task| (*task, at, text.clone())));
            }
            Entry::RunEnd { .. } => self.ran_until = record.seq,
            Entry::RunBegin {} => self.ran_until = u64::MAX,
            Entry::LoopEnd {} => self.is_gone = true,
            _ => {}
        }
    }

    /// Of a task that was dropped, what it waited for; and what was found of it.
    pub(super) fn print(&self, model: &Model, task: TaskRef, out: &mut Painter<'_>) -> io::Result<()> {
        let ended = model.past.tasks.get(&task).and_then(|life| life.ended);
        if let (Some((_, Ending::Cancelled)), Some(left)) = (ended, self.left.get(&task)) {
            out.line(Ink::Plain, format_args!("{:21}its last poll left it waiting for {left}", ""))?;
        }
        for (_, at, text) in self.findings.iter().filter(|(about, ..)| *about == task) {
            out.put(Ink::Faint, format_args!("{:>6}  {:>11}  ", at.seq, moment(at.t)))?;
            out.line(Ink::Bad, text)?;
        }
        Ok(())
    }

    /// Whether the task was dropped by nobody but the loop, as it was itself.
    pub(super) fn is_of_the_end(&self, link: &Link) -> bool {
        let by_nobody = link.cause == Cause::Cancel && link.by.is_none();
        self.is_gone && link.cancelled && by_nobody && link.at.seq > self.ran_until
    }
}

/// The first line, and the circle, if there is one: `glass report` has it all.
fn in_short(text: &str) -> String {
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default().to_owned();
    match lines.find(|line| line.trim_start().starts_with("cycle: ")) {
        Some(cycle) => format!("{head}; {}", cycle.trim_start()),
        None => head,
    }
}
