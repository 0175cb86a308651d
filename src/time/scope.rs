//! A time limit that can be looked at and moved while the work runs: asyncio's `timeout()` as an object.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use glassloop_executor::{Awaits, own_waker};
use glassloop_reactor::Instant;
use thiserror::Error;

use super::{Elapsed, Sleep};
use crate::context;

/// A time limit that knows its deadline, whether it has passed, and can be moved (asyncio's `timeout()`, `Timeout`).
///
/// Unlike [`timeout`](crate::timeout), its time counts from its creation, so that [`when`](TimeoutScope::when) always has an answer. The work is
/// polled first: work that is done in the very moment of the deadline wins, also when the deadline lies in the past. Scopes
/// nest: the one whose time is over ends, and with it what runs inside.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{TimeoutScope, now, sleep};
///
/// glassloop::run(async {
///     let scope = TimeoutScope::new(Some(Duration::from_millis(5)));
///     let result = scope.run(async {
///         scope.reschedule(Some(now() + Duration::from_secs(60))).unwrap();
///         sleep(Duration::from_millis(10)).await;
///         "in time"
///     });
///     assert_eq!(result.await, Ok("in time"));
///     assert!(!scope.expired());
/// });
/// ```
pub struct TimeoutScope {
    deadline: Cell<Option<Instant>>,
    /// A deadline that had passed when the work first had to wait for it: the work is not polled again, whatever wakes it.
    over: Cell<Option<Instant>>,
    stage: Cell<Stage>,
    /// Of the task that waits in [`run`](TimeoutScope::run): it arms the timer, so it has to hear of a deadline that moves nearer.
    waker: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    New,
    /// The work is being polled: after that the deadline is looked at anyway.
    Polling,
    Waiting,
    Expired,
    /// The work has ended, or was dropped, in time.
    Finished,
}

/// The scope is over: its deadline can no longer be moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the timeout scope is over ({}): its deadline cannot be moved any more", if *expired { "its time was" } else { "its work has ended" })]
pub struct ScopeOver {
    /// Whether it ended because its time was over.
    pub expired: bool,
}

impl TimeoutScope {
    /// A scope that ends `limit` from now; `None`: never, until [`reschedule`](TimeoutScope::reschedule) gives it a deadline.
    ///
    /// # Panics
    /// With a limit, but with no loop running on this thread.
    #[track_caller]
    pub fn new(limit: Option<Duration>) -> TimeoutScope {
        TimeoutScope::at(limit.map(|limit| context::now("TimeoutScope::new()").0 + limit))
    }

    /// A scope that ends at a moment of the loop's clock (asyncio's `timeout_at`).
    pub fn at(deadline: Option<Instant>) -> TimeoutScope {
        TimeoutScope {
            deadline: Cell::new(deadline),
            over: Cell::default(),
            stage: Cell::new(Stage::New),
            waker: Cell::default(),
        }
    }

    /// Runs `future` inside the scope. A scope serves once.
    ///
    /// # Errors
    /// [`Elapsed`], when the time was over first; the future has been dropped by then.
    ///
    /// # Cancel safety
    /// Dropping it drops the future, and the scope is over.
    ///
    /// # Panics
    /// When the scope has been used already.
    #[track_caller]
    pub fn run<F: Future>(&self, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
        self.run_at(Location::caller(), future)
    }

    #[track_caller]
    fn run_at<F: Future>(
        &self,
        location: &'static Location<'static>,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>> {
        assert!(self.stage.get() == Stage::New, "glassloop: a timeout scope serves once; make another");
        self.stage.set(Stage::Waiting);
        let entered = Entered(self);
        async move {
            // Declared first, so dropped last: while the work is dropped, the scope already says whether its time was over.
            let entered = entered;
            let mut awaits = Awaits::default();
            let mut future = pin!(future);
            let mut limit = None;
            poll_fn(|cx| awaits.within(|| entered.0.poll(future.as_mut(), &mut limit, location, cx))).await
        }
    }

    fn poll<F: Future>(
        &self,
        future: Pin<&mut F>,
        limit: &mut Option<Sleep>,
        location: &'static Location<'static>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Elapsed>> {
        if let Some(deadline) = self.over.get()
            && self.deadline.get() == Some(deadline)
        {
            self.stage.set(Stage::Expired);
            return Poll::Ready(Err(Elapsed { deadline }));
        }
        self.stage.set(Stage::Polling);
        let polled = future.poll(cx);
        self.stage.set(Stage::Waiting);
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Ok(output));
        }
        while let Some(deadline) = self.deadline.get() {
            // A deadline that moved away leaves its timer alone, which costs nothing: the timer will find that it came too early.
            if limit.as_ref().is_none_or(|limit| limit.deadline > deadline) {
                let (now, executor) = context::now("awaiting a timeout scope");
                if deadline <= now {
                    self.over.set(Some(deadline));
                }
                *limit = Some(Sleep::new(deadline, location, executor));
            }
            let Some(sleep) = limit else { break };
            if Pin::new(&mut *sleep).poll(cx).is_pending() {
                self.waker.set(Some(own_waker(cx)));
                return Poll::Pending;
            }
            if sleep.deadline == deadline {
                self.stage.set(Stage::Expired);
                return Poll::Ready(Err(Elapsed { deadline }));
            }
            *limit = None;
        }
        *limit = None;
        self.waker.set(Some(own_waker(cx)));
        Poll::Pending
    }

    /// Moves the deadline; `None` takes it away. To a later moment this costs next to nothing. A moment that has passed ends
    /// the scope when its work next has to wait.
    ///
    /// # Errors
    /// [`ScopeOver`], when the scope has ended; nothing changes then.
    pub fn reschedule(&self, deadline: Option<Instant>) -> Result<(), ScopeOver> {
        let stage = self.stage.get();
        if let Stage::Expired | Stage::Finished = stage {
            return Err(ScopeOver { expired: stage == Stage::Expired });
        }
        let former = self.deadline.replace(deadline);
        let later = matches!((former, deadline), (Some(former), Some(deadline)) if deadline >= former);
        if stage == Stage::Waiting
            && !later
            && let Some(waker) = self.waker.take()
        {
            waker.wake();
        }
        Ok(())
    }

    /// The deadline, if there is one (asyncio's `when`).
    pub fn when(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// Whether the scope ended because its time was over (asyncio's `expired`). True from the moment its work is about to be dropped.
    pub fn expired(&self) -> bool {
        self.stage.get() == Stage::Expired
    }
}

impl fmt::Debug for TimeoutScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutScope").field("when", &self.when()).field("stage", &self.stage.get()).finish()
    }
}

/// The work is in the scope; when it goes, in whatever way, the scope is over.
struct Entered<'s>(&'s TimeoutScope);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if !self.0.expired() {
            self.0.stage.set(Stage::Finished);
        }
        self.0.waker.take();
    }
}

/// Runs `body` in a [`TimeoutScope`] that it is given (asyncio's `async with timeout(...) as scope`). The time counts from the first poll.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{now, sleep, timeout_scope};
///
/// glassloop::run(async {
///     let result = timeout_scope(None, async |scope| {
///         assert_eq!(scope.when(), None);
///         scope.reschedule(Some(now() + Duration::from_millis(5))).unwrap();
///         sleep(Duration::from_secs(60)).await;
///     });
///     assert!(result.await.is_err());
/// });
/// ```
///
/// # Errors
/// [`Elapsed`], when the time was over first; the body has been dropped by then.
///
/// # Cancel safety
/// Dropping it drops the body.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn timeout_scope<T>(
    limit: Option<Duration>,
    body: impl AsyncFnOnce(&TimeoutScope) -> T,
) -> impl Future<Output = Result<T, Elapsed>> {
    let location = Location::caller();
    async move {
        let scope = TimeoutScope::new(limit);
        scope.run_at(location, body(&scope)).await
    }
}
