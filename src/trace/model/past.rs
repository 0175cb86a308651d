//! What was: since when, how often, by whom.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Wait;
use super::tasks::whole;
use crate::trace::executor::TaskRef;
use crate::trace::schema::{Effect, Ending, Entry, Record, Via};

/// What a state alone does not tell.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Every task there ever was, the ended ones too.
    pub tasks: BTreeMap<TaskRef, Life>,
    /// When each wait that there is now began; those of before the recording are not in it.
    pub waits: BTreeMap<Wait, Begun>,
    /// Spans that have not ended, by number: whose, and what they are called.
    pub spans: BTreeMap<u64, (Option<TaskRef>, Rc<str>, Begun)>,
    /// Turns of the loop so far.
    pub turns: u64,
    /// The loop asks the system since then, if it does.
    pub parked: Option<Begun>,
    /// The time of the first event.
    pub began: Option<u64>,
    /// The time in all polls so far.
    pub busy: u64,
}

/// When something began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Begun {
    /// The number of the event.
    pub seq: u64,
    /// Its time.
    pub t: u64,
}

/// The life of a task, a gather or a child of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Life {
    /// Its name, if it was given one.
    pub name: Option<Rc<str>>,
    /// Of a gather: how many children it has.
    pub children: Option<u64>,
    /// Who created it.
    pub parent: Option<u64>,
    /// Where it was created.
    pub loc: Rc<str>,
    /// The bytes of its future; 0 if that was before the recording.
    pub size: u64,
    /// When it came to be; `None` if that was before the recording.
    pub born: Option<Begun>,
    /// When it ended, and how.
    pub ended: Option<(Begun, Ending)>,
    /// In the run queue since then, if it is.
    pub queued_since: Option<Begun>,
    /// Being polled since then, if it is.
    pub polling_since: Option<Begun>,
    /// What put it in the run queue last, if that was a wake.
    pub last_wake: Option<LastWake>,
    /// Where it waited for what woke it last: there its next poll goes on.
    pub resumes_at: Option<Rc<str>>,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken, in vain or not.
    pub wakes: u64,
    /// The time in its polls.
    pub busy: u64,
    /// The time it was queued.
    pub queued: u64,
}

/// A wake that put a task in the run queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastWake {
    /// When.
    pub at: Begun,
    /// Who was being polled.
    pub by: Option<TaskRef>,
    /// What it came from.
    pub via: Via,
    /// Which timer, source, resource or task, after `via`.
    pub source: Option<u64>,
}

impl Past {
    /// A task as people call it: `task 7 "fetch"`, `gather 3`, `child 2 of gather 3`.
    pub fn title(&self, task: TaskRef) -> String {
        let life = self.tasks.get(&task);
        let name = life.and_then(|life| life.name.as_ref()).map(|name| format!(" {name:?}")).unwrap_or_default();
        match task.child {
            Some(child) => format!("child {child} of gather {}{name}", task.task),
            None if life.is_some_and(|life| life.children.is_some()) => format!("gather {task}{name}"),
            None => format!("task {task}{name}"),
        }
    }

    pub(super) fn described(&mut self, entry: &Entry<Rc<str>>, t: u64) {
        self.began.get_or_insert(t);
        match entry {
            Entry::Spawn { task: Some(task), parent, children, name, loc, size } => {
                let (name, loc) = (name.clone(), loc.clone());
                let life = Life { name, children: *children, parent: *parent, loc, size: *size, ..Life::default() };
                self.tasks.insert(*task, life);
            }
            Entry::Rename { task: Some(task), name } => {
                let all = whole(task.task)..=TaskRef { task: task.task, child: Some(u32::MAX) };
                self.tasks.range_mut(all).for_each(|(_, life)| life.name = Some(name.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn happened(&mut self, record: &Record<Rc<str>>) {
        self.described(&record.entry, record.t);
        let now = Begun { seq: record.seq, t: record.t };
        match &record.entry {
            Entry::Turn {} => self.turns += 1,
            Entry::Park { .. } => self.parked = Some(now),
            Entry::Unpark { .. } => self.parked = None,
            Entry::SpanBegin { span, task, name } => drop(self.spans.insert(*span, (*task, name.clone(), now))),
            Entry::SpanEnd { span } => drop(self.spans.remove(span)),
            Entry::ChildStart { task: Some(child) } => {
                let gather = self.tasks.get(&whole(child.task)).cloned().unwrap_or_default();
                let Life { name, parent, loc, .. } = gather;
                self.tasks.insert(*child, Life { name, parent, loc, born: Some(now), ..Life::default() });
            }
            entry => {
                if let Some(life) = who(entry).and_then(|task| self.tasks.get_mut(&task)) {
                    self.busy = self.busy.saturating_add(life.happened(entry, now));
                }
            }
        }
        self.note_waits(&record.entry, now);
    }

    pub(super) fn resumes(&mut self, task: TaskRef, loc: Rc<str>) {
        if let Some(life) = self.tasks.get_mut(&task) {
            life.resumes_at = Some(loc);
        }
    }

    fn note_waits(&mut self, entry: &Entry<Rc<str>>, now: Begun) {
        let (wait, begins) = match *entry {
            Entry::TimerArm { timer, .. } => (Wait::Timer(timer), true),
            Entry::TimerFire { timer, .. } | Entry::TimerCancel { timer } => (Wait::Timer(timer), false),
            Entry::SourceWaitOn { source, direction, waiter, .. } => (Wait::Source { source, direction, waiter }, true),
            Entry::SourceWaitOff { source, direction, waiter, .. } => {
                (Wait::Source { source, direction, waiter }, false)
            }
            Entry::ResWaitOn { resource, waiter, .. } => (Wait::Resource { resource, waiter }, true),
            Entry::ResWaitOff { resource, waiter } => (Wait::Resource { resource, waiter }, false),
            Entry::ResDel { resource } => {
                let of_it = |waiter| Wait::Resource { resource, waiter };
                let gone: Vec<Wait> = self.waits.range(of_it(0)..=of_it(u64::MAX)).map(|(wait, _)| *wait).collect();
                for wait in gone {
                    self.waits.remove(&wait);
                }
                return;
            }
            Entry::JoinWaitOn { target, .. } => (Wait::Join(target), true),
            Entry::JoinWaitOff { target, .. } => (Wait::Join(target), false),
            _ => return,
        };
        if begins {
            // Who comes back to its place in a line has waited there all the time.
            self.waits.entry(wait).or_insert(now);
        } else {
            self.waits.remove(&wait);
        }
    }
}

/// Whose life an event is part of.
fn who(entry: &Entry<Rc<str>>) -> Option<TaskRef> {
    match *entry {
        Entry::Spawn { task, .. }
        | Entry::Wake { task, .. }
        | Entry::Enqueue { task }
        | Entry::Dequeue { task }
        | Entry::PollBegin { task }
        | Entry::PollEnd { task, .. }
        | Entry::Done { task, .. } => task,
        _ => None,
    }
}

impl Life {
    /// Gives the length of the poll that has ended, if one has.
    fn happened(&mut self, entry: &Entry<Rc<str>>, now: Begun) -> u64 {
        let since = |begun: Option<Begun>| begun.map_or(0, |begun| now.t.saturating_sub(begun.t));
        match *entry {
            Entry::Spawn { .. } => self.born = Some(now),
            Entry::Wake { by, via, source, effect, .. } => {
                self.wakes += 1;
                if effect == Effect::Enqueued {
                    self.last_wake = Some(LastWake { at: now, by, via, source });
                }
            }
            Entry::Enqueue { .. } => self.queued_since = Some(now),
            Entry::Dequeue { .. } => self.queued = self.queued.saturating_add(since(self.queued_since.take())),
            Entry::PollBegin { .. } => (self.polling_since, self.polls) = (Some(now), self.polls + 1),
            Entry::PollEnd { .. } => {
                let length = since(self.polling_since.take());
                self.busy = self.busy.saturating_add(length);
                return length;
            }
            Entry::Done { ending, .. } => {
                self.ended = Some((now, ending));
                self.queued_since = None;
            }
            _ => {}
        }
        0
    }
}
