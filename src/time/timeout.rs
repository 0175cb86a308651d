//! A limit on the time a future may take: `timeout`, `timeout_at`, `wait_for`.

use std::any::type_name;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use glassloop_executor::Awaits;
use glassloop_reactor::Instant;
use thiserror::Error;

use super::Sleep;
use crate::task::yield_now;
use crate::{CancelOnDrop, SharedFuture, Shield, Task, context};

/// The time given to [`timeout`] was over before the future was done; the future has been dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("timed out at {deadline:?}")]
pub struct Elapsed {
    /// When the time was over.
    pub deadline: Instant,
}

/// Gives a future a limited time, counted from its first poll that has to wait (asyncio's `timeout`).
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
    deadline: impl Fn(Instant) -> Instant + Unpin,
) -> Result<F::Output, Elapsed> {
    // Outlives the future: what is awaited in there mostly goes with it, and then nobody is to be woken.
    let mut awaits = Awaits::default();
    let future = pin!(future);
    Limited { future, awaits: &mut awaits, limit: Limit::NotYet, location, deadline }.await
}

/// A future, and the time that it has. Of a type with a name, so that its poll can be inlined: a closure for `poll_fn` would be a call.
struct Limited<'a, F, D> {
    future: Pin<&'a mut F>,
    awaits: &'a mut Awaits,
    limit: Limit,
    location: &'static Location<'static>,
    deadline: D,
}

impl<F: Future, D: Fn(Instant) -> Instant + Unpin> Future for Limited<'_, F, D> {
    type Output = Result<F::Output, Elapsed>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Limited { future, awaits, limit, location, deadline } = &mut *self;
        if let Limit::Runs { sleep, over: true } = limit {
            return Poll::Ready(Err(Elapsed { deadline: sleep.deadline }));
        }
        match awaits.within(|| future.as_mut().poll(cx)) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => limit.poll(cx, location, &*deadline).map(Err),
        }
    }
}

/// The time of a [`timeout`]. A future that is ready at its first poll costs nothing of this: no clock is read, and no timer is made.
enum Limit {
    NotYet,
    /// `over`: no time was left when the future first had to wait. Then that was its only poll, whatever wakes it.
    Runs {
        sleep: Sleep,
        over: bool,
    },
}

impl Limit {
    /// The future has to wait.
    #[inline(never)]
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
        deadline: impl Fn(Instant) -> Instant,
    ) -> Poll<Elapsed> {
        if let Limit::NotYet = self {
            let (now, executor) = context::now("timeout()");
            let sleep = Sleep::new(deadline(now), location, executor);
            *self = Limit::Runs { over: sleep.deadline <= now, sleep };
        }
        let Limit::Runs { sleep, .. } = self else { unreachable!("its time runs now") };
        Pin::new(&mut *sleep).poll(cx).map(|()| Elapsed { deadline: sleep.deadline })
    }
}

/// As [`timeout`] with asyncio's `wait_for`: no limit is `None`, and a limit of zero never starts the future.
///
/// A [`Task`](crate::Task) runs whether it is awaited or not, so with a limit of zero one that is done still gives its value (pass it as `task` or
/// `&mut task`), and so do a [`Shield`](crate::Shield) and a [`SharedFuture`](crate::SharedFuture). One that is not done is left to run on when
/// the time is over, as with every drop of a handle; asyncio would cancel it, and so does [`cancel_on_drop`](crate::cancel_on_drop).
///
/// ```
/// use std::time::Duration;
/// use glassloop::{create_task, wait_for, yield_now};
///
/// glassloop::run(async {
///     assert_eq!(wait_for(async { 7 }, None).await, Ok(7));
///     assert!(wait_for(async { 7 }, Some(Duration::ZERO)).await.is_err());
///     let task = create_task(async { 8 });
///     yield_now().await;
///     assert_eq!(wait_for(task, Some(Duration::ZERO)).await.unwrap().unwrap(), 8);
/// });
/// ```
///
/// # Errors
/// [`Elapsed`], when the time was over first; the future has been dropped by then.
///
/// # Cancel safety
/// Dropping it drops the future.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn wait_for<F: Future>(future: F, limit: Option<Duration>) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let location = Location::caller();
    async move {
        match limit {
            None => Ok(future.await),
            Some(Duration::ZERO) => at_once(future).await,
            Some(limit) => with_deadline(future, location, move |now| now + limit).await,
        }
    }
}

/// The value of a task or shared future that is done; for all else, the end of its time.
async fn at_once<F: Future>(future: F) -> Result<F::Output, Elapsed> {
    let mut awaits = Awaits::default();
    let mut future = pin!(future);
    if runs_by_itself::<F>() {
        let polled = poll_fn(|cx| Poll::Ready(awaits.within(|| future.as_mut().poll(cx)))).await;
        if let Poll::Ready(output) = polled {
            return Ok(output);
        }
    }
    // Others have their turn first: a program that asks again and again must not hold the loop up.
    yield_now().await;
    let deadline = context::now("wait_for()").0;
    Err(Elapsed { deadline })
}

/// Whether `F` is a [`Task`](crate::Task), a shield or a shared future, whatever it gives, or a mutable reference to one: polling that starts nothing. A
/// type parameter cannot be asked what it is, but for its name. A name that is not understood costs nothing but the value of what is done.
fn runs_by_itself<F>() -> bool {
    let name = type_name::<F>().trim_start_matches("&mut ");
    let is = |of_nothing: &str| {
        let parameter = name.strip_prefix(of_nothing.trim_end_matches("<()>"));
        parameter.is_some_and(|parameter| parameter.starts_with('<'))
    };
    is(type_name::<Task<()>>())
        || is(type_name::<CancelOnDrop<()>>())
        || is(type_name::<Shield<()>>())
        || is(type_name::<SharedFuture<()>>())
}
