//! Time: `now` and `sleep` here; limits, repetition and seconds in the files below.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use glassloop_executor::{ExecutorId, own_waker};
use glassloop_reactor::{Instant, TimerKey};

use crate::context;

mod interval;
mod scope;
mod seconds;
mod timeout;

pub use interval::{Interval, MissedTicks, Tick, interval, interval_at};
pub use scope::{ScopeOver, TimeoutScope, timeout_scope};
pub use seconds::{InvalidSeconds, seconds, sleep_secs};
pub use timeout::{Elapsed, timeout, timeout_at, wait_for};

/// The time by the loop's clock (asyncio's `loop.time()`).
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn now() -> Instant {
    context::now("now()").0
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
    if duration.is_zero() {
        let _running = context::expect("sleep()");
        return Sleep { deadline: Instant::default(), state: State::Yield };
    }
    let (now, executor) = context::now("sleep()");
    Sleep::new(now + duration, Location::caller(), executor)
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
    let executor = context::look("sleep_until()", |context| context.executor.id());
    Sleep::new(deadline, Location::caller(), executor)
}

/// Never ends (asyncio's `sleep(inf)`): for a task that lives until it is cancelled.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{sleep_forever, timeout};
///
/// glassloop::run(async {
///     assert!(timeout(Duration::from_millis(5), sleep_forever()).await.is_err());
/// });
/// ```
///
/// # Cancel safety
/// Being dropped is the only way it ends. It arms no timer and leaves its waker with nobody: a task that waits for this, and has left its waker
/// nowhere else, is never part of a deadlock that is certain.
///
/// It says that this is meant: in debug mode and while a trace is recorded, a task that is pending on `std::future::pending()` is reported as lost if
/// nobody can cancel it.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn sleep_forever() -> Sleep {
    let executor = context::look("sleep_forever()", |context| context.executor.id());
    Sleep::new(NEVER, Location::caller(), executor)
}

/// See [`sleep`]. It holds no pointer into the loop, so it is `Send` and `Sync`; polled in another loop, it panics.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    deadline: Instant,
    state: State,
}

/// What `Duration::MAX` after any moment is.
pub(crate) const NEVER: Instant = Instant::from_nanos(u64::MAX);

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

const _: () = assert!(size_of::<Sleep>() == 24, "a million sleeps are 24 MB");

impl Sleep {
    fn new(deadline: Instant, location: &'static Location<'static>, executor: ExecutorId) -> Sleep {
        Sleep { deadline, state: State::New(location, executor) }
    }

    /// When it ends; of a sleep of zero, the clock's origin.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        match this.state {
            State::New(location, executor) => {
                let context = home(executor);
                // The end of time: it never comes, and no virtual clock is to jump there. The ticket is taken to say that this
                // is meant: whoever looks for lost wakes reports who is pending without that.
                if this.deadline == NEVER {
                    drop(own_waker(cx));
                    return Poll::Pending;
                }
                let key = context.reactor.arm(this.deadline, own_waker(cx), location);
                this.state = State::Armed(key, executor);
            }
            State::Armed(ref key, executor) => {
                let context = home(executor);
                if !context.reactor.is_armed(key) {
                    this.state = State::Done;
                    return Poll::Ready(());
                }
                // The clock is asked too: under a combinator that never lets the loop come round, no timer would fire.
                if context.reactor.clock().now() >= this.deadline {
                    this.disarm();
                    return Poll::Ready(());
                }
                context.reactor.set_waker(key, own_waker(cx));
            }
            State::Yield => {
                this.state = State::Done;
                cx.waker().wake_by_ref();
            }
            State::Done => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

/// The loop whose clock gave the deadline.
#[inline(always)]
fn home(executor: ExecutorId) -> Rc<context::Context> {
    let context = context::expect("awaiting a sleep");
    assert!(context.executor.id() == executor, "glassloop: a sleep was moved from one loop to another");
    context
}

impl Sleep {
    fn disarm(&mut self) {
        if let State::Armed(key, executor) = std::mem::replace(&mut self.state, State::Done) {
            disarm(key, executor);
        }
    }
}

/// Disarms a timer of the loop with this executor, from wherever.
#[inline]
pub(crate) fn disarm(timer: TimerKey, executor: ExecutorId) {
    match context::current() {
        Some(context) if context.executor.id() == executor => context.reactor.disarm(timer),
        _ => disarm_from_outside(timer, executor),
    }
}

/// On another thread, or in another loop, or in none: the timer's loop takes it out when it comes round.
#[cold]
fn disarm_from_outside(timer: TimerKey, executor: ExecutorId) {
    executor.call(move || {
        if let Some(context) = context::current() {
            context.reactor.disarm(timer);
        }
    });
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        // Asked here, so that a sleep that is over calls nothing.
        if let State::Armed(..) = self.state {
            self.disarm();
        }
    }
}
