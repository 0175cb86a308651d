//! The state of an executor, rebuilt from its events alone. It also refuses events that make no sense.

use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;

use glassloop_executor::{Event, JoinState, Snapshot, TaskId, TaskRef, TaskState, WakeEffect};

/// The state that the events so far describe.
#[derive(Default)]
pub(crate) struct Model {
    polling: Option<TaskRef>,
    queue: VecDeque<Option<TaskRef>>,
    tasks: BTreeMap<TaskRef, TaskState>,
    /// What children of a gather inherit from it, as it ends before they do.
    groups: BTreeMap<TaskId, TaskState>,
    joins: BTreeMap<TaskId, (Option<TaskRef>, &'static Location<'static>)>,
}

impl Model {
    pub(crate) fn apply(&mut self, event: &Event<'_>) {
        match *event {
            Event::Spawn { task, children, parent, name, location, .. } => {
                let state = TaskState {
                    task: TaskRef { task, child: None },
                    name: name.map(String::from),
                    parent,
                    location,
                    queued: false,
                    cancel_asked: false,
                    escaped: false,
                    wakers: 0,
                };
                if children.is_some() {
                    self.groups.insert(task, state.clone());
                }
                assert!(self.tasks.insert(state.task, state).is_none(), "{task} was born twice");
            }
            Event::Rename { task, name } => {
                let group = self.groups.get_mut(&task).into_iter();
                let tasks = self.tasks.values_mut().filter(|state| state.task.task == task);
                tasks.chain(group).for_each(|state| state.name = Some(name.into()));
            }
            Event::ChildStart(child) => {
                let group = &self.groups[&child.task];
                self.tasks.insert(child, TaskState { task: child, ..group.clone() });
            }
            Event::Wake { task, effect, .. } => {
                let expected = match task.and_then(|task| self.tasks.get(&task)) {
                    None => WakeEffect::Stale,
                    Some(state) if state.queued => WakeEffect::AlreadyQueued,
                    Some(_) => WakeEffect::Enqueued,
                };
                assert_eq!(effect, expected, "of {event:?}");
            }
            Event::Enqueue(task) => {
                let queued = &mut self.task(task).queued;
                assert!(!std::mem::replace(queued, true), "{task} was queued twice");
                self.queue.push_back(Some(task));
            }
            Event::Dequeue(task) => {
                assert_eq!(self.queue.pop_front(), Some(task));
                if let Some(task) = task {
                    self.task(task).queued = false;
                }
            }
            Event::PollBegin(task) => assert_eq!(self.polling.replace(task), None),
            Event::PollEnd { task, .. } => assert_eq!(self.polling.take(), Some(task)),
            Event::Escape(task) => self.task(task).escaped = true,
            Event::WakerClone { task, live } => {
                let wakers = &mut self.task(task).wakers;
                *wakers += 1;
                assert_eq!(*wakers, live, "clones of the waker of {task}");
            }
            Event::WakerDrop { task, live } => {
                let wakers = &mut self.task(task).wakers;
                *wakers -= 1;
                assert_eq!(*wakers, live, "clones of the waker of {task}");
            }
            Event::CancelAsk(task) => self.task(task).cancel_asked = true,
            Event::CancelDeliver(task) => assert!(self.task(task).cancel_asked, "of {task}, whom nobody cancelled"),
            Event::Done { task, .. } => {
                assert!(self.tasks.remove(&task).is_some(), "{task} ended twice");
                self.queue.iter_mut().filter(|entry| **entry == Some(task)).for_each(|entry| *entry = None);
            }
            Event::WaitOn { target, waiter, location } => {
                assert!(self.joins.insert(target, (waiter, location)).is_none(), "two wait for {target}");
            }
            Event::WaitOff { target, waiter, .. } => {
                let former = self.joins.remove(&target).map(|(waiter, _)| self.alive(waiter));
                assert_eq!(former, Some(waiter), "who waited for {target}");
            }
        }
    }

    fn task(&mut self, task: TaskRef) -> &mut TaskState {
        self.tasks.get_mut(&task).unwrap_or_else(|| panic!("{task} is not alive"))
    }

    fn alive(&self, waiter: Option<TaskRef>) -> Option<TaskRef> {
        waiter.filter(|waiter| self.tasks.contains_key(waiter))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let alive = |target: &TaskId| self.tasks.keys().any(|task| task.task == *target);
        let joins = self.joins.iter().filter(|(target, _)| alive(target));
        Snapshot {
            polling: self.polling,
            run_queue: self.queue.iter().copied().collect(),
            tasks: self.tasks.values().cloned().collect(),
            joins: joins
                .map(|(&target, &(waiter, location))| JoinState { target, waiter: self.alive(waiter), location })
                .collect(),
        }
    }
}
