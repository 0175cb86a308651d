//! `wait`: until some or all of several tasks have ended, without touching any of them (asyncio's `wait`).

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::ends::{AsTask, Ends, WakeAt, sealed::Ended};
use crate::time::{Sleep, sleep};
use crate::waiters::Place;

/// When [`wait`] is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReturnWhen {
    /// When all have ended.
    AllCompleted,
    /// When one has ended.
    FirstCompleted,
    /// When one has panicked, or ended with an `Err` and was made by [`try_create_task`](crate::try_create_task); else when all have ended.
    FirstException,
}

/// The tasks given to [`wait`], in two parts, each in the order in which they were given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waited<I> {
    /// Those that have ended: awaiting one gives its outcome at once.
    pub done: Vec<I>,
    /// Those that have not.
    pub pending: Vec<I>,
}

/// Waits until some or all of `tasks` have ended, and gives them back in two parts. It cancels none, also when its time is over.
///
/// `tasks` are [`Task`](crate::Task)s or references to them. Without any it is over at once (asyncio raises `ValueError`).
///
/// ```
/// use std::time::Duration;
/// use glassloop::{ReturnWhen, create_task, sleep, wait};
///
/// glassloop::run(async {
///     let tasks = [5, 1].map(|ms| create_task(sleep(Duration::from_millis(ms))));
///     let waited = wait(&tasks, ReturnWhen::FirstCompleted).await;
///     assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
///     let waited = wait(&tasks, ReturnWhen::AllCompleted).timeout(Duration::from_secs(1)).await;
///     assert_eq!(waited.done.len(), 2);
/// });
/// ```
///
/// # Cancel safety
/// May be dropped at any time: the tasks run on. Tasks that were given by value are detached then.
///
/// # Panics
/// Awaited again after its end, when it has given the tasks back.
#[track_caller]
pub fn wait<I>(tasks: I, when: ReturnWhen) -> Wait<I::Item>
where
    I: IntoIterator<Item: AsTask>,
{
    let wake_at = match when {
        ReturnWhen::AllCompleted => WakeAt::LastEnd,
        ReturnWhen::FirstCompleted => WakeAt::EachEnd,
        ReturnWhen::FirstException => WakeAt::Failure,
    };
    let tasks = tasks.into_iter().collect();
    let ends = Ends::new("wait", wake_at);
    Wait { tasks, when, ends, started: false, over: false, limit: None, place: None, location: Location::caller() }
}

/// See [`wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct Wait<I: AsTask> {
    tasks: Vec<I>,
    when: ReturnWhen,
    ends: Rc<Ends>,
    started: bool,
    over: bool,
    limit: Option<Sleep>,
    place: Place,
    location: &'static Location<'static>,
}

impl<I: AsTask> Wait<I> {
    /// Waits no longer than this, counted from this call. When the time is over, that is no error: what is pending is in
    /// [`Waited::pending`].
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn timeout(mut self, limit: Duration) -> Wait<I> {
        self.limit = Some(sleep(limit));
        self
    }

    fn is_over(&self) -> bool {
        let pending = self.ends.pending();
        pending == 0
            || match self.when {
                ReturnWhen::AllCompleted => false,
                ReturnWhen::FirstCompleted => pending < self.tasks.len(),
                ReturnWhen::FirstException => self.ends.has_failure(),
            }
    }

    /// Wants to be told of no more ends.
    fn stop(&mut self) {
        self.ends.leave(&mut self.place);
        if self.started {
            self.tasks.iter().filter(|task| !task.is_done()).for_each(|task| self.ends.forget(task));
        }
    }
}

/// Nothing in it is pinned.
impl<I: AsTask> Unpin for Wait<I> {}

impl<I: AsTask> Future for Wait<I> {
    type Output = Waited<I>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Waited<I>> {
        let this = &mut *self;
        assert!(!this.over, "glassloop: a wait was awaited again, but it has given its tasks back");
        if !std::mem::replace(&mut this.started, true) {
            this.tasks.iter().enumerate().for_each(|(index, task)| this.ends.add(task, index));
        }
        let too_late = |limit: &mut Sleep| Pin::new(limit).poll(cx).is_ready();
        if !this.is_over() && !this.limit.as_mut().is_some_and(too_late) {
            this.ends.wait(&mut this.place, cx, "wait", this.location);
            return Poll::Pending;
        }
        this.stop();
        (this.over, this.limit) = (true, None);
        let (done, pending) = std::mem::take(&mut this.tasks).into_iter().partition(Ended::is_done);
        Poll::Ready(Waited { done, pending })
    }
}

impl<I: AsTask> Drop for Wait<I> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<I: AsTask> fmt::Debug for Wait<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wait { tasks, when, location, .. } = self;
        write!(f, "Wait {{ tasks: {}, {when:?} at {location} }}", tasks.len())
    }
}
