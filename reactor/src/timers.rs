//! Timers: the wheel sorts them roughly, by millisecond; what it has reached is due and sorted exactly.
//!
//! Pure state: nothing here calls a waker, an observer or a clock. The `impl Reactor` at the end does.

mod due;
mod entries;
mod level;
mod wheel;

use std::panic::Location;
use std::task::Waker;

use crate::clock::Instant;
use crate::observer::{Event, WakerId};
use crate::reactor::Reactor;
use due::Due;
use entries::{Entries, Entry, New, Removed, Spot};
use wheel::{Step, Wheel};

const NANOS_PER_TICK: u64 = 1_000_000;

/// The tick at which a moment has certainly been reached: rounded up.
fn tick_of(moment: Instant) -> u64 {
    moment.as_nanos().saturating_add(NANOS_PER_TICK - 1) / NANOS_PER_TICK
}

/// Where an armed timer lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Its tick has come: it fires at the next [`Reactor::fire_due`] that is not before its deadline.
    Due,
    /// In the wheel.
    Slot {
        /// 0 (64 slots of one tick, 1 ms) to 5 (64 slots of 64⁵ ticks).
        level: u8,
        /// 0 to 63.
        slot: u8,
    },
    /// Beyond what the wheel spans, which is 2³⁶ ticks (2.2 years).
    Far,
}

/// Names an armed timer, for as long as it is armed. A key whose timer has fired, or that belongs to another reactor,
/// fits nothing and does no harm. Dropping the key does not disarm the timer: [`Reactor::disarm`] does.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "without its key a timer cannot be disarmed"]
pub struct TimerKey {
    index: u32,
    generation: u32,
}

#[derive(Debug)]
pub(crate) struct Timers {
    entries: Entries,
    wheel: Wheel,
    /// Timers whose tick has come.
    due: Due,
    next_id: u64,
}

impl Timers {
    pub(crate) fn new() -> Timers {
        Timers { entries: Entries::new(), wheel: Wheel::new(), due: Due::default(), next_id: 0 }
    }

    #[inline(always)]
    fn arm(
        &mut self,
        latest: Instant,
        deadline: Instant,
        waker: Waker,
        location: &'static Location<'static>,
    ) -> TimerKey {
        let id = self.next_id;
        self.next_id += 1;
        let tick = tick_of(deadline);
        let is_due = deadline <= latest || tick <= self.wheel.elapsed();
        let spot = if is_due { Spot::DUE } else { self.wheel.place_of(tick) };
        let append = |index| self.wheel.append(index, spot, deadline);
        let key = self.entries.insert(location, New { id, deadline, waker, spot }, append);
        if spot == Spot::DUE {
            self.due.push(deadline, self.entries.key(key.index, id));
        }
        key
    }

    /// All that [`step`](Timers::step) would do, at once.
    fn advance(&mut self, now: Instant) {
        while self.wheel.is_interrupted() && self.step(now).is_some() {}
        let Timers { entries, wheel, due, .. } = self;
        wheel.advance(entries, tick_of(now), |deadline, key| due.push(deadline, key));
    }

    fn make_due(&mut self, index: u32) -> u64 {
        let entry = self.entries.at_mut(index);
        entry.set_spot(Spot::DUE);
        let (deadline, id) = (entry.deadline, entry.id());
        self.due.push(deadline, self.entries.key(index, id));
        id
    }

    #[inline(always)]
    fn disarm(&mut self, key: &TimerKey) -> Option<Removed> {
        let removed = self.entries.remove(key)?;
        self.wheel.unlink(&mut self.entries, &removed);
        if removed.spot == Spot::DUE {
            self.due.forget(key);
        }
        self.tidy();
        Some(removed)
    }

    /// A timer is armed no more. If it was the last, nothing is kept.
    #[inline]
    fn tidy(&mut self) {
        if self.entries.armed() == 0 {
            self.due.clear();
        }
    }

    /// The timer's number, if its waker changed, and the waker that is left over: not to be dropped inside the borrow.
    fn set_waker(&mut self, key: &TimerKey, mut waker: Waker) -> (Option<u64>, Waker) {
        let Some(index) = self.entries.find(key) else { return (None, waker) };
        let entry = self.entries.at_mut(index);
        let stored = entry.waker.as_mut().expect("find() gives armed entries");
        if stored.will_wake(&waker) {
            return (None, waker);
        }
        std::mem::swap(stored, &mut waker);
        (Some(entry.id()), waker)
    }

    /// Moves the wheel on towards `now` by one entry: which timer moved, from where and to where.
    #[inline]
    fn step(&mut self, now: Instant) -> Option<(u64, Place, Place)> {
        match self.wheel.step(&mut self.entries, tick_of(now)) {
            Step::Moved { index, from, to } => Some((self.entries.at(index).id(), from.place(), to.place())),
            Step::Reached { index, from } => Some((self.make_due(index), from.place(), Place::Due)),
            Step::Done => None,
        }
    }

    /// Brings all that are due now into the order in which they fire: by deadline, then by arming.
    fn sort_due(&mut self) {
        self.due.sort(&self.entries);
    }

    /// Takes the next timer out that is due at `now`, of those that were when they were last sorted.
    #[inline]
    fn pop_due(&mut self, now: Instant) -> Option<Removed> {
        loop {
            let key = self.due.pop(now)?;
            if let Some(removed) = self.entries.remove(&key) {
                self.tidy();
                return Some(removed);
            }
        }
    }

    /// Not after any deadline; exact unless the earliest of a list was cancelled.
    fn earliest(&self) -> Option<Instant> {
        self.due.earliest().into_iter().chain(self.wheel.earliest()).min()
    }

    /// The earliest deadline. Walks a list of the wheel only if it could hold it.
    fn find_earliest(&mut self) -> Option<Instant> {
        self.due.skip_disarmed(&self.entries);
        let due = self.due.earliest();
        if due.is_none() || self.earliest() < due {
            self.wheel.find_earliest(&self.entries);
        }
        self.earliest()
    }

    /// Adds the events that lead to what is armed now.
    pub(crate) fn describe(&self, events: &mut Vec<Event>) {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(entry, _)| entry.id());
        events.extend(entries.into_iter().map(|(entry, location)| armed(entry, location)));
    }
}

/// The event of an armed timer.
fn armed(entry: &Entry, location: &'static Location<'static>) -> Event {
    let waker = WakerId::from(entry.waker.as_ref().expect("it is armed"));
    Event::TimerArm { timer: entry.id(), waker, deadline: entry.deadline, place: entry.spot().place(), location }
}

/// Timers (asyncio: `loop.call_at` and its `TimerHandle`).
impl Reactor {
    /// Has `waker` woken once at `deadline` or as soon after it as [`Reactor::fire_due`] is called; never before.
    /// `location` is who waits, for whoever looks.
    ///
    /// ```
    /// use glassloop_reactor::{Clock, Reactor};
    /// use std::{panic::Location, task::Waker, time::Duration};
    ///
    /// let reactor = Reactor::new(Clock::new_virtual())?;
    /// let deadline = reactor.clock().now() + Duration::from_micros(1500);
    /// let key = reactor.arm(deadline, Waker::noop().clone(), Location::caller());
    ///
    /// assert_eq!(reactor.fire_due(), 0);
    /// assert!(reactor.jump_to_next_deadline());
    /// assert_eq!(reactor.clock().now(), deadline);
    /// assert_eq!(reactor.fire_due(), 1);
    /// assert!(!reactor.is_armed(&key));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn arm(&self, deadline: Instant, waker: Waker, location: &'static Location<'static>) -> TimerKey {
        // The caller has just read the clock to compute the deadline: no need to read it again.
        let latest = self.clock().latest();
        let key = self.shared.timers.borrow_mut().arm(latest, deadline, waker, location);
        if self.is_observed() {
            self.tell_armed(key.index, location);
        }
        key
    }

    /// Reads the new entry again: so whoever is not observed keeps nothing for this.
    #[cold]
    fn tell_armed(&self, index: u32, location: &'static Location<'static>) {
        let event = armed(self.shared.timers.borrow().entries.at(index), location);
        self.tell_inline(&event);
    }

    /// Disarms the timer, if it is still armed: its waker is dropped, not woken.
    pub fn disarm(&self, key: TimerKey) {
        let removed = self.shared.timers.borrow_mut().disarm(&key);
        if let Some(Removed { id, .. }) = removed {
            self.emit(|| Event::TimerCancel { timer: id });
        }
    }

    /// Arms the timer anew, for another deadline: in the firing order it comes after all that were armed before.
    /// Returns `false`, and does nothing, if it is no longer armed.
    pub fn reset(&self, key: &mut TimerKey, deadline: Instant) -> bool {
        let removed = self.shared.timers.borrow_mut().disarm(key);
        let Some(Removed { id, waker, location, .. }) = removed else { return false };
        self.emit(|| Event::TimerCancel { timer: id });
        *key = self.arm(deadline, waker, location);
        true
    }

    /// Whether the timer has neither fired nor been disarmed.
    #[inline]
    pub fn is_armed(&self, key: &TimerKey) -> bool {
        self.shared.timers.borrow().entries.find(key).is_some()
    }

    /// Gives an armed timer another waker, unless the one it has wakes the same task.
    pub fn set_waker(&self, key: &TimerKey, waker: Waker) {
        let new = WakerId::from(&waker);
        let (changed, _left_over) = self.shared.timers.borrow_mut().set_waker(key, waker);
        if let Some(timer) = changed {
            self.emit(|| Event::TimerWaker { timer, waker: new });
        }
    }

    /// Wakes what is due, ordered by (deadline, arming), and returns how many that were. What is armed meanwhile
    /// waits for the next call. Reads the clock once, and not at all when no timer is armed; no system call besides.
    #[inline]
    pub fn fire_due(&self) -> usize {
        if self.armed_timers() == 0 { 0 } else { self.fire_due_now() }
    }

    fn fire_due_now(&self) -> usize {
        let now = self.clock().now();
        self.turn_wheel(now);
        self.shared.timers.borrow_mut().sort_due();
        let pop = || self.shared.timers.borrow_mut().pop_due(now);
        let mut fired = 0;
        while let Some(Removed { id, deadline, waker, .. }) = pop() {
            self.emit(|| Event::TimerFire { timer: id, deadline, late: now - deadline });
            waker.wake();
            fired += 1;
        }
        if fired == 0 {
            self.clock().one_more_round();
        }
        fired
    }

    /// Step by step if each is to be told.
    fn turn_wheel(&self, now: Instant) {
        let timers = &self.shared.timers;
        if !self.is_observed() {
            return timers.borrow_mut().advance(now);
        }
        let step = || timers.borrow_mut().step(now);
        while let Some((timer, from, to)) = step() {
            self.emit(|| Event::TimerMove { timer, from, to });
        }
    }

    /// Whether the loop has looked for due timers 250,000 times while its virtual clock stood still, and never waited: somebody yields until the
    /// time has come, and it never would. A real clock moves by itself.
    #[inline]
    pub fn is_spinning(&self) -> bool {
        self.clock().is_spun_round()
    }

    /// A moment before which nothing fires: the earliest deadline, or, when a timer was disarmed meanwhile, possibly
    /// that one's. `None` when no timer is armed.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.shared.timers.borrow().earliest()
    }

    /// How many timers are armed.
    #[inline]
    pub fn armed_timers(&self) -> usize {
        self.shared.timers.borrow().entries.armed()
    }

    /// Moves a virtual clock to the earliest deadline, exactly, to the nanosecond: time never stops at a moment that
    /// nobody asked for. If that deadline has passed already, the clock stays. Returns whether there is anything to
    /// fire now.
    ///
    /// # Panics
    /// On a real clock.
    pub fn jump_to_next_deadline(&self) -> bool {
        assert!(self.clock().is_virtual(), "jump_to_next_deadline: this clock is real; a real loop waits in turn()");
        let earliest = self.shared.timers.borrow_mut().find_earliest();
        let Some(to) = earliest else { return false };
        let from = self.clock().now();
        if to > from {
            self.clock().jump_to(to);
            self.emit(|| Event::ClockJump { from, to });
        }
        true
    }
}
