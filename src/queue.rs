//! asyncio's queues: items go from producers to consumers, and whoever comes too early waits.
//!
//! | queue | gives first | asyncio |
//! | --- | --- | --- |
//! | [`Queue`] | the oldest | `Queue` |
//! | [`LifoQueue`] | the newest | `LifoQueue` |
//! | [`PriorityQueue`] | the smallest, and of equal ones the oldest | `PriorityQueue` |
//!
//! They are one type, [`QueueOver`] a [`Buffer`]: only the buffer knows the order, and all the rest is the same.
//!
//! What was put stays in the queue until somebody takes it; those who wait receive only a wake-up, in the order in which they came. So a
//! cancelled `get` loses nothing, and a waiter takes the best there is when it *runs*. Between its wake-up and its turn
//! another may take the item: then it waits on *in its old place* (asyncio sends it to the back of the line).
//!
//! A queue can be [shut down](QueueOver::shutdown). `put` and `get` raise in asyncio then, so here they give a `Result`, like any channel
//! of Rust. In a consumer that costs nothing: `while let Ok(item) = queue.get().await` says when the loop ends. (A `get` that
//! panicked instead would need no `Result`, but a shutdown added later would break consumers far away, and no compiler would say so.)

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::rc::{Rc, Weak};

use crate::waiters::{Change, Registration, Resource, Seen, Waiters};

mod buffer;
mod error;
mod futures;
mod job;
mod stream;

pub use buffer::{Buffer, Heap};
pub use error::{GetNowaitError, PutNowaitError, QueueShutDown, TaskDoneTooOften};
pub use futures::{Get, GetGuard, Join, Put};
pub use job::{DoneGuard, Job};
pub use stream::Items;

/// First in, first out (asyncio's `Queue`). Its methods are those of [`QueueOver`].
///
/// ```
/// use glassloop::{Queue, create_task};
///
/// glassloop::run(async {
///     let queue = Queue::bounded(2);
///     let jobs = queue.clone();
///     let worker = create_task(async move {
///         while let Ok(job) = jobs.get().await {
///             println!("job {job}");
///             jobs.task_done().unwrap();
///         }
///     });
///     for job in 0..5 {
///         queue.put(job).await.unwrap(); // waits while the queue is full
///     }
///     queue.join().await; // until every job is done
///     queue.shutdown(false); // ends the worker
///     worker.await.unwrap();
/// });
/// ```
pub type Queue<T> = QueueOver<VecDeque<T>>;

/// Last in, first out (asyncio's `LifoQueue`). Its methods are those of [`QueueOver`].
///
/// ```
/// glassloop::run(async {
///     let queue = glassloop::LifoQueue::new();
///     queue.put("first").await.unwrap();
///     queue.put("second").await.unwrap();
///     assert_eq!(queue.get().await, Ok("second"));
/// });
/// ```
pub type LifoQueue<T> = QueueOver<Vec<T>>;

/// The smallest first (asyncio's `PriorityQueue`); equal ones come out as they went in, which asyncio does not promise. Its
/// methods are those of [`QueueOver`]. For the greatest first, put [`Reverse`](std::cmp::Reverse)d items.
///
/// ```
/// glassloop::run(async {
///     let queue = glassloop::PriorityQueue::new();
///     for (priority, job) in [(2, "later"), (1, "now"), (2, "last")] {
///         queue.put((priority, job)).await.unwrap();
///     }
///     assert_eq!(queue.get().await, Ok((1, "now")));
/// });
/// ```
///
/// # Panics
/// `put` and `get` panic if the items' `cmp` does. It must not use the queue.
pub type PriorityQueue<T> = QueueOver<Heap<T>>;

/// A queue between tasks of one loop, with or without a bound; `B` decides what comes out first. A clone is the same queue.
///
/// Use it by the names [`Queue`], [`LifoQueue`] and [`PriorityQueue`]; this one is for code that takes any of them:
///
/// ```
/// use glassloop::queue::{Buffer, QueueOver};
///
/// async fn sum<B: Buffer<Item = u32>>(queue: QueueOver<B>) -> u32 {
///     let mut sum = 0;
///     while let Ok(item) = queue.get().await {
///         sum += item;
///     }
///     sum
/// }
/// # glassloop::run(async {
/// # let queue = glassloop::LifoQueue::new();
/// # queue.put(2).await.unwrap();
/// # queue.put(3).await.unwrap();
/// # queue.shutdown(false);
/// # assert_eq!(sum(queue).await, 5);
/// # });
/// ```
///
/// A `put` or `get` that need not wait does not yield.
pub struct QueueOver<B> {
    inner: Rc<Inner<B>>,
}

struct Inner<B> {
    items: RefCell<B>,
    maxsize: usize,
    /// Put, and not yet said to be done.
    unfinished: Cell<usize>,
    is_shut_down: Cell<bool>,
    getters: Waiters,
    putters: Waiters,
    joiners: Waiters,
    registration: Registration,
}

impl<B: Buffer> QueueOver<B> {
    /// A queue without a bound.
    ///
    /// ```
    /// let queue = glassloop::Queue::new();
    /// queue.put_nowait("needs no loop").unwrap();
    /// ```
    #[track_caller]
    pub fn new() -> QueueOver<B> {
        QueueOver::bounded(0)
    }

    /// A queue of at most `maxsize` items; 0 is no bound, as in asyncio.
    ///
    /// ```
    /// let queue = glassloop::LifoQueue::bounded(1);
    /// queue.put_nowait('a').unwrap();
    /// assert!(queue.is_full());
    /// ```
    #[track_caller]
    pub fn bounded(maxsize: usize) -> QueueOver<B> {
        let inner = Rc::new(Inner {
            items: RefCell::default(),
            maxsize,
            unfinished: Cell::new(0),
            is_shut_down: Cell::new(false),
            getters: Waiters::default(),
            putters: Waiters::default(),
            joiners: Waiters::default(),
            registration: Registration::here().bounded((maxsize > 0).then_some(maxsize)),
        });
        inner.register();
        QueueOver { inner }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let jobs = glassloop::Queue::<u32>::bounded(8).named("jobs");
    /// # drop(jobs);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.inner.registration.set_name(name.into());
        self
    }

    /// Puts an item now (asyncio's `put_nowait`).
    ///
    /// ```
    /// use glassloop::{PutNowaitError, Queue};
    ///
    /// let queue = Queue::bounded(1);
    /// assert_eq!(queue.put_nowait("in"), Ok(()));
    /// assert_eq!(queue.put_nowait("out"), Err(PutNowaitError::Full("out")));
    /// ```
    ///
    /// # Errors
    /// If the queue is full, or shut down; the error has the item.
    #[inline]
    pub fn put_nowait(&self, item: B::Item) -> Result<(), PutNowaitError<B::Item>> {
        let inner = &*self.inner;
        if inner.is_shut_down.get() {
            return Err(PutNowaitError::ShutDown(item));
        }
        let mut items = inner.items.borrow_mut();
        if inner.is_full_with(items.size()) {
            return Err(PutNowaitError::Full(item));
        }
        // Counted first: should a comparison panic in `push`, the item is in the heap all the same.
        inner.unfinished.set(inner.unfinished.get() + 1);
        items.push(item);
        drop(items);
        inner.tell_len("put");
        inner.getters.wake_first(&inner.registration);
        Ok(())
    }

    /// Takes an item now (asyncio's `get_nowait`).
    ///
    /// ```
    /// use glassloop::{GetNowaitError, Queue};
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait(1).unwrap();
    /// assert_eq!(queue.get_nowait(), Ok(1));
    /// assert_eq!(queue.get_nowait(), Err(GetNowaitError::Empty));
    /// ```
    ///
    /// # Errors
    /// If the queue is empty: [`Empty`](GetNowaitError::Empty), or [`ShutDown`](GetNowaitError::ShutDown) if nothing will come any more.
    #[inline]
    pub fn get_nowait(&self) -> Result<B::Item, GetNowaitError> {
        let inner = &*self.inner;
        let item = inner.items.borrow_mut().pop();
        match item {
            Some(item) => {
                inner.tell_len("get");
                inner.putters.wake_first(&inner.registration);
                Ok(item)
            }
            None if inner.is_shut_down.get() => Err(GetNowaitError::ShutDown),
            None => Err(GetNowaitError::Empty),
        }
    }

    /// Says that an item that was taken has been dealt with. When all have been, [`join`](QueueOver::join) returns. (asyncio's
    /// `task_done`; [`get_guard`](QueueOver::get_guard) says it by itself.)
    ///
    /// ```
    /// let queue = glassloop::Queue::new();
    /// queue.put_nowait("a job").unwrap();
    /// assert!(queue.task_done().is_ok());
    /// assert!(queue.task_done().is_err());
    /// ```
    ///
    /// # Errors
    /// If it is called more often than items were put.
    pub fn task_done(&self) -> Result<(), TaskDoneTooOften> {
        self.inner.task_done()
    }

    /// Shuts the queue down (asyncio's `shutdown`): from now on every `put` fails; what is inside can still be got, then every `get` fails.
    /// Those who wait in `put`, or in `get` with nothing inside, wake and fail.
    ///
    /// With `immediate` what is inside is dropped, and counted as done: [`join`](QueueOver::join) then waits only for what has been taken and
    /// is not done. Without it, `join` still waits for what is inside. To shut down again is allowed.
    ///
    /// ```
    /// use glassloop::{Queue, QueueShutDown};
    ///
    /// glassloop::run(async {
    ///     let queue = Queue::new();
    ///     queue.put("inside").await.unwrap();
    ///     queue.shutdown(false);
    ///     assert_eq!(queue.put("late").await, Err(QueueShutDown("late")));
    ///     assert_eq!(queue.get().await, Ok("inside"));
    ///     assert_eq!(queue.get().await, Err(QueueShutDown(())));
    /// });
    /// ```
    pub fn shutdown(&self, immediate: bool) {
        let inner = &*self.inner;
        inner.is_shut_down.set(true);
        let mut dropped = B::default();
        if immediate {
            mem::swap(&mut dropped, &mut *inner.items.borrow_mut());
            // Fewer may be unfinished than are inside: `task_done` may come before `get`.
            inner.unfinished.set(inner.unfinished.get().saturating_sub(dropped.size()));
            inner.tell_len("shutdown");
            if inner.unfinished.get() == 0 {
                inner.joiners.wake_all(&inner.registration);
            }
        }
        inner.getters.wake_all(&inner.registration);
        inner.putters.wake_all(&inner.registration);
        // Items may do anything in their drop: only now, when all else is done.
        drop(dropped);
    }
}

impl<B: Buffer> QueueOver<B> {
    /// How many items are inside (asyncio's `qsize`).
    pub fn len(&self) -> usize {
        self.inner.items.borrow().size()
    }

    /// Whether nothing is inside (asyncio's `empty`).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room for another item (asyncio's `full`); never so without a bound.
    pub fn is_full(&self) -> bool {
        self.inner.is_full_with(self.len())
    }

    /// The bound; 0 is none (asyncio's `maxsize`).
    pub fn maxsize(&self) -> usize {
        self.inner.maxsize
    }

    /// Whether [`shutdown`](QueueOver::shutdown) was called.
    pub fn is_shut_down(&self) -> bool {
        self.inner.is_shut_down.get()
    }
}

impl<B: Buffer> Inner<B> {
    fn register(self: &Rc<Self>) {
        self.registration.register(B::KIND, || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner<B>>;
            this
        });
    }

    fn is_full_with(&self, len: usize) -> bool {
        self.maxsize != 0 && len >= self.maxsize
    }

    fn task_done(&self) -> Result<(), TaskDoneTooOften> {
        self.unfinished.set(self.unfinished.get().checked_sub(1).ok_or(TaskDoneTooOften)?);
        self.tell_len("task_done");
        if self.unfinished.get() == 0 {
            self.joiners.wake_all(&self.registration);
        }
        Ok(())
    }

    #[inline]
    fn tell_len(&self, op: &'static str) {
        if self.registration.is_observed() {
            self.tell_len_now(op);
        }
    }

    #[cold]
    fn tell_len_now(&self, op: &'static str) {
        let len = || self.items.borrow().size();
        self.registration.tell(|| Change::Len { op, len: len(), unfinished: self.unfinished.get() });
    }
}

impl<B: Buffer> Resource for Inner<B> {
    fn look(&self) -> Seen {
        let (len, unfinished) = (self.items.borrow().size(), self.unfinished.get());
        let mut seen = self.registration.seen(B::KIND, len, unfinished, &self.getters);
        self.putters.look(&mut seen.waits);
        self.joiners.look(&mut seen.waits);
        seen
    }
}

impl<B> Clone for QueueOver<B> {
    fn clone(&self) -> QueueOver<B> {
        QueueOver { inner: self.inner.clone() }
    }
}

impl<B: Buffer> Default for QueueOver<B> {
    fn default() -> QueueOver<B> {
        QueueOver::new()
    }
}

impl<B: Buffer> fmt::Debug for QueueOver<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(B::NAME)
            .field("len", &self.len())
            .field("maxsize", &self.maxsize())
            .field("unfinished", &self.inner.unfinished.get())
            .field("is_shut_down", &self.is_shut_down())
            .finish()
    }
}
