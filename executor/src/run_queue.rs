//! The order in which ready tasks run: first in, first out, as asyncio's ready queue.
//!
//! The policy stands here alone: another order is another `pop`.

/// The slots whose tenants are ready, oldest first. Those that were popped stay in front until the list is full: so there is no ring, whose
/// indices would have to be wrapped twice a poll.
#[derive(Default)]
pub(crate) struct RunQueue {
    list: Vec<u32>,
    /// How many of the list were popped.
    taken: usize,
}

/// A list that grows has room for so many more at least.
const FEW: usize = 256;

impl RunQueue {
    /// At the back: a task that wakes itself runs after all that was ready before it.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32) {
        if !self.push_within_capacity(slot) {
            self.make_room();
            self.list.push(slot);
        }
    }

    /// The list is full. Forgets what was popped, if that is most of it: so each slot is moved once at most for each one that was popped.
    #[inline(never)]
    fn make_room(&mut self) {
        if self.taken > self.len() {
            self.list.drain(..self.taken);
            self.taken = 0;
        } else {
            self.list.reserve(FEW);
        }
    }

    /// [`push`](RunQueue::push), unless the list is full.
    #[inline]
    pub(crate) fn push_within_capacity(&mut self, slot: u32) -> bool {
        let has_room = self.list.len() < self.list.capacity();
        if has_room {
            self.list.push(slot);
        }
        has_room
    }

    /// The front.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let slot = *self.list.get(self.taken)?;
        self.taken += 1;
        Some(slot)
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.list.len() - self.taken
    }

    /// The slots in the order in which they will run.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.in_order().iter().copied()
    }

    pub(crate) fn in_order(&self) -> &[u32] {
        &self.list[self.taken..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_through_many_ticks() {
        let (mut queue, mut expected) = (RunQueue::default(), std::collections::VecDeque::new());
        assert_eq!((queue.len(), queue.pop(), queue.push_within_capacity(7)), (0, None, false));
        let mut next = 0;
        for round in 0..1000 {
            for _ in 0..round % 7 + round / 100 {
                queue.push(next);
                expected.push_back(next);
                next += 1;
            }
            assert_eq!(queue.len(), expected.len());
            // Some ticks are cut short: those whose turn it was still come first.
            for _ in 0..round % 11 {
                assert_eq!(queue.pop(), expected.pop_front());
            }
            assert!(queue.iter().eq(expected.iter().copied()) && queue.len() == expected.len());
        }
        let capacity = queue.list.capacity();
        for _ in 0..10 * capacity {
            queue.push(0);
            assert!(queue.pop().is_some());
        }
        assert_eq!(queue.list.capacity(), capacity, "what was popped is forgotten before the list grows");
    }
}
