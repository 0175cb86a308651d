//! Wakers in the hands of strangers: which tasks have given one away, and, while somebody observes, how many clones there are.

use crate::core::Core;
use crate::flags::Flags;
use crate::observer::Event;
use crate::ticket::Ticket;

impl Core {
    /// Marks the task as escaped. False if it cannot be found.
    pub(crate) fn mark_escaped(&self, ticket: Ticket) -> bool {
        let Some(task) = self.task_ref(ticket) else {
            // A clone of a clone of a task that has ended harms nobody.
            return ticket.executor() == self.id.index;
        };
        let newly = {
            let (state, root) = (self.state(), self.root.borrow());
            let tenant = state.slots.run(ticket.slot()).map(|(run, index)| run.flags(index));
            let flags = tenant.or(root.as_ref().map(|root| &root.flags));
            flags.is_some_and(|flags| !flags.mark_escaped())
        };
        if newly {
            self.escaped.set(self.escaped.get() + 1);
            self.emit(|| Event::Escape(task));
        }
        true
    }

    /// A stranger has cloned the waker of a task, and its drop will be told. False if that cannot be promised.
    pub(crate) fn waker_cloned(&self, ticket: Ticket) -> bool {
        let known = self.is_observed() && self.task_ref(ticket).is_some();
        if known {
            let live = self.count_waker(ticket, |live| live + 1);
            self.emit(|| Event::WakerClone { task: self.who(ticket), live });
        }
        known
    }

    /// One of those clones is gone. One that a former tenant of the slot left behind says nothing of the present one.
    pub(crate) fn waker_dropped(&self, ticket: Ticket) {
        if self.watched.borrow().contains_key(&ticket.0) {
            let live = self.count_waker(ticket, |live| live - 1);
            self.emit(|| Event::WakerDrop { task: self.who(ticket), live });
        }
    }

    /// Counts only what is above 0, so that nothing is dropped twice and nothing of the past is kept.
    fn count_waker(&self, ticket: Ticket, change: impl FnOnce(u32) -> u32) -> u32 {
        let mut watched = self.watched.borrow_mut();
        let live = change(watched.remove(&ticket.0).unwrap_or_default());
        if live > 0 {
            watched.insert(ticket.0, live);
        }
        live
    }

    /// How many clones of its waker strangers are known to hold.
    pub(crate) fn watched_wakers(&self, ticket: Ticket) -> u32 {
        self.watched.borrow().get(&ticket.0).copied().unwrap_or_default()
    }

    /// What is counted for a task goes with it.
    pub(crate) fn forget_wakers(&self, ticket: Ticket, flags: &Flags) {
        if flags.has_escaped() {
            self.escaped.set(self.escaped.get() - 1);
            self.watched.borrow_mut().remove(&ticket.0);
        }
    }

    /// Whether some waker may be where nobody knows of it.
    pub(crate) fn has_escaped(&self) -> bool {
        self.escaped.get() > 0 || self.half.has_escaped()
    }
}
