//! Why each poll, and each drop by a cancel, came to be: a chain from wake to wake, back to a root cause.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::tasks::whole;
use super::{Begun, Model};
use crate::trace::executor::TaskRef;
use crate::trace::schema::{Effect, Entry, Record, Via, WaitEnd};

/// Collects the causes of all polls. It is given each record *before* the [`Model`] is, and the model.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    links: Vec<Link>,
    /// Of the poll or the drop under way.
    current: Option<usize>,
    /// Of the poll in which that drop happens.
    outer: Option<usize>,
    /// Of each task that was asked to end, by whom.
    asked: BTreeMap<TaskRef, Link>,
    /// Of each task, its last poll.
    last: BTreeMap<TaskRef, usize>,
    /// Of each task in the run queue, what put it there.
    queued: BTreeMap<TaskRef, Link>,
    timers: BTreeMap<u64, Armed>,
    /// What was done last to each resource.
    ops: BTreeMap<u64, Rc<str>>,
    /// What the next wakes come from.
    trigger: Option<Cause>,
}

/// One link: why a task was polled, or dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Who was polled.
    pub task: TaskRef,
    /// When its poll began, or, if that is still to come, when it was queued.
    pub at: Begun,
    /// It was not polled, but cancelled.
    pub cancelled: bool,
    /// Why it was queued.
    pub cause: Cause,
    /// Who was being polled when that happened, or when the timer was armed.
    pub by: Option<TaskRef>,
    /// The poll in which it happened: the next link.
    from: Option<usize>,
}

/// What put a task in the run queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It is the root of a `block_on`.
    Root,
    /// It had just been created, here.
    Spawned(Rc<str>),
    /// A timer fired.
    Timer {
        /// Its number.
        timer: u64,
        /// For how long it was armed.
        after: u64,
        /// How late it was.
        late: u64,
        /// Where it was armed.
        loc: Rc<str>,
    },
    /// A source was ready, or went away.
    Source {
        /// Its number.
        source: u64,
        /// What it is.
        label: Rc<str>,
        /// What the task waited to do, and where.
        waited: (Rc<str>, Rc<str>),
    },
    /// Something was done to a resource.
    Resource {
        /// Its number.
        resource: u64,
        /// What it is, and its name.
        label: (Rc<str>, Option<Rc<str>>),
        /// What was done last.
        op: Option<Rc<str>>,
        /// What the task waited to do, and where.
        waited: (Rc<str>, Rc<str>),
    },
    /// A task or a gather that it waited for has ended; where it waited.
    Ended(u64, Rc<str>),
    /// It woke itself.
    Itself,
    /// Another task had its waker.
    Task,
    /// Another thread.
    Thread,
    /// It is to be cancelled.
    Cancel,
    /// The loop, or code outside of every task.
    Loop,
    /// It was so before the recording began.
    Before,
}

#[derive(Clone, Debug)]
struct Armed {
    at: Begun,
    by: Option<TaskRef>,
    from: Option<usize>,
}

impl Causes {
    /// The next record; `before` is what the records before it led to.
    pub fn note(&mut self, record: &Record<Rc<str>>, before: &Model) {
        let now = Begun { seq: record.seq, t: record.t };
        match &record.entry {
            Entry::PollBegin { task: Some(task) } if record.seq > 0 => {
                let queued = self.queued.remove(task);
                self.begin(*task, now, queued, false);
            }
            Entry::PollEnd { .. } => self.current = None,
            Entry::CancelAsk { task: Some(task) } => {
                let by = before.state.polling;
                let asked =
                    Link { task: *task, at: now, cancelled: true, cause: Cause::Cancel, by, from: self.current };
                self.asked.insert(*task, asked);
            }
            Entry::CancelDeliver { task: Some(task) } => {
                self.outer = self.current;
                let asked = self.asked.remove(task);
                self.queued.remove(task);
                self.begin(*task, now, asked, true);
            }
            Entry::TimerArm { timer, .. } if record.seq > 0 => {
                let armed = Armed { at: now, by: before.state.polling, from: self.current };
                self.timers.insert(*timer, armed);
            }
            Entry::TimerCancel { timer } => drop(self.timers.remove(timer)),
            Entry::ResState { resource, op, .. } => drop(self.ops.insert(*resource, op.clone())),
            Entry::ResDel { resource } => drop(self.ops.remove(resource)),
            Entry::Enqueue { task: Some(task) } => self.enqueue(*task, now, before),
            // Children are polled within the turn of their gather.
            Entry::ChildStart { task: Some(child) } => {
                if let Some(link) = self.queued.get(&whole(child.task)).cloned() {
                    self.queued.insert(*child, Link { task: *child, ..link });
                }
            }
            Entry::Wake { task: Some(task), by, via, effect: Effect::Enqueued, .. } => {
                self.wake(*task, *by, *via, now);
            }
            Entry::Done { task: Some(task), .. } => self.done(*task),
            _ => {}
        }
        match trigger(&record.entry, before, &self.timers, &self.ops) {
            Some(cause) => self.trigger = Some(cause),
            // Several may be woken by one cause: foreign combinators pass it on.
            None if matches!(record.entry, Entry::Wake { .. } | Entry::Enqueue { .. } | Entry::WakerDrop { .. }) => {}
            None => self.trigger = None,
        }
    }

    fn begin(&mut self, task: TaskRef, at: Begun, why: Option<Link>, cancelled: bool) {
        let before = Link { task, at, cancelled, cause: Cause::Before, by: None, from: None };
        let link = why.unwrap_or(before);
        self.current = Some(self.links.len());
        let former = self.last.insert(task, self.links.len());
        // Nobody's poll led to the drop, as when the loop ends: what there is to tell is how the task came so far.
        let from = link.from.or(former.filter(|_| cancelled));
        self.links.push(Link { at, from, ..link });
    }

    fn done(&mut self, task: TaskRef) {
        self.queued.remove(&task);
        self.asked.remove(&task);
        let dropped = |link: usize| self.links[link].cancelled && self.links[link].task == task;
        if self.current.is_some_and(dropped) {
            self.current = self.outer.take();
        }
    }

    /// Queued without a wake: it is new.
    fn enqueue(&mut self, task: TaskRef, at: Begun, before: &Model) {
        let by = before.state.polling;
        let life = before.past.tasks.get(&task);
        let (cause, from) = match life.filter(|life| life.born.is_some()) {
            Some(life) if life.parent.is_some() || by.is_some() => (Cause::Spawned(life.loc.clone()), self.current),
            Some(_) => (Cause::Root, None),
            None => (Cause::Before, None),
        };
        self.queued.entry(task).or_insert(Link { task, at, cancelled: false, cause, by, from });
    }

    fn wake(&mut self, task: TaskRef, by: Option<TaskRef>, via: Via, at: Begun) {
        let (mut by, mut from) = (by, self.current);
        let cause = match (via, &self.trigger) {
            (Via::Timer | Via::Io | Via::Resource | Via::Join, Some(trigger)) => trigger.clone(),
            (Via::Itself, _) => Cause::Itself,
            (Via::Task, _) => Cause::Task,
            (Via::Thread, _) => Cause::Thread,
            (Via::Cancel, _) => Cause::Cancel,
            _ => Cause::Loop,
        };
        match &cause {
            Cause::Timer { timer, .. } => {
                let armed = self.timers.get(timer);
                (by, from) = (armed.and_then(|armed| armed.by), armed.and_then(|armed| armed.from));
            }
            // Whoever ended woke it with its last poll, which is over.
            Cause::Ended(target, _) if by.is_none() => {
                let mut of_it = self.last.range(whole(*target)..=TaskRef { task: *target, child: Some(u32::MAX) });
                let latest = of_it.by_ref().max_by_key(|(_, link)| **link);
                (by, from) = latest.map_or((None, None), |(task, link)| (Some(*task), Some(*link)));
            }
            _ => {}
        }
        self.queued.insert(task, Link { task, at, cancelled: false, cause, by, from });
    }

    /// Why the task was polled last, or is queued now; then, link by link, why that could happen.
    pub fn chain(&self, task: TaskRef) -> impl Iterator<Item = &Link> {
        let first = self.queued.get(&task).or_else(|| self.last.get(&task).map(|index| &self.links[*index]));
        std::iter::successors(first, |link| link.from.map(|index| &self.links[index]))
    }

    /// Whether the first link of its chain is a poll that is still to come.
    pub fn is_queued(&self, task: TaskRef) -> bool {
        self.queued.contains_key(&task)
    }
}

/// What the wakes right after this record come from.
fn trigger(
    entry: &Entry<Rc<str>>,
    before: &Model,
    timers: &BTreeMap<u64, Armed>,
    ops: &BTreeMap<u64, Rc<str>>,
) -> Option<Cause> {
    let state = &before.state;
    Some(match entry {
        Entry::TimerFire { timer, late } => {
            let armed = state.timers.get(timer)?;
            let since = timers.get(timer).map_or(before.past.began.unwrap_or_default(), |armed| armed.at.t);
            let (after, loc) = (armed.deadline.saturating_sub(since), armed.loc.clone());
            Cause::Timer { timer: *timer, after, late: *late, loc }
        }
        Entry::SourceWaitOff { source, direction, waiter, why: WaitEnd::Woken } => {
            let known = state.sources.get(source)?;
            let wait = known.waits[*direction as usize].get(waiter)?;
            let waited = (wait.op.clone(), wait.loc.clone());
            Cause::Source { source: *source, label: known.label.clone(), waited }
        }
        Entry::ResWoken { resource, waiter } => {
            let known = state.resources.get(resource)?;
            let wait = known.waits.get(waiter)?;
            let (label, waited) = ((known.label.clone(), known.name.clone()), (wait.op.clone(), wait.loc.clone()));
            Cause::Resource { resource: *resource, label, op: ops.get(resource).cloned(), waited }
        }
        Entry::JoinWaitOff { target, why: WaitEnd::Woken, .. } => {
            let join = state.join(*target)?;
            Cause::Ended(*target, join.loc.clone())
        }
        _ => return None,
    })
}
