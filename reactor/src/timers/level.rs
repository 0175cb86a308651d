//! One level of the wheel: 64 slots, each a list, and a map of the slots that are not empty.

use super::entries::{Entries, NIL};
use crate::clock::Instant;

/// A doubly linked list of entries, by index.
#[derive(Debug)]
pub(super) struct List {
    /// Or [`NIL`].
    pub(super) head: u32,
    tail: u32,
    /// Not after any deadline in the list. A cancelled entry leaves it as it was, for an exact value would cost a walk.
    earliest: Instant,
}

impl List {
    pub(super) const EMPTY: List = List { head: NIL, tail: NIL, earliest: Instant::from_nanos(u64::MAX) };

    pub(super) fn earliest(&self) -> Instant {
        self.earliest
    }

    /// Walks the list for the exact earliest deadline and remembers it.
    pub(super) fn find_earliest(&mut self, entries: &Entries) -> Instant {
        self.earliest = List::EMPTY.earliest;
        let mut index = self.head;
        while index != NIL {
            let entry = entries.at(index);
            self.earliest = self.earliest.min(entry.deadline);
            index = entry.next;
        }
        self.earliest
    }

    /// Makes `index` the last and gives the former last one, or [`NIL`]: the caller links the two.
    #[inline]
    pub(super) fn append(&mut self, index: u32, deadline: Instant) -> u32 {
        self.earliest = self.earliest.min(deadline);
        if self.head == NIL {
            self.head = index;
        }
        std::mem::replace(&mut self.tail, index)
    }

    /// Takes out the entry between these two, each of which may be [`NIL`].
    #[inline]
    pub(super) fn unlink(&mut self, entries: &mut Entries, previous: u32, next: u32) {
        match previous {
            NIL => self.head = next,
            previous => entries.at_mut(previous).next = next,
        }
        match next {
            NIL => self.tail = previous,
            next => entries.at_mut(next).previous = previous,
        }
        if self.head == NIL {
            *self = List::EMPTY;
        }
    }

    /// Reads every entry, so that all are in the cache when they are taken one by one. From both ends towards the middle: where the next one lies is
    /// known only when this one has come from memory, so two of them are on their way at a time.
    pub(super) fn fetch(&self, entries: &Entries) {
        let (mut first, mut last) = (self.head, self.tail);
        while first != last {
            first = entries.at(first).next;
            if first != last {
                last = entries.at(last).previous;
            }
        }
    }

    pub(super) fn pop_front(&mut self, entries: &mut Entries) -> Option<u32> {
        let first = (self.head != NIL).then_some(self.head)?;
        self.unlink(entries, NIL, entries.at(first).next);
        Some(first)
    }
}

#[derive(Debug)]
pub(super) struct Level {
    /// Bit n: slot n is not empty.
    occupied: u64,
    slots: [List; 64],
}

impl Level {
    pub(super) const EMPTY: Level = Level { occupied: 0, slots: [const { List::EMPTY }; 64] };

    /// The lowest slot that is not empty.
    pub(super) fn first_occupied(&self) -> Option<u8> {
        (self.occupied != 0).then(|| self.occupied.trailing_zeros() as u8)
    }

    #[inline]
    pub(super) fn slot(&self, slot: u8) -> &List {
        &self.slots[slot as usize]
    }

    pub(super) fn slot_mut(&mut self, slot: u8) -> &mut List {
        &mut self.slots[slot as usize]
    }

    /// [`List::append`].
    #[inline]
    pub(super) fn append(&mut self, slot: usize, index: u32, deadline: Instant) -> u32 {
        self.occupied |= 1 << slot;
        self.slots[slot].append(index, deadline)
    }

    /// Unlinks the first entry of a slot.
    pub(super) fn pop_front(&mut self, slot: usize, entries: &mut Entries) -> Option<u32> {
        let first = self.slots[slot].pop_front(entries);
        self.mark(slot);
        first
    }

    /// Empties a slot: its first entry leads to the others.
    pub(super) fn take(&mut self, slot: usize) -> List {
        self.occupied &= !(1 << slot);
        std::mem::replace(&mut self.slots[slot], List::EMPTY)
    }

    /// [`List::unlink`].
    #[inline]
    pub(super) fn unlink(&mut self, slot: usize, entries: &mut Entries, previous: u32, next: u32) {
        self.slots[slot].unlink(entries, previous, next);
        self.mark(slot);
    }

    /// Something has left the slot: it may be empty now.
    #[inline]
    fn mark(&mut self, slot: usize) {
        if self.slots[slot].head == NIL {
            self.occupied &= !(1 << slot);
        }
    }
}
