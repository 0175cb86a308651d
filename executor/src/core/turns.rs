//! One turn: a poll with all that stands round it, and what follows it if it was the last.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Core;
use crate::cell::Member;
use crate::flags::Flags;
use crate::join_error::JoinError;
use crate::observer::{Ending, Event};
use crate::task::{NO_CHILD, Run, TaskRef};
use crate::ticket::Ticket;
use crate::waker;

/// Whose turn it is.
pub(crate) struct Turn<'a> {
    pub(crate) run: &'a dyn Run,
    pub(crate) index: u32,
    pub(crate) ticket: Ticket,
}

impl Turn<'_> {
    pub(crate) fn who(&self) -> TaskRef {
        task_ref(self.run, self.index)
    }
}

pub(crate) fn task_ref(run: &dyn Run, index: u32) -> TaskRef {
    TaskRef { task: run.id(), child: (index != NO_CHILD).then_some(index) }
}

impl Core {
    /// A child of a group has ended: the next of them has its slot from here on, unless it is queued.
    #[inline]
    pub(crate) fn hand_slot_on(&self, ticket: Ticket, index: u32, flags: &Flags) -> Option<Ticket> {
        let next = self.state.borrow_mut().slots.hand_on(ticket, index)?;
        flags.slot.set(next.slot());
        Some(next)
    }

    /// Polls, with all that stands round a poll, but for what is told of it.
    #[inline]
    pub(crate) fn poll<R>(&self, ticket: Ticket, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        self.polls.set(self.polls.get() + 1);
        self.polling.set(Some(ticket));
        // Dropping a ticket does nothing: the call is spared.
        let waker = ManuallyDrop::new(waker::for_poll(ticket, self.table.get()));
        let polled = poll(&mut Context::from_waker(&waker));
        self.polling.set(None);
        polled
    }

    /// The poll in the turn of a task or a child, if it is one: true if it goes on. If not, [`end_turn`](Core::end_turn) is to follow.
    #[inline]
    pub(crate) fn is_pending(
        &self,
        ticket: Ticket,
        flags: &Flags,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        !flags.cancel_asked() && self.poll(ticket, poll).is_pending()
    }

    /// The rest of a turn that is the last: delivers a cancel, if that is what it is for, and frees the slot.
    #[inline]
    pub(crate) fn end_turn<'c>(&self, turn: &Turn<'_>, flags: &Flags, cell: impl FnOnce() -> Pin<&'c dyn Member>) {
        if flags.has_ended_plainly() && !self.is_observed() {
            self.vacate(turn.ticket);
        } else {
            self.end_turn_with_news(turn, flags, cell());
        }
    }

    #[inline(never)]
    fn end_turn_with_news(&self, turn: &Turn<'_>, flags: &Flags, cell: Pin<&dyn Member>) {
        if flags.is_done() {
            self.emit(|| Event::PollEnd { task: turn.who(), ready: true });
        } else {
            self.tell_cancel(turn.ticket, flags);
            self.emit(|| Event::CancelDeliver(turn.who()));
            cell.cancel(JoinError::Cancelled { reason: turn.run.header().profile().reason.clone() });
        }
        self.retire(turn, flags, Ending::of(flags));
    }

    /// Frees a slot.
    #[inline(always)]
    fn vacate(&self, ticket: Ticket) {
        let run = self.state.borrow_mut().slots.vacate(ticket);
        // Not the last owner: the turn holds another.
        drop(run);
    }

    /// Frees the slot of what has ended.
    pub(crate) fn retire(&self, turn: &Turn<'_>, flags: &Flags, ending: Ending) {
        self.forget_wakers(turn.ticket, flags);
        self.vacate(turn.ticket);
        self.emit(|| Event::Done { task: turn.who(), ending });
    }
}
