//! `Event`: something has happened (asyncio's `Event`).

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters};

/// A flag that tasks wait for (asyncio's `Event`). A clone is the same event.
///
/// ```
/// use glassloop::{Event, create_task};
///
/// glassloop::run(async {
///     let ready = Event::new();
///     let waiting = ready.clone();
///     let task = create_task(async move {
///         waiting.wait().await;
///         "go"
///     });
///     ready.set();
///     assert_eq!(task.await.unwrap(), "go");
/// });
/// ```
#[derive(Clone)]
pub struct Event {
    inner: Rc<Inner>,
}

struct Inner {
    registration: Registration,
    set: Cell<bool>,
    waiters: Waiters,
}

impl Event {
    /// An event that is not set.
    ///
    /// ```
    /// assert!(!glassloop::Event::new().is_set());
    /// ```
    #[track_caller]
    pub fn new() -> Event {
        let (registration, set, waiters) = (Registration::here(), Cell::default(), Waiters::default());
        let inner = Rc::new(Inner { registration, set, waiters });
        inner.register();
        Event { inner }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let ready = glassloop::Event::new().named("ready");
    /// # drop(ready);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.inner.registration.set_name(name.into());
        self
    }

    /// Sets it, and wakes all who wait, in the order in which they came; they go on at their next turn, even if it is cleared before.
    ///
    /// ```
    /// let event = glassloop::Event::new();
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    pub fn set(&self) {
        if !self.inner.set.replace(true) {
            self.inner.tell("set");
            self.inner.waiters.wake_all(&self.inner.registration);
        }
    }

    /// Clears it: who waits from now on waits for the next [`set`](Event::set).
    ///
    /// ```
    /// let event = glassloop::Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    pub fn clear(&self) {
        if self.inner.set.replace(false) {
            self.inner.tell("clear");
        }
    }

    /// Whether it is set.
    ///
    /// ```
    /// assert!(!glassloop::Event::new().is_set());
    /// ```
    pub fn is_set(&self) -> bool {
        self.inner.set.get()
    }

    /// Waits until it is set; does not yield if it is.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let event = glassloop::Event::new();
    ///     event.set();
    ///     event.wait().await;
    /// });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> EventWait<'_> {
        EventWait { event: self, place: None, location: Location::caller() }
    }
}

impl Inner {
    fn register(self: &Rc<Self>) {
        self.registration.register("event", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner>;
            this
        });
    }

    #[inline]
    fn tell(&self, op: &'static str) {
        if self.registration.is_observed() {
            self.tell_now(op);
        }
    }

    #[cold]
    fn tell_now(&self, op: &'static str) {
        self.registration.tell(|| Change::Len { op, len: self.set.get().into(), unfinished: 0 });
    }
}

impl Resource for Inner {
    fn look(&self) -> Seen {
        self.registration.seen("event", self.set.get().into(), 0, &self.waiters)
    }
}

impl Default for Event {
    fn default() -> Event {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event {{ set: {} }}", self.is_set())
    }
}

/// See [`Event::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct EventWait<'e> {
    event: &'e Event,
    place: Place,
    location: &'static Location<'static>,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let EventWait { event, place, location } = &mut *self;
        let Inner { registration, set, waiters } = &*event.inner;
        // Who was woken has seen it set, whatever became of it since.
        if set.get() || waiters.is_woken(*place) {
            waiters.leave(registration, place);
            return Poll::Ready(());
        }
        event.inner.register();
        waiters.wait(registration, place, cx, "wait", location);
        Poll::Pending
    }
}

impl Drop for EventWait<'_> {
    fn drop(&mut self) {
        let Inner { registration, waiters, .. } = &*self.event.inner;
        waiters.leave(registration, &mut self.place);
    }
}

impl fmt::Debug for EventWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventWait {{ {:?} at {} }}", self.event, self.location)
    }
}
