//! Time: `now`, `sleep`, `sleep_until`, `timeout`.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use glassloop_executor::{ExecutorId, own_waker};
use glassloop_reactor::{Instant, TimerKey};
use thiserror::Error;

use crate::context;

/// The time by the loop's clock (asyncio's `loop.time()`).
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn now() -> Instant {
    context::expect("now()").reactor.clock().now()
}

/// Waits for a time, counted from this call. Never shorter; zero yields exactly once; `Duration::MAX` never ends.
///
/// ```
/// use std::time::Duration;
///
/// glassloop::run(async {
///     let before = glassloop::now();
///     glassloop::sleep(Duration::from_millis(5)).await;
///     assert!(glassloop::now() - before >= Duration::from_millis(5));
/// });
/// ```
///
/// # Cancel safety
/// May be dropped at any time: its timer is disarmed.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let context = context::expect("sleep()");
    if duration.is_zero() {
        return Sleep { deadline: Instant::default(), state: State::Yield };
    }
    let deadline = context.reactor.clock().now() + duration;
    Sleep { deadline, state: State::New(Location::caller(), context.executor.id()) }
}

/// Waits until a moment of the loop's clock; one that has passed still yields once.
///
/// ```
/// use std::time::Duration;
///
/// glassloop::run(async {
///     let tick = glassloop::now() + Duration::from_millis(5);
///     glassloop::sleep_until(tick).await;
///     assert!(glassloop::now() >= tick);
/// });
/// ```
///
/// # Cancel safety
/// May be dropped at any time.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    let context = context::expect("sleep_until()");
    Sleep { deadline, state: State::New(Location::caller(), context.executor.id()) }
}

/// See [`sleep`]. It holds no pointer into the loop, so it is `Send` and `Sync`; polled in another loop, it panics.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    deadline: Instant,
    state: State,
}

/// What `Duration::MAX` after any moment is.
const NEVER: Instant = Instant::from_nanos(u64::MAX);

/// Small, as there may be a million: who waits where is the timer's to tell, once there is one.
#[derive(Debug)]
enum State {
    /// Who sleeps where, and in which loop: its clock gave the deadline.
    New(&'static Location<'static>, ExecutorId),
    /// A sleep of zero: no timer, one yield.
    Yield,
    /// The timer, and the loop it is in.
    Armed(TimerKey, ExecutorId),
    Done,
}

impl Sleep {
    /// When it ends; of a sleep of zero, the clock's origin.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let State::Yield = this.state {
            this.state = State::Done;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let context = context::expect("awaiting a sleep");
        if let State::New(_, executor) | State::Armed(_, executor) = &this.state {
            assert!(*executor == context.executor.id(), "glassloop: a sleep was moved from one loop to another");
        }
        match &this.state {
            // The end of time: it never comes, and no virtual clock is to jump there.
            State::New(..) if this.deadline == NEVER => {}
            State::New(location, _) => {
                let key = context.reactor.arm(this.deadline, own_waker(cx), location);
                this.state = State::Armed(key, context.executor.id());
            }
            State::Armed(key, _) => {
                // The clock is asked too: under a combinator that never lets the loop come round, no timer would fire.
                if !context.reactor.is_armed(key) || context.reactor.clock().now() >= this.deadline {
                    this.disarm();
                    return Poll::Ready(());
                }
                context.reactor.set_waker(key, own_waker(cx));
            }
            State::Yield | State::Done => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Sleep {
    fn disarm(&mut self) {
        let State::Armed(key, executor) = std::mem::replace(&mut self.state, State::Done) else { return };
        if executor.is_current() {
            if let Some(context) = context::current() {
                context.reactor.disarm(key);
            }
        } else {
            // Dropped outside of its loop, or on another thread: the loop takes the timer out when it comes round.
            executor.call(move || {
                if let Some(context) = context::current() {
                    context.reactor.disarm(key);
                }
            });
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// The time given to [`timeout`] was over before the future was done; the future has been dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("timed out at {deadline:?}")]
pub struct Elapsed {
    /// When the time was over.
    pub deadline: Instant,
}

/// Gives a future a limited time, counted from its first poll that has to wait (asyncio's `timeout` and `wait_for`).
///
/// The future is polled first: one that is ready needs no timer and never times out, also with a limit of zero, and one that is done in the
/// very moment of the deadline wins. When the time is over, the future is dropped before this returns.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{sleep, timeout};
///
/// glassloop::run(async {
///     let limit = Duration::from_millis(5);
///     assert_eq!(timeout(limit, async { 7 }).await, Ok(7));
///     assert!(timeout(limit, sleep(Duration::from_secs(60))).await.is_err());
/// });
/// ```
///
/// # Errors
/// [`Elapsed`], when the time was over first.
///
/// # Cancel safety
/// Dropping it drops the future.
#[track_caller]
pub fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let location = Location::caller();
    with_deadline(future, location, move |now| now + limit)
}

/// As [`timeout`], with the moment itself (asyncio's `timeout_at`).
///
/// # Errors
/// [`Elapsed`], when the moment came first.
///
/// # Cancel safety
/// Dropping it drops the future.
#[track_caller]
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let location = Location::caller();
    with_deadline(future, location, move |_| deadline)
}

async fn with_deadline<F: Future>(
    future: F,
    location: &'static Location<'static>,
    deadline: impl FnOnce(Instant) -> Instant,
) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut deadline = Some(deadline);
    let mut limit: Option<Sleep> = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        if let Some(deadline) = deadline.take() {
            let context = context::expect("timeout()");
            let deadline = deadline(context.reactor.clock().now());
            limit = Some(Sleep { deadline, state: State::New(location, context.executor.id()) });
        }
        match &mut limit {
            Some(limit) => Pin::new(&mut *limit).poll(cx).map(|()| Err(Elapsed { deadline: limit.deadline })),
            None => Poll::Pending,
        }
    })
    .await
}
