//! Timers whose tick has come, in the order in which they fire.

use std::collections::VecDeque;

use super::FiringOrder;
use crate::clock::Instant;

/// Sorted only when they are about to fire: a sort of what came together costs less than a tree kept in order.
///
/// A timer that was disarmed since is still in here, and nowhere else. Whoever takes it out finds that it is not armed any more.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Each with its index, in the order of firing.
    sorted: VecDeque<(FiringOrder, u32)>,
    /// Came since.
    fresh: Vec<(FiringOrder, u32)>,
}

impl Due {
    #[inline]
    pub(super) fn push(&mut self, order: FiringOrder, index: u32) {
        self.fresh.push((order, index));
    }

    /// From here on `pop` knows of all that are in here now; those that come later wait for the next call.
    pub(super) fn sort(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        sort(&mut self.fresh);
        // Those of earlier ticks are there first, nearly always.
        let in_order = self.sorted.back() <= self.fresh.first();
        self.sorted.extend(self.fresh.drain(..));
        if !in_order {
            sort(self.sorted.make_contiguous());
        }
    }

    /// The first, if it fires at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(FiringOrder, u32)> {
        self.sorted.pop_front_if(|((deadline, _), _)| *deadline <= now)
    }

    /// A timer is armed no more, and so many are. If it is found easily, it goes now: so a program that arms and disarms keeps nothing.
    #[inline]
    pub(super) fn forget(&mut self, order: FiringOrder, armed: usize) {
        self.fresh.pop_if(|(last, _)| *last == order);
        if armed == 0 {
            self.sorted.clear();
            self.fresh.clear();
        }
    }

    /// Not after any deadline in here; one of a timer that was disarmed may be earlier.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.sorted.front().into_iter().chain(self.fresh.iter().min()).map(|((deadline, _), _)| *deadline).min()
    }

    /// Forgets those in front that are not armed any more; [`Due::earliest`] is exact after it.
    pub(super) fn skip(&mut self, is_armed: impl Fn(FiringOrder, u32) -> bool) {
        self.sort();
        while self.sorted.pop_front_if(|(order, index)| !is_armed(*order, *index)).is_some() {}
    }
}

/// As one number, which is compared without a branch that a processor could guess wrong.
fn sort(due: &mut [(FiringOrder, u32)]) {
    due.sort_unstable_by_key(|((deadline, id), _)| u128::from(deadline.as_nanos()) << 64 | u128::from(*id));
}
