//! The armed timers themselves, in chunks that never move, named by index.
//!
//! A chunk holds timers of one line of the program. So where each was armed is kept once for all of them, and timers that are alike, and
//! often fire together, lie together.

use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use super::{Place, TimerKey};
use crate::clock::Instant;

/// No entry: the end of a list.
pub(super) const NIL: u32 = u32::MAX;

/// A million timers in one doubling `Vec` would leave up to half of its memory unused; chunks leave at most one for each line.
const CHUNK: usize = 32;

/// One timer, armed or free.
#[derive(Debug)]
pub(super) struct Entry {
    /// `None`: the entry is free.
    pub(super) waker: Option<Waker>,
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

const _: () = assert!(size_of::<Entry>() <= 40 && size_of::<TimerKey>() == 8, "a million timers are 40 MB");

/// A free entry, and whose: an index into the lines.
pub(super) struct Vacancy {
    line: u32,
    pub(super) index: u32,
}

/// A timer that is about to be armed.
pub(super) struct New {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) waker: Waker,
    pub(super) place: Place,
    /// The one before it in its list, or [`NIL`].
    pub(super) previous: u32,
}

/// A timer that is armed no more: all that its entry held, as that may be another's by now.
pub(super) struct Removed {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) location: &'static Location<'static>,
    pub(super) waker: Waker,
    pub(super) place: Place,
    pub(super) previous: u32,
    pub(super) next: u32,
}

#[derive(Debug)]
struct Chunk {
    /// Whose timers they are: an index into the lines.
    line: u32,
    entries: Box<[Entry; CHUNK]>,
}

/// A line of the program that arms timers.
#[derive(Debug)]
struct Line {
    location: &'static Location<'static>,
    /// Of its chunks.
    first_free: u32,
}

#[derive(Debug)]
pub(super) struct Entries {
    chunks: Vec<Chunk>,
    lines: Vec<Line>,
    /// The lines by the addresses of their locations.
    addresses: BTreeMap<usize, u32>,
    /// Which of them was asked for last: mostly the next timer is of the same.
    last_line: u32,
    armed: usize,
    first_generation: u32,
}

impl Entries {
    pub(super) fn new() -> Entries {
        // Each reactor counts generations from elsewhere, so that a key used on the wrong one finds nothing.
        static REACTORS: AtomicU32 = AtomicU32::new(0);
        let nth = REACTORS.fetch_add(1, Ordering::Relaxed);
        let first_generation = nth.wrapping_mul(0x9E37_79B9); // the golden ratio spreads them evenly
        Entries {
            chunks: Vec::new(),
            lines: Vec::new(),
            addresses: BTreeMap::new(),
            last_line: 0,
            armed: 0,
            first_generation,
        }
    }

    pub(super) fn armed(&self) -> usize {
        self.armed
    }

    /// The free entry that is to be filled next with a timer armed at `location`.
    #[inline]
    pub(super) fn vacancy(&mut self, location: &'static Location<'static>) -> Vacancy {
        match self.lines.get(self.last_line as usize) {
            Some(Line { location: last, first_free }) if ptr::eq(*last, location) && *first_free != NIL => {
                Vacancy { line: self.last_line, index: *first_free }
            }
            _ => self.find_vacancy(location),
        }
    }

    /// Of another line than the last one, or of one that has no free entry.
    #[inline(never)]
    fn find_vacancy(&mut self, location: &'static Location<'static>) -> Vacancy {
        let next = self.lines.len() as u32;
        let line = *self.addresses.entry(ptr::from_ref(location).addr()).or_insert(next);
        if line == next {
            self.lines.push(Line { location, first_free: NIL });
        }
        self.last_line = line;
        let index = match self.lines[line as usize].first_free {
            NIL => self.add_chunk(line),
            index => index,
        };
        Vacancy { line, index }
    }

    /// Fills a [`vacancy`](Entries::vacancy), as the last of its list: it is touched once for all of that.
    #[inline]
    pub(super) fn insert(&mut self, Vacancy { line, index }: Vacancy, new: New) -> TimerKey {
        let entry = self.at_mut(index);
        entry.name(new.id, new.place);
        (entry.deadline, entry.waker, entry.previous) = (new.deadline, Some(new.waker), new.previous);
        self.lines[line as usize].first_free = std::mem::replace(&mut entry.next, NIL);
        self.armed += 1;
        self.follow(new.previous, index);
        self.key(index, new.id)
    }

    /// In its list, `index` comes after `previous`, if there is one.
    #[inline]
    pub(super) fn follow(&mut self, previous: u32, index: u32) {
        if previous != NIL {
            self.at_mut(previous).next = index;
        }
    }

    /// Names the timer with this number that lives at `index`.
    #[inline]
    pub(super) fn key(&self, index: u32, id: u64) -> TimerKey {
        TimerKey { index, generation: self.generation(id) }
    }

    /// What tells a key from those of other timers that live, or have lived, in the same entry.
    #[inline]
    fn generation(&self, id: u64) -> u32 {
        self.first_generation.wrapping_add(id as u32)
    }

    /// Makes `CHUNK` more entries for a line, each of which leads to the next as a free one, and gives the first.
    #[cold]
    fn add_chunk(&mut self, line: u32) -> u32 {
        let first = self.chunks.len() * CHUNK;
        assert!(first + CHUNK < NIL as usize, "more than 4 billion timers are armed");
        let entries = std::array::from_fn(|nth| Entry {
            waker: None,
            deadline: Instant::from_nanos(0),
            id_and_place: DUE,
            previous: NIL,
            next: if nth + 1 < CHUNK { (first + nth + 1) as u32 } else { NIL },
        });
        self.chunks.push(Chunk { line, entries: Box::new(entries) });
        self.lines[line as usize].first_free = first as u32;
        first as u32
    }

    /// Frees the entry of the key's timer, if that is still armed. Its neighbours are the caller's to link, its waker to drop, outside of any borrow.
    #[inline(always)]
    pub(super) fn remove(&mut self, key: &TimerKey) -> Option<Removed> {
        let first_generation = self.first_generation;
        let chunk = self.chunks.get_mut(key.index as usize / CHUNK)?;
        let entry = &mut chunk.entries[key.index as usize % CHUNK];
        let id = entry.id();
        if first_generation.wrapping_add(id as u32) != key.generation {
            return None;
        }
        let waker = entry.waker.take()?;
        let (deadline, place, previous) = (entry.deadline, entry.place(), entry.previous);
        let line = &mut self.lines[chunk.line as usize];
        let next = std::mem::replace(&mut entry.next, std::mem::replace(&mut line.first_free, key.index));
        self.armed -= 1;
        Some(Removed { id, deadline, location: line.location, waker, place, previous, next })
    }

    /// The entry's index, if the key's timer is still armed.
    #[inline]
    pub(super) fn find(&self, key: &TimerKey) -> Option<u32> {
        let index = key.index as usize;
        let entry = &self.chunks.get(index / CHUNK)?.entries[index % CHUNK];
        (entry.waker.is_some() && self.generation(entry.id()) == key.generation).then_some(key.index)
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> &Entry {
        &self.chunks[index as usize / CHUNK].entries[index as usize % CHUNK]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, index: u32) -> &mut Entry {
        &mut self.chunks[index as usize / CHUNK].entries[index as usize % CHUNK]
    }

    /// Every armed entry and where it was armed, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Entry, &'static Location<'static>)> {
        let entries = self.chunks.iter().flat_map(|chunk| {
            let location = self.lines[chunk.line as usize].location;
            chunk.entries.iter().map(move |entry| (entry, location))
        });
        entries.filter(|(entry, _)| entry.waker.is_some())
    }
}
