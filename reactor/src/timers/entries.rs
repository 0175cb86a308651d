//! The armed timers themselves, in chunks that never move, named by index.

use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use super::{FiringOrder, Place, TimerKey};
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
    /// The arming sequence number, which is what observers call the timer; and where it lies. See [`Entry::id`] and [`Entry::place`].
    id_and_place: u64,
    pub(super) previous: u32,
    /// The next in its list; of a free entry, the next free one.
    pub(super) next: u32,
}

/// Of `id_and_place`, those of the place. The others count 2⁵⁵ timers, a hundred years of ten million a second.
const PLACE_BITS: u32 = 9;
const DUE: u64 = (1 << PLACE_BITS) - 1;
const FAR: u64 = DUE - 1;

impl Entry {
    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.id_and_place >> PLACE_BITS
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        match self.id_and_place & DUE {
            DUE => Place::Due,
            FAR => Place::Far,
            slot => Place::Slot { level: (slot / 64) as u8, slot: (slot % 64) as u8 },
        }
    }

    #[inline]
    pub(super) fn set_place(&mut self, place: Place) {
        self.name(self.id(), place);
    }

    #[inline]
    fn name(&mut self, id: u64, place: Place) {
        let place = match place {
            Place::Due => DUE,
            Place::Far => FAR,
            Place::Slot { level, slot } => u64::from(level) * 64 + u64::from(slot),
        };
        self.id_and_place = id << PLACE_BITS | place;
    }

    #[inline]
    pub(super) fn next(&self) -> Option<u32> {
        (self.next != NIL).then_some(self.next)
    }
}

const _: () = assert!(size_of::<Entry>() <= 48 && size_of::<TimerKey>() == 8, "a million timers are 48 MB");

/// A timer that is about to be armed.
pub(super) struct New {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) waker: Waker,
    pub(super) location: &'static Location<'static>,
    pub(super) place: Place,
}

/// A timer that is armed no more.
pub(super) struct Removed {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) location: &'static Location<'static>,
    pub(super) waker: Waker,
}

#[derive(Debug)]
pub(super) struct Entries {
    chunks: Vec<Box<[Entry; CHUNK]>>,
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

    /// Fills a free entry. It is in no list yet; the caller links it in its place.
    #[inline]
    pub(super) fn insert(&mut self, new: New) -> TimerKey {
        if self.first_free == NIL {
            self.add_chunk(new.location);
        }
        let index = self.first_free;
        let entry = self.at_mut(index);
        entry.name(new.id, new.place);
        (entry.deadline, entry.location, entry.waker) = (new.deadline, new.location, Some(new.waker));
        self.first_free = entry.next;
        self.armed += 1;
        TimerKey { index, generation: self.generation(new.id) }
    }

    /// What tells a key from those of other timers that live, or have lived, in the same entry.
    #[inline]
    fn generation(&self, id: u64) -> u32 {
        self.first_generation.wrapping_add(id as u32)
    }

    /// Whether the timer with this firing order still lives here.
    pub(super) fn is_armed(&self, (_, id): FiringOrder, index: u32) -> bool {
        let entry = self.at(index);
        entry.waker.is_some() && entry.id() == id
    }

    /// Makes `CHUNK` more entries, each of which leads to the next as a free one.
    #[cold]
    fn add_chunk(&mut self, location: &'static Location<'static>) {
        let first = self.chunks.len() * CHUNK;
        assert!(first + CHUNK < NIL as usize, "more than 4 billion timers are armed");
        self.chunks.push(Box::new(std::array::from_fn(|nth| Entry {
            waker: None,
            location,
            deadline: Instant::from_nanos(0),
            id_and_place: DUE,
            previous: NIL,
            next: if nth + 1 < CHUNK { (first + nth + 1) as u32 } else { NIL },
        })));
        self.first_free = first as u32;
    }

    /// Frees an armed entry that is in no list any more. The waker is the caller's to drop, outside of any borrow.
    #[inline]
    pub(super) fn remove(&mut self, index: u32) -> Removed {
        let next = self.first_free;
        let entry = self.at_mut(index);
        entry.next = next;
        let waker = entry.waker.take().expect("only an armed entry is removed");
        let removed = Removed { id: entry.id(), deadline: entry.deadline, location: entry.location, waker };
        self.first_free = index;
        self.armed -= 1;
        removed
    }

    /// The entry's index, if the key's timer is still armed.
    #[inline]
    pub(super) fn find(&self, key: &TimerKey) -> Option<u32> {
        let index = key.index as usize;
        let entry = &self.chunks.get(index / CHUNK)?[index % CHUNK];
        (entry.waker.is_some() && self.generation(entry.id()) == key.generation).then_some(key.index)
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> &Entry {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, index: u32) -> &mut Entry {
        &mut self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    /// Every armed entry, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).filter(|entry| entry.waker.is_some())
    }
}
