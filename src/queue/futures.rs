//! The calls of a queue that may wait: each tries first, and takes a place in its line only if it has to. One that never had a place
//! does not touch the line (`place.is_some()`), as most calls never wait. A poll is compiled into the task that waits: what it does at the first try
//! is as short as a call with all its registers.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Buffer, DoneGuard, GetNowaitError, Items, Job, PutNowaitError, QueueOver, QueueShutDown};
use crate::waiters::{Place, Was};

impl<B: Buffer> QueueOver<B> {
    /// Puts an item, waiting while the queue is full (asyncio's `put`).
    ///
    /// ```
    /// # glassloop::run(async {
    /// let queue = glassloop::Queue::bounded(8);
    /// queue.put("an item").await.unwrap();
    /// # });
    /// ```
    ///
    /// # Errors
    /// If the queue is shut down, before or while it waits; the error has the item.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it drops its item, which is then not in the queue; a turn it had been given goes to the next.
    #[track_caller]
    pub fn put(&self, item: B::Item) -> Put<'_, B> {
        Put { queue: self, item: Some(item), place: None, location: Location::caller() }
    }

    /// Takes the item whose turn it is, waiting while the queue is empty (asyncio's `get`).
    ///
    /// ```
    /// # glassloop::run(async {
    /// let queue = glassloop::Queue::new();
    /// queue.put(1).await.unwrap();
    /// queue.shutdown(false);
    /// while let Ok(item) = queue.get().await {
    ///     assert_eq!(item, 1);
    /// }
    /// # });
    /// ```
    ///
    /// # Errors
    /// If the queue is shut down and nothing is left inside, before or while it waits.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it has taken nothing; a turn it had been given goes to the next.
    #[track_caller]
    pub fn get(&self) -> Get<'_, B> {
        Get { queue: self, turn: Turn::here() }
    }

    /// As [`get`](QueueOver::get), but the item comes in a [`Job`] that calls [`task_done`](QueueOver::task_done) when it is dropped.
    ///
    /// ```
    /// # glassloop::run(async {
    /// let queue = glassloop::Queue::new();
    /// queue.put("work".to_string()).await.unwrap();
    /// let job = queue.get_guard().await.unwrap();
    /// assert_eq!(job.len(), 4); // a `String`'s
    /// drop(job);
    /// queue.join().await;
    /// # });
    /// ```
    ///
    /// # Errors
    /// As [`get`](QueueOver::get).
    ///
    /// # Cancel safety
    /// As [`get`](QueueOver::get).
    #[track_caller]
    pub fn get_guard(&self) -> GetGuard<'_, B> {
        GetGuard { get: self.get() }
    }

    /// The items as a stream that ends when the queue is shut down and empty (asyncio has no such form).
    ///
    /// ```
    /// use futures_util::StreamExt;
    ///
    /// # glassloop::run(async {
    /// let queue = glassloop::Queue::new();
    /// for item in 1..=3 {
    ///     queue.put(item).await.unwrap();
    /// }
    /// queue.shutdown(false);
    /// assert_eq!(queue.stream().map(|item| item * 10).collect::<Vec<_>>().await, [10, 20, 30]);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    /// May be dropped at any time: it has taken only what it has given.
    #[track_caller]
    pub fn stream(&self) -> Items<B> {
        Items { queue: self.clone(), turn: Turn::here() }
    }

    /// Waits until [`task_done`](QueueOver::task_done) was called for every item ever put; at once if that is so now (asyncio's `join`).
    ///
    /// ```
    /// # glassloop::run(async {
    /// let queue = glassloop::Queue::<u32>::new();
    /// queue.join().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    #[track_caller]
    pub fn join(&self) -> Join<'_, B> {
        Join { queue: self, place: None, location: Location::caller() }
    }
}

/// See [`QueueOver::put`].
#[must_use = "futures do nothing unless awaited"]
pub struct Put<'q, B: Buffer> {
    queue: &'q QueueOver<B>,
    item: Option<B::Item>,
    place: Place,
    location: &'static Location<'static>,
}

/// The item is moved, never pinned.
impl<B: Buffer> Unpin for Put<'_, B> {}

impl<B: Buffer> Future for Put<'_, B> {
    type Output = Result<(), QueueShutDown<B::Item>>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(item) = this.item.take() else { panic!("glassloop: `put` was polled after it was done") };
        let result = match this.queue.put_nowait(item) {
            Ok(()) => Ok(()),
            Err(PutNowaitError::ShutDown(item)) => Err(QueueShutDown(item)),
            Err(PutNowaitError::Full(item)) => {
                this.item = Some(item);
                this.wait(cx);
                return Poll::Pending;
            }
        };
        if this.place.is_some() {
            this.leave();
        }
        Poll::Ready(result)
    }
}

/// What most calls never need, out of the way of inlining.
impl<B: Buffer> Put<'_, B> {
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) {
        let inner = &self.queue.inner;
        inner.register();
        inner.putters.wait(&inner.registration, &mut self.place, cx, "put", self.location);
    }

    #[inline(never)]
    fn leave(&mut self) -> Was {
        let inner = &self.queue.inner;
        inner.putters.leave(&inner.registration, &mut self.place)
    }
}

impl<B: Buffer> Drop for Put<'_, B> {
    fn drop(&mut self) {
        if self.place.is_some() && self.leave() == Was::Woken && !self.queue.is_full() {
            let inner = &self.queue.inner;
            inner.putters.wake_first(&inner.registration);
        }
    }
}

/// A consumer's place in the line of getters, and where in the source it waits.
pub(super) struct Turn {
    place: Place,
    pub(super) location: &'static Location<'static>,
}

impl Turn {
    #[track_caller]
    fn here() -> Turn {
        Turn { place: None, location: Location::caller() }
    }

    #[inline(always)]
    pub(super) fn poll<B: Buffer>(
        &mut self,
        queue: &QueueOver<B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<B::Item, QueueShutDown>> {
        let result = match queue.get_nowait() {
            Ok(item) => Ok(item),
            Err(GetNowaitError::ShutDown) => Err(QueueShutDown(())),
            Err(GetNowaitError::Empty) => {
                self.wait(queue, cx);
                return Poll::Pending;
            }
        };
        if self.place.is_some() {
            self.leave(queue);
        }
        Poll::Ready(result)
    }

    #[inline(never)]
    fn wait<B: Buffer>(&mut self, queue: &QueueOver<B>, cx: &mut Context<'_>) {
        let inner = &queue.inner;
        inner.register();
        inner.getters.wait(&inner.registration, &mut self.place, cx, "get", self.location);
    }

    #[inline(never)]
    fn leave<B: Buffer>(&mut self, queue: &QueueOver<B>) -> Was {
        queue.inner.getters.leave(&queue.inner.registration, &mut self.place)
    }

    /// To be called by the drop of whoever waits. If it had been woken, the next has the turn.
    pub(super) fn give_up<B: Buffer>(&mut self, queue: &QueueOver<B>) {
        if self.place.is_some() && self.leave(queue) == Was::Woken && !queue.is_empty() {
            queue.inner.getters.wake_first(&queue.inner.registration);
        }
    }
}

/// See [`QueueOver::get`].
#[must_use = "futures do nothing unless awaited"]
pub struct Get<'q, B: Buffer> {
    queue: &'q QueueOver<B>,
    turn: Turn,
}

impl<B: Buffer> Future for Get<'_, B> {
    type Output = Result<B::Item, QueueShutDown>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.turn.poll(this.queue, cx)
    }
}

impl<B: Buffer> Drop for Get<'_, B> {
    fn drop(&mut self) {
        self.turn.give_up(self.queue);
    }
}

/// See [`QueueOver::get_guard`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct GetGuard<'q, B: Buffer> {
    get: Get<'q, B>,
}

impl<B: Buffer> Future for GetGuard<'_, B> {
    type Output = Result<Job<B::Item>, QueueShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let item = ready!(Pin::new(&mut self.get).poll(cx))?;
        Poll::Ready(Ok(Job::new(item, DoneGuard::new(self.get.queue.inner.clone()))))
    }
}

/// See [`QueueOver::join`].
#[must_use = "futures do nothing unless awaited"]
pub struct Join<'q, B: Buffer> {
    queue: &'q QueueOver<B>,
    place: Place,
    location: &'static Location<'static>,
}

impl<B: Buffer> Future for Join<'_, B> {
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

impl<B: Buffer> Drop for Join<'_, B> {
    fn drop(&mut self) {
        self.queue.inner.joiners.leave(&self.queue.inner.registration, &mut self.place);
    }
}

impl<B: Buffer> fmt::Debug for Put<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put {{ {:?} at {} }}", self.queue, self.location)
    }
}

impl<B: Buffer> fmt::Debug for Get<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Get {{ {:?} at {} }}", self.queue, self.turn.location)
    }
}

impl<B: Buffer> fmt::Debug for Join<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Join {{ {:?} at {} }}", self.queue, self.location)
    }
}
