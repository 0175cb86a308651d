//! `Semaphore` and `BoundedSemaphore`: a few tasks at a time.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use thiserror::Error;

use super::permits::{Permits, Turn};

/// Lets as many tasks go on as there are permits, in the order in which they came (asyncio's `Semaphore`). A clone is the same one.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{Semaphore, gather, now, sleep};
///
/// glassloop::run(async {
///     let two_at_a_time = Semaphore::new(2);
///     let before = now();
///     gather((0..4).map(|_| {
///         let semaphore = two_at_a_time.clone();
///         async move {
///             let _permit = semaphore.acquire().await;
///             sleep(Duration::from_millis(5)).await;
///         }
///     }))
///     .await;
///     assert!(now() - before >= Duration::from_millis(10));
/// });
/// ```
///
/// An `acquire` that need not wait does not yield. Nobody overtakes those who wait, not even while a permit is free.
#[derive(Clone)]
pub struct Semaphore {
    permits: Rc<Permits>,
}

impl Semaphore {
    /// A semaphore with so many permits. None is fine: see [`add_permits`](Semaphore::add_permits).
    ///
    /// ```
    /// assert_eq!(glassloop::Semaphore::new(3).free(), 3);
    /// ```
    #[track_caller]
    pub fn new(permits: usize) -> Semaphore {
        Semaphore { permits: Permits::new("semaphore", permits) }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let seats = glassloop::Semaphore::new(2).named("seats");
    /// # drop(seats);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.permits.set_name(name.into());
        self
    }

    /// Waits for a permit, which goes back when it is dropped. At once, if one is free and nobody waits.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it leaves the line; a turn it had been given goes to the next.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let semaphore = glassloop::Semaphore::new(1);
    ///     let permit = semaphore.acquire().await;
    ///     assert!(semaphore.locked());
    ///     drop(permit);
    ///     assert!(!semaphore.locked());
    /// });
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> SemaphoreAcquire<'_> {
        SemaphoreAcquire { turn: self.permits.turn(Location::caller()), semaphore: self }
    }

    /// Takes a permit now; `None` if none is free, or if somebody waits for one. asyncio has no such call.
    ///
    /// ```
    /// let semaphore = glassloop::Semaphore::new(1);
    /// let permit = semaphore.try_acquire();
    /// assert!(permit.is_some() && semaphore.try_acquire().is_none());
    /// ```
    pub fn try_acquire(&self) -> Option<Permit> {
        self.permits.try_take().then(|| self.permit())
    }

    /// Whether an `acquire` would have to wait (asyncio's `locked`): no permit is free, or somebody is before it.
    ///
    /// ```
    /// assert!(glassloop::Semaphore::new(0).locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.permits.would_wait()
    }

    /// How many permits nobody holds. Those who were woken and have not had their turn are about to take some of them.
    ///
    /// ```
    /// let semaphore = glassloop::Semaphore::new(2);
    /// let _permit = semaphore.try_acquire();
    /// assert_eq!(semaphore.free(), 1);
    /// ```
    pub fn free(&self) -> usize {
        self.permits.free()
    }

    /// Adds permits: new ones, or such as were [forgotten](Permit::forget) (asyncio's `release`, which adds one).
    ///
    /// ```
    /// glassloop::run(async {
    ///     let finished = glassloop::Semaphore::new(0);
    ///     let counter = finished.clone();
    ///     glassloop::create_task(async move { counter.add_permits(3) }).detach();
    ///     for _ in 0..3 {
    ///         finished.acquire().await.forget();
    ///     }
    ///     assert_eq!(finished.free(), 0);
    /// });
    /// ```
    ///
    /// # Panics
    /// With more than `usize::MAX` permits.
    pub fn add_permits(&self, count: usize) {
        self.permits.add(count, "add");
    }

    /// For who has taken it.
    fn permit(&self) -> Permit {
        Permit { permits: Some(self.permits.clone()) }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Semaphore {{ free: {} }}", self.free())
    }
}

/// A [`Semaphore`] that never has more permits than in the beginning (asyncio's `BoundedSemaphore`). A clone is the same one.
///
/// Permits go back by themselves. Who wants to give one back by hand [forgets](Permit::forget) it, and calls
/// [`release`](BoundedSemaphore::release) later: once too often is an error.
///
/// ```
/// use glassloop::{BoundedSemaphore, ReleasedTooOften};
///
/// glassloop::run(async {
///     let connections = BoundedSemaphore::new(2);
///     connections.acquire().await.forget();
///     assert_eq!(connections.release(), Ok(()));
///     assert_eq!(connections.release(), Err(ReleasedTooOften { permits: 2 }));
///     assert_eq!(connections.free(), 2);
/// });
/// ```
#[derive(Clone)]
pub struct BoundedSemaphore {
    semaphore: Semaphore,
    bound: usize,
}

/// A permit was released that nobody had acquired and forgotten. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("release() was called more often than permits were acquired and forgotten, on a BoundedSemaphore of {permits}")]
pub struct ReleasedTooOften {
    /// The semaphore's bound.
    pub permits: usize,
}

impl BoundedSemaphore {
    /// A semaphore with so many permits, and never more.
    ///
    /// ```
    /// assert_eq!(glassloop::BoundedSemaphore::new(3).free(), 3);
    /// ```
    #[track_caller]
    pub fn new(permits: usize) -> BoundedSemaphore {
        BoundedSemaphore { semaphore: Semaphore::new(permits), bound: permits }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let seats = glassloop::BoundedSemaphore::new(2).named("seats");
    /// # drop(seats);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.semaphore.permits.set_name(name.into());
        self
    }

    /// As [`Semaphore::acquire`], with the same cancel safety.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let semaphore = glassloop::BoundedSemaphore::new(1);
    ///     let _permit = semaphore.acquire().await;
    ///     assert!(semaphore.locked());
    /// });
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> SemaphoreAcquire<'_> {
        self.semaphore.acquire()
    }

    /// As [`Semaphore::try_acquire`].
    ///
    /// ```
    /// assert!(glassloop::BoundedSemaphore::new(0).try_acquire().is_none());
    /// ```
    pub fn try_acquire(&self) -> Option<Permit> {
        self.semaphore.try_acquire()
    }

    /// Gives back a permit that was acquired and [forgotten](Permit::forget).
    ///
    /// # Errors
    /// If there is none (asyncio's `ValueError`). asyncio notices only when there would be more permits than in the beginning; here a
    /// permit that is in somebody's hands is safe as well.
    ///
    /// ```
    /// let semaphore = glassloop::BoundedSemaphore::new(1);
    /// let permit = semaphore.try_acquire().unwrap();
    /// assert!(semaphore.release().is_err()); // it goes back by itself
    /// permit.forget();
    /// assert!(semaphore.release().is_ok());
    /// ```
    pub fn release(&self) -> Result<(), ReleasedTooOften> {
        let released = self.semaphore.permits.give_back_forgotten();
        if released { Ok(()) } else { Err(ReleasedTooOften { permits: self.bound }) }
    }

    /// As [`Semaphore::locked`].
    ///
    /// ```
    /// assert!(!glassloop::BoundedSemaphore::new(1).locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.semaphore.locked()
    }

    /// As [`Semaphore::free`].
    ///
    /// ```
    /// assert_eq!(glassloop::BoundedSemaphore::new(1).free(), 1);
    /// ```
    pub fn free(&self) -> usize {
        self.semaphore.free()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoundedSemaphore {{ free: {}, bound: {} }}", self.free(), self.bound)
    }
}

/// See [`Semaphore::acquire`] and [`BoundedSemaphore::acquire`].
#[must_use = "futures do nothing unless awaited"]
pub struct SemaphoreAcquire<'s> {
    turn: Turn<'s>,
    semaphore: &'s Semaphore,
}

impl Future for SemaphoreAcquire<'_> {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        ready!(Pin::new(&mut self.turn).poll(cx));
        Poll::Ready(self.semaphore.permit())
    }
}

impl fmt::Debug for SemaphoreAcquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SemaphoreAcquire {{ {:?} at {} }}", self.semaphore, self.turn.location())
    }
}

/// One permit of a [`Semaphore`]; it goes back when it is dropped. It borrows nothing and may be given to another task.
#[must_use = "the permit goes back as soon as it is dropped"]
pub struct Permit {
    /// `None` once it is forgotten.
    permits: Option<Rc<Permits>>,
}

impl Permit {
    /// Keeps the permit taken, with nobody to give it back by itself: for that there are [`Semaphore::add_permits`] and
    /// [`BoundedSemaphore::release`]. It is what asyncio's `acquire` does outside of `async with`.
    ///
    /// ```
    /// let semaphore = glassloop::Semaphore::new(1);
    /// semaphore.try_acquire().unwrap().forget();
    /// assert_eq!(semaphore.free(), 0);
    /// semaphore.add_permits(1);
    /// assert_eq!(semaphore.free(), 1);
    /// ```
    pub fn forget(mut self) {
        if let Some(permits) = self.permits.take() {
            permits.forget();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permits) = self.permits.take() {
            permits.give_back();
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}
