//! `oneshot`: a value that is set once, for any number of tasks that wait for it (asyncio's `Future`).

use std::cell::OnceCell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use thiserror::Error;

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters};

/// A value to come: one side [sets](Promise::set) it, once; the other waits for it (asyncio's `loop.create_future()`).
///
/// ```
/// use glassloop::{create_task, oneshot};
///
/// glassloop::run(async {
///     let (promise, answer) = oneshot();
///     let task = create_task(async move { answer.await });
///     promise.set(42).unwrap();
///     assert_eq!(task.await.unwrap(), Ok(42));
/// });
/// ```
///
/// For what asyncio's `set_exception` does, let the value be a `Result`.
#[track_caller]
pub fn oneshot<T: 'static>() -> (Promise<T>, SharedFuture<T>) {
    let inner =
        Rc::new(Inner { registration: Registration::here(), outcome: OnceCell::new(), waiters: Waiters::default() });
    inner.register();
    (Promise { inner: inner.clone() }, SharedFuture { inner, place: None })
}

struct Inner<T> {
    registration: Registration,
    outcome: OnceCell<Result<T, PromiseCancelled>>,
    /// Tasks and callbacks, in one order.
    waiters: Waiters,
}

/// There is no value and there will be none: the future was cancelled, or its [`Promise`] dropped (asyncio's `CancelledError`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the promise was cancelled, or dropped without a value")]
pub struct PromiseCancelled;

/// The value came too late, as the future had been cancelled (asyncio's `InvalidStateError`); gives the value back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the promise had been cancelled when its value was set")]
pub struct InvalidState<T>(pub T);

/// The side that sets the value: see [`oneshot`]. Dropped without, it cancels the future.
///
/// There is one, and setting consumes it: so there is no second value (asyncio's `InvalidStateError`).
///
/// ```compile_fail
/// let (promise, _future) = glassloop::oneshot();
/// promise.set(1).unwrap();
/// promise.set(2).unwrap(); // use of moved value
/// ```
pub struct Promise<T: 'static> {
    inner: Rc<Inner<T>>,
}

impl<T> Promise<T> {
    /// Sets the value. Wakes who waits, and queues the callbacks, in the one order in which they came; none of them runs inside this call.
    ///
    /// # Errors
    /// If the future was cancelled; the error has the value.
    ///
    /// ```
    /// use glassloop::{InvalidState, oneshot};
    ///
    /// let (promise, future) = oneshot();
    /// future.cancel();
    /// assert_eq!(promise.set(1), Err(InvalidState(1)));
    /// ```
    pub fn set(self, value: T) -> Result<(), InvalidState<T>> {
        match self.inner.end(Ok(value)) {
            Err(Ok(value)) => Err(InvalidState(value)),
            Ok(()) | Err(Err(_)) => Ok(()),
        }
    }

    /// Whether the future was cancelled, so that the value is of no use any more.
    ///
    /// ```
    /// let (promise, future) = glassloop::oneshot::<u32>();
    /// future.cancel();
    /// assert!(promise.is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.inner.outcome.get().is_some()
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // Once there is an outcome this changes nothing.
        let _ = self.inner.end(Err(PromiseCancelled));
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Promise {{ {} }}", self.inner.state())
    }
}

/// The side that waits for the value: see [`oneshot`]. A clone is the same future; each who awaits it gets a clone of the value.
///
/// Awaiting it does not yield if it is done, and can be repeated.
///
/// ```
/// use glassloop::oneshot;
///
/// glassloop::run(async {
///     let (promise, mut name) = oneshot();
///     let also = name.clone();
///     promise.set("ann").unwrap();
///     assert_eq!((&mut name).await, Ok("ann"));
///     assert_eq!((&mut name).await, Ok("ann")); // and again
///     assert_eq!(also.await, Ok("ann"));
/// });
/// ```
///
/// # Errors
/// [`PromiseCancelled`], if it is [cancelled](SharedFuture::cancel), or its promise dropped.
///
/// # Cancel safety
/// May be dropped at any time. That cancels nothing: it only leaves the line (asyncio's future would be cancelled with the task that awaits it).
pub struct SharedFuture<T: 'static> {
    inner: Rc<Inner<T>>,
    /// This handle's place in the line.
    place: Place,
}

impl<T> SharedFuture<T> {
    /// Whether it has a value or was cancelled.
    ///
    /// ```
    /// let (promise, future) = glassloop::oneshot();
    /// assert!(!future.is_done());
    /// promise.set(1).unwrap();
    /// assert!(future.is_done());
    /// ```
    pub fn is_done(&self) -> bool {
        self.inner.outcome.get().is_some()
    }

    /// Whether it was cancelled (asyncio's `cancelled`), or its promise dropped.
    ///
    /// ```
    /// let (promise, future) = glassloop::oneshot::<u32>();
    /// drop(promise);
    /// assert!(future.is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        matches!(self.inner.outcome.get(), Some(Err(PromiseCancelled)))
    }

    /// Ends it without a value, for all who hold it. False if it is done already: then nothing changes.
    ///
    /// ```
    /// let (promise, future) = glassloop::oneshot::<u32>();
    /// assert!(future.cancel());
    /// assert!(!future.cancel());
    /// # drop(promise);
    /// ```
    pub fn cancel(&self) -> bool {
        self.inner.end(Err(PromiseCancelled)).is_ok()
    }
}

impl<T: Clone> SharedFuture<T> {
    /// What became of it; `None` while it is pending (asyncio's `result`, which then raises `InvalidStateError`).
    ///
    /// ```
    /// let (promise, future) = glassloop::oneshot();
    /// assert_eq!(future.result(), None);
    /// promise.set(1).unwrap();
    /// assert_eq!(future.result(), Some(Ok(1)));
    /// ```
    pub fn result(&self) -> Option<Result<T, PromiseCancelled>> {
        self.inner.outcome.get().cloned()
    }

    /// Has a function called when it is done, through the loop's queue and never inside another call, as a task of its own; also if
    /// it is done already. Functions and waiting tasks have one order, that of their coming (asyncio's `add_done_callback`).
    ///
    /// If the loop ends first, the function is dropped.
    ///
    /// # Panics
    /// With no loop running on this thread. A panic of the function ends its task only, and is reported as one that nobody awaited.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let (promise, future) = glassloop::oneshot();
    ///     future.on_done(|result| println!("it is {result:?}"));
    ///     promise.set(1).unwrap();
    ///     glassloop::yield_now().await; // now it is called
    /// });
    /// ```
    #[track_caller]
    pub fn on_done(&self, callback: impl FnOnce(Result<T, PromiseCancelled>) + 'static) {
        let inner = &self.inner;
        inner.register();
        inner.registration.expect_loop("on_done()");
        inner.waiters.wait_as_task(&inner.registration, "callback", Location::caller(), |place| {
            let future = SharedFuture { inner: inner.clone(), place };
            async move { callback(future.await) }
        });
        if self.is_done() {
            inner.waiters.wake_all(&inner.registration);
        }
    }
}

impl<T: 'static> Inner<T> {
    fn register(self: &Rc<Self>) {
        self.registration.register("promise", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner<T>>;
            this
        });
    }
}

impl<T> Inner<T> {
    /// Gives the outcome back if there is one already.
    fn end(&self, outcome: Result<T, PromiseCancelled>) -> Result<(), Result<T, PromiseCancelled>> {
        self.outcome.set(outcome)?;
        self.registration.tell(|| Change::Len { op: "set", len: 1, unfinished: 0 });
        self.waiters.wake_all(&self.registration);
        Ok(())
    }

    fn state(&self) -> &'static str {
        match self.outcome.get() {
            None => "pending",
            Some(Ok(_)) => "set",
            Some(Err(PromiseCancelled)) => "cancelled",
        }
    }
}

impl<T> Resource for Inner<T> {
    fn look(&self) -> Seen {
        let done = self.outcome.get().is_some();
        self.registration.seen("promise", done.into(), (!done).into(), &self.waiters)
    }
}

impl<T> Clone for SharedFuture<T> {
    fn clone(&self) -> SharedFuture<T> {
        SharedFuture { inner: self.inner.clone(), place: None }
    }
}

impl<T> fmt::Debug for SharedFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedFuture {{ {} }}", self.inner.state())
    }
}

impl<T: Clone> Future for SharedFuture<T> {
    type Output = Result<T, PromiseCancelled>;

    // `track_caller`: called from an `.await`, the caller is the line of that `.await`.
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let SharedFuture { inner, place } = &mut *self;
        match inner.outcome.get() {
            Some(outcome) => {
                inner.waiters.leave(&inner.registration, place);
                Poll::Ready(outcome.clone())
            }
            None => {
                inner.register();
                inner.waiters.wait(&inner.registration, place, cx, "wait", Location::caller());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for SharedFuture<T> {
    fn drop(&mut self) {
        self.inner.waiters.leave(&self.inner.registration, &mut self.place);
    }
}
