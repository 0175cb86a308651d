//! The three time limits of a request: all of it, its connection, the wait for the next byte.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Error;
use crate::{Instant, Sleep, context};

/// Longer than any program runs, short enough to be added to any point of time.
const FAR_FUTURE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long each may take; `None`: for ever.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timeouts {
    /// The whole request, over all its redirects, to the last byte of the body.
    pub(super) total: Option<Duration>,
    /// One attempt to connect: the name, TCP, the proxy's tunnel, TLS.
    pub(super) connect: Option<Duration>,
    /// The wait for the next byte.
    pub(super) read: Option<Duration>,
}

/// The limits of a request that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    timeouts: Timeouts,
    end: Option<Instant>,
}

/// A time limit that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overrun {
    pub(super) which: TimeLimit,
    pub(super) limit: Duration,
}

/// Which of a request's time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeLimit {
    /// That of the whole request, over all its redirects, to the last byte of the body.
    Total,
    /// That of one attempt to connect: looking up the name, TCP, the proxy's tunnel, TLS.
    Connect,
    /// That between two bytes.
    Read,
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeLimit::Total => "total",
            TimeLimit::Connect => "connect",
            TimeLimit::Read => "read",
        })
    }
}

impl Overrun {
    /// The error for it.
    pub(super) fn error(self, url: String, doing: &'static str) -> Error {
        Error::Timeout { url, which: self.which, limit: self.limit, doing }
    }
}

impl Deadlines {
    /// The request begins now.
    pub(super) fn start(timeouts: Timeouts) -> Deadlines {
        let end = timeouts.total.map(|limit| crate::now() + limit.min(FAR_FUTURE));
        Deadlines { timeouts, end }
    }

    /// No limits at all.
    pub(super) fn none() -> Deadlines {
        Deadlines { timeouts: Timeouts::default(), end: None }
    }

    /// Does a step for which only the total limit counts.
    pub(super) fn total<T>(&self, step: impl Future<Output = T>) -> impl Future<Output = Result<T, Overrun>> {
        until(self.total_end(), step)
    }

    /// Connects.
    pub(super) fn connect<T>(&self, step: impl Future<Output = T>) -> impl Future<Output = Result<T, Overrun>> {
        until(self.first_end(TimeLimit::Connect, self.timeouts.connect), step)
    }

    /// For a step that does not wait: whether the total limit leaves time for it.
    pub(super) fn check_total(&self) -> Result<(), Overrun> {
        match self.total_end() {
            Some(end) if end.at <= crate::now() => Err(end.overrun),
            _ => Ok(()),
        }
    }

    /// When a step has to be done that has a limit of its own, from now, and is within the total one.
    fn first_end(&self, which: TimeLimit, limit: Option<Duration>) -> Option<End> {
        let end = |limit: Duration| End { at: crate::now() + limit.min(FAR_FUTURE), overrun: Overrun { which, limit } };
        let own = limit.map(end);
        let total = self.total_end();
        match (own, total) {
            (Some(own), Some(total)) => Some(if own.at < total.at { own } else { total }),
            (own, total) => own.or(total),
        }
    }

    fn total_end(&self) -> Option<End> {
        let limit = self.timeouts.total.unwrap_or(FAR_FUTURE);
        self.end.map(|at| End { at, overrun: Overrun { which: TimeLimit::Total, limit } })
    }
}

/// When time is over, and what is said then.
#[derive(Debug, Clone, Copy)]
struct End {
    at: Instant,
    overrun: Overrun,
}

/// How long one wait for a byte goes on. It costs nothing until the first look that finds nothing to read: what is there
/// at once needs neither clock nor timer.
#[derive(Debug, Default)]
pub(super) struct ByteWait(Option<(Sleep, Overrun)>);

impl ByteWait {
    /// To be asked when nothing has come: is it time to give up?
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadlines: &Deadlines) -> Poll<Overrun> {
        if self.0.is_none() {
            let Some(end) = deadlines.first_end(TimeLimit::Read, deadlines.timeouts.read) else { return Poll::Pending };
            // A server that always has a byte more, just in time, does not get any more time.
            if end.at <= context::look("an HTTP request", |context| context.reactor.clock().latest()) {
                return Poll::Ready(end.overrun);
            }
            self.0 = Some((crate::sleep_until(end.at), end.overrun));
        }
        let (sleep, overrun) = self.0.as_mut().expect("it was set just now, if not before");
        Pin::new(sleep).poll(cx).map(|()| *overrun)
    }

    /// The server takes what we send: it is alive, and has as long for its next byte as at first.
    pub(super) fn renew(&mut self, deadlines: &Deadlines) {
        if deadlines.timeouts.read.is_some() {
            self.0 = None;
        }
    }
}

/// Does a step, until then.
async fn until<T>(end: Option<End>, step: impl Future<Output = T>) -> Result<T, Overrun> {
    match end {
        None => Ok(step.await),
        Some(End { at, overrun }) => crate::timeout_at(at, step).await.map_err(|_| overrun),
    }
}
