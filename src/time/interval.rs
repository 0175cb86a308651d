//! Something to do again and again: `interval`.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use glassloop_reactor::Instant;

use super::Sleep;
use crate::context;

/// Ticks every `period`, for the first time at once. (asyncio has no counterpart: there, a loop round `sleep`, which drifts.)
///
/// ```
/// use std::time::Duration;
/// use glassloop::{interval, now};
///
/// glassloop::run(async {
///     let before = now();
///     let mut beat = interval(Duration::from_millis(5));
///     for _ in 0..3 {
///         beat.tick().await;
///     }
///     assert!(now() - before >= Duration::from_millis(10)); // at 0, 5 and 10
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(context::now("interval()").0, period)
}

/// As [`interval`], with the moment of the first tick: `now() + period` for one that is to begin with a pause.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{interval_at, now};
///
/// glassloop::run(async {
///     let period = Duration::from_millis(5);
///     let start = now() + period;
///     assert_eq!(interval_at(start, period).tick().await, start);
/// });
/// ```
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    Interval { next: start, period, missed: MissedTicks::default() }
}

/// What to do about ticks that nobody waited for in time. A tick counts as missed when the one after it is due as well.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum MissedTicks {
    /// Make up for all of them, one after another: as many ticks as there were periods.
    #[default]
    Burst,
    /// Give one, and count on from when it was given: never less than a period between ticks after a gap.
    Delay,
    /// Give one, and the next at the next moment of the old rhythm: the missed ones are lost.
    Skip,
}

/// See [`interval`]. It arms a timer only while somebody waits for a tick.
#[derive(Debug)]
pub struct Interval {
    next: Instant,
    period: Duration,
    missed: MissedTicks,
}

impl Interval {
    /// Says what to do about missed ticks: [`MissedTicks::Burst`] unless this is called.
    #[must_use]
    pub fn missed_ticks(mut self, missed: MissedTicks) -> Interval {
        self.missed = missed;
        self
    }

    /// The time between ticks.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// When the next tick is, or was, due.
    pub fn next_tick(&self) -> Instant {
        self.next
    }

    /// Moves the next tick; the others follow it, a period apart.
    pub fn reset_at(&mut self, next: Instant) {
        self.next = next;
    }

    /// Waits for the next tick and gives the moment when it was due. A tick that is due already comes at the next turn, behind what is ready: also a
    /// period of zero, or a burst, lets others run.
    ///
    /// # Cancel safety
    /// Nothing is lost by dropping it: the tick is still to come.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn tick(&mut self) -> Tick<'_> {
        let executor = context::look("tick()", |context| context.executor.id());
        Tick { sleep: Sleep::new(self.next, Location::caller(), executor), interval: self }
    }

    /// The tick was given at `now`.
    fn advance(&mut self, now: Instant) {
        let late = now - self.next;
        self.next = match self.missed {
            MissedTicks::Delay if late >= self.period => now + self.period,
            MissedTicks::Skip if late >= self.period && !self.period.is_zero() => {
                let into_period = late.as_nanos() % self.period.as_nanos();
                now + (self.period - Duration::from_nanos_u128(into_period))
            }
            _ => self.next + self.period,
        };
    }
}

/// See [`Interval::tick`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Tick<'i> {
    interval: &'i mut Interval,
    sleep: Sleep,
}

impl Future for Tick<'_> {
    type Output = Instant;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let due = self.sleep.deadline;
        // Once only, also for somebody who polls on after the end.
        if self.interval.next == due {
            let now = context::now("awaiting a tick").0;
            self.interval.advance(now);
        }
        Poll::Ready(due)
    }
}
