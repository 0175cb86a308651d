//! `Queue`: items go from producers to consumers, first in, first out (asyncio's `Queue`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use thiserror::Error;

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters, Was};

/// A queue between tasks of one loop, with or without a bound. A clone is the same queue.
///
/// ```
/// use glassloop::{Queue, create_task};
///
/// glassloop::run(async {
///     let queue = Queue::bounded(2);
///     let jobs = queue.clone();
///     let worker = create_task(async move {
///         loop {
///             let job: u32 = jobs.get().await;
///             println!("job {job}");
///             jobs.task_done().unwrap();
///         }
///     });
///     for job in 0..5 {
///         queue.put(job).await; // waits while the queue is full
///     }
///     queue.join().await; // until every job is done
///     worker.cancel();
/// });
/// ```
///
/// A `put` or `get` that need not wait does not yield. Those who wait are woken in the order in which they came; what was put stays in the
/// queue until somebody takes it, so a cancelled `get` loses nothing. Between the wake-up of a waiting `get` and its turn
/// another may take the item: then it waits on *in its old place* (asyncio sends it to the back of the line).
pub struct Queue<T> {
    inner: Rc<Inner<T>>,
}

struct Inner<T> {
    registration: Registration,
    items: RefCell<VecDeque<T>>,
    maxsize: usize,
    unfinished: Cell<usize>,
    getters: Waiters,
    putters: Waiters,
    joiners: Waiters,
}

/// `put_nowait` on a full queue; gives the item back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the queue is full")]
pub struct QueueFull<T>(pub T);

/// `get_nowait` on an empty queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the queue is empty")]
pub struct QueueEmpty;

/// `task_done` was called more often than items were put. The count stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("task_done() was called more often than items were put into the queue")]
pub struct TaskDoneTooOften;

impl<T: 'static> Queue<T> {
    /// A queue without a bound.
    pub fn new() -> Queue<T> {
        Queue::bounded(0)
    }

    /// A queue of at most `maxsize` items; 0 is no bound, as in asyncio.
    pub fn bounded(maxsize: usize) -> Queue<T> {
        let inner = Rc::new(Inner {
            registration: Registration::default(),
            items: RefCell::default(),
            maxsize,
            unfinished: Cell::new(0),
            getters: Waiters::default(),
            putters: Waiters::default(),
            joiners: Waiters::default(),
        });
        inner.register();
        Queue { inner }
    }

    /// Puts an item, waiting while the queue is full.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it drops its item, which is then not in the queue; a turn it had been given goes to the next.
    #[track_caller]
    pub fn put(&self, item: T) -> Put<'_, T> {
        Put { queue: self, item: Some(item), place: None, location: Location::caller() }
    }

    /// Takes the oldest item, waiting while the queue is empty.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it has taken nothing; a turn it had been given goes to the next.
    #[track_caller]
    pub fn get(&self) -> Get<'_, T> {
        Get { queue: self, place: None, location: Location::caller() }
    }

    /// Puts an item now.
    ///
    /// # Errors
    /// If the queue is full; the error has the item.
    pub fn put_nowait(&self, item: T) -> Result<(), QueueFull<T>> {
        let inner = &*self.inner;
        if self.is_full() {
            return Err(QueueFull(item));
        }
        inner.items.borrow_mut().push_back(item);
        inner.unfinished.set(inner.unfinished.get() + 1);
        inner.tell_len();
        inner.getters.wake_first(&inner.registration);
        Ok(())
    }

    /// Takes the oldest item now.
    ///
    /// # Errors
    /// If the queue is empty.
    pub fn get_nowait(&self) -> Result<T, QueueEmpty> {
        let inner = &*self.inner;
        let item = inner.items.borrow_mut().pop_front().ok_or(QueueEmpty)?;
        inner.tell_len();
        inner.putters.wake_first(&inner.registration);
        Ok(item)
    }

    /// Says that an item that was taken has been dealt with. When all have been, [`join`](Queue::join) returns.
    ///
    /// # Errors
    /// If it is called more often than items were put.
    pub fn task_done(&self) -> Result<(), TaskDoneTooOften> {
        let inner = &*self.inner;
        inner.unfinished.set(inner.unfinished.get().checked_sub(1).ok_or(TaskDoneTooOften)?);
        inner.tell_len();
        if inner.unfinished.get() == 0 {
            inner.joiners.wake_all(&inner.registration);
        }
        Ok(())
    }

    /// Waits until [`task_done`](Queue::task_done) was called for every item ever put; at once if that is so now.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    #[track_caller]
    pub fn join(&self) -> Join<'_, T> {
        Join { queue: self, place: None, location: Location::caller() }
    }
}

impl<T> Queue<T> {
    /// How many items are in it (asyncio's `qsize`).
    pub fn len(&self) -> usize {
        self.inner.items.borrow().len()
    }

    /// Whether it has no items (asyncio's `empty`).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a `put` would wait (asyncio's `full`); never, without a bound.
    pub fn is_full(&self) -> bool {
        self.inner.maxsize != 0 && self.len() >= self.inner.maxsize
    }

    /// The bound; 0 is none.
    pub fn maxsize(&self) -> usize {
        self.inner.maxsize
    }
}

impl<T: 'static> Inner<T> {
    fn register(self: &Rc<Self>) {
        self.registration.register("queue", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner<T>>;
            this
        });
    }
}

impl<T> Inner<T> {
    fn tell_len(&self) {
        self.registration.tell(|| Change::Len(self.items.borrow().len(), self.unfinished.get()));
    }
}

impl<T> Resource for Inner<T> {
    fn look(&self) -> Seen {
        let mut waits = Vec::new();
        self.getters.look(&mut waits);
        self.putters.look(&mut waits);
        self.joiners.look(&mut waits);
        Seen { kind: "queue", len: self.items.borrow().len(), unfinished: self.unfinished.get(), waits }
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue { inner: self.inner.clone() }
    }
}

impl<T: 'static> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue::new()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { maxsize, unfinished, .. } = &*self.inner;
        write!(f, "Queue {{ len: {}, maxsize: {maxsize}, unfinished: {} }}", self.len(), unfinished.get())
    }
}

/// See [`Queue::put`].
#[must_use = "futures do nothing unless awaited"]
pub struct Put<'q, T: 'static> {
    queue: &'q Queue<T>,
    item: Option<T>,
    place: Place,
    location: &'static Location<'static>,
}

/// The item is moved, never pinned.
impl<T> Unpin for Put<'_, T> {}

impl<T> Future for Put<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let (queue, inner) = (this.queue, &this.queue.inner);
        let Some(item) = this.item.take() else { panic!("glassloop: `put` was polled after it was done") };
        match queue.put_nowait(item) {
            Ok(()) => {
                inner.putters.leave(&inner.registration, &mut this.place);
                Poll::Ready(())
            }
            Err(QueueFull(item)) => {
                this.item = Some(item);
                inner.register();
                inner.putters.wait(&inner.registration, &mut this.place, cx, "put", this.location);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Put<'_, T> {
    fn drop(&mut self) {
        let inner = &self.queue.inner;
        if inner.putters.leave(&inner.registration, &mut self.place) == Was::Woken && !self.queue.is_full() {
            inner.putters.wake_first(&inner.registration);
        }
    }
}

/// See [`Queue::get`].
#[must_use = "futures do nothing unless awaited"]
pub struct Get<'q, T: 'static> {
    queue: &'q Queue<T>,
    place: Place,
    location: &'static Location<'static>,
}

impl<T> Future for Get<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let (queue, inner) = (this.queue, &this.queue.inner);
        match queue.get_nowait() {
            Ok(item) => {
                inner.getters.leave(&inner.registration, &mut this.place);
                Poll::Ready(item)
            }
            Err(QueueEmpty) => {
                inner.register();
                inner.getters.wait(&inner.registration, &mut this.place, cx, "get", this.location);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Get<'_, T> {
    fn drop(&mut self) {
        let inner = &self.queue.inner;
        if inner.getters.leave(&inner.registration, &mut self.place) == Was::Woken && !self.queue.is_empty() {
            inner.getters.wake_first(&inner.registration);
        }
    }
}

/// See [`Queue::join`].
#[must_use = "futures do nothing unless awaited"]
pub struct Join<'q, T: 'static> {
    queue: &'q Queue<T>,
    place: Place,
    location: &'static Location<'static>,
}

impl<T> Future for Join<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let inner = &this.queue.inner;
        // Once woken it is over, even if more was put meanwhile: as in asyncio.
        if inner.unfinished.get() == 0 || inner.joiners.is_woken(this.place) {
            inner.joiners.leave(&inner.registration, &mut this.place);
            return Poll::Ready(());
        }
        inner.register();
        inner.joiners.wait(&inner.registration, &mut this.place, cx, "join", this.location);
        Poll::Pending
    }
}

impl<T> Drop for Join<'_, T> {
    fn drop(&mut self) {
        self.queue.inner.joiners.leave(&self.queue.inner.registration, &mut self.place);
    }
}

macro_rules! debug_as_name {
    ($($name:ident),+) => {$(
        impl<T> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {{ {:?} at {} }}", stringify!($name), self.queue, self.location)
            }
        }
    )+};
}

debug_as_name!(Put, Get, Join);
