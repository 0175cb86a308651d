//! How long a peer may keep us waiting.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::{Sleep, sleep, sleep_until};
use glassloop_reactor::Instant;

/// Every so many bytes buy a second back. A peer slower than this for long is not slow but hostile.
const BYTES_A_SECOND: u32 = 1024;

/// Time for all the waits of one phase together (a token bucket). Waiting empties it and bytes fill it again, so that a
/// peer that sends or takes one byte now and then runs out of it, and one that is merely slow does not.
///
/// Only waits count: the time that a handler takes for itself is not the peer's.
#[derive(Debug)]
pub(super) struct Patience {
    full: Duration,
    left: Duration,
    /// Since when a wait lasts, and its end.
    wait: Option<(Instant, Sleep)>,
}

impl Patience {
    pub(super) fn new(full: Duration) -> Patience {
        Patience { full, left: full, wait: None }
    }

    /// Called whenever there is nothing to do but wait. Ready when the time is over.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.left;
        let (_, end) = self.wait.get_or_insert_with(|| (crate::now(), sleep(left)));
        Pin::new(end).poll(cx)
    }

    /// The wait, if there was one, has ended with so many bytes.
    pub(super) fn progress(&mut self, bytes: usize) {
        let Some((since, _)) = self.wait.take() else { return };
        let bought = Duration::from_secs(1).saturating_mul(bytes.try_into().unwrap_or(u32::MAX)) / BYTES_A_SECOND;
        let left = self.left.saturating_sub(crate::now() - since);
        self.left = left.saturating_add(bought).min(self.full);
    }
}

/// Time for one phase, from its first wait on, whatever comes meanwhile.
///
/// Its timer is left armed when the phase is over, and set anew when it goes off too early for the phase that there is
/// then: to arm and disarm one for each request would cost more than to parse it.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    limit: Duration,
    end: Option<Instant>,
    timer: Option<Sleep>,
}

impl Alarm {
    /// Another phase begins.
    pub(super) fn begin(&mut self, limit: Duration) {
        self.limit = limit;
        self.end = None;
    }

    /// As [`Patience::poll_over`]; always by the same task.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = crate::now();
        let end = *self.end.get_or_insert(now + self.limit);
        if now >= end {
            return Poll::Ready(());
        }
        let goes_off = self.timer.as_ref().map(Sleep::deadline).is_some_and(|at| now < at && at <= end);
        if goes_off {
            return Poll::Pending;
        }
        Pin::new(self.timer.insert(sleep_until(end))).poll(cx)
    }
}
