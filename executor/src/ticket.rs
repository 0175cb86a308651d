//! A ticket: 64 bits that name one task of one executor, and all that a waker holds.
//!
//! ```text
//!  63        54 53                      28 27                    1   0
//! +------------+--------------------------+-----------------------+---+
//! |  executor  |           slot           |      generation       | Q |
//! +------------+--------------------------+-----------------------+---+
//!      10                  26                        27             1
//! ```
//!
//! Bit 0 is never set in a ticket. In the slot's own state word it says *queued*, so that "stale", "free" and
//! "already queued" are told apart by one compare (see [`Slots`](crate::slots::Slots)).
//!
//! A ticket outlives what it names. The slot may be reused, the generation may wrap, the executor may be gone and its id
//! given to another (whose generations begin elsewhere, so that few tickets fit): the worst that comes of it is a spurious
//! wake, which the contract of `Future` allows. No memory safety rests on these numbers.

/// Executors alive at the same time in one process.
pub(crate) const MAX_EXECUTORS: usize = 1 << EXECUTOR_BITS;
/// Tasks alive at the same time in one executor (67,108,864).
pub(crate) const MAX_SLOTS: usize = 1 << SLOT_BITS;

const EXECUTOR_BITS: u32 = 10;
const SLOT_BITS: u32 = 26;
pub(crate) const GENERATION_BITS: u32 = 27;
const SLOT_SHIFT: u32 = GENERATION_BITS + 1;
const EXECUTOR_SHIFT: u32 = SLOT_SHIFT + SLOT_BITS;

/// The executor field; inverted in the state word of a vacant slot.
pub(crate) const EXECUTOR_MASK: u64 = !0 << EXECUTOR_SHIFT;
/// The bit of a slot's state word that says: this slot is in the run queue.
pub(crate) const QUEUED: u64 = 1;

/// Names a task: `(executor, slot, generation)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    #[inline]
    pub(crate) fn new(executor: u16, slot: u32, generation: u32) -> Ticket {
        debug_assert!((executor as usize) < MAX_EXECUTORS && (slot as usize) < MAX_SLOTS);
        let generation = u64::from(generation) & ((1 << GENERATION_BITS) - 1);
        Ticket(u64::from(executor) << EXECUTOR_SHIFT | u64::from(slot) << SLOT_SHIFT | generation << 1)
    }

    #[inline]
    pub(crate) fn executor(self) -> u16 {
        (self.0 >> EXECUTOR_SHIFT) as u16
    }

    #[inline]
    pub(crate) fn slot(self) -> u32 {
        ((self.0 >> SLOT_SHIFT) & ((1 << SLOT_BITS) - 1)) as u32
    }

    #[inline]
    #[cfg(test)]
    pub(crate) fn generation(self) -> u32 {
        ((self.0 >> 1) & ((1 << GENERATION_BITS) - 1)) as u32
    }

    /// The slot, counted among those of all executors.
    #[inline]
    pub(crate) fn place(self) -> usize {
        (self.0 >> SLOT_SHIFT) as usize
    }

    /// The ticket of the slot's next occupant.
    #[inline]
    pub(crate) fn next_generation(self) -> Ticket {
        const GENERATION: u64 = ((1 << SLOT_SHIFT) - 1) & !QUEUED;
        Ticket(self.0 & !GENERATION | self.0.wrapping_add(2) & GENERATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_survives_the_packing() {
        for (executor, slot, generation) in [(0, 0, 0), (1023, (1 << 26) - 1, (1 << 27) - 1), (5, 77, 123_456)] {
            let ticket = Ticket::new(executor, slot, generation);
            assert_eq!((ticket.executor(), ticket.slot(), ticket.generation()), (executor, slot, generation));
            assert_eq!(ticket.0 & QUEUED, 0);
        }
    }

    #[test]
    fn the_generation_wraps_and_touches_nothing_else() {
        let last = Ticket::new(3, 9, (1 << 27) - 1);
        assert_eq!(last.next_generation(), Ticket::new(3, 9, 0));
    }

    #[test]
    fn there_is_room_for_16_million_tasks() {
        const { assert!(MAX_SLOTS >= 16_000_000) };
    }
}
