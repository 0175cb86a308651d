//! The executor's whole state at one moment, read off the slots and the run queue; and what is no state, but known all the same.

use std::collections::BTreeMap;

use crate::core::{Core, task_ref};
use crate::executor::Executor;
use crate::flags::Flags;
use crate::observer::{JoinState, Owners, Snapshot, TaskState};
use crate::profile::Header;
use crate::task::TaskRef;
use crate::waker::with_current;

impl Core {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let slots = &state.slots;
        let mut tasks = Vec::new();
        let mut joins = Vec::new();
        let mut add = |task: TaskRef, slot: u32, header: &Header, flags: &Flags| {
            let profile = header.profile();
            tasks.push(TaskState {
                task,
                name: profile.name.clone(),
                parent: profile.parent,
                location: profile.location,
                queued: slots.is_queued(slot),
                cancel_asked: flags.cancel_told(),
                escaped: flags.has_escaped(),
                wakers: slots.tenant(slot).map_or(0, |ticket| self.watched_wakers(ticket)),
            });
            if let Some((waiter, location)) = header.join.waiter() {
                joins.push(JoinState { target: task.task, waiter, location });
            }
        };
        if let Some(root) = self.root() {
            add(root.task_ref(), root.flags.slot.get(), &root.header, &root.flags);
        }
        for slot in 0..slots.used() {
            if let (Some((run, index)), Some(ticket)) = (slots.run(slot), slots.tenant(slot)) {
                add(self.who(ticket), slot, run.header(), run.flags(index));
            }
        }
        tasks.sort_by_key(|state| state.task);
        joins.sort_by_key(|join| join.target);
        // The children of a gather share its header.
        joins.dedup_by_key(|join| join.target);
        let run_queue = state.queue.iter().map(|slot| slots.tenant(slot).map(|ticket| self.who(ticket))).collect();
        Snapshot { polling: self.polling().map(|(_, who)| who), run_queue, tasks, joins }
    }
}

impl Executor {
    /// Whether a waker was cloned where its task could not be told: who holds wakers of which task is known no more.
    pub fn has_escaped_elsewhere(&self) -> bool {
        self.core().half.has_escaped()
    }

    /// Of each live task, who can cancel it.
    pub fn owners(&self) -> BTreeMap<TaskRef, Owners> {
        let state = self.core().state();
        let tasks = (0..state.slots.used()).filter_map(|slot| state.slots.run(slot)).map(|(run, index)| {
            let (task, flags) = (task_ref(&**run, index), run.flags(index));
            let owners = match task.child {
                None if flags.is_shared() => Owners::Anybody,
                None if flags.is_detached() => Owners::Nobody,
                None => Owners::ItsHandle,
                Some(_) => Owners::Anybody,
            };
            (task, owners)
        });
        let root = self.core().root().map(|root| (root.task_ref(), Owners::TheLoop));
        tasks.chain(root).collect()
    }
}

/// How often a primitive of this project has taken the ticket of who was polled, in the executor that runs on this thread; counted
/// while it is observed. One that takes it and tells of no wait can wake the task all the same.
#[inline]
pub fn tickets_taken() -> u64 {
    with_current(|core| core.tickets_taken.get()).unwrap_or_default()
}
