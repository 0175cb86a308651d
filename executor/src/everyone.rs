//! All tasks at once: to list them, to find one by its number, to end them.

use crate::core::{Core, task_ref};
use crate::handle::TaskHandle;
use crate::observer::Event;
use crate::task::{NO_CHILD, TaskId, TaskRef};
use crate::ticket::Ticket;

impl Core {
    /// The tasks that are alive, the root first of all, in the order of creation; children of a `gather` are none.
    pub(crate) fn all_tasks(&self) -> Vec<TaskHandle> {
        let state = self.state();
        let runs = (0..state.slots.used()).filter_map(|slot| state.slots.run(slot));
        let tasks = runs.filter(|(run, index)| *index == NO_CHILD && run.children().is_none());
        let mut tasks: Vec<_> = tasks.map(|(run, index)| TaskHandle::of(run.clone(), index)).collect();
        tasks.extend(self.root().map(TaskHandle::of_root));
        tasks.sort_unstable_by_key(TaskHandle::id);
        tasks
    }

    /// The task, or some child of the gather, with this number.
    pub(crate) fn find(&self, task: TaskId) -> Option<TaskHandle> {
        let state = self.state();
        let mut runs = (0..state.slots.used()).filter_map(|slot| state.slots.run(slot));
        runs.find(|(run, _)| run.id() == task).map(|(run, index)| TaskHandle::of(run.clone(), index))
    }

    /// Closes spawning and ends all that is alive, in the order of creation.
    pub(crate) fn cancel_all(&self) {
        self.closed.set(true);
        // Destructors may end other tasks of this list, and wake, but they cannot add to it: spawning is closed.
        let mut alive: Vec<(TaskRef, Ticket)> = {
            let slots = &self.state().slots;
            let tenants = (0..slots.used()).filter_map(|slot| Some((slots.run(slot)?, slots.tenant(slot)?)));
            tenants.map(|((run, index), ticket)| (task_ref(&**run, index), ticket)).collect()
        };
        alive.sort_unstable_by_key(|(who, _)| *who);
        for (_, ticket) in alive {
            let tenant = {
                let state = self.state();
                let still_there = state.slots.tenant(ticket.slot()) == Some(ticket);
                still_there.then(|| state.slots.run(ticket.slot()).map(|(run, index)| (run.clone(), index))).flatten()
            };
            if let Some((run, index)) = tenant {
                run.flags(index).ask_cancel();
                run.turn(self, index, ticket);
            }
        }
        // The slots of those who were ready are left in the run queue. A root is not ended here: its turn may still be to come.
        while self.root().is_none() && self.pop().is_some() {
            self.emit(|| Event::Dequeue(None));
        }
    }
}
