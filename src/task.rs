//! Creating tasks and looking at those there are: `create_task`, `current_task`, `all_tasks`, `yield_now`.

use std::fmt::Display;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use glassloop_executor::{Spawn, Task, TaskHandle, TaskRef};

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
/// Three mistakes that asyncio finds when the program runs do not compile. What is no future makes no task:
///
/// ```compile_fail,E0277
/// glassloop::run(async {
///     glassloop::create_task(7).await.unwrap();
/// });
/// ```
///
/// A future is moved by its await, so it is awaited once (and so is a task: a `SharedFuture` has clones):
///
/// ```compile_fail,E0382
/// glassloop::run(async {
///     let future = async { 7 };
///     future.await;
///     future.await;
/// });
/// ```
///
/// And one that is never awaited never runs, of which the compiler warns: here, where warnings are errors, this does not compile
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// glassloop::run(async {
///     glassloop::yield_now();
/// });
/// ```
///
/// but this does:
///
/// ```
/// #![deny(unused_must_use)]
/// glassloop::run(async {
///     glassloop::yield_now().await;
/// });
/// ```
///
/// There is no eager form (asyncio's `eager_task_factory`). To run up to the first wait at once, await the future itself, or give it to
/// [`join!`](crate::join!).
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

/// [`create_task`] for a future that may fail: an `Err` that nobody collects is reported, once and at once, as a panic is.
///
/// It is reported when the handle is dropped, or at the task's end if the handle is gone by then (asyncio says "Task exception was never
/// retrieved" when the garbage collector comes by). [`Task::has_failed`] tells of the `Err` before it is taken.
///
/// ```
/// glassloop::run(async {
///     let task = glassloop::try_create_task(async { "7".parse::<u32>() });
///     assert_eq!(task.await.unwrap(), Ok(7));
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn try_create_task<F, T, E>(future: F) -> Task<Result<T, E>>
where
    F: Future<Output = Result<T, E>> + 'static,
    E: Display,
{
    let spawn = Spawn { name: None, location: Location::caller() };
    context::expect("try_create_task()").executor.spawn_fallible(spawn, future)
}

/// The tasks of the running loop that are not done, main among them, in the order of their creation (asyncio's `all_tasks`, which is a set).
/// The children of a `gather` are not listed.
///
/// ```
/// glassloop::run(async {
///     let task = glassloop::create_task_named("worker", async {});
///     let names: Vec<String> = glassloop::all_tasks().iter().map(|task| task.name()).collect();
///     assert_eq!(names, ["main", "worker"]);
///     task.await.unwrap();
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn all_tasks() -> Vec<TaskHandle> {
    context::expect("all_tasks()").executor.all_tasks()
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
    handle: TaskHandle,
}

impl CurrentTask {
    /// Asks this task to end at its next wait. If it returns without waiting again, its value counts (in asyncio it is cancelled
    /// then too). False for main, whose future belongs to whoever runs the loop.
    pub fn cancel(&self) -> bool {
        self.handle.cancel()
    }

    /// As [`cancel`](CurrentTask::cancel), and says why: [`JoinError::reason`](crate::JoinError::reason).
    pub fn cancel_with(&self, reason: impl Into<Box<str>>) -> bool {
        self.handle.cancel_with(reason)
    }

    /// The task without the type of its output: to keep, or to hand to others.
    pub fn handle(&self) -> TaskHandle {
        self.handle.clone()
    }
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
    let handle = context::current()?.executor.current()?;
    Some(CurrentTask { id: handle.id(), name: handle.name(), location: handle.location(), handle })
}

/// The name a task was given, else one made of its number.
pub(crate) fn name_of(task: TaskRef, given: &Option<String>) -> String {
    given.clone().unwrap_or_else(|| task.default_name())
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
#[inline]
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

    // Inlined into the task: as a call it took 30 instructions of 250.
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
