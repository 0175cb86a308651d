//! Wakers in the hands of strangers: which tasks have given one away. (How many clones there are is told in `core/telling.rs`.)

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

    /// What is counted for a task goes with it.
    #[inline]
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
