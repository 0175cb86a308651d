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
    /// The arming sequence number, which is what observers call the timer (2⁵⁵ are a hundred years of ten million a second); and where it lies.
    id_and_spot: u64,
    pub(super) previous: u32,
    /// The next in its list; of a free entry, the next free one.
    pub(super) next: u32,
}

impl Entry {
    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.id_and_spot >> Spot::BITS
    }

    #[inline]
    pub(super) fn spot(&self) -> Spot {
        Spot(self.id_and_spot & Spot::DUE.0)
    }

    #[inline]
    pub(super) fn set_spot(&mut self, spot: Spot) {
        self.id_and_spot = self.id_and_spot & !Spot::DUE.0 | spot.0;
    }
}

/// A [`Place`] as one number of so many bits, which is quick to compare and to take apart: level × 64 + slot, or one that is on no level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spot(u64);

impl Spot {
    const BITS: u32 = 9;
    pub(super) const DUE: Spot = Spot((1 << Spot::BITS) - 1);
    pub(super) const FAR: Spot = Spot(Spot::DUE.0 - 1);

    #[inline]
    pub(super) fn new(level: u32, slot: u64) -> Spot {
        Spot(u64::from(level) * 64 + slot)
    }

    /// More than the wheel has, if it is on none.
    #[inline]
    pub(super) fn level(self) -> usize {
        self.0 as usize / 64
    }

    #[inline]
    pub(super) fn slot(self) -> usize {
        self.0 as usize % 64
    }

    pub(super) fn place(self) -> Place {
        match self {
            Spot::DUE => Place::Due,
            Spot::FAR => Place::Far,
            _ => Place::Slot { level: self.level() as u8, slot: self.slot() as u8 },
        }
    }
}

const _: () = assert!(size_of::<Entry>() <= 40 && size_of::<TimerKey>() == 8, "a million timers are 40 MB");

/// A timer that is about to be armed.
pub(super) struct New {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) waker: Waker,
    pub(super) spot: Spot,
}

/// A timer that is armed no more: all that its entry held, as that may be another's by now.
pub(super) struct Removed {
    pub(super) id: u64,
    pub(super) deadline: Instant,
    pub(super) location: &'static Location<'static>,
    pub(super) waker: Waker,
    pub(super) spot: Spot,
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

    /// Fills a free entry with a timer armed at `location`: it is touched once for all of that. `append` is given its index, makes it the
    /// last of its list, and gives the one that was, or [`NIL`].
    #[inline(always)]
    pub(super) fn insert(
        &mut self,
        location: &'static Location<'static>,
        new: New,
        append: impl FnOnce(u32) -> u32,
    ) -> TimerKey {
        let line = match self.lines.get_mut(self.last_line as usize) {
            Some(last) if ptr::eq(last.location, location) && last.first_free != NIL => last,
            _ => {
                self.find_line(location);
                &mut self.lines[self.last_line as usize]
            }
        };
        let index = line.first_free;
        let previous = append(index);
        let entry = &mut self.chunks[index as usize / CHUNK].entries[index as usize % CHUNK];
        line.first_free = std::mem::replace(&mut entry.next, NIL);
        entry.id_and_spot = new.id << Spot::BITS | new.spot.0;
        (entry.deadline, entry.waker, entry.previous) = (new.deadline, Some(new.waker), previous);
        self.armed += 1;
        self.follow(previous, index);
        self.key(index, new.id)
    }

    /// Makes the line of `location` the last one that was asked for, with a free entry.
    #[inline(never)]
    fn find_line(&mut self, location: &'static Location<'static>) {
        let next = self.lines.len() as u32;
        let line = *self.addresses.entry(ptr::from_ref(location).addr()).or_insert(next);
        if line == next {
            self.lines.push(Line { location, first_free: NIL });
        }
        self.last_line = line;
        if self.lines[line as usize].first_free == NIL {
            self.add_chunk(line);
        }
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

    /// Makes `CHUNK` more entries for a line, each of which leads to the next as a free one.
    #[cold]
    fn add_chunk(&mut self, line: u32) {
        let first = self.chunks.len() * CHUNK;
        assert!(first + CHUNK < NIL as usize, "more than 4 billion timers are armed");
        let entries = std::array::from_fn(|nth| Entry {
            waker: None,
            deadline: Instant::from_nanos(0),
            id_and_spot: 0,
            previous: NIL,
            next: if nth + 1 < CHUNK { (first + nth + 1) as u32 } else { NIL },
        });
        self.chunks.push(Chunk { line, entries: Box::new(entries) });
        self.lines[line as usize].first_free = first as u32;
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
        let (deadline, spot, previous) = (entry.deadline, entry.spot(), entry.previous);
        let line = &mut self.lines[chunk.line as usize];
        let next = std::mem::replace(&mut entry.next, std::mem::replace(&mut line.first_free, key.index));
        self.armed -= 1;
        Some(Removed { id, deadline, location: line.location, waker, spot, previous, next })
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
