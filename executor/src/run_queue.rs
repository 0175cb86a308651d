//! The order in which ready tasks run: first in, first out, as asyncio's ready queue.
//!
//! The policy stands here alone: another order is another `pop`.

use std::collections::VecDeque;

/// The slots whose tenants are ready, oldest first.
#[derive(Default)]
pub(crate) struct RunQueue {
    slots: VecDeque<u32>,
}

impl RunQueue {
    /// At the back: a task that wakes itself runs after all that was ready before it.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32) {
        self.slots.push_back(slot);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        self.slots.pop_front()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slots in the order in which they will run.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().copied()
    }
}
