//! The clock: real, or virtual so that an hour of sleeping takes no time.

use std::cell::Cell;
use std::fmt;
use std::ops::{Add, Sub};
use std::rc::Rc;
use std::time::Duration;

/// A moment: nanoseconds since the origin of the [`Clock`] that gave it. Moments of two clocks cannot be compared.
///
/// It spans 584 years; arithmetic stops at either end instead of overflowing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The moment `nanos` nanoseconds after the clock's origin.
    pub const fn from_nanos(nanos: u64) -> Instant {
        Instant(nanos)
    }

    /// Nanoseconds since the clock's origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The moment `duration` later, or `None` if that is more than an `Instant` can hold.
    #[inline]
    pub fn checked_add(self, duration: Duration) -> Option<Instant> {
        // Not by way of `as_nanos`, which takes a multiplication of 128 bits.
        let nanos = duration.as_secs().checked_mul(1_000_000_000)?.checked_add(u64::from(duration.subsec_nanos()))?;
        self.0.checked_add(nanos).map(Instant)
    }
}

/// Saturating: `Duration::MAX` after any moment is the last moment there is.
impl Add<Duration> for Instant {
    type Output = Instant;

    #[inline]
    fn add(self, duration: Duration) -> Instant {
        self.checked_add(duration).unwrap_or(Instant(u64::MAX))
    }
}

/// Saturating: there is nothing before the clock's origin.
impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, duration: Duration) -> Instant {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_sub(nanos))
    }
}

/// Saturating, as in `std`: never negative.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({:?})", Duration::from_nanos(self.0))
    }
}

/// Where the time comes from (asyncio: `loop.time()`). A clone is the same clock.
///
/// ```
/// use glassloop_reactor::Clock;
/// use std::time::Duration;
///
/// let clock = Clock::new_virtual();
/// let before = clock.now();
/// clock.block_for(Duration::from_secs(3600)); // returns at once
/// assert_eq!(clock.now() - before, Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The latest reading of a real clock; the time itself of a virtual one.
    latest: Cell<Instant>,
    /// `None`: the clock is virtual.
    origin: Option<std::time::Instant>,
    /// How often timers were looked for in vain since a virtual clock last moved, or its loop last waited.
    rounds: Cell<u32>,
}

/// So many rounds of a loop that never waits are no work any more: it waits for its time to come.
const PATIENCE: u32 = 250_000;

impl Clock {
    /// The system's monotonic clock; its origin is now.
    pub fn real() -> Clock {
        Clock::new(Some(std::time::Instant::now()))
    }

    /// A clock that stands at its origin until somebody moves it.
    pub fn new_virtual() -> Clock {
        Clock::new(None)
    }

    fn new(origin: Option<std::time::Instant>) -> Clock {
        let latest = Cell::new(Instant(0));
        Clock { inner: Rc::new(Inner { latest, origin, rounds: Cell::new(0) }) }
    }

    /// Whether time only moves when it is told to.
    pub fn is_virtual(&self) -> bool {
        self.inner.origin.is_none()
    }

    /// The time now. It never goes back.
    #[inline]
    pub fn now(&self) -> Instant {
        let Some(origin) = self.inner.origin else { return self.latest() };
        let elapsed = origin.elapsed(); // not 584 years: nothing to check
        self.reached(Instant(elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())))
    }

    /// The last reading that anybody took: a lower bound of `now()` that costs no system call.
    #[inline]
    pub fn latest(&self) -> Instant {
        self.inner.latest.get()
    }

    #[inline]
    fn reached(&self, reading: Instant) -> Instant {
        let now = reading.max(self.latest()); // some machines have clocks that step back
        self.inner.latest.set(now);
        now
    }

    pub(crate) fn jump_to(&self, moment: Instant) {
        debug_assert!(self.is_virtual());
        self.inner.rounds.set(0);
        self.reached(moment);
    }

    /// Moves a virtual clock forward, at most to the last moment there is.
    ///
    /// # Panics
    /// On a real clock: only the world can move that one.
    pub fn advance(&self, duration: Duration) {
        assert!(
            self.is_virtual(),
            "Clock::advance: this clock is real; only one made by Clock::new_virtual() can be moved"
        );
        self.inner.rounds.set(0);
        self.reached(self.latest() + duration);
    }

    /// A loop has timers, and none is due.
    pub(crate) fn one_more_round(&self) {
        if self.is_virtual() {
            self.inner.rounds.set(self.inner.rounds.get().saturating_add(1));
        }
    }

    /// The loop has waited for something, or found it.
    pub(crate) fn waited(&self) {
        self.inner.rounds.set(0);
    }

    #[inline]
    pub(crate) fn is_spun_round(&self) -> bool {
        self.inner.rounds.get() >= PATIENCE
    }

    /// Blocks the thread for `duration` (asyncio's classic mistake: `time.sleep`); a virtual clock advances instead.
    pub fn block_for(&self, duration: Duration) {
        if self.is_virtual() {
            self.advance(duration);
        } else {
            std::thread::sleep(duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_32_the_clock_never_goes_back() {
        let clock = Clock::real();
        let ahead = clock.now() + Duration::from_secs(60);
        assert_eq!(clock.reached(ahead), ahead);
        assert!(clock.now() >= ahead, "a smaller reading of the system is not believed");
    }
}
