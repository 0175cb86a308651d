//! The hierarchical timer wheel (Varghese & Lauck): 6 levels of 64 slots, insert and cancel in O(1).
//!
//! Write a tick as digits of 6 bits. `elapsed` is the tick the wheel has reached. A timer lies on the level of the
//! highest digit in which its tick differs from `elapsed`, in the slot that this digit names:
//!
//! ```text
//! elapsed   0 . 0 . 0 . 2 . 7 . 5
//! tick      0 . 0 . 0 . 2 . 9 . 1     differs first in the second digit from the right: level 1, slot 9
//! ```
//!
//! So every timer of a level agrees with `elapsed` in all higher digits and is ahead in its own one. Nothing ever wraps
//! round; all that a lower level holds comes before all that a higher one holds; within a level the lowest occupied
//! slot comes first. When `elapsed` reaches a slot, its timers *cascade*: each now differs in a lower digit only.
//! Ticks that differ beyond the sixth digit (2.2 years) wait in `far`, one list for each such *era*.
//!
//! The wheel never reads a clock. It moves one entry at a time while each move is shown as it happens, else place by place.

use std::collections::BTreeMap;

use super::entries::{Entries, NIL, Removed, Spot};
use super::level::{Level, List};
use super::{TimerKey, tick_of};
use crate::clock::Instant;

const LEVELS: usize = 6;
const DIGIT_BITS: u32 = 6;
const ERA_BITS: u32 = DIGIT_BITS * LEVELS as u32;

/// What one step of the wheel did.
#[derive(Debug)]
pub(super) enum Step {
    /// `index` went from one place to another.
    Moved { index: u32, from: Spot, to: Spot },
    /// The wheel has reached the tick of `index`, which has left the wheel.
    Reached { index: u32, from: Spot },
    /// There is nothing more to do up to the tick that was asked for.
    Done,
}

#[derive(Debug)]
pub(super) struct Wheel {
    elapsed: u64,
    levels: [Level; LEVELS],
    far: BTreeMap<u64, List>,
    /// The place that is being emptied because `elapsed` has reached its start.
    draining: Option<Spot>,
}

impl Wheel {
    pub(super) fn new() -> Wheel {
        let levels = [const { Level::EMPTY }; LEVELS];
        Wheel { elapsed: 0, levels, far: BTreeMap::new(), draining: None }
    }

    /// The tick the wheel has reached. Nothing in it has this tick or an earlier one.
    pub(super) fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// Where an entry belongs that is due at `tick`, which is after `elapsed`.
    #[inline]
    pub(super) fn place_of(&self, tick: u64) -> Spot {
        debug_assert!(tick > self.elapsed);
        let highest_bit = 63 - (tick ^ self.elapsed).leading_zeros();
        if highest_bit >= ERA_BITS {
            return Spot::FAR;
        }
        let level = highest_bit / DIGIT_BITS;
        Spot::new(level, (tick >> (DIGIT_BITS * level)) % 64)
    }

    /// Makes `index` the last there, and gives the one that was: the caller links the two. What is due is in no list.
    #[inline(always)]
    pub(super) fn append(&mut self, index: u32, spot: Spot, deadline: Instant) -> u32 {
        match self.levels.get_mut(spot.level()) {
            Some(level) => level.append(spot.slot(), index, deadline),
            None if spot == Spot::DUE => NIL,
            None => self.append_far(index, deadline),
        }
    }

    #[cold]
    fn append_far(&mut self, index: u32, deadline: Instant) -> u32 {
        let era = tick_of(deadline) >> ERA_BITS;
        self.far.entry(era).or_insert(List::EMPTY).append(index, deadline)
    }

    /// Takes a removed timer out of its list. What is due is in none.
    #[inline(always)]
    pub(super) fn unlink(&mut self, entries: &mut Entries, removed: &Removed) {
        let Removed { spot, previous, next, deadline, .. } = *removed;
        match self.levels.get_mut(spot.level()) {
            Some(level) => level.unlink(spot.slot(), entries, previous, next),
            None if spot == Spot::FAR => {
                let era = tick_of(deadline) >> ERA_BITS;
                let list = self.far.get_mut(&era).expect("a far entry's era has a list");
                list.unlink(entries, previous, next);
                if list.head == NIL {
                    self.far.remove(&era);
                }
            }
            None => {}
        }
    }

    /// Moves an entry, which is in no list, to the end of the list where it belongs now.
    #[inline]
    fn move_to(&mut self, entries: &mut Entries, index: u32, spot: Spot) {
        let entry = entries.at_mut(index);
        let previous = self.append(index, spot, entry.deadline);
        entry.set_spot(spot);
        (entry.previous, entry.next) = (previous, NIL);
        entries.follow(previous, index);
    }

    /// Goes on towards tick `to` until one entry has moved.
    #[inline]
    pub(super) fn step(&mut self, entries: &mut Entries, to: u64) -> Step {
        loop {
            // `elapsed` stands on the start of the slot that is being emptied, so its entries now belong to lower
            // levels and new ones too: it is as good as detached, and nothing can be put back into it.
            if let Some(from) = self.draining {
                if let Some(index) = self.pop_first(entries, from) {
                    let tick = tick_of(entries.at(index).deadline);
                    if tick <= self.elapsed {
                        return Step::Reached { index, from };
                    }
                    let to = self.place_of(tick);
                    self.move_to(entries, index, to);
                    debug_assert_ne!(from, to);
                    return Step::Moved { index, from, to };
                }
                self.draining = None;
            }
            match self.next_stop() {
                Some((tick, spot)) if tick <= to => (self.elapsed, self.draining) = (tick, Some(spot)),
                _ => {
                    self.elapsed = self.elapsed.max(to);
                    return Step::Done;
                }
            }
        }
    }

    /// Whether a place has been emptied in part: whoever was shown the last move panicked.
    pub(super) fn is_interrupted(&self) -> bool {
        self.draining.is_some()
    }

    /// All that is to be done up to tick `to`, place by place, while nobody is shown each [`step`](Wheel::step). `reach` is called with the
    /// deadline and the key of each timer whose tick has come. Not if the wheel [is interrupted](Wheel::is_interrupted).
    pub(super) fn advance(&mut self, entries: &mut Entries, to: u64, mut reach: impl FnMut(Instant, TimerKey)) {
        while let Some((tick, spot)) = self.next_stop().filter(|(tick, _)| *tick <= to) {
            self.elapsed = tick;
            let list = match self.levels.get_mut(spot.level()) {
                Some(level) => level.take(spot.slot()),
                None => self.far.remove(&(tick >> ERA_BITS)).unwrap_or(List::EMPTY),
            };
            if spot.level() == 0 {
                list.fetch(entries);
            }
            let mut next = list.head;
            while next != NIL {
                let index = next;
                let entry = entries.at_mut(index);
                next = entry.next;
                let tick = tick_of(entry.deadline);
                if tick <= self.elapsed {
                    entry.set_spot(Spot::DUE);
                    let (deadline, id) = (entry.deadline, entry.id());
                    reach(deadline, entries.key(index, id));
                } else {
                    self.move_to(entries, index, self.place_of(tick));
                }
            }
        }
        self.elapsed = self.elapsed.max(to);
    }

    /// Unlinks the first entry of a place that is being emptied.
    #[inline]
    fn pop_first(&mut self, entries: &mut Entries, spot: Spot) -> Option<u32> {
        if let Some(level) = self.levels.get_mut(spot.level()) {
            return level.pop_front(spot.slot(), entries);
        }
        let era = self.elapsed >> ERA_BITS;
        let list = self.far.get_mut(&era)?;
        let first = list.pop_front(entries);
        if list.head == NIL {
            self.far.remove(&era);
        }
        first
    }

    /// The first place that holds anything, and the tick at which it starts.
    fn next_stop(&self) -> Option<(u64, Spot)> {
        for (level, slots) in (0..).zip(&self.levels) {
            if let Some(slot) = slots.first_occupied().map(u64::from) {
                let shift = DIGIT_BITS * level;
                let higher_digits = self.elapsed >> shift >> DIGIT_BITS << DIGIT_BITS << shift;
                let start = higher_digits | slot << shift;
                debug_assert!(start > self.elapsed, "no slot is behind the cursor, nor at it");
                return Some((start, Spot::new(level, slot)));
            }
        }
        let (era, _) = self.far.first_key_value()?;
        Some((era << ERA_BITS, Spot::FAR))
    }

    /// Not after any deadline in the wheel; exact unless the earliest of a list was cancelled.
    ///
    /// (Every level is asked, not the lowest only: it may be called between the steps of a cascade.)
    pub(super) fn earliest(&self) -> Option<Instant> {
        let first_slots = self.levels.iter().filter_map(|level| Some(level.slot(level.first_occupied()?)));
        first_slots.chain(self.far.values().next()).map(List::earliest).min()
    }

    /// The earliest deadline in the wheel. Walks the first list; [`Wheel::earliest`] is exact after it.
    pub(super) fn find_earliest(&mut self, entries: &Entries) -> Option<Instant> {
        let slots = self.levels.iter_mut().filter_map(|level| Some(level.slot_mut(level.first_occupied()?)));
        let mut found: Option<Instant> = None;
        for list in slots.chain(self.far.values_mut().next()) {
            if found.is_none_or(|found| list.earliest() < found) {
                found = found.into_iter().chain([list.find_earliest(entries)]).min();
            }
        }
        found
    }
}
