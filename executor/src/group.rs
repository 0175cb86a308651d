//! The group behind `gather`: all children in one block, each woken and polled by itself.
//!
//! A group enters the run queue once, as a whole, and that first turn polls the children in argument order; nothing can
//! come between, so it is the order of one entry each. From then on each pending child has a slot and a ticket of its own: a wake of
//! one of a thousand polls that one, in its own place of the FIFO. A child that is ready at its first poll gives its slot to the next.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::cell::{Children, FutureCell, Judge, Outcome, drop_quietly};
use crate::core::{Core, Turn};
use crate::flags::Flags;
use crate::handle::cancel_now;
use crate::join_error::{Complaint, JoinError};
use crate::observer::{Ending, Event};
use crate::profile::{Header, Locals};
use crate::slots::NO_SLOT;
use crate::task::{NO_CHILD, Run, TaskId, TaskRef};
use crate::ticket::Ticket;
use crate::waker::{own_waker, with_current};

/// No outcome of a child ends the gather: errors are values (`return_exceptions=True`).
#[derive(Debug)]
pub enum Never {}

/// A child's panic or cancellation ends the gather.
#[derive(Debug)]
pub enum OnPanic {}

/// A child's panic, cancellation or `Err` ends the gather.
#[derive(Debug)]
pub enum OnError {}

/// As [`OnError`], for errors with a text: a task that ends with one which nobody collects is reported.
#[derive(Debug)]
pub enum OnFailure {}

impl<T> Judge<T> for Never {
    fn failed(_: &Outcome<T>) -> bool {
        false
    }
}

impl<T> Judge<T> for OnPanic {
    fn failed(outcome: &Outcome<T>) -> bool {
        outcome.is_err()
    }
}

impl<T, E> Judge<Result<T, E>> for OnError {
    fn failed(outcome: &Outcome<Result<T, E>>) -> bool {
        !matches!(outcome, Ok(Ok(_)))
    }
}

impl<T, E: fmt::Display> Judge<Result<T, E>> for OnFailure {
    fn failed(outcome: &Outcome<Result<T, E>>) -> bool {
        !matches!(outcome, Ok(Ok(_)))
    }

    fn complaint(outcome: &Outcome<Result<T, E>>) -> Option<Complaint> {
        match outcome {
            Ok(Err(error)) => Some(Complaint::Failed(error.to_string())),
            Err(JoinError::Panicked(payload)) => Some(Complaint::Panicked(payload.to_string())),
            _ => None,
        }
    }
}

/// A future on its way into a group, with the rule `J` by which its outcome ends the group: [`Never`], [`OnPanic`], [`OnError`].
pub fn child<F: Future, J: Judge<F::Output>>(future: F) -> FutureCell<F, J> {
    FutureCell::new(future, Flags::default())
}

/// A whole `gather` in one allocation: the children and what they share.
pub struct GroupBlock<M> {
    header: Header,
    pub(crate) children: M,
    /// Of the group as a whole: its slot, until they start; detached: outcomes are dropped as they come; collected: all are the awaiter's to take.
    flags: Flags,
    unfinished: Cell<usize>,
    first_failure: Cell<Option<u32>>,
    /// The task-locals of children that have set some for themselves; the others have those of the group.
    locals: RefCell<BTreeMap<u32, Option<Locals>>>,
}

impl<M: Children> GroupBlock<M> {
    fn has_ended(&self) -> bool {
        self.unfinished.get() == 0 || self.first_failure.get().is_some()
    }

    /// Born after the executor closed: all children end as cancelled without a turn.
    pub(crate) fn refuse(self: Pin<&Self>) {
        for index in 0..self.children.count() {
            M::member(self, index).cancel(JoinError::cancelled());
            self.child_ended(index);
        }
    }

    /// The group's first turn: every child is polled, in argument order.
    #[inline(never)]
    fn start(self: &Pin<Rc<Self>>, core: &Core, turn: &Turn<'_>) {
        let _busy = self.flags.be_busy();
        if self.flags.cancel_asked() {
            core.tell_cancel(turn.ticket, &self.flags);
        }
        let mut index = 0;
        while index < self.children.count() {
            if self.flags.cancel_asked() {
                // Cancelled before its first step: it never runs.
                M::member(self.as_ref(), index).cancel(JoinError::cancelled());
                self.as_ref().child_ended(index);
            } else if core.is_observed() {
                self.start_child_and_tell(core, turn.run, index);
            } else {
                index = self.start_children(core, index);
            }
            index += 1;
        }
        core.retire(turn, &self.flags, Ending::Started);
        // Another may move in there, and a cancel of the group must not find it.
        self.flags.slot.set(NO_SLOT);
    }

    /// The first turns of one child after the other, until one of them keeps its slot, while nobody observes. Says who was the last.
    ///
    /// One that ends with its first turn hands its slot to the next: a gather of what is ready at once takes one slot in all.
    #[inline]
    fn start_children(self: &Pin<Rc<Self>>, core: &Core, first: usize) -> usize {
        let group = self.as_ref();
        let mut index = first;
        let mut ticket = core.occupy(Some(self.clone()), index as u32, self.children.flags(index));
        while core.poll(ticket, |cx| M::poll(group, index, cx)).is_ready() {
            let Some(next) = group.hand_slot_on(core, ticket, index) else {
                let turn = Turn { run: &**self, index: index as u32, ticket };
                core.end_turn(&turn, self.children.flags(index), || M::member(group, index));
                group.child_ended(index);
                break;
            };
            self.unfinished.set(self.unfinished.get() - 1);
            (index, ticket) = (index + 1, next);
        }
        index
    }

    /// The slot of a child that has ended goes to the next, if there is nothing else to be done for either.
    #[inline]
    fn hand_slot_on(&self, core: &Core, ticket: Ticket, index: usize) -> Option<Ticket> {
        let next = index + 1;
        let goes_on = self.changes_nothing(index) && next < self.children.count();
        let flags = goes_on.then(|| self.children.flags(next)).filter(|flags| flags.is_untouched())?;
        core.hand_slot_on(ticket, next as u32, flags)
    }

    /// Whether the end of this child is the end of nothing else.
    #[inline]
    fn changes_nothing(&self, index: usize) -> bool {
        self.children.flags(index).has_ended_plainly() && self.flags.is_untouched()
    }

    /// A child's first turn, while somebody observes.
    fn start_child_and_tell(self: &Pin<Rc<Self>>, core: &Core, run: &dyn Run, index: usize) {
        let ticket = core.occupy(Some(self.clone()), index as u32, self.children.flags(index));
        let turn = Turn { run, index: index as u32, ticket };
        let who = turn.who();
        core.emit(|| Event::ChildStart(who));
        let told = core.tell_poll(&turn, who);
        if !self.clone().turn(core, turn.index, ticket) && told {
            core.emit(|| Event::PollEnd { task: who, ready: false });
        }
    }

    #[inline(always)]
    fn turn_of_child(self: Pin<&Self>, core: &Core, turn: &Turn<'_>) -> bool {
        let index = turn.index as usize;
        let flags = self.children.flags(index);
        let pending = core.is_pending(turn.ticket, flags, |cx| M::poll(self, index, cx));
        if !pending {
            core.end_turn(turn, flags, || M::member(self, index));
            self.child_ended(index);
        }
        !pending
    }

    #[inline]
    fn child_ended(self: Pin<&Self>, index: usize) {
        self.unfinished.set(self.unfinished.get() - 1);
        if self.unfinished.get() == 0 || !self.changes_nothing(index) {
            self.child_ended_with_news(index);
        }
    }

    #[inline(never)]
    fn child_ended_with_news(self: Pin<&Self>, index: usize) {
        if self.first_failure.get().is_none() && self.children.flags(index).has_failed() {
            self.first_failure.set(Some(index as u32));
        }
        if !self.locals.borrow().is_empty() {
            let locals = self.locals.borrow_mut().remove(&(index as u32));
            drop_quietly(locals);
        }
        if self.flags.is_detached() {
            self.discard_child(index);
        } else if self.has_ended() {
            let handle = || unreachable!("a group is awaited, and by nothing else watched");
            self.header.join.end(&self.header, &self.flags, handle);
        }
    }

    fn discard_child(self: Pin<&Self>, index: usize) {
        if let Some(complaint) = M::member(self, index).discard() {
            self.header.complain(TaskRef { task: self.id(), child: Some(index as u32) }, complaint);
        }
    }
}

impl<M: Children> Run for GroupBlock<M> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn flags(&self, index: u32) -> &Flags {
        if index == NO_CHILD { &self.flags } else { self.children.flags(index as usize) }
    }

    fn children(&self) -> Option<u32> {
        Some(self.children.count() as u32)
    }

    fn size(&self) -> usize {
        self.children.size()
    }

    fn turn(self: Pin<Rc<Self>>, core: &Core, index: u32, ticket: Ticket) -> bool {
        let turn = Turn { run: &*self, index, ticket };
        let ended = if index == NO_CHILD {
            self.start(core, &turn);
            self.unfinished.get() == 0
        } else {
            self.as_ref().turn_of_child(core, &turn)
        };
        if ended {
            drop_quietly(self);
        }
        ended
    }

    fn locals(&self, index: u32) -> Option<Locals> {
        let own = self.locals.borrow().get(&index).cloned();
        own.unwrap_or_else(|| self.header.locals())
    }

    fn set_locals(&self, index: u32, locals: Option<Locals>) {
        self.flags.mark_own_locals();
        let former = self.locals.borrow_mut().insert(index, locals);
        drop_quietly(former);
    }
}

/// The children of one `gather`, running. Dropped before they have ended, it asks the rest to cancel, in argument order.
///
/// `M` is a boxed slice or a tuple of [`child`]ren. This is the machinery; `glassloop::gather` is what programs use.
pub struct Group<M: Children> {
    block: Pin<Rc<GroupBlock<M>>>,
}

/// How a [`Group`] ended: what came of each child (`None` where it has not ended), and which child's failure ended it.
#[derive(Debug)]
pub struct Ended<O> {
    /// [`Outcomes`](crate::Outcomes), or a tuple of `Option<Result<T, JoinError>>`, in argument order.
    pub outcomes: O,
    /// The first child *in time* whose outcome counts as a failure.
    pub first_failure: Option<usize>,
}

pub(crate) fn new_group<M: Children>(children: M, (header, flags): (Header, Flags)) -> Pin<Rc<GroupBlock<M>>> {
    Rc::pin(GroupBlock {
        header,
        flags,
        unfinished: Cell::new(children.count()),
        first_failure: Cell::new(None),
        locals: RefCell::default(),
        children,
    })
}

impl<M: Children> Group<M> {
    pub(crate) fn new(block: Pin<Rc<GroupBlock<M>>>) -> Group<M> {
        Group { block }
    }

    /// The group's number, from the same counter as the tasks'.
    pub fn id(&self) -> TaskId {
        self.block.id()
    }

    /// Whether it has no children: then it has ended from the start, and takes no turn.
    pub fn is_empty(&self) -> bool {
        self.block.children.count() == 0
    }

    /// Ready once every child has ended or one has failed; the rest then runs on, and what comes of it is dropped.
    /// `location` is told to those who ask what the awaiting task waits for.
    ///
    /// To be called until it is ready, and not again.
    pub fn poll_ended(
        &mut self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<Ended<M::Outcomes>> {
        let group = self.block.as_ref();
        if !group.has_ended() {
            if let Err(cycle) = group.header.join.wait(&group.header, &group.flags, own_waker(cx), location) {
                panic!("glassloop: a gather can never end: {cycle}");
            }
            with_current(|core| core.note_await(|| self.block.clone()));
            return Poll::Pending;
        }
        group.flags.mark_detached();
        if group.unfinished.get() == 0 {
            group.flags.mark_collected();
        }
        let outcomes = M::take(&self.block);
        Poll::Ready(Ended { outcomes, first_failure: group.first_failure.get().map(|index| index as usize) })
    }

    /// The children are the awaiter's own: inside their loop they go with it, at once, and only one that is being polled has to wait for
    /// its next turn.
    fn cancel(&self, index: u32) {
        let run: Pin<Rc<dyn Run>> = self.block.clone();
        cancel_now(&run, index);
    }
}

impl<M: Children> Drop for Group<M> {
    fn drop(&mut self) {
        let group = self.block.as_ref();
        if group.flags.is_collected() {
            return;
        }
        group.header.join.forget(&group.header, &group.flags);
        group.flags.mark_detached();
        let cancelling = !group.has_ended();
        if cancelling {
            self.cancel(NO_CHILD);
        }
        for index in 0..group.children.count() {
            if group.children.flags(index).is_done() {
                group.discard_child(index);
            } else if cancelling {
                self.cancel(index as u32);
            }
        }
    }
}

impl<M: Children> fmt::Debug for Group<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, count) = (&self.block, self.block.children.count());
        write!(f, "Group {{ id: {}, children: {count}, unfinished: {} }}", group.id(), group.unfinished.get())
    }
}

impl<M> fmt::Debug for GroupBlock<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupBlock {{ id: {}, unfinished: {} }}", self.header.id(&self.flags), self.unfinished.get())
    }
}
