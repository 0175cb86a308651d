//! `CancelToken`: a request to stop that its hearers may take their time to follow.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use glassloop_executor::Awaits;

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters};

/// A request to stop that tasks listen to, for cleanup that has to wait. A clone is the same token.
///
/// [`Task::cancel`](crate::Task::cancel) drops a future where it waits, so nothing in it can wait any more. Where asyncio catches `CancelledError`
/// and awaits in its `except` and `finally` blocks, a task here listens to a token, and whoever cancels it awaits the task to know that
/// the cleanup has ended:
///
/// ```
/// use std::time::Duration;
/// use glassloop::{CancelToken, create_task, sleep};
///
/// glassloop::run(async {
///     let token = CancelToken::new();
///     let stop = token.clone();
///     let task = create_task(async move {
///         let work = stop.until_cancelled(sleep(Duration::from_secs(3600))).await;
///         if work.is_none() {
///             sleep(Duration::from_millis(1)).await; // cleanup that waits
///         }
///         "cleaned up"
///     });
///     sleep(Duration::from_millis(1)).await;
///     token.cancel();
///     assert_eq!(task.await.unwrap(), "cleaned up");
/// });
/// ```
pub struct CancelToken {
    inner: Rc<Inner>,
}

struct Inner {
    registration: Registration,
    cancelled: Cell<bool>,
    waiters: Waiters,
    children: RefCell<Vec<Weak<Inner>>>,
    /// Last, so that it goes last.
    parent: Parent,
}

/// A parent is kept alive by its children: a request has to find its way down to them.
struct Parent(Option<Rc<Inner>>);

impl Drop for Parent {
    /// Lets go of those that nobody else holds, one after another: they may be many.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut parent) = next.and_then(Rc::into_inner) {
            next = parent.parent.0.take();
        }
    }
}

impl CancelToken {
    /// A token that is not cancelled.
    #[track_caller]
    pub fn new() -> CancelToken {
        CancelToken { inner: Inner::new(false, None) }
    }

    /// A token that is cancelled with this one, also when those between them are gone, and can be cancelled without it.
    #[track_caller]
    pub fn child(&self) -> CancelToken {
        if self.is_cancelled() {
            return CancelToken { inner: Inner::new(true, None) };
        }
        let child = Inner::new(false, Some(self.inner.clone()));
        let mut children = self.inner.children.borrow_mut();
        if children.len() == children.capacity() {
            // Looked through only when it is full, and then given room for as many again: so each costs the same.
            children.retain(|child| child.strong_count() > 0);
            let alive = children.len();
            children.reserve(alive.max(4));
        }
        children.push(Rc::downgrade(&child));
        drop(children);
        CancelToken { inner: child }
    }

    /// Makes the request, once and for all: wakes who waits for it, in the order in which they came. True if it is new.
    pub fn cancel(&self) -> bool {
        let new = !self.is_cancelled();
        let mut tokens = vec![self.inner.clone()];
        while let Some(token) = tokens.pop() {
            if !token.cancelled.replace(true) {
                token.registration.tell(|| Change::Len { op: "cancel", len: 1, unfinished: 0 });
                let children = token.children.take();
                tokens.extend(children.iter().rev().filter_map(Weak::upgrade));
                token.waiters.wake_all(&token.registration);
            }
        }
        new
    }

    /// Whether the request was made.
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.get()
    }

    /// Waits for the request; at once if it was made.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    #[track_caller]
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { token: self, place: None, location: Location::caller() }
    }

    /// Runs `future` until it is done or the request is made, whichever is first; then `None`, with the future dropped. The request
    /// goes first if both are so at the same time, and a future that comes too late is not polled at all.
    ///
    /// # Cancel safety
    /// Dropping it drops the future.
    #[track_caller]
    pub fn until_cancelled<F: Future>(&self, future: F) -> impl Future<Output = Option<F::Output>> {
        let cancelled = self.cancelled();
        async move {
            let mut awaits = Awaits::default();
            let (mut cancelled, mut future) = (cancelled, pin!(future));
            std::future::poll_fn(|cx| match Pin::new(&mut cancelled).poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => awaits.within(|| future.as_mut().poll(cx)).map(Some),
            })
            .await
        }
    }
}

impl Inner {
    #[track_caller]
    fn new(cancelled: bool, parent: Option<Rc<Inner>>) -> Rc<Inner> {
        let (registration, (waiters, children)) = (Registration::here(), Default::default());
        Rc::new(Inner { registration, cancelled: Cell::new(cancelled), waiters, children, parent: Parent(parent) })
    }

    fn register(self: &Rc<Self>) {
        self.registration.register("cancel token", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner>;
            this
        });
    }
}

impl Resource for Inner {
    /// `len` is 1 once it is cancelled.
    fn look(&self) -> Seen {
        self.registration.seen("cancel token", self.cancelled.get().into(), 0, &self.waiters)
    }
}

impl Clone for CancelToken {
    fn clone(&self) -> CancelToken {
        CancelToken { inner: self.inner.clone() }
    }
}

impl Default for CancelToken {
    fn default() -> CancelToken {
        CancelToken::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelToken {{ cancelled: {} }}", self.is_cancelled())
    }
}

/// See [`CancelToken::cancelled`].
#[must_use = "futures do nothing unless awaited"]
pub struct Cancelled<'t> {
    token: &'t CancelToken,
    place: Place,
    location: &'static Location<'static>,
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let inner = &this.token.inner;
        if this.token.is_cancelled() {
            inner.waiters.leave(&inner.registration, &mut this.place);
            return Poll::Ready(());
        }
        inner.register();
        inner.waiters.wait(&inner.registration, &mut this.place, cx, "cancelled", this.location);
        Poll::Pending
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        let inner = &self.token.inner;
        inner.waiters.leave(&inner.registration, &mut self.place);
    }
}

impl fmt::Debug for Cancelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cancelled {{ {:?} at {} }}", self.token, self.location)
    }
}
