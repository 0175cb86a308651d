//! What a queue refuses. A failed put gives its item back.

use std::fmt;

use thiserror::Error;

/// The queue was shut down: of a `put`, with the item; of a `get`, when nothing is left inside (asyncio's `QueueShutDown`).
///
/// ```
/// # use glassloop::{Queue, QueueShutDown};
/// # glassloop::run(async {
/// let queue = Queue::new();
/// queue.shutdown(false);
/// let QueueShutDown(item) = queue.put("mine").await.unwrap_err();
/// assert_eq!(item, "mine");
/// # });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Error)]
#[error("the queue was shut down")]
pub struct QueueShutDown<T = ()>(pub T);

/// Why [`put_nowait`](crate::queue::QueueOver::put_nowait) put nothing; gives the item back.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub enum PutNowaitError<T> {
    /// There is no room now (asyncio's `QueueFull`).
    #[error("the queue is full")]
    Full(T),
    /// Nothing can be put any more (asyncio's `QueueShutDown`).
    #[error("the queue was shut down")]
    ShutDown(T),
}

impl<T> PutNowaitError<T> {
    /// The item.
    ///
    /// ```
    /// let queue = glassloop::Queue::bounded(1);
    /// queue.put_nowait(1).unwrap();
    /// assert_eq!(queue.put_nowait(2).unwrap_err().into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            PutNowaitError::Full(item) | PutNowaitError::ShutDown(item) => item,
        }
    }
}

/// Why [`get_nowait`](crate::queue::QueueOver::get_nowait) got nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum GetNowaitError {
    /// Nothing is inside now (asyncio's `QueueEmpty`).
    #[error("the queue is empty")]
    Empty,
    /// Nothing is inside, and nothing will come (asyncio's `QueueShutDown`).
    #[error("the queue was shut down")]
    ShutDown,
}

/// `task_done` was called more often than items were put (asyncio's `ValueError`). The count stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("task_done() was called more often than items were put into the queue")]
pub struct TaskDoneTooOften;

/// Without the item, so that `unwrap` works for every queue.
impl<T> fmt::Debug for QueueShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueShutDown(..)")
    }
}

/// Without the item, so that `unwrap` works for every queue.
impl<T> fmt::Debug for PutNowaitError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PutNowaitError::Full(_) => "Full(..)",
            PutNowaitError::ShutDown(_) => "ShutDown(..)",
        })
    }
}
