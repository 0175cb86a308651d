//! What a core tells whoever observes it. Out of line: while nobody observes, little of this is even asked for.
//!
//! A poll tells nothing itself: who drives the executor knows whether somebody observes, and has a tick that tells of the polls it gives. A wake
//! asks nothing either: see [`Core::wake_untold`].

use super::{Core, Turn, task_ref};
use crate::flags::Flags;
use crate::observer::{Event, Via};
use crate::profile::Header;
use crate::slots::WakeEffect;
use crate::task::{NO_CHILD, TaskId, TaskRef};
use crate::ticket::Ticket;

impl Core {
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        cfg!(feature = "trace") && self.observed.get()
    }

    #[inline(always)]
    pub(crate) fn emit<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if self.is_observed() {
            self.tell(&event());
        }
    }

    /// Out of line, so that a site costs one branch while nobody looks.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.tell_inline(event);
    }

    /// For the few sites where nearly all events come from.
    #[inline(always)]
    pub(crate) fn tell_inline(&self, event: &Event<'_>) {
        // Borrowed meanwhile: an observer cannot replace itself while it is told.
        if let Some(observer) = &*self.observer.borrow() {
            observer.event(event);
        }
    }

    #[cold]
    pub(super) fn wake_and_tell(&self, ticket: Ticket, via: Via) {
        let (effect, task) = self.effect_of_wake(ticket);
        let by = match self.polling.get() {
            Some(polling) if polling == ticket => task,
            polling => polling.map(|polling| self.who(polling)),
        };
        self.tell_inline(&Event::Wake { task, by, via, effect });
        let enqueued = self.state.borrow_mut().enqueue(ticket);
        if enqueued && let Some(task) = task {
            self.tell_inline(&Event::Enqueue(task));
        }
    }

    /// What a wake with this ticket does now, and to whom.
    fn effect_of_wake(&self, ticket: Ticket) -> (WakeEffect, Option<TaskRef>) {
        let slots = &self.state().slots;
        let effect = slots.effect_of_wake(ticket);
        let task = match slots.run(ticket.slot()) {
            _ if effect == WakeEffect::Stale => None,
            Some((run, index)) => Some(task_ref(&**run, index)),
            None => self.root.borrow().as_ref().map(|root| root.task_ref()),
        };
        (effect, task)
    }

    /// Tells that a task or a child has its turn, before it has it. Says who, if that is a poll: whoever gives the turn then tells
    /// of the poll's end, unless the task ends with it.
    #[cold]
    pub(crate) fn tell_turn(&self, turn: &Turn<'_>) -> Option<TaskRef> {
        let who = turn.who();
        self.tell_inline(&Event::Dequeue(Some(who)));
        let starts_group = turn.index == NO_CHILD && turn.run.children().is_some();
        (!starts_group && self.tell_poll(turn, who)).then_some(who)
    }

    /// The same of the root, who is polled if it is `here`, and of one that ended while it was queued. Says who is polled.
    #[cold]
    pub(crate) fn tell_turn_of_root(&self, ticket: Ticket, here: bool) -> Option<TaskRef> {
        let task = self.task_ref(ticket);
        self.tell_inline(&Event::Dequeue(task));
        let polled = task.filter(|_| here)?;
        self.polling.set(Some(ticket));
        self.tell_inline(&Event::PollBegin(polled));
        Some(polled)
    }

    /// Tells that a poll begins, if the turn is one: not if it delivers a cancel.
    #[inline]
    pub(crate) fn tell_poll(&self, turn: &Turn<'_>, who: TaskRef) -> bool {
        let polls = !turn.run.flags(turn.index).cancel_asked();
        if polls {
            // Told inside the poll: it is one of the things that the snapshot of that moment shows.
            self.polling.set(Some(turn.ticket));
            self.tell_inline(&Event::PollBegin(who));
        }
        polls
    }

    /// Tells of a request to cancel, once: when it is made inside this executor, else when it is delivered.
    pub(crate) fn tell_cancel(&self, ticket: Ticket, flags: &Flags) {
        if !flags.mark_cancel_told() {
            self.emit(|| Event::CancelAsk(self.who(ticket)));
        }
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

    pub(crate) fn announce_spawn(&self, task: TaskId, header: &Header, children: Option<u32>, size: usize) {
        if self.is_observed() {
            let profile = header.profile();
            let (parent, name, location) = (profile.parent, profile.name.as_deref(), profile.location);
            self.emit(|| Event::Spawn { task, children, parent, name, location, size });
        }
    }
}
