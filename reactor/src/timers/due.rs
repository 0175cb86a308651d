//! Timers whose tick has come, in the order in which they fire.

use std::cmp::Reverse;
use std::mem;

use super::TimerKey;
use super::entries::Entries;
use crate::clock::Instant;

/// One of them. Small, as it is moved about when they are sorted.
#[derive(Debug)]
struct DueTimer {
    deadline: Instant,
    key: TimerKey,
}

/// Sorted only when they are about to fire: a sort of what came together costs less than a tree kept in order.
///
/// A timer that was disarmed since is still in here, and nowhere else: its key fits nothing any more.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// The last fires first, so it is taken off the end.
    sorted: Vec<DueTimer>,
    /// Came since.
    fresh: Vec<DueTimer>,
}

impl Due {
    #[inline]
    pub(super) fn push(&mut self, deadline: Instant, key: TimerKey) {
        self.fresh.push(DueTimer { deadline, key });
    }

    /// From here on `pop` knows of all that are in here now; those that come later wait for the next call.
    pub(super) fn sort(&mut self, entries: &Entries) {
        if self.fresh.is_empty() {
            return;
        }
        sort(&mut self.fresh, entries);
        // Those that are left of earlier ticks, if any, fire first, nearly always.
        let left = self.sorted.first().map(|last_of_left| last_of_left.deadline);
        let in_order = left < self.fresh.last().map(|first_of_fresh| first_of_fresh.deadline);
        self.fresh.append(&mut self.sorted);
        mem::swap(&mut self.fresh, &mut self.sorted);
        if !in_order {
            sort(&mut self.sorted, entries);
        }
    }

    /// The first, if it fires at `now`. It may have been disarmed since.
    #[inline]
    pub(super) fn pop(&mut self, now: Instant) -> Option<TimerKey> {
        self.sorted.pop_if(|first| first.deadline <= now).map(|first| first.key)
    }

    /// A timer was disarmed. If it is found easily, it goes now: so a program that arms and disarms keeps nothing.
    pub(super) fn forget(&mut self, key: &TimerKey) {
        self.fresh.pop_if(|last| last.key == *key);
    }

    /// No timer is armed: all that is left here were disarmed.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.sorted.clear();
        self.fresh.clear();
    }

    /// Not after any deadline in here; one of a timer that was disarmed may be earlier.
    pub(super) fn earliest(&self) -> Option<Instant> {
        let fresh = self.fresh.iter().map(|due| due.deadline).min();
        self.sorted.last().map(|first| first.deadline).into_iter().chain(fresh).min()
    }

    /// Forgets those in front that are not armed any more; [`Due::earliest`] is exact after it.
    pub(super) fn skip_disarmed(&mut self, entries: &Entries) {
        self.sort(entries);
        while self.sorted.pop_if(|first| entries.find(&first.key).is_none()).is_some() {}
    }
}

/// Backwards: by deadline, a number that is compared without a branch that a processor could guess wrong; then the few that have the same one, by arming.
fn sort(due: &mut [DueTimer], entries: &Entries) {
    due.sort_unstable_by_key(|timer| Reverse(timer.deadline));
    for same in due.chunk_by_mut(|one, next| one.deadline == next.deadline).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(|timer| Reverse(entries.at(timer.key.index).id()));
    }
}
