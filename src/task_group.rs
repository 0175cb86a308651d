//! `TaskGroup`: tasks that end before the block that started them does (asyncio's `TaskGroup`).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use glassloop_executor::{OnEnd, Spawn, Task, TaskHandle, TaskRef};
use thiserror::Error;

use crate::context;
use crate::ends::{Ends, WakeAt};
use crate::report::{Report, panic_text};
use crate::waiters::Place;

type Panic = Box<dyn Any + Send>;

/// Tasks with one common end. Made by [`scope`](TaskGroup::scope); a clone is the same group.
///
/// A child is any future that gives `Result<_, E>`. Children that are to start others in the group hold a clone of it.
pub struct TaskGroup<E> {
    inner: Rc<Inner<E>>,
}

struct Inner<E> {
    state: Cell<State>,
    /// Counts the children, and wakes the scope after the last.
    ends: Rc<Ends>,
    /// Those that have not ended, in the order of creation, by which they are cancelled too.
    children: RefCell<BTreeMap<usize, TaskHandle>>,
    next: Cell<usize>,
    /// In the order in which they came.
    failures: RefCell<Vec<Failed<E>>>,
    location: &'static Location<'static>,
}

/// A failure, and whose it was.
struct Failed<E> {
    task: TaskRef,
    name: String,
    location: &'static Location<'static>,
    failure: Failure<E>,
}

/// How a child or the body failed.
enum Failure<E> {
    Error(E),
    Panic(Panic),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Something failed: what is left is being cancelled.
    Aborting,
    Finished,
}

/// Why a [`TaskGroup`] takes no more children. The future is dropped unpolled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum GroupClosed {
    /// A child or the body has failed.
    #[error("the task group is shutting down")]
    ShuttingDown,
    /// Its scope has ended.
    #[error("the task group has finished")]
    Finished,
}

/// A child of a [`TaskGroup`] failed, or panicked: *what* went wrong is the group's to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the task failed; its group has the error")]
pub struct ChildFailed;

/// What went wrong in a [`TaskGroup`]: at least one error, in the order in which they came, that of the body last (asyncio's `ExceptionGroup`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupError<E> {
    /// Never empty.
    pub errors: Vec<E>,
}

impl<E: Display> Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, s) = (self.errors.len(), if self.errors.len() == 1 { "" } else { "s" });
        write!(f, "{count} error{s} in a task group")?;
        for (index, error) in self.errors.iter().enumerate() {
            write!(f, "{} {error}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl<E: Display + Debug> Error for GroupError<E> {}

impl<E: Display + 'static> TaskGroup<E> {
    /// Runs `body` with a new group, and waits for the body and all that it, and its children, started in the group.
    ///
    /// The first failure, of a child or of the body, cancels the children that are left, in the order of their creation, and then the body; once
    /// all have ended, the scope gives the errors. A child that somebody cancels by itself is no failure. A panic is one; it goes on in whoever
    /// awaits the scope, and errors beside it are reported. (A panic in the destructors of a child that is being cancelled is its task's: its handle
    /// has it, or it is reported.)
    ///
    /// ```
    /// use glassloop::TaskGroup;
    ///
    /// glassloop::run(async {
    ///     let sum = TaskGroup::<String>::scope(async |group| {
    ///         let (one, two) = (group.spawn(async { Ok(1) }), group.spawn(async { Ok(2) }));
    ///         Ok(one.unwrap().await.unwrap().unwrap() + two.unwrap().await.unwrap().unwrap())
    ///     });
    ///     assert_eq!(sum.await, Ok(3));
    ///
    ///     let failed = TaskGroup::scope(async |group| {
    ///         group.spawn(async { Err::<(), _>("no luck") }).unwrap().detach();
    ///         std::future::pending::<Result<(), _>>().await
    ///     });
    ///     assert_eq!(failed.await.unwrap_err().errors, ["no luck"]);
    /// });
    /// ```
    ///
    /// # Errors
    /// [`GroupError`], also for a single error.
    ///
    /// # Cancel safety
    /// Dropping it drops the body and then the children, in the order of their creation; only a child that is being polled ends after that poll.
    /// Errors that had come by then are reported.
    ///
    /// # Panics
    /// With no loop running on this thread. A panic of the body or of a child resumes here, once all have ended.
    #[track_caller]
    pub fn scope<R, B>(body: B) -> impl Future<Output = Result<R, GroupError<E>>>
    where
        B: AsyncFnOnce(&TaskGroup<E>) -> Result<R, E>,
    {
        let location = Location::caller();
        async move {
            let group = TaskGroup::new(location);
            let inner = &*group.inner;
            // Dropped after the body, as in asyncio: first the body learns of its end, then the children.
            let mut scope = Scope { group: inner, place: None };
            // Called inside the first poll: what it does before its first await is the body's too.
            let mut body = pin!(Some(async { body(&group).await }));
            let mut result = None;
            poll_fn(|cx| {
                if !group.is_aborting()
                    && let Some(running) = body.as_mut().as_pin_mut()
                    && let Poll::Ready(ended) = catch(|| running.poll(cx))
                {
                    match ended.and_then(|value| drop_future(body.as_mut()).map(|()| value)) {
                        Ok(value) => result = Some(value),
                        Err(failure) => inner.body_failed(failure),
                    }
                }
                if group.is_aborting()
                    && let Err(failure) = drop_future(body.as_mut())
                {
                    inner.record(failure);
                }
                if body.is_some() || inner.ends.pending() > 0 {
                    inner.ends.wait(&mut scope.place, cx, "scope", location);
                    return Poll::Pending;
                }
                Poll::Ready(())
            })
            .await;
            scope.finish(result)
        }
    }

    fn new(location: &'static Location<'static>) -> TaskGroup<E> {
        let (children, next, failures) = Default::default();
        let ends = Ends::new("task group", WakeAt::LastEnd);
        let state = Cell::new(State::Open);
        TaskGroup { inner: Rc::new(Inner { state, ends, children, next, failures, location }) }
    }

    /// Starts a child: it runs from its next turn on, as a task made by [`create_task`](crate::create_task) does.
    ///
    /// Its `Err` is the group's to report; who awaits the child itself learns that it failed. The handle may be dropped.
    ///
    /// # Errors
    /// [`GroupClosed`], with the future dropped, if the group has failed or its scope has ended.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn spawn<T: 'static>(
        &self,
        future: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<Task<Result<T, ChildFailed>>, GroupClosed> {
        self.start(Spawn { name: None, location: Location::caller() }, future)
    }

    /// As [`spawn`](TaskGroup::spawn), with a name for people to read.
    ///
    /// # Errors
    /// As [`spawn`](TaskGroup::spawn).
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn spawn_named<T: 'static>(
        &self,
        name: impl Into<String>,
        future: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<Task<Result<T, ChildFailed>>, GroupClosed> {
        self.start(Spawn { name: Some(name.into()), location: Location::caller() }, future)
    }

    #[track_caller]
    fn start<T: 'static>(
        &self,
        spawn: Spawn,
        future: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<Task<Result<T, ChildFailed>>, GroupClosed> {
        match self.inner.state.get() {
            State::Open => {}
            State::Aborting => return Err(GroupClosed::ShuttingDown),
            State::Finished => return Err(GroupClosed::Finished),
        }
        let executor = &context::expect("TaskGroup::spawn()").executor;
        let index = self.inner.next.replace(self.inner.next.get() + 1);
        let inner = self.inner.clone();
        let child = executor.spawn(spawn, async move {
            let mut future = pin!(Some(future));
            let ended = poll_fn(|cx| match future.as_mut().as_pin_mut() {
                Some(running) => catch(|| running.poll(cx)),
                None => Poll::Pending,
            });
            let ended = ended.await.and_then(|value| drop_future(future.as_mut()).map(|()| value));
            ended.map_err(|failure| inner.child_failed(failure))
        });
        self.inner.children.borrow_mut().insert(index, child.handle());
        self.inner.ends.count();
        child.tell_end(&(self.inner.clone() as Rc<dyn OnEnd>), index);
        Ok(child)
    }

    fn is_aborting(&self) -> bool {
        self.inner.state.get() == State::Aborting
    }
}

/// Polls; a panic is a failure as an error is.
fn catch<T, E>(poll: impl FnOnce() -> Poll<Result<T, E>>) -> Poll<Result<T, Failure<E>>> {
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(polled) => polled.map_err(Failure::Error),
        Err(payload) => Poll::Ready(Err(Failure::Panic(payload))),
    }
}

/// Drops a future that has ended, or is not wanted any more: a panic of its destructors is a failure too.
fn drop_future<F, E>(mut future: Pin<&mut Option<F>>) -> Result<(), Failure<E>> {
    catch_unwind(AssertUnwindSafe(|| future.set(None))).map_err(Failure::Panic)
}

impl<E: 'static> Inner<E> {
    /// As in asyncio, the others hear of it in the next round: whoever is ready in this one still has its turn, and may fail too.
    fn child_failed(self: &Rc<Self>, failure: Failure<E>) -> ChildFailed {
        self.record(failure);
        let inner = self.clone();
        let abort = async move { inner.abort() };
        context::expect("TaskGroup").executor.spawn(Spawn { name: None, location: self.location }, abort).detach();
        ChildFailed
    }

    fn body_failed(&self, failure: Failure<E>) {
        self.record(failure);
        self.abort();
    }

    fn record(&self, failure: Failure<E>) {
        let (task, name, location) = match context::expect("TaskGroup").executor.current() {
            Some(task) => (task.id(), task.name(), task.location()),
            // A scope may be polled by hand, in a destructor.
            None => (TaskRef { task: 0, child: None }, "(no task)".into(), self.location),
        };
        self.failures.borrow_mut().push(Failed { task, name, location, failure });
    }
}

impl<E> Inner<E> {
    /// Cancels the children, then the body.
    fn abort(&self) {
        if self.state.get() == State::Open {
            self.state.set(State::Aborting);
            for child in self.children() {
                child.cancel();
            }
            self.ends.wake();
        }
    }

    /// Those that have not ended, in the order of their creation.
    fn children(&self) -> Vec<TaskHandle> {
        self.children.borrow().values().cloned().collect()
    }
}

impl<E> OnEnd for Inner<E> {
    fn ended(&self, index: usize, task: &TaskHandle) {
        let child = self.children.borrow_mut().remove(&index);
        drop(child);
        self.ends.ended(index, task);
        self.ends.pop();
    }
}

/// The scope's own hold on its group.
struct Scope<'g, E: Display> {
    group: &'g Inner<E>,
    /// Where it waits for the last child.
    place: Place,
}

impl<E: Display> Scope<'_, E> {
    /// Nothing runs any more.
    fn finish<R>(self, result: Option<R>) -> Result<R, GroupError<E>> {
        self.group.state.set(State::Finished);
        let mut failures = self.group.failures.take();
        let is_panic = |failed: &Failed<E>| matches!(failed.failure, Failure::Panic(_));
        if let Some(index) = failures.iter().position(is_panic)
            && let Failure::Panic(payload) = failures.remove(index).failure
        {
            report(failures);
            resume_unwind(payload);
        }
        let error = |failed: Failed<E>| match failed.failure {
            Failure::Error(error) => Some(error),
            Failure::Panic(_) => None,
        };
        match result {
            Some(result) if failures.is_empty() => Ok(result),
            _ => Err(GroupError { errors: failures.into_iter().filter_map(error).collect() }),
        }
    }
}

/// Tells of failures that the scope cannot give to anybody.
fn report<E: Display>(failures: Vec<Failed<E>>) {
    let Some(context) = context::current() else { return };
    for Failed { task, name, location, failure } in failures {
        context.report(&match failure {
            Failure::Error(error) => Report::TaskFailed { task, name, location, error: error.to_string() },
            Failure::Panic(payload) => Report::TaskPanicked { task, name, location, panic: panic_text(&*payload) },
        });
    }
}

impl<E: Display> Drop for Scope<'_, E> {
    fn drop(&mut self) {
        self.group.ends.leave(&mut self.place);
        if self.group.state.replace(State::Finished) != State::Finished {
            // None outlives the scope, but for one that is being polled: it ends after that poll.
            self.group.children().iter().for_each(TaskHandle::cancel_now);
            report(self.group.failures.take());
        }
    }
}

impl<E> Clone for TaskGroup<E> {
    fn clone(&self) -> TaskGroup<E> {
        TaskGroup { inner: self.inner.clone() }
    }
}

impl<E> Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { ends, location, .. } = &*self.inner;
        write!(f, "TaskGroup {{ pending: {}, at {location} }}", ends.pending())
    }
}
