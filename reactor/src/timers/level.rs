//! One level of the wheel: 64 slots, each a list, and a map of the slots that are not empty.

use super::entries::{Entries, NIL};
use crate::clock::Instant;

/// A doubly linked list of entries, by index.
#[derive(Debug)]
pub(super) struct List {
    head: u32,
    tail: u32,
    /// Not after any deadline in the list. A cancelled entry leaves it as it was, for an exact value would cost a walk.
    earliest: Instant,
}

impl List {
    pub(super) const EMPTY: List = List { head: NIL, tail: NIL, earliest: Instant::from_nanos(u64::MAX) };

    #[inline]
    pub(super) fn head(&self) -> Option<u32> {
        (self.head != NIL).then_some(self.head)
    }

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

    #[inline]
    pub(super) fn push_back(&mut self, entries: &mut Entries, index: u32) {
        let entry = entries.at_mut(index);
        (entry.previous, entry.next) = (self.tail, NIL);
        self.earliest = self.earliest.min(entry.deadline);
        match self.tail {
            NIL => self.head = index,
            tail => entries.at_mut(tail).next = index,
        }
        self.tail = index;
    }

    #[inline]
    pub(super) fn unlink(&mut self, entries: &mut Entries, index: u32) {
        let (previous, next) = (entries.at(index).previous, entries.at(index).next);
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

    #[inline]
    pub(super) fn push_back(&mut self, slot: u8, entries: &mut Entries, index: u32) {
        self.slots[slot as usize].push_back(entries, index);
        self.occupied |= 1 << slot;
    }

    /// Unlinks the first entry of a slot.
    #[inline]
    pub(super) fn pop_front(&mut self, slot: u8, entries: &mut Entries) -> Option<u32> {
        let list = &mut self.slots[slot as usize];
        let first = list.head()?;
        list.head = entries.at(first).next;
        if list.head == NIL {
            *list = List::EMPTY;
            self.occupied &= !(1 << slot);
        } else {
            entries.at_mut(list.head).previous = NIL;
        }
        Some(first)
    }

    /// Empties a slot: its first entry leads to the others.
    pub(super) fn take(&mut self, slot: u8) -> List {
        self.occupied &= !(1 << slot);
        std::mem::replace(&mut self.slots[slot as usize], List::EMPTY)
    }

    #[inline]
    pub(super) fn unlink(&mut self, slot: u8, entries: &mut Entries, index: u32) {
        let list = &mut self.slots[slot as usize];
        list.unlink(entries, index);
        if list.head().is_none() {
            self.occupied &= !(1 << slot);
        }
    }
}
