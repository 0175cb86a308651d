//! An item that counts itself as done.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::{Buffer, Inner, TaskDoneTooOften};

/// An item taken with [`get_guard`](crate::queue::QueueOver::get_guard): it is the item by `Deref`, and calls `task_done` when it is dropped.
///
/// So `join` never waits for a job whose task has panicked or was cancelled: what was begun and given up counts as done too.
///
/// ```
/// use glassloop::{Queue, create_task};
///
/// glassloop::run(async {
///     let queue = Queue::new();
///     for number in [3, 0] {
///         queue.put(number).await.unwrap();
///     }
///     let jobs = queue.clone();
///     let worker = create_task(async move {
///         while let Ok(job) = jobs.get_guard().await {
///             create_task(async move { println!("{}", 6 / *job) }).detach(); // one panics
///         }
///     });
///     queue.join().await; // and yet
///     worker.cancel();
/// });
/// ```
#[derive(Debug)]
pub struct Job<T> {
    // Dropped in this order: the item is gone before it counts as done.
    item: T,
    done: DoneGuard,
}

impl<T> Job<T> {
    pub(super) fn new(item: T, done: DoneGuard) -> Job<T> {
        Job { item, done }
    }

    /// The item alone, as if it had been taken with `get`: `task_done` is now the caller's to call.
    ///
    /// ```
    /// # glassloop::run(async {
    /// # let queue = glassloop::Queue::new();
    /// # queue.put(1).await.unwrap();
    /// let item: u32 = queue.get_guard().await.unwrap().into_inner();
    /// queue.task_done().unwrap();
    /// # });
    /// ```
    pub fn into_inner(self) -> T {
        self.done.disarm();
        self.item
    }

    /// The item to consume, and the guard to hold until that is done.
    ///
    /// ```
    /// # glassloop::run(async {
    /// # let queue = glassloop::Queue::new();
    /// # queue.put(vec![1, 2]).await.unwrap();
    /// let (numbers, done) = queue.get_guard().await.unwrap().into_parts();
    /// let sum: u32 = numbers.into_iter().sum();
    /// drop(done);
    /// queue.join().await;
    /// # });
    /// ```
    pub fn into_parts(self) -> (T, DoneGuard) {
        (self.item, self.done)
    }
}

impl<T> Deref for Job<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for Job<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

/// Calls `task_done` once, when it is dropped: see [`Job::into_parts`].
///
/// If somebody else has called `task_done` in its place, it does nothing.
#[must_use = "dropped, it counts its item as done"]
pub struct DoneGuard {
    queue: Option<Rc<dyn Unfinished>>,
}

/// A queue, of whatever items.
pub(super) trait Unfinished {
    fn done(&self) -> Result<(), TaskDoneTooOften>;
}

impl<B: Buffer> Unfinished for Inner<B> {
    fn done(&self) -> Result<(), TaskDoneTooOften> {
        self.task_done()
    }
}

impl DoneGuard {
    pub(super) fn new(queue: Rc<dyn Unfinished>) -> DoneGuard {
        DoneGuard { queue: Some(queue) }
    }

    fn disarm(mut self) {
        self.queue = None;
    }
}

impl Drop for DoneGuard {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            let _called_by_somebody_else = queue.done();
        }
    }
}

impl fmt::Debug for DoneGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DoneGuard { .. }")
    }
}
