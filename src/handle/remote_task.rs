//! `RemoteTask`: a task of the loop, as seen by another thread.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use glassloop_executor::{JoinError, Spawn, Task};
use thiserror::Error;

use super::{Handle, LoopGone};
use crate::context;

/// Why a [`RemoteTask`] gave no value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The loop had ended before the task was started.
    #[error(transparent)]
    LoopGone(#[from] LoopGone),
    /// The task was cancelled, also by the end of its loop, or it panicked.
    #[error(transparent)]
    Task(#[from] JoinError),
}

impl RemoteError {
    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, RemoteError::Task(error) if error.is_cancelled())
    }
}

/// A task that another thread has started (asyncio: the `concurrent.futures.Future` that `run_coroutine_threadsafe` gives): block on its
/// [`result`](RemoteTask::result), or await it, also in another loop or another runtime.
///
/// Dropping it detaches the task. A failure of a task that was detached before its end is reported, as of any task. One that was
/// brought over and never looked at is not.
///
/// # Cancel safety
/// Awaiting `&mut task` and dropping that await loses nothing.
///
/// # Panics
/// If it is awaited again after it gave its outcome.
#[must_use = "dropping it detaches the task: it runs on, and its output is lost"]
pub struct RemoteTask<T> {
    shared: Arc<Shared<T>>,
    handle: Option<Handle>,
    key: u64,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    delivered: Condvar,
}

enum State<T> {
    Running(Option<Waker>),
    /// Nobody wants the outcome.
    Detached,
    Delivered(Result<T, RemoteError>),
    Taken,
}

impl<T: Send + 'static> RemoteTask<T> {
    pub(super) fn start<F: Future<Output = T> + 'static>(
        handle: Handle,
        location: &'static Location<'static>,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> RemoteTask<T> {
        let key = handle.door.next_key.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::new(Shared { state: Mutex::new(State::Running(None)), delivered: Condvar::new() });
        let outbox = Outbox(shared.clone());
        // If it is not sent, or never read, dropping the outbox tells.
        let _ = handle.door.send(move || {
            let Some(context) = context::current() else { return };
            // Made in the task, so that a panic there is the task's.
            let task = context.executor.spawn(Spawn { name: None, location }, async move { make().await });
            context.remote_tasks.add(key, task.handle());
            let delivery = Rc::new(Cell::new(None));
            let at_the_end = delivery.clone();
            // Called, or dropped uncalled as the loop ends: either way the delivery is dropped, and delivers.
            task.add_done_callback(move |_| drop(at_the_end.take()));
            delivery.set(Some(Delivery { task, outbox, key }));
        });
        RemoteTask { shared, handle: Some(handle), key }
    }

    /// Blocks this thread until the task has ended; says what came of it (asyncio's `future.result()`).
    ///
    /// # Errors
    /// [`RemoteError`]: the task was cancelled or panicked, or the loop has ended.
    ///
    /// # Panics
    /// On the loop's own thread, which would wait for itself: await it there.
    pub fn result(mut self) -> Result<T, RemoteError> {
        self.expect_elsewhere();
        // Whoever waits here brings no work any more: it is not what keeps a deadlock from being certain.
        self.handle = None;
        let state = lock(&self.shared.state);
        let running = |state: &mut State<T>| matches!(state, State::Running(_));
        let mut state = self.shared.delivered.wait_while(state, running).unwrap_or_else(PoisonError::into_inner);
        state.take().expect("nobody else can have taken it")
    }

    /// As [`result`](RemoteTask::result), but no longer than `limit`: `None` if the task has not ended by then; it runs on (asyncio's
    /// `future.result(timeout)`). Zero looks without waiting.
    ///
    /// # Panics
    /// On the loop's own thread, and if the outcome has been taken.
    pub fn result_timeout(&mut self, limit: Duration) -> Option<Result<T, RemoteError>> {
        self.expect_elsewhere();
        let state = lock(&self.shared.state);
        let running = |state: &mut State<T>| matches!(state, State::Running(_));
        let waited = self.shared.delivered.wait_timeout_while(state, limit, running);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.take()
    }

    fn expect_elsewhere(&self) {
        let here = self.handle.as_ref().is_some_and(|handle| handle.door.executor.is_current());
        assert!(!here, "glassloop: result() was called on the thread of the loop it waits for; await it instead");
    }
}

impl<T> RemoteTask<T> {
    /// Asks the task to end: as [`Task::cancel`], once the loop reads it. False if the task is known to have ended, or its loop.
    pub fn cancel(&self) -> bool {
        let (Some(handle), key) = (&self.handle, self.key) else { return false };
        let running = matches!(*lock(&self.shared.state), State::Running(_));
        let cancel = move || {
            if let Some(task) = context::current().and_then(|context| context.remote_tasks.get(key)) {
                task.cancel();
            }
        };
        running && handle.door.send(cancel).is_ok()
    }

    /// Whether the task is known to have ended.
    pub fn is_done(&self) -> bool {
        !matches!(*lock(&self.shared.state), State::Running(_))
    }
}

impl<T> Future for RemoteTask<T> {
    type Output = Result<T, RemoteError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mine = cx.waker().clone();
        let mut state = lock(&self.shared.state);
        let former = match &mut *state {
            State::Running(waker) => waker.replace(mine),
            state => return Poll::Ready(state.take().expect("a task that is not running has an outcome")),
        };
        drop(state);
        drop(former); // it is a stranger's, and goes outside of the lock
        Poll::Pending
    }
}

impl<T> Drop for RemoteTask<T> {
    fn drop(&mut self) {
        // An outcome that nobody has taken is dropped here, outside of the lock.
        let _former = std::mem::replace(&mut *lock(&self.shared.state), State::Detached);
    }
}

impl<T> fmt::Debug for RemoteTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteTask {{ done: {} }}", self.is_done())
    }
}

impl<T> State<T> {
    /// The outcome, if there is one.
    ///
    /// # Panics
    /// If it was taken before.
    fn take(&mut self) -> Option<Result<T, RemoteError>> {
        match std::mem::replace(self, State::Taken) {
            State::Delivered(outcome) => Some(outcome),
            State::Taken => panic!("glassloop: a RemoteTask was asked again, but its outcome has been taken"),
            running => {
                *self = running;
                None
            }
        }
    }
}

/// On the loop's thread: takes the outcome out of the task when the end has come.
struct Delivery<T: Send + 'static> {
    task: Task<T>,
    outbox: Outbox<T>,
    key: u64,
}

impl<T: Send + 'static> Drop for Delivery<T> {
    fn drop(&mut self) {
        if let Some(context) = context::current() {
            drop(context.remote_tasks.remove(self.key));
        }
        // If nobody wants it, it is left in the task, which then reports a failure.
        if self.outbox.is_wanted()
            && let Some(outcome) = self.task.try_take()
        {
            self.outbox.deliver(outcome.map_err(RemoteError::Task));
        }
    }
}

/// Where the outcome goes. Dropped empty, it says that the loop has ended.
struct Outbox<T>(Arc<Shared<T>>);

impl<T> Outbox<T> {
    fn is_wanted(&self) -> bool {
        matches!(*lock(&self.0.state), State::Running(_))
    }

    fn deliver(&self, outcome: Result<T, RemoteError>) {
        let mut state = lock(&self.0.state);
        if !matches!(*state, State::Running(_)) {
            drop(state);
            return; // and so the outcome is dropped outside of the lock
        }
        let former = std::mem::replace(&mut *state, State::Delivered(outcome));
        drop(state);
        self.0.delivered.notify_all();
        if let State::Running(Some(waker)) = former {
            waker.wake();
        }
    }
}

impl<T> Drop for Outbox<T> {
    fn drop(&mut self) {
        self.deliver(Err(RemoteError::LoopGone(LoopGone)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
