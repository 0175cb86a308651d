//! The order in which ready tasks run: first in, first out, as asyncio's ready queue.
//!
//! The policy stands here alone: another order is another `pop`.

use std::mem;

/// The slots whose tenants are ready, oldest first, in two lists: those that have their turn in this tick, and those that became
/// ready since it began. (With one ring for both, its index would have to be wrapped twice a poll.)
#[derive(Default)]
pub(crate) struct RunQueue {
    now: Vec<u32>,
    /// How many of `now` have had their turn.
    taken: usize,
    next: Vec<u32>,
}

impl RunQueue {
    /// From here on `pop` gives those who are ready now; says how many they are.
    #[inline]
    pub(crate) fn begin_tick(&mut self) -> usize {
        if self.taken < self.now.len() {
            self.take_up_again();
        }
        mem::swap(&mut self.now, &mut self.next);
        self.next.clear();
        self.taken = 0;
        self.now.len()
    }

    /// The last tick was cut short, by a panic: those whose turn it was still come first.
    #[cold]
    fn take_up_again(&mut self) {
        self.next.splice(..0, self.now.drain(self.taken..));
    }

    /// At the back: a task that wakes itself runs after all that was ready before it.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32) {
        self.next.push(slot);
    }

    /// [`push`](RunQueue::push), unless the list would have to grow for it.
    #[inline]
    pub(crate) fn push_within_capacity(&mut self, slot: u32) -> bool {
        let has_room = self.next.len() < self.next.capacity();
        if has_room {
            self.next.push(slot);
        }
        has_room
    }

    /// The front of those whose turn this tick is.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let slot = *self.now.get(self.taken)?;
        self.taken += 1;
        Some(slot)
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.now.len() - self.taken + self.next.len()
    }

    /// The slots in the order in which they will run.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.now[self.taken..].iter().chain(&self.next).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_also_when_a_tick_was_cut_short() {
        let mut queue = RunQueue::default();
        assert_eq!((queue.begin_tick(), queue.pop()), (0, None));
        (0..5).for_each(|slot| queue.push(slot));
        assert_eq!((queue.begin_tick(), queue.pop(), queue.pop()), (5, Some(0), Some(1)));
        queue.push(5);
        assert!(queue.iter().eq(2..6) && queue.len() == 4);
        assert_eq!(queue.begin_tick(), 4);
        assert!((2..6).all(|slot| queue.pop() == Some(slot)));
        assert_eq!((queue.pop(), queue.len()), (None, 0));
    }
}
