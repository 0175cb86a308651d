//! Tasks of the loop's own that a cancel does not end.
//!
//! A program may cancel all tasks, as programs of asyncio do in their cleanup. There, what sends a buffer, accepts connections or waits for a
//! child is no task, and goes on; so here it is begun again, in a new task, for as long as the loop takes any.

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use glassloop_executor::{Executor, Spawn};

use crate::context;

/// A future on its way through one task after another.
struct Steady {
    /// Not here while it is polled, so that a panic ends it; nor at the end.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    name: String,
    location: &'static Location<'static>,
    /// Whether the loop took the task: one that is ending drops it on the spot.
    taken: Rc<Cell<bool>>,
}

/// Runs `future` to its end in the background, whatever is cancelled; the end of the loop drops it.
pub(crate) fn spawn_steady(
    executor: &Executor,
    name: String,
    location: &'static Location<'static>,
    future: impl Future<Output = ()> + 'static,
) {
    go_on(executor, Box::pin(future), name, location);
}

fn go_on(
    executor: &Executor,
    future: Pin<Box<dyn Future<Output = ()>>>,
    name: String,
    location: &'static Location<'static>,
) {
    let taken = Rc::new(Cell::new(false));
    let spawn = Spawn { name: Some(name.clone()), location };
    let task = executor.spawn(spawn, Steady { future: Some(future), name, location, taken: taken.clone() });
    taken.set(!task.is_done());
}

impl Future for Steady {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut future) = self.future.take() else { return Poll::Ready(()) };
        let ended = future.as_mut().poll(cx);
        if ended.is_pending() {
            self.future = Some(future);
        }
        ended
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && self.taken.get()
            && let Some(context) = context::current()
        {
            go_on(&context.executor, future, std::mem::take(&mut self.name), self.location);
        }
    }
}
