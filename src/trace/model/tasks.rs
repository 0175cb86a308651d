//! Tasks, the run queue, and who waits for whose end.

use std::rc::Rc;

use super::Tense;
use super::state::{Check, State, Wait};
use crate::trace::executor::TaskRef;
use crate::trace::schema::{Effect, Entry};

/// A live task, a gather that has not started, or a started child of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// The name it was given; a child of a gather has the gather's.
    pub name: Option<Rc<str>>,
    /// Who created it.
    pub parent: Option<u64>,
    /// Where it was created.
    pub loc: Rc<str>,
    /// To be dropped at its next turn.
    pub cancel_asked: bool,
    /// A clone of its waker was handed to somebody unknown.
    pub escaped: bool,
    /// How many clones of its waker strangers are known to hold.
    pub wakers: u64,
}

/// Somebody waits for the end of a task or a gather.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// Who; `None`: somebody outside of this loop, behind a foreign combinator, or gone.
    pub task: Option<TaskRef>,
    /// Where.
    pub loc: Rc<str>,
}

impl State {
    pub(super) fn apply_to_tasks(&mut self, entry: &Entry<Rc<str>>, tense: Tense) -> Check {
        match entry {
            Entry::Spawn { .. } | Entry::Rename { .. } | Entry::ChildStart { .. } => self.born(entry, tense),
            Entry::Enqueue { task } if tense == Tense::Is && task.is_none() => {
                self.run_queue.push(None);
                Ok(())
            }
            Entry::Wake { .. } | Entry::Enqueue { .. } | Entry::Dequeue { .. } => self.moved(entry),
            Entry::JoinWaitOn { .. } | Entry::JoinWaitOff { .. } => self.joined(entry),
            Entry::PollBegin { .. } | Entry::PollEnd { .. } => self.polled(entry),
            _ => self.changed(entry, tense),
        }
    }

    fn born(&mut self, entry: &Entry<Rc<str>>, tense: Tense) -> Check {
        let (task, born) = match entry {
            Entry::Spawn { task, parent, name, loc, .. } => {
                let (name, parent, loc) = (name.clone(), *parent, loc.clone());
                (*task, Task { name, parent, loc, cancel_asked: false, escaped: false, wakers: 0 })
            }
            Entry::ChildStart { task: Some(child) } => {
                let gather = self.tasks.get(&whole(child.task));
                let Task { name, parent, loc, .. } =
                    gather.ok_or_else(|| format!("gather {} is gone", child.task))?.clone();
                (Some(*child), Task { name, parent, loc, cancel_asked: false, escaped: false, wakers: 0 })
            }
            Entry::Rename { task, name } => {
                let id = task.ok_or("it names nobody")?.task;
                self.of_mut(id).for_each(|(_, task)| task.name = Some(name.clone()));
                return Ok(());
            }
            _ => return Err("it names nobody".into()),
        };
        let task = task.ok_or("it names nobody")?;
        let is_child = task.child.is_some();
        if tense == Tense::Happens && is_child != matches!(entry, Entry::ChildStart { .. }) {
            return Err(format!("{task} is no such thing"));
        }
        match self.tasks.insert(task, born) {
            None => Ok(()),
            Some(_) => Err(format!("task {task} was born before")),
        }
    }

    fn moved(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match *entry {
            Entry::Wake { task, effect, .. } => {
                let expected = match task.filter(|task| self.tasks.contains_key(task)) {
                    None => Effect::Stale,
                    Some(task) if self.run_queue.place(task).is_some() => Effect::AlreadyQueued,
                    Some(_) => Effect::Enqueued,
                };
                if effect == expected { Ok(()) } else { Err(format!("its effect has to be {expected:?}")) }
            }
            Entry::Enqueue { task } => {
                let task = self.alive(task)?;
                if self.run_queue.place(task).is_some() {
                    return Err(format!("task {task} is queued"));
                }
                self.run_queue.push(Some(task));
                Ok(())
            }
            Entry::Dequeue { task } => match self.run_queue.pop() {
                None => Err("the run queue is empty".into()),
                Some(front) if front == task => Ok(()),
                Some(Some(front)) => Err(format!("task {front} is at the front")),
                Some(None) => Err("somebody who has ended is at the front".into()),
            },
            _ => Ok(()),
        }
    }

    fn polled(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match *entry {
            Entry::PollBegin { task } => {
                let task = self.alive(task)?;
                match self.polling.replace(task) {
                    None => Ok(()),
                    Some(other) => Err(format!("task {other} is being polled")),
                }
            }
            Entry::PollEnd { task, .. } if task.is_some() && task == self.polling => {
                self.polling = None;
                Ok(())
            }
            _ => Err("somebody else is being polled".into()),
        }
    }

    fn joined(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry {
            Entry::JoinWaitOn { task, target, loc } => {
                let join = Join { task: *task, loc: loc.clone() };
                self.begin_wait(*task, Wait::Join(*target));
                match self.joins.insert(*target, join) {
                    None => Ok(()),
                    Some(_) => Err(format!("somebody waits for task {target}")),
                }
            }
            Entry::JoinWaitOff { task, target, .. } => {
                let join = self.joins.remove(target).or_else(|| self.closing.remove(target));
                let join = join.ok_or_else(|| format!("nobody waits for task {target}"))?;
                self.end_wait(join.task, Wait::Join(*target));
                if join.task == *task { Ok(()) } else { Err(format!("another waits for task {target}")) }
            }
            _ => Ok(()),
        }
    }

    fn changed(&mut self, entry: &Entry<Rc<str>>, tense: Tense) -> Check {
        match *entry {
            Entry::Escape { task } => self.task_mut(task)?.escaped = true,
            Entry::WakerClone { task, live } => {
                let wakers = &mut self.task_mut(task)?.wakers;
                if tense == Tense::Happens && wakers.checked_add(1) != Some(live) {
                    return Err(format!("there were {wakers} clones"));
                }
                *wakers = live;
            }
            Entry::WakerDrop { task, live } => {
                let wakers = &mut self.task_mut(task)?.wakers;
                if wakers.checked_sub(1) != Some(live) {
                    return Err(format!("there were {wakers} clones"));
                }
                *wakers = live;
            }
            Entry::CancelAsk { task } => self.task_mut(task)?.cancel_asked = true,
            Entry::CancelDeliver { task } => {
                let asked = self.task_mut(task)?.cancel_asked;
                return if asked { Ok(()) } else { Err("nobody has asked for it".into()) };
            }
            Entry::Done { task, .. } => self.ended(task)?,
            _ => {}
        }
        Ok(())
    }

    fn ended(&mut self, task: Option<TaskRef>) -> Check {
        let task = self.alive(task)?;
        if self.polling == Some(task) {
            return Err(format!("task {task} is being polled"));
        }
        self.tasks.remove(&task);
        self.run_queue.forget(task);
        self.forget(task);
        // Whoever waits for its end is woken next; until then the wait is nowhere to be seen.
        if self.of_mut(task.task).next().is_none()
            && let Some(join) = self.joins.remove(&task.task)
        {
            self.closing.insert(task.task, join);
        }
        Ok(())
    }

    /// A task, or a gather and all its children.
    fn of_mut(&mut self, id: u64) -> impl Iterator<Item = (&TaskRef, &mut Task)> {
        self.tasks.range_mut(whole(id)..=TaskRef { task: id, child: Some(u32::MAX) })
    }

    fn alive(&self, task: Option<TaskRef>) -> Result<TaskRef, String> {
        let task = task.ok_or("it names nobody")?;
        if self.tasks.contains_key(&task) { Ok(task) } else { Err(format!("task {task} is not alive")) }
    }

    fn task_mut(&mut self, task: Option<TaskRef>) -> Result<&mut Task, String> {
        let task = task.ok_or("it names nobody")?;
        self.tasks.get_mut(&task).ok_or_else(|| format!("task {task} is not alive"))
    }
}

pub(super) fn whole(task: u64) -> TaskRef {
    TaskRef { task, child: None }
}
