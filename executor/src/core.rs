//! The inside of an executor: what wakers, handles and turns reach through the thread's pointer.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;

use crate::awaits::AwaitsInside;
use crate::cell::{Children, Judge, drop_quietly};
use crate::executor::Spawn;
use crate::flags::Flags;
use crate::group::{Group, new_group};
use crate::handle::TaskHandle;
use crate::join::Task;
use crate::observer::{Event, Observer, Via};
use crate::profile::{LastProfile, Reporter};
use crate::remote::{self, ExecutorId, OutOfExecutors, RemoteHalf};
use crate::root::RootInfo;
use crate::run_queue::RunQueue;
use crate::slots::{Popped, Slots};
use crate::task::{NO_CHILD, Run, TaskId, TaskRef, new_task};
use crate::ticket::{QUEUED, Ticket};
use crate::waker;

mod telling;
mod turns;

pub(crate) use turns::{Turn, task_ref};

pub(crate) struct Core {
    pub(crate) id: ExecutorId,
    pub(crate) half: &'static RemoteHalf,
    /// No foreign code runs while this is borrowed: no poll, no wake, no drop, no observer.
    state: RefCell<State>,
    pub(crate) next_id: Cell<TaskId>,
    polls: Cell<u64>,
    pub(crate) polling: Cell<Option<Ticket>>,
    pub(crate) root: RefCell<Option<Rc<RootInfo>>>,
    pub(crate) last_profile: RefCell<LastProfile>,
    pub(crate) reporter: Rc<Reporter>,
    /// Awaits that closed a circle: who waits, and for whom.
    pub(crate) suspects: RefCell<Vec<(Ticket, TaskId)>>,
    pub(crate) ticking: Cell<bool>,
    /// Whose ends are awaited inside of combinators.
    pub(crate) awaits: RefCell<AwaitsInside>,
    /// The innermost combinator that is being polled; see [`awaits`](crate::awaits).
    pub(crate) combinator: Cell<u64>,
    pub(crate) closed: Cell<bool>,
    /// How many live tasks have escaped.
    pub(crate) escaped: Cell<usize>,
    /// While somebody observes: how many clones of their wakers strangers hold.
    pub(crate) watched: RefCell<BTreeMap<u64, u32>>,
    /// While somebody observes: how often a primitive took the ticket of who was polled.
    pub(crate) tickets_taken: Cell<u64>,
    observed: Cell<bool>,
    /// The [place](Ticket::place) from which this executor's slots are counted, or, while somebody observes, one from which there are none.
    untold: Cell<usize>,
    /// Of the wakers that polls are given: plain ones, or, while somebody observes, those that tell of clones and drops.
    table: Cell<waker::Table>,
    observer: RefCell<Option<Rc<dyn Observer>>>,
}

/// So many are fetched together; of more, the first would be gone again before its turn.
pub(crate) const FETCHED: usize = 8;
/// Fewer stay in the cache: these are a megabyte.
const MANY: u32 = 8192;
/// A processor sees that it is led through slots, and tasks, that are not farther from each other than this.
const NEIGHBOURS: u32 = 64;

pub(crate) struct State {
    pub(crate) slots: Slots,
    pub(crate) queue: RunQueue,
}

impl State {
    /// False if the task is gone or queued already.
    #[inline]
    fn enqueue(&mut self, ticket: Ticket) -> bool {
        let Some(state) = self.slots.state_mut(ticket.slot() as usize) else { return false };
        let woken = *state == ticket.0;
        if woken {
            *state |= QUEUED;
            self.queue.push(ticket.slot());
        }
        woken
    }

    /// The same without a call, so that a wake needs no stack. False if that cannot be: then nothing was done. One look at the number of slots says
    /// also whether the ticket is one of those that are counted from `first`.
    #[inline]
    fn enqueue_at_once(&mut self, ticket: Ticket, first: usize) -> bool {
        let number = ticket.place().wrapping_sub(first);
        let Some(state) = self.slots.state_mut(number) else { return false };
        if *state != ticket.0 {
            return true; // gone, or queued already
        }
        let pushed = self.queue.push_within_capacity(number as u32);
        if pushed {
            *state |= QUEUED;
        }
        pushed
    }
}

impl Core {
    pub(crate) fn new(unparker: Waker) -> Result<Core, OutOfExecutors> {
        let (id, half) = remote::claim(unparker)?;
        Ok(Core {
            id,
            half,
            state: RefCell::new(State { slots: Slots::new(id, &half.pending), queue: RunQueue::default() }),
            next_id: Cell::new(1),
            polls: Cell::new(0),
            polling: Cell::new(None),
            root: RefCell::new(None),
            last_profile: RefCell::default(),
            reporter: Rc::default(),
            suspects: RefCell::default(),
            ticking: Cell::new(false),
            awaits: RefCell::default(),
            combinator: Cell::default(),
            closed: Cell::new(false),
            escaped: Cell::new(0),
            watched: RefCell::default(),
            tickets_taken: Cell::default(),
            observed: Cell::new(false),
            untold: Cell::new(Ticket::new(id.index, 0, 0).place()),
            table: Cell::new(waker::Table::plain()),
            observer: RefCell::new(None),
        })
    }

    #[cfg(feature = "trace")]
    pub(crate) fn set_observer(&self, observer: Option<Rc<dyn Observer>>) {
        const PROBLEM: &str = "glassloop: an executor was given another observer while it runs";
        assert!(!self.ticking.get(), "{PROBLEM}");
        self.observed.set(observer.is_some());
        self.untold.set(if observer.is_some() { usize::MAX / 2 } else { Ticket::new(self.id.index, 0, 0).place() });
        self.table.set(if observer.is_some() { waker::Table::watched() } else { waker::Table::plain() });
        let former = std::mem::replace(&mut *self.observer.try_borrow_mut().expect(PROBLEM), observer);
        drop(former);
    }

    pub(crate) fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    #[inline]
    pub(crate) fn ready(&self) -> usize {
        // Borrowed to change it, as that is checked by one compare with zero; a shared borrow counts, and looks for an overflow too.
        self.state.borrow_mut().queue.len()
    }

    pub(crate) fn root(&self) -> Option<Rc<RootInfo>> {
        self.root.borrow().clone()
    }

    pub(crate) fn occupy_root(&self, info: RootInfo) -> Ticket {
        let ticket = self.occupy(None, NO_CHILD, &info.flags);
        *self.root.borrow_mut() = Some(Rc::new(info));
        ticket
    }

    pub(crate) fn retire_root(&self, ticket: Ticket) {
        self.state.borrow_mut().slots.vacate(ticket);
        if let Some(root) = self.root.take() {
            root.flags.mark_done();
            self.forget_wakers(ticket, &root.flags);
            // It may be the last owner, and task-locals are the user's.
            drop_quietly(root);
        }
    }

    /// The front of the run queue, popped.
    #[inline]
    pub(crate) fn pop(&self) -> Option<Popped> {
        let State { slots, queue } = &mut *self.state.borrow_mut();
        Some(slots.popped(queue.pop()?))
    }

    /// How many of the next `turns` are to be given before this is asked again.
    ///
    /// Many tasks do not stay in the processor's cache. Those of the next few turns are looked at here one right after the other, so that they come from
    /// memory together; each turn would wait for its own. Neighbours come by themselves.
    pub(crate) fn fetch_next(&self, turns: usize) -> usize {
        let State { slots, queue } = &*self.state.borrow();
        if turns < FETCHED || slots.used() < MANY {
            return turns;
        }
        let next = &queue.in_order()[..FETCHED];
        if next[0].abs_diff(next[FETCHED - 1]) >= NEIGHBOURS {
            slots.fetch(next);
        }
        FETCHED
    }

    /// [`wake`](Core::wake), if nobody is to be told of it and the ticket is one of ours: one compare says both. False if it was not done.
    #[inline]
    pub(crate) fn wake_untold(&self, ticket: Ticket) -> bool {
        self.state.borrow_mut().enqueue_at_once(ticket, self.untold.get())
    }

    /// Queues the task, if it is alive and not queued. Never polls, never drops, never blocks.
    #[inline]
    pub(crate) fn wake(&self, ticket: Ticket, via: Via) {
        if self.is_observed() {
            self.wake_and_tell(ticket, via);
        } else {
            self.state.borrow_mut().enqueue(ticket);
        }
    }

    /// Moves a task, a group or a child of one into a slot, where tickets can find it.
    #[inline(always)]
    pub(crate) fn occupy(&self, run: Option<Pin<Rc<dyn Run>>>, index: u32, flags: &Flags) -> Ticket {
        let slots = &mut self.state.borrow_mut().slots;
        let slot = slots.vacancy();
        flags.slot.set(slot);
        slots.occupy(slot, run, index)
    }

    pub(crate) fn tenant(&self, slot: u32) -> Option<Ticket> {
        self.state().slots.tenant(slot)
    }

    /// Who holds this ticket, if it is still valid.
    pub(crate) fn task_ref(&self, ticket: Ticket) -> Option<TaskRef> {
        let state = self.state();
        if ticket.executor() != self.id.index || state.slots.tenant(ticket.slot()) != Some(ticket) {
            return None;
        }
        match state.slots.run(ticket.slot()) {
            Some((run, index)) => Some(task_ref(&**run, index)),
            None => self.root.borrow().as_ref().map(|root| root.task_ref()),
        }
    }

    /// Whoever holds this ticket, which is valid.
    pub(crate) fn handle_of(&self, ticket: Ticket) -> Option<TaskHandle> {
        match self.state().slots.run(ticket.slot()) {
            Some((run, index)) => Some(TaskHandle::of(run.clone(), index)),
            None => self.root().map(TaskHandle::of_root),
        }
    }

    /// As [`task_ref`](Core::task_ref), of a ticket known to be valid.
    pub(crate) fn who(&self, ticket: Ticket) -> TaskRef {
        self.task_ref(ticket).unwrap_or(TaskRef { task: 0, child: None })
    }

    /// Who is being polled.
    pub(crate) fn polling(&self) -> Option<(Ticket, TaskRef)> {
        self.polling.get().map(|ticket| (ticket, self.who(ticket)))
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.get()
    }

    pub(crate) fn spawn<F, J>(&self, spawn: Spawn, future: F) -> Task<F::Output>
    where
        F: Future + 'static,
        J: Judge<F::Output>,
    {
        let (block, task) = new_task::<F, J>(future, self.header(spawn));
        if self.closed.get() {
            block.as_ref().refuse();
        } else if self.is_observed() {
            let ticket = self.admit(block);
            self.enqueue_and_tell(ticket);
        } else {
            // The same in one step.
            let mut state = self.state.borrow_mut();
            let slot = state.slots.vacancy();
            block.cell.flags.slot.set(slot);
            let ticket = state.slots.occupy(slot, Some(block), NO_CHILD);
            state.enqueue(ticket);
        }
        task
    }

    /// A task that is not queued, and its ticket; a closed executor gives none.
    #[inline]
    pub(crate) fn spawn_parked<F, J>(&self, spawn: Spawn, future: F) -> (Task<F::Output>, Option<Ticket>)
    where
        F: Future + 'static,
        J: Judge<F::Output>,
    {
        let (block, task) = new_task::<F, J>(future, self.header(spawn));
        if self.closed.get() {
            block.as_ref().refuse();
            return (task, None);
        }
        (task, Some(self.admit(block)))
    }

    pub(crate) fn spawn_group<M: Children>(&self, spawn: Spawn, children: M) -> Group<M> {
        let block = new_group(children, self.header(spawn));
        let group = Group::new(block.clone());
        if self.closed.get() {
            block.as_ref().refuse();
        } else if !group.is_empty() {
            let ticket = self.admit(block);
            self.enqueue_and_tell(ticket);
        }
        group
    }

    #[inline(never)]
    fn admit(&self, run: Pin<Rc<dyn Run>>) -> Ticket {
        let ticket = self.occupy(Some(run.clone()), NO_CHILD, run.flags(NO_CHILD));
        self.announce_spawn(run.id(), run.header(), run.children(), run.size());
        ticket
    }

    /// Queues what has just been born, or woken.
    pub(crate) fn enqueue_and_tell(&self, ticket: Ticket) {
        let enqueued = self.state.borrow_mut().enqueue(ticket);
        if enqueued {
            self.emit(|| Event::Enqueue(self.who(ticket)));
        }
    }
}
