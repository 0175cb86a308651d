//! The half of an executor that other threads may touch: how a wake from elsewhere finds its way in.
//!
//! A waker holds an executor's id, not a pointer; the id leads to one of a fixed table of halves. Halves are never freed,
//! only reused, so that a waker kept for ever finds at worst a stranger, whom it wakes for nothing.
//!
//! A wake: set the slot's pending bit (set already? somebody was faster, done), push, notify. The owner: clear the
//! bit, *then* wake whoever lives in the slot. Nothing on this path blocks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::task::Waker;

use crossbeam_queue::SegQueue;

use crate::cell::drop_quietly;
use crate::flags::Flags;
use crate::observer::Via;
use crate::slots::NO_SLOT;
use crate::ticket::{GENERATION_BITS, MAX_EXECUTORS, Ticket};
use crate::waker::with_current;

mod inbox;
#[cfg(all(test, loom))]
mod model;
pub(crate) mod parking;
pub(crate) mod pending;

use parking::Parking;
use pending::PendingBits;

/// Work for the loop's thread.
pub(crate) enum Message {
    /// Whoever lives in this slot.
    Wake(u32),
    /// With the one it is for, as the half may change hands before it is read.
    Call(ExecutorId, Box<dyn FnOnce() + Send>),
}

pub(crate) struct RemoteHalf {
    /// Cleared before the executor goes: from then on wakes return at once.
    alive: AtomicBool,
    /// How many executors have had this half before.
    life: AtomicU32,
    pub(crate) queue: SegQueue<Message>,
    pub(crate) pending: PendingBits,
    pub(crate) parking: Parking,
    /// Written only while no executor owns the half, so that `try_read` on the way of a wake succeeds whenever it matters.
    unparker: RwLock<Option<Waker>>,
    escaped: AtomicBool,
}

static HALVES: [OnceLock<Box<RemoteHalf>>; MAX_EXECUTORS] = [const { OnceLock::new() }; MAX_EXECUTORS];

/// Ids given back, oldest first (the longer an id rests, the fewer stale wakers are left), and the first one never used.
static FREE: Mutex<(VecDeque<u16>, u16)> = Mutex::new((VecDeque::new(), 0));

/// Which executor: the number of its half, and which of that half's owners it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExecutorId {
    pub(crate) index: u16,
    /// A number of 32 bits in two parts, so that the id takes six bytes: what keeps one has room for a tag beside it.
    life: [u16; 2],
}

impl ExecutorId {
    /// Where the generations of its slots begin: far from where those of its former lives did, so that a waker left over from one of
    /// them is stale in fact. Whoever counts wakers would take it for one of a task that lives now.
    pub(crate) fn first_generation(self) -> u32 {
        let [low, high] = self.life.map(u32::from);
        // By the golden ratio, life after life comes into the widest gap that is left.
        (high << 16 | low).wrapping_mul(0x9E37_79B9) >> (u32::BITS - GENERATION_BITS)
    }
}

fn life_of(half: &RemoteHalf) -> [u16; 2] {
    let life = half.life.load(Ordering::Relaxed);
    [life as u16, (life >> 16) as u16]
}

/// 1,024 executors are alive in this process: there is no id for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfExecutors;

impl fmt::Display for OutOfExecutors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAX_EXECUTORS} executors are alive in this process, and that is the limit")
    }
}

impl std::error::Error for OutOfExecutors {}

/// Takes a half for a new executor.
pub(crate) fn claim(unparker: Waker) -> Result<(ExecutorId, &'static RemoteHalf), OutOfExecutors> {
    let index = {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        match free.0.pop_front() {
            Some(index) => index,
            None if (free.1 as usize) < MAX_EXECUTORS => {
                free.1 += 1;
                free.1 - 1
            }
            None => return Err(OutOfExecutors),
        }
    };
    let half = HALVES[index as usize].get_or_init(|| Box::new(RemoteHalf::new()));
    // What came late for the former owner: messages first, then bits. In this order no bit can stay set without a message.
    half.drop_messages();
    half.pending.clear_all();
    half.parking.reset();
    half.escaped.store(false, Ordering::Relaxed);
    *half.unparker.write().unwrap_or_else(PoisonError::into_inner) = Some(unparker);
    half.alive.store(true, Ordering::Release);
    Ok((ExecutorId { index, life: life_of(half) }, half))
}

impl RemoteHalf {
    fn new() -> RemoteHalf {
        RemoteHalf {
            alive: AtomicBool::new(false),
            life: AtomicU32::new(0),
            queue: SegQueue::new(),
            pending: PendingBits::new(),
            parking: Parking::new(),
            unparker: RwLock::new(None),
            escaped: AtomicBool::new(false),
        }
    }

    /// The executor is gone; gives its id back.
    pub(crate) fn release(&self, id: ExecutorId) {
        self.alive.store(false, Ordering::Release);
        self.life.fetch_add(1, Ordering::Relaxed);
        let unparker = self.unparker.write().unwrap_or_else(PoisonError::into_inner).take();
        drop_quietly(unparker);
        self.drop_messages();
        FREE.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(id.index);
    }

    fn drop_messages(&self) {
        while let Some(message) = self.queue.pop() {
            drop_quietly(message);
        }
    }

    /// Whether a waker escaped to where its task could not be told.
    pub(crate) fn has_escaped(&self) -> bool {
        self.escaped.load(Ordering::Relaxed)
    }

    fn send(&self, message: Message) {
        self.queue.push(message);
        if self.parking.notify() {
            // The lock is contended only while the half changes hands, and then nobody is parked.
            if let Ok(unparker) = self.unparker.try_read()
                && let Some(unparker) = &*unparker
            {
                unparker.wake_by_ref();
            }
        }
    }
}

fn half(index: u16) -> Option<&'static RemoteHalf> {
    let half = HALVES.get(index as usize)?.get()?;
    half.alive.load(Ordering::Acquire).then_some(half)
}

/// Wakes a task of an executor that does not run on this thread.
pub(crate) fn wake(ticket: Ticket) {
    if let Some(half) = half(ticket.executor())
        && !half.pending.set(ticket.slot())
    {
        half.send(Message::Wake(ticket.slot()));
    }
}

/// A waker was cloned where its task cannot be looked at: all of that executor's tasks count as escaped.
pub(crate) fn mark_escaped(ticket: Ticket) {
    if let Some(half) = half(ticket.executor()) {
        half.escaped.store(true, Ordering::Relaxed);
    }
}

impl ExecutorId {
    /// Runs `call` on the executor's thread, at the start of a tick. False, with `call` dropped, if the executor is gone.
    ///
    /// A call that comes in the very moment in which the executor goes may be dropped unrun.
    pub fn call(self, call: impl FnOnce() + Send + 'static) -> bool {
        let Some(half) = half(self.index) else { return false };
        let same = life_of(half) == self.life;
        if same {
            half.send(Message::Call(self, Box::new(call)));
        }
        same
    }

    /// Whether this is the executor that runs on this thread.
    #[inline]
    pub fn is_current(self) -> bool {
        with_current(|core| core.id == self).unwrap_or(false)
    }

    /// Marks a task to be dropped at its next turn, and sees to it that it has one. Only from the executor's own thread.
    pub(crate) fn cancel(self, flags: &Flags) {
        flags.ask_cancel();
        let slot = flags.slot.get();
        if slot == NO_SLOT {
            return;
        }
        let local = with_current(|core| {
            let local = core.id == self;
            if local && let Some(ticket) = core.tenant(slot) {
                core.tell_cancel(ticket, flags);
                core.wake(ticket, Via::Cancel);
            }
            local
        });
        if local != Some(true) {
            wake(Ticket::new(self.index, slot, 0));
        }
    }
}
