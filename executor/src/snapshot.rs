//! The executor's whole state at one moment, read off the slots and the run queue.

use crate::core::Core;
use crate::flags::Flags;
use crate::observer::{JoinState, Snapshot, TaskState};
use crate::profile::Header;
use crate::task::TaskRef;

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
                joins.push(JoinState { target: header.id, waiter, location });
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
