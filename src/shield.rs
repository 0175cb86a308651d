//! `shield`: work that runs on when whoever waits for it gives up (asyncio's `shield`).

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use glassloop_executor::{JoinError, Spawn, Task};

use crate::context;

/// Runs `future` as a task of its own and waits for it: if the wait is cancelled or times out, the future runs on.
///
/// A [`Task`] needs no shield: to drop its handle, or an await of `&mut task`, does not cancel it.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{shield, sleep, timeout};
///
/// glassloop::run(async {
///     let mut saving = shield(async {
///         sleep(Duration::from_millis(5)).await;
///         "saved"
///     });
///     assert!(timeout(Duration::from_millis(1), &mut saving).await.is_err());
///     assert_eq!(saving.await.unwrap(), "saved");
/// });
/// ```
///
/// # Errors
/// [`JoinError`] if the *inner* task is cancelled or panics. If it panics when nobody waits any more, that is reported.
///
/// # Cancel safety
/// This is what it is for: dropped, it lets the future run on.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn shield<F: Future + 'static>(future: F) -> Shield<F::Output> {
    let spawn = Spawn { name: None, location: Location::caller() };
    Shield { task: context::expect("shield()").executor.spawn(spawn, future) }
}

/// See [`shield`].
#[must_use = "a dropped shield lets its future run on, and its output is lost"]
pub struct Shield<T> {
    task: Task<T>,
}

impl<T> Shield<T> {
    /// The task behind the shield: to cancel it after all.
    pub fn task(&self) -> &Task<T> {
        &self.task
    }

    /// Takes the shield off.
    pub fn into_task(self) -> Task<T> {
        self.task
    }
}

impl<T> Future for Shield<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(cx)
    }
}

impl<T> fmt::Debug for Shield<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shield {{ {:?} }}", self.task)
    }
}
