//! `cancel_on_drop`: a task that goes with whoever awaits it, as in asyncio. The opposite of `shield`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use glassloop_executor::{JoinError, Task};

/// Makes a task belong to whoever holds the result: dropped before the task has ended, it ends the task.
///
/// A plain [`Task`] is detached by its drop. asyncio's `await task` is not like that: who is cancelled while it awaits a task cancels that task
/// with it, be it by itself, in `gather` or in `wait_for`. So for a task that is to go with its awaiter:
///
/// ```
/// use std::time::Duration;
/// use glassloop::{cancel_on_drop, create_task, sleep, wait_for};
///
/// glassloop::run(async {
///     let task = create_task(sleep(Duration::from_secs(60)));
///     let (seen, limit) = (task.handle(), Duration::from_millis(5));
///     assert!(wait_for(cancel_on_drop(task), Some(limit)).await.is_err());
///     assert!(seen.is_cancelled());
/// });
/// ```
///
/// # Errors
/// [`JoinError`], if the task is cancelled or panics.
///
/// # Cancel safety
/// This is what it is for: dropped, it drops the task's future, here and now. Only a task that is being polled, as the one that drops its own
/// handle, ends after that poll.
pub fn cancel_on_drop<T: 'static>(task: Task<T>) -> CancelOnDrop<T> {
    CancelOnDrop { task: Some(task) }
}

/// See [`cancel_on_drop`].
#[must_use = "dropped, it cancels its task"]
pub struct CancelOnDrop<T: 'static> {
    /// `None` only while it is taken apart.
    task: Option<Task<T>>,
}

impl<T> CancelOnDrop<T> {
    /// The task, to look at.
    pub fn task(&self) -> &Task<T> {
        self.task.as_ref().expect("taken by into_task() only, which consumes it")
    }

    /// The plain task again, which its drop detaches.
    pub fn into_task(mut self) -> Task<T> {
        self.task.take().expect("taken only here")
    }
}

impl<T> Future for CancelOnDrop<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(self.task.as_mut().expect("taken by into_task() only, which consumes it")).poll(cx)
    }
}

impl<T> Drop for CancelOnDrop<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.handle().cancel_now();
        }
    }
}

impl<T> fmt::Debug for CancelOnDrop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelOnDrop {{ {:?} }}", self.task())
    }
}
