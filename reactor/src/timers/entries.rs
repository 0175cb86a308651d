//! The armed timers themselves, in chunks that never move, named by index.

use std::mem;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use super::{Place, TimerKey};
use crate::clock::Instant;

/// No entry: the end of a list.
pub(super) const NIL: u32 = u32::MAX;

/// A million timers in one doubling `Vec` would leave up to half of its memory unused; chunks leave at most one.
const CHUNK: usize = 512;

/// One timer, armed or free.
#[derive(Debug)]
pub(super) struct Entry {
    /// `None`: the entry is free.
    pub(super) waker: Option<Waker>,
    pub(super) location: &'static Location<'static>,
    pub(super) deadline: Instant,
    /// The arming sequence number: what observers call the timer.
    pub(super) id: u64,
    pub(super) previous: u32,
    /// The next in its list; of a free entry, the next free one.
    pub(super) next: u32,
    /// Counts the timers that lived here, so that an old key does not fit a new one.
    generation: u32,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) struct Entries {
    chunks: Vec<Vec<Entry>>,
    first_free: u32,
    armed: usize,
    first_generation: u32,
}

impl Entries {
    pub(super) fn new() -> Entries {
        // Each reactor counts generations from elsewhere, so that a key used on the wrong one finds nothing.
        static REACTORS: AtomicU32 = AtomicU32::new(0);
        let nth = REACTORS.fetch_add(1, Ordering::Relaxed);
        let first_generation = nth.wrapping_mul(0x9E37_79B9); // the golden ratio spreads them evenly
        Entries { chunks: Vec::new(), first_free: NIL, armed: 0, first_generation }
    }

    pub(super) fn armed(&self) -> usize {
        self.armed
    }

    /// Fills a free entry, or a new one. It is in no list yet; the caller places it.
    pub(super) fn insert(
        &mut self,
        id: u64,
        deadline: Instant,
        waker: Waker,
        location: &'static Location<'static>,
    ) -> TimerKey {
        let (index, generation) = match self.first_free {
            NIL => (self.next_index(), self.first_generation),
            free => (free, self.at(free).generation),
        };
        let waker = Some(waker);
        let (previous, next, place) = (NIL, NIL, Place::Due);
        let entry = Entry { waker, location, deadline, id, previous, next, generation, place };
        if self.first_free == NIL {
            self.chunks.last_mut().expect("next_index() made room").push(entry);
        } else {
            self.first_free = mem::replace(self.at_mut(index), entry).next;
        }
        self.armed += 1;
        TimerKey { index, generation }
    }

    /// The index of the entry after the last one, with room for it.
    fn next_index(&mut self) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let index = (self.chunks.len() - 1) * CHUNK + self.chunks[self.chunks.len() - 1].len();
        u32::try_from(index).ok().filter(|&index| index != NIL).expect("more than 4 billion timers are armed")
    }

    /// Frees an armed entry that is in no list any more. The waker is the caller's to drop, outside of any borrow.
    pub(super) fn remove(&mut self, index: u32) -> Waker {
        let next = self.first_free;
        let entry = self.at_mut(index);
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = next;
        let waker = entry.waker.take().expect("only an armed entry is removed");
        self.first_free = index;
        self.armed -= 1;
        waker
    }

    /// The entry's index, if the key's timer is still armed.
    pub(super) fn find(&self, key: &TimerKey) -> Option<u32> {
        let index = key.index as usize;
        let entry = self.chunks.get(index / CHUNK)?.get(index % CHUNK)?;
        (entry.waker.is_some() && entry.generation == key.generation).then_some(key.index)
    }

    pub(super) fn at(&self, index: u32) -> &Entry {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    pub(super) fn at_mut(&mut self, index: u32) -> &mut Entry {
        &mut self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    /// Every armed entry, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flatten().filter(|entry| entry.waker.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_takes_at_most_56_bytes() {
        assert!(size_of::<Entry>() <= 56, "{}", size_of::<Entry>());
        assert_eq!(size_of::<TimerKey>(), 8);
    }
}
