//! One bit a slot: a wake from another thread is on its way. A flood of wakes costs one read-modify-write each.
//!
//! The bit belongs to the *slot*, not to the ticket: whoever finds it set relies on the message that the other one pushed. So a message names
//! the slot, and the owner wakes whoever lives there. It clears the bit *before* it looks: a wake that comes later finds the bit clear
//! and sends a message of its own; one that came before is made good by the turn that follows.

use std::sync::OnceLock;

use crate::sync::{AtomicU64, Ordering};
use crate::ticket::MAX_SLOTS;

mod order {
    use super::Ordering;

    /// Release: what the waker's thread wrote before is seen by the turn that its wake, or the one it relies on, brings about.
    pub(super) const SET: Ordering = if cfg!(mutant = "relaxed_set") { Ordering::Relaxed } else { Ordering::AcqRel };
    pub(super) const CLEAR: Ordering =
        if cfg!(mutant = "relaxed_clear") { Ordering::Relaxed } else { Ordering::AcqRel };
}

/// The bits of 64 slots.
pub(crate) struct Word(AtomicU64);

impl Word {
    pub(crate) fn new() -> Word {
        Word(AtomicU64::new(0))
    }

    /// True if the bit was set already.
    pub(crate) fn set(&self, bit: u32) -> bool {
        self.0.fetch_or(1 << bit, order::SET) & 1 << bit != 0
    }

    pub(crate) fn clear(&self, bits: u64) {
        self.0.fetch_and(!bits, order::CLEAR);
    }
}

const WORDS: usize = 1024;
const BITS: usize = WORDS * 64;

/// The bits of all slots of an executor, in chunks that come with the slots and stay.
pub(crate) struct PendingBits {
    chunks: Box<[OnceLock<Box<[Word]>>]>,
}

impl PendingBits {
    pub(crate) fn new() -> PendingBits {
        PendingBits { chunks: (0..MAX_SLOTS / BITS).map(|_| OnceLock::new()).collect() }
    }

    /// Sees to it that there is a bit for this slot. Only the owner calls this, before a ticket of the slot exists.
    pub(crate) fn make_room(&self, slot: u32) {
        if let Some(chunk) = self.chunks.get(slot as usize / BITS) {
            chunk.get_or_init(|| (0..WORDS).map(|_| Word::new()).collect());
        }
    }

    /// True if the bit was set already, or there is no such slot.
    pub(crate) fn set(&self, slot: u32) -> bool {
        self.word(slot).is_none_or(|word| word.set(slot % 64))
    }

    /// Clears the bits of several slots: a read-modify-write for neighbours, as the word is one that other threads write too.
    pub(crate) fn clear(&self, slots: &[u32]) {
        for neighbours in slots.chunk_by(|one, next| one / 64 == next / 64) {
            if let Some(word) = self.word(neighbours[0]) {
                word.clear(neighbours.iter().fold(0, |bits, slot| bits | 1 << (slot % 64)));
            }
        }
    }

    pub(crate) fn clear_all(&self) {
        for word in self.chunks.iter().filter_map(OnceLock::get).flat_map(|chunk| chunk.iter()) {
            word.0.swap(0, order::CLEAR);
        }
    }

    fn word(&self, slot: u32) -> Option<&Word> {
        let chunk = self.chunks.get(slot as usize / BITS)?.get()?;
        chunk.get(slot as usize % BITS / 64)
    }
}
