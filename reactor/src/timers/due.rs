//! Timers whose tick has come, in the order in which they fire.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
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

/// Timers that became due together. Never empty while it is in the heap.
#[derive(Debug)]
struct Batch {
    number: u64,
    /// The last fires first, so it is taken off the end.
    sorted: Vec<DueTimer>,
}

impl Batch {
    /// By deadline, then by arming. Of two timers with one deadline, that of the earlier batch was armed earlier: the wheel gives all that have
    /// this deadline at once, and what is armed after that is of a later batch.
    #[inline]
    fn order(&self) -> (Option<Instant>, u64) {
        (self.sorted.last().map(|first| first.deadline), self.number)
    }
}

impl Ord for Batch {
    /// The greatest has what fires first, as a heap gives the greatest.
    #[inline]
    fn cmp(&self, other: &Batch) -> Ordering {
        other.order().cmp(&self.order())
    }
}

impl PartialOrd for Batch {
    #[inline]
    fn partial_cmp(&self, other: &Batch) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Batch {
    fn eq(&self, other: &Batch) -> bool {
        self.number == other.number
    }
}

impl Eq for Batch {}

/// A heap of batches, of which there are few, nearly always: to sort what came together costs less than to keep all in one order.
///
/// A timer that was disarmed since is still in here, and nowhere else: its key fits nothing any more.
#[derive(Debug, Default)]
pub(super) struct Due {
    batches: BinaryHeap<Batch>,
    /// Batches ever made.
    made: u64,
    /// Came since the last one.
    fresh: Vec<DueTimer>,
    /// The room of a batch that has fired.
    spare: Vec<DueTimer>,
}

impl Due {
    #[inline]
    pub(super) fn push(&mut self, deadline: Instant, key: TimerKey) {
        self.fresh.push(DueTimer { deadline, key });
    }

    /// From here on `pop` knows of all that are in here now; those that come later wait for the next call. The wheel must have reached what it
    /// can, so that no earlier one comes later.
    pub(super) fn sort(&mut self, entries: &Entries) {
        if !self.fresh.is_empty() {
            let mut sorted = mem::replace(&mut self.fresh, mem::take(&mut self.spare));
            sort(&mut sorted, entries);
            self.made += 1;
            self.batches.push(Batch { number: self.made, sorted });
        }
    }

    /// The first, if it fires at `now`. It may have been disarmed since.
    #[inline]
    pub(super) fn pop(&mut self, now: Instant) -> Option<TimerKey> {
        self.pop_if(|first| first.deadline <= now)
    }

    #[inline]
    fn pop_if(&mut self, condition: impl FnOnce(&DueTimer) -> bool) -> Option<TimerKey> {
        let mut batch = self.batches.peek_mut()?;
        batch.sorted.last().filter(|first| condition(first))?;
        let first = batch.sorted.pop();
        if batch.sorted.is_empty() {
            self.spare = PeekMut::pop(batch).sorted;
        }
        Some(first?.key)
    }

    /// A timer was disarmed. If it is found easily, it goes now: so a program that arms and disarms keeps nothing.
    pub(super) fn forget(&mut self, key: &TimerKey) {
        self.fresh.pop_if(|last| last.key == *key);
    }

    /// No timer is armed: all that is left here were disarmed.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.fresh.clear();
        if !self.batches.is_empty() {
            self.batches.clear();
        }
    }

    /// Not after any deadline in here; one of a timer that was disarmed may be earlier.
    pub(super) fn earliest(&self) -> Option<Instant> {
        let first = self.batches.peek().and_then(|batch| batch.sorted.last());
        self.fresh.iter().chain(first).map(|due| due.deadline).min()
    }

    /// Forgets those in front that are not armed any more; [`Due::earliest`] is exact after it.
    pub(super) fn skip_disarmed(&mut self, entries: &Entries) {
        self.fresh.retain(|due| entries.find(&due.key).is_some());
        while self.pop_if(|first| entries.find(&first.key).is_none()).is_some() {}
    }
}

/// Backwards: by deadline, a number that is compared without a branch that a processor could guess wrong; then the few that have the same one, by arming.
fn sort(due: &mut [DueTimer], entries: &Entries) {
    due.sort_unstable_by_key(|timer| Reverse(timer.deadline));
    for same in due.chunk_by_mut(|one, next| one.deadline == next.deadline).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(|timer| Reverse(entries.at(timer.key.index).id()));
    }
}
