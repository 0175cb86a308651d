//! Where tasks are kept: a slot each, found by its number, and told from its former tenants by a generation.
//!
//! A slot's state word *is* the ticket of whoever lives in it, plus the QUEUED bit. So one compare answers what a wake has to know:
//!
//! ```text
//! state == ticket            alive and not queued: queue it
//! state == ticket | QUEUED   already queued
//! anything else              gone: the wake is stale
//! ```
//!
//! A vacant slot's word has its executor field inverted: no ticket of this executor can match it. A slot that becomes vacant while
//! it is queued is not reused before it has been popped.

use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;

use crate::remote::ExecutorId;
use crate::remote::pending::PendingBits;
use crate::task::Run;
use crate::ticket::{EXECUTOR_MASK, MAX_SLOTS, QUEUED, Ticket};

/// In no slot, and the end of the list of vacant ones: slot 0 is never used.
pub(crate) const NO_SLOT: u32 = 0;

/// Slots come in chunks, so that a million tasks never move and no doubling leaves half of the memory unused.
const CHUNK: usize = 1024;

struct Slot {
    state: u64,
    /// Which child of a group lives here; in a vacant slot, the next vacant one.
    index: u32,
    /// `None` in a vacant slot, and in that of the root future of a `block_on`.
    run: Option<Pin<Rc<dyn Run>>>,
}

pub(crate) struct Slots {
    chunks: Vec<Box<[Slot; CHUNK]>>,
    /// Wakes on their way from other threads: a bit for each slot.
    pending: &'static PendingBits,
    executor: u16,
    /// With which generation every slot begins.
    first_generation: u32,
    first_vacant: u32,
    /// Slots ever used: those above have not been touched yet.
    used: u32,
}

/// A slot that came up in the run queue, and who lives in it.
pub(crate) struct Popped {
    pub(crate) ticket: Ticket,
    pub(crate) index: u32,
    /// `None` for the root, and if the tenant ended while it was queued.
    pub(crate) run: Option<Pin<Rc<dyn Run>>>,
}

/// What a wake does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WakeEffect {
    /// It puts the task in the run queue.
    Enqueued,
    /// Nothing: the task is in the run queue already.
    AlreadyQueued,
    /// Nothing: the task is gone.
    Stale,
}

impl Slots {
    pub(crate) fn new(id: ExecutorId, pending: &'static PendingBits) -> Slots {
        let (executor, first_generation) = (id.index, id.first_generation());
        let mut slots =
            Slots { chunks: Vec::new(), pending, executor, first_generation, first_vacant: NO_SLOT, used: 0 };
        slots.add_slot();
        slots
    }

    /// Slots ever used; their numbers are below this.
    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    /// The slot that is to be occupied next.
    #[inline]
    pub(crate) fn vacancy(&mut self) -> u32 {
        if self.first_vacant == NO_SLOT {
            self.add_slot();
        }
        self.first_vacant
    }

    /// Moves in at the [`vacancy`](Slots::vacancy): the ticket is what wakers of the tenant will hold.
    #[inline]
    pub(crate) fn occupy(&mut self, vacancy: u32, run: Option<Pin<Rc<dyn Run>>>, index: u32) -> Ticket {
        let slot = self.get_mut(vacancy);
        let next = std::mem::replace(&mut slot.index, index);
        slot.state ^= EXECUTOR_MASK;
        std::mem::forget(std::mem::replace(&mut slot.run, run)); // Vacant: there is nothing to drop.
        let ticket = Ticket(slot.state);
        self.first_vacant = next;
        ticket
    }

    /// Moves out. The caller drops what it gets when no borrow is held.
    #[inline]
    pub(crate) fn vacate(&mut self, ticket: Ticket) -> Option<Pin<Rc<dyn Run>>> {
        let (number, first_vacant) = (ticket.slot(), self.first_vacant);
        let slot = self.get_mut(number);
        let queued = slot.state & QUEUED;
        slot.state = (ticket.next_generation().0 ^ EXECUTOR_MASK) | queued;
        let run = slot.run.take();
        if queued == 0 {
            slot.index = first_vacant;
            self.first_vacant = number;
        }
        run
    }

    /// The tenant has ended, and another child of the same block is to have the slot: with a new ticket, so that old ones do not fit. Not if
    /// it is queued: the other must not have the turn that was meant for this one.
    #[inline]
    pub(crate) fn hand_on(&mut self, ticket: Ticket, index: u32) -> Option<Ticket> {
        let next = ticket.next_generation();
        let slot = self.get_mut(ticket.slot());
        if slot.state != ticket.0 {
            return None;
        }
        slot.state = next.0;
        slot.index = index;
        Some(next)
    }

    pub(crate) fn effect_of_wake(&self, ticket: Ticket) -> WakeEffect {
        match self.get(ticket.slot()) {
            Some(slot) if slot.state == ticket.0 => WakeEffect::Enqueued,
            Some(slot) if slot.state == ticket.0 | QUEUED => WakeEffect::AlreadyQueued,
            _ => WakeEffect::Stale,
        }
    }

    /// The state word of a slot, if there is such a slot.
    #[inline]
    pub(crate) fn state_mut(&mut self, number: usize) -> Option<&mut u64> {
        let chunk = self.chunks.get_mut(number / CHUNK)?;
        Some(&mut chunk[number % CHUNK].state)
    }

    /// A slot was popped from the run queue: clears QUEUED, so that wakes from now on count, and says who has the turn.
    #[inline]
    pub(crate) fn popped(&mut self, number: u32) -> Popped {
        let slot = self.get_mut(number);
        slot.state &= !QUEUED;
        let popped = Popped { ticket: Ticket(slot.state), index: slot.index, run: slot.run.clone() };
        if popped.run.is_none() {
            self.put_back(number);
        }
        popped
    }

    /// Reads slots and who lives there, so that they are in the cache.
    pub(crate) fn fetch(&self, numbers: &[u32]) {
        // The slots first: each leads to a block.
        let slots = numbers.iter().filter_map(|number| self.get(*number));
        black_box(slots.map(|slot| slot.index).fold(0, u32::wrapping_add));
        let mut done = 0;
        for number in numbers {
            if let Some(Slot { run: Some(run), index, .. }) = self.get(*number) {
                done += u32::from(run.flags(*index).is_done());
            }
        }
        black_box(done);
    }

    /// The ticket of whoever lives in a slot now.
    pub(crate) fn tenant(&self, number: u32) -> Option<Ticket> {
        let ticket = Ticket(self.get(number)?.state & !QUEUED);
        (ticket.executor() == self.executor).then_some(ticket)
    }

    /// The tenant of a slot: `None` for the root and for vacant slots.
    pub(crate) fn run(&self, number: u32) -> Option<(&Pin<Rc<dyn Run>>, u32)> {
        let slot = self.get(number)?;
        slot.run.as_ref().map(|run| (run, slot.index))
    }

    pub(crate) fn is_queued(&self, number: u32) -> bool {
        self.get(number).is_some_and(|slot| slot.state & QUEUED != 0)
    }

    /// Nobody's slot, unless the root has it, was popped: it may be used again.
    #[cold]
    fn put_back(&mut self, number: u32) {
        if self.tenant(number).is_none() {
            self.get_mut(number).index = self.first_vacant;
            self.first_vacant = number;
        }
    }

    /// Makes a slot that was never used before the vacant one.
    fn add_slot(&mut self) {
        let number = self.used;
        assert!(
            (number as usize) < MAX_SLOTS,
            "glassloop: {MAX_SLOTS} tasks are alive in one executor; that is the limit"
        );
        if number as usize == self.chunks.len() * CHUNK {
            let chunk: Vec<Slot> = (0..CHUNK as u32)
                .map(|offset| Slot {
                    state: Ticket::new(self.executor, number + offset, self.first_generation).0 ^ EXECUTOR_MASK,
                    index: NO_SLOT,
                    run: None,
                })
                .collect();
            let Ok(chunk) = chunk.into_boxed_slice().try_into() else { unreachable!("a chunk has CHUNK slots") };
            self.chunks.push(chunk);
            self.pending.make_room(number);
        }
        self.used += 1;
        // Slot 0 is none.
        self.first_vacant = number;
    }

    #[inline]
    fn get(&self, number: u32) -> Option<&Slot> {
        let chunk = self.chunks.get(number as usize / CHUNK)?;
        Some(&chunk[number as usize % CHUNK])
    }

    #[inline]
    fn get_mut(&mut self, number: u32) -> &mut Slot {
        &mut self.chunks[number as usize / CHUNK][number as usize % CHUNK]
    }
}
