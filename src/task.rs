//! Creating tasks and looking at the one that runs: `create_task`, `current_task`, `yield_now`.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use glassloop_executor::{Spawn, Task, TaskRef};

use crate::context;

/// Starts a task: it runs beside the caller, from its next turn on (asyncio's `create_task`). Nothing of it runs inside this call.
///
/// Await the [`Task`] for its output; drop it to let the task run on alone.
///
/// ```
/// glassloop::run(async {
///     let task = glassloop::create_task(async { 1 + 1 });
///     assert_eq!(task.await.unwrap(), 2);
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn create_task<F: Future + 'static>(future: F) -> Task<F::Output> {
    let spawn = Spawn { name: None, location: Location::caller() };
    context::expect("create_task()").executor.spawn(spawn, future)
}

/// [`create_task`] with a name for people to read, in reports and traces (asyncio's `create_task(..., name=...)`).
///
/// ```
/// glassloop::run(async {
///     let task = glassloop::create_task_named("adder", async { 1 + 1 });
///     assert_eq!(task.name(), "adder");
///     assert_eq!(task.await.unwrap(), 2);
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn create_task_named<F: Future + 'static>(name: impl Into<String>, future: F) -> Task<F::Output> {
    let spawn = Spawn { name: Some(name.into()), location: Location::caller() };
    context::expect("create_task_named()").executor.spawn(spawn, future)
}

/// The task that runs now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CurrentTask {
    /// Its number; for a child of a `gather`, the gather's number and the child's position.
    pub id: TaskRef,
    /// Its name: the one it was given, or `Task-<number>`; `main` for the future given to `run`.
    pub name: String,
    /// Where it was created.
    pub location: &'static Location<'static>,
}

/// The task that is running this code; `None` outside of all tasks (asyncio's `current_task`).
///
/// ```
/// assert_eq!(glassloop::current_task(), None);
/// glassloop::run(async {
///     assert_eq!(glassloop::current_task().unwrap().name, "main");
/// });
/// ```
pub fn current_task() -> Option<CurrentTask> {
    let (id, name, location) = context::current()?.executor.polling()?;
    Some(CurrentTask { id, name: name_of(id, &name), location })
}

/// The name a task was given, else one made of its number.
pub(crate) fn name_of(task: TaskRef, given: &Option<String>) -> String {
    given.clone().unwrap_or_else(|| match task.child {
        None => format!("Task-{task}"),
        Some(_) => format!("gather-{task}"),
    })
}

/// Lets every task that is ready have its turn, then goes on (asyncio's `sleep(0)`).
///
/// ```
/// glassloop::run(async {
///     let task = glassloop::create_task(async { 5 });
///     glassloop::yield_now().await;
///     assert!(task.is_done());
/// });
/// ```
///
/// # Cancel safety
/// May be dropped at any time.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// See [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
