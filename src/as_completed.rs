//! `as_completed`: tasks in the order in which they end (asyncio's `as_completed`).

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::ends::{AsTask, Ends, WakeAt, sealed::Ended};
use crate::waiters::Place;

/// A stream of `tasks` in the order in which they end; of those that have ended before, in the order in which they were given.
///
/// Its items are the tasks themselves ([`Task`](crate::Task)s or references to them): awaiting one gives its outcome at once, and its
/// error, if it has one, there.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{as_completed, create_task, sleep};
///
/// glassloop::run(async {
///     let tasks = [3, 1, 2].map(|n| {
///         create_task(async move {
///             sleep(Duration::from_millis(n)).await;
///             n
///         })
///     });
///     let mut ended = as_completed(tasks);
///     let mut order = Vec::new();
///     while let Some(task) = ended.next().await {
///         order.push(task.await.unwrap());
///     }
///     assert_eq!(order, [1, 2, 3]);
/// });
/// ```
///
/// # Cancel safety
/// May be dropped at any time: the tasks run on. Tasks that were given by value are detached then.
#[track_caller]
pub fn as_completed<I>(tasks: I) -> AsCompleted<I::Item>
where
    I: IntoIterator<Item: AsTask>,
{
    let tasks: Vec<Option<I::Item>> = tasks.into_iter().map(Some).collect();
    let ends = Ends::new("as_completed", WakeAt::EachEnd);
    for (index, task) in tasks.iter().enumerate() {
        ends.add(task.as_ref().expect("just put there"), index);
    }
    AsCompleted { tasks, ends, place: None, location: Location::caller() }
}

/// See [`as_completed`]: a `Stream`, and with [`next`](AsCompleted::next) for those who have no stream combinators at hand.
#[must_use = "streams do nothing unless polled"]
pub struct AsCompleted<I: AsTask> {
    /// `None` for those that were given out.
    tasks: Vec<Option<I>>,
    ends: Rc<Ends>,
    place: Place,
    location: &'static Location<'static>,
}

impl<I: AsTask> AsCompleted<I> {
    /// The next task to have ended; `None` after the last.
    ///
    /// # Cancel safety
    /// May be dropped at any time: no task is lost.
    pub async fn next(&mut self) -> Option<I> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn left(&self) -> usize {
        self.tasks.iter().flatten().count()
    }
}

/// Nothing in it is pinned.
impl<I: AsTask> Unpin for AsCompleted<I> {}

impl<I: AsTask> Stream for AsCompleted<I> {
    type Item = I;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I>> {
        let this = &mut *self;
        match this.ends.pop() {
            Some(index) => {
                this.ends.leave(&mut this.place);
                Poll::Ready(this.tasks[index].take())
            }
            None if this.ends.pending() == 0 => Poll::Ready(None),
            None => {
                this.ends.wait(&mut this.place, cx, "next", this.location);
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left(), Some(self.left()))
    }
}

impl<I: AsTask> Drop for AsCompleted<I> {
    fn drop(&mut self) {
        self.ends.leave(&mut self.place);
        for task in self.tasks.iter().flatten().filter(|task| !task.is_done()) {
            self.ends.forget(task);
        }
    }
}

impl<I: AsTask> fmt::Debug for AsCompleted<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsCompleted {{ left: {}, at {} }}", self.left(), self.location)
    }
}
