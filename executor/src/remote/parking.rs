//! The word through which the owner goes to sleep and others wake it: the protocol of std's parker.
//!
//! ```text
//!            notify            take
//!   EMPTY ------------> NOTIFIED ------> EMPTY
//!     |  ^                 ^
//!     |  | unparked        | notify: and unpark the owner
//!     v  |                 |
//!   PARKED ----------------+
//!      begin_park
//! ```
//!
//! Every change is a read-modify-write, so all changes stand in one order. A notify comes either before `begin_park`, which then
//! sees it and refuses, or after, and then sees PARKED and unparks. There is no third way, and so no lost wake-up.
//! What was pushed before the notify is seen after the `take`: release and acquire on the same word.

use crate::sync::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const NOTIFIED: u8 = 2;

/// The orderings, named so that `--cfg mutant="..."` can weaken one at a time: the loom model must then fail.
mod order {
    use super::Ordering;

    pub(super) const NOTIFY: Ordering =
        if cfg!(mutant = "relaxed_notify") { Ordering::Relaxed } else { Ordering::AcqRel };
    pub(super) const TAKE: Ordering = if cfg!(mutant = "relaxed_take") { Ordering::Relaxed } else { Ordering::AcqRel };
}

pub(crate) struct Parking(AtomicU8);

impl Parking {
    pub(crate) fn new() -> Parking {
        Parking(AtomicU8::new(EMPTY))
    }

    /// Something was pushed. True if the owner is parked and the caller has to unpark it: told to one caller only.
    pub(crate) fn notify(&self) -> bool {
        self.0.swap(NOTIFIED, order::NOTIFY) == PARKED
    }

    /// Whether something was pushed since the last time. The owner drains the queue *after* this.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        // A plain look first: in almost every tick there is nothing, and a stale "nothing" is mended by `begin_park`.
        self.0.load(Ordering::Relaxed) == NOTIFIED && self.0.swap(EMPTY, order::TAKE) == NOTIFIED
    }

    /// The owner is about to sleep. False if something was pushed meanwhile: then drain instead.
    pub(crate) fn begin_park(&self) -> bool {
        if cfg!(mutant = "no_recheck") {
            self.0.swap(PARKED, Ordering::AcqRel);
            return true;
        }
        self.0.compare_exchange(EMPTY, PARKED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The owner is awake again, for whatever reason. A notify that came stays: the next `take` finds it.
    pub(crate) fn unparked(&self) {
        let _ = self.0.compare_exchange(PARKED, EMPTY, Ordering::AcqRel, Ordering::Acquire);
    }

    /// For a new owner.
    pub(crate) fn reset(&self) {
        self.0.swap(EMPTY, Ordering::AcqRel);
    }
}
