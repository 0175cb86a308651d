//! What there is at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Join, Resource, RunQueue, Source, Task, Tense, Timer};
use crate::trace::executor::TaskRef;
use crate::trace::schema::{Direction, Entry, WaitEnd};

/// All that is alive in a loop. Two states are equal if nobody could tell them apart by looking at the loop.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Live tasks, gathers that have not started, and started children of gathers.
    pub tasks: BTreeMap<TaskRef, Task>,
    /// Who is being polled.
    pub polling: Option<TaskRef>,
    /// Who is ready, front first.
    pub run_queue: RunQueue,
    /// Who waits for the end of a task or gather, by the number of the latter.
    pub joins: BTreeMap<u64, Join>,
    /// Armed timers, by number.
    pub timers: BTreeMap<u64, Timer>,
    /// Registered sources, by number.
    pub sources: BTreeMap<u64, Source>,
    /// What tasks wait for besides, by number.
    pub resources: BTreeMap<u64, Resource>,
    /// The other way round: what each task waits for. An event's work is so in proportion to what it changes.
    pub(super) waits: BTreeMap<TaskRef, BTreeSet<Wait>>,
    /// And the locks that it holds.
    pub(super) holds: BTreeMap<TaskRef, BTreeSet<u64>>,
    /// Waits for what has just ended: no snapshot shows them.
    pub(super) closing: BTreeMap<u64, Join>,
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.polling == other.polling
            && self.run_queue == other.run_queue
            && self.tasks == other.tasks
            && self.joins == other.joins
            && self.timers == other.timers
            && self.sources == other.sources
            && self.resources == other.resources
    }
}

impl Eq for State {}

/// Something that a task waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Wait {
    /// The timer with this number.
    Timer(u64),
    /// A source.
    Source {
        /// Its number.
        source: u64,
        /// To read or to write.
        direction: Direction,
        /// Which of those who wait.
        waiter: u64,
    },
    /// A queue, a lock, ...
    Resource {
        /// Its number.
        resource: u64,
        /// Which of those who wait.
        waiter: u64,
    },
    /// The end of the task or gather with this number.
    Join(u64),
}

/// What a live task does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It is being polled.
    Polling,
    /// It is ready, and so many have their turn before it.
    Queued(usize),
    /// It waits for what [`State::waits`] says.
    Waiting,
    /// Nothing here will wake it: somebody else may hold a waker of it.
    Idle,
}

/// What speaks against an event.
pub(super) type Check = Result<(), String>;

impl State {
    /// What a live task does.
    pub fn doing(&self, task: TaskRef) -> Option<Doing> {
        self.tasks.get(&task)?;
        Some(match self.run_queue.place(task) {
            _ if self.polling == Some(task) => Doing::Polling,
            Some(place) => Doing::Queued(place),
            None if self.waits(task).next().is_some() => Doing::Waiting,
            None => Doing::Idle,
        })
    }

    /// What a task waits for.
    pub fn waits(&self, task: TaskRef) -> impl Iterator<Item = Wait> + '_ {
        let is_seen = |wait: &Wait| !matches!(wait, Wait::Join(target) if self.closing.contains_key(target));
        self.waits.get(&task).into_iter().flatten().copied().filter(is_seen)
    }

    /// The locks that a task holds, by number.
    pub fn holds(&self, task: TaskRef) -> impl Iterator<Item = u64> + '_ {
        self.holds.get(&task).into_iter().flatten().copied()
    }

    /// What a waiter wants and where in the source it waits: `("get", "jobs.rs:12")`.
    pub fn wait_site(&self, wait: Wait) -> Option<(&str, &Rc<str>)> {
        Some(match wait {
            Wait::Timer(timer) => ("sleep", &self.timers.get(&timer)?.loc),
            Wait::Source { source, direction, waiter } => {
                let wait = self.sources.get(&source)?.waits[direction as usize].get(&waiter)?;
                (&wait.op, &wait.loc)
            }
            Wait::Resource { resource, waiter } => {
                let wait = self.resources.get(&resource)?.waits.get(&waiter)?;
                (&wait.op, &wait.loc)
            }
            Wait::Join(target) => ("join", &self.join(target)?.loc),
        })
    }

    /// Whom an event is about to wake, and where that one waits.
    pub(super) fn woken_by(&self, entry: &Entry<Rc<str>>) -> Option<(TaskRef, Rc<str>)> {
        let (task, wait) = match *entry {
            Entry::TimerFire { timer, .. } => (self.timers.get(&timer)?.task, Wait::Timer(timer)),
            Entry::SourceWaitOff { source, direction, waiter, why: WaitEnd::Woken } => {
                let wait = self.sources.get(&source)?.waits[direction as usize].get(&waiter)?;
                (wait.task, Wait::Source { source, direction, waiter })
            }
            Entry::ResWoken { resource, waiter } => {
                let wait = self.resources.get(&resource)?.waits.get(&waiter)?;
                (wait.task, Wait::Resource { resource, waiter })
            }
            Entry::JoinWaitOff { target, why: WaitEnd::Woken, .. } => (self.join(target)?.task, Wait::Join(target)),
            _ => return None,
        };
        Some((task?, self.wait_site(wait)?.1.clone()))
    }

    pub(super) fn join(&self, target: u64) -> Option<&Join> {
        self.joins.get(&target).or_else(|| self.closing.get(&target))
    }

    /// A resource as people call it: `Queue "jobs"`, `Lock 3`.
    pub fn resource_title(&self, resource: u64) -> String {
        let known = self.resources.get(&resource);
        let (label, name) = known.map_or(("resource", None), |known| (&known.label, known.name.as_deref()));
        title_of(label, name, resource)
    }

    pub(super) fn apply(&mut self, entry: &Entry<Rc<str>>, tense: Tense) -> Check {
        match entry.code() {
            16..48 => self.apply_to_tasks(entry, tense),
            48..80 => self.apply_to_reactor(entry),
            80.. => self.apply_to_resources(entry),
            // What the loop and the program say changes nothing.
            _ => Ok(()),
        }
    }

    pub(super) fn begin_wait(&mut self, task: Option<TaskRef>, wait: Wait) {
        if let Some(task) = task {
            self.waits.entry(task).or_default().insert(wait);
        }
    }

    pub(super) fn end_wait(&mut self, task: Option<TaskRef>, wait: Wait) {
        remove(&mut self.waits, task, wait);
    }

    pub(super) fn set_holder(&mut self, resource: u64, former: Option<TaskRef>, holder: Option<TaskRef>) {
        remove(&mut self.holds, former, resource);
        if let Some(holder) = holder {
            self.holds.entry(holder).or_default().insert(resource);
        }
    }

    /// A task has ended: nobody can tell any more whose its wakers were.
    pub(super) fn forget(&mut self, task: TaskRef) {
        for wait in self.waits.remove(&task).unwrap_or_default() {
            if let Some(waiter) = self.waiter_mut(wait) {
                *waiter = None;
            }
        }
        for resource in self.holds.remove(&task).unwrap_or_default() {
            if let Some(resource) = self.resources.get_mut(&resource) {
                resource.holder = None;
            }
        }
    }

    fn waiter_mut(&mut self, wait: Wait) -> Option<&mut Option<TaskRef>> {
        Some(match wait {
            Wait::Timer(timer) => &mut self.timers.get_mut(&timer)?.task,
            Wait::Source { source, direction, waiter } => {
                &mut self.sources.get_mut(&source)?.waits[direction as usize].get_mut(&waiter)?.task
            }
            Wait::Resource { resource, waiter } => &mut self.resources.get_mut(&resource)?.waits.get_mut(&waiter)?.task,
            Wait::Join(target) => &mut self.joins.get_mut(&target).or_else(|| self.closing.get_mut(&target))?.task,
        })
    }
}

/// Takes a value from a task's set; no set is left empty.
fn remove<T: Ord>(sets: &mut BTreeMap<TaskRef, BTreeSet<T>>, task: Option<TaskRef>, value: T) {
    if let Some(task) = task
        && let Some(set) = sets.get_mut(&task)
    {
        set.remove(&value);
        if set.is_empty() {
            sets.remove(&task);
        }
    }
}

/// What is called `Queue "jobs"`, or `Queue 3` if it has no name.
pub fn title_of(label: &str, name: Option<&str>, resource: u64) -> String {
    let mut letters = label.chars();
    let label = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>();
    match (&*label, name) {
        (_, Some(name)) => format!("{label} {name:?}"),
        ("Threads", None) => "the thread pool".into(),
        _ => format!("{label} {resource}"),
    }
}
