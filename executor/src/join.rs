//! The handle of a task: await it, cancel it, or drop it and let the task run on.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::cell::{Flags, Outcome, drop_quietly, quietly};
use crate::observer::{Event, WaitEnd};
use crate::task::{Header, TaskId, TaskRef};
use crate::waker::{emit, own_waker, task_of};

/// Why awaiting a task gave no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The task was cancelled, or its executor was dropped before it ended. Not *your* cancellation: asyncio's
    /// `CancelledError` cannot tell the two apart, this can.
    Cancelled,
    /// The task's future panicked: while it was polled or while it was dropped.
    Panicked(PanicPayload),
}

impl JoinError {
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> JoinError {
        JoinError::Panicked(PanicPayload(Mutex::new(payload)))
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("the task was cancelled"),
            JoinError::Panicked(payload) => write!(f, "the task panicked: {payload}"),
        }
    }
}

impl std::error::Error for JoinError {}

/// What a task panicked with. In a `Mutex`, so that an error that carries it is `Send + Sync`.
pub struct PanicPayload(Mutex<Box<dyn Any + Send>>);

impl PanicPayload {
    /// The payload as `std::panic::catch_unwind` gives it, for `std::panic::resume_unwind`.
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => f.write_str(text),
            (_, Some(text)) => f.write_str(text),
            _ => f.write_str("(a payload that is no text)"),
        }
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PanicPayload({self})")
    }
}

/// Who waits for a task or a group to end, and where in the source: at most one, as a handle has one owner.
#[derive(Default)]
pub(crate) struct JoinCell(Cell<Option<JoinWait>>);

struct JoinWait {
    waker: Waker,
    location: &'static Location<'static>,
}

impl JoinCell {
    /// Leaves `waker` to be woken at the end of the task that `header` heads.
    pub(crate) fn wait(&self, header: &Header, waker: Waker, location: &'static Location<'static>) {
        let former = self.0.take();
        if let Some(wait) = &former {
            if wait.waker.will_wake(&waker) && std::ptr::eq(wait.location, location) {
                return self.0.set(former);
            }
            end_wait(header, wait, WaitEnd::Replaced);
        }
        let waiter = task_of(&waker);
        self.0.set(Some(JoinWait { waker, location }));
        emit(header.birth.executor, || Event::WaitOn { target: header.id, waiter, location });
        // A waker may be a stranger's: it goes last, when all is in order again.
        drop_quietly(former);
    }

    /// The end has come: wakes who waits.
    pub(crate) fn wake(&self, header: &Header) {
        if let Some(wait) = self.0.take() {
            end_wait(header, &wait, WaitEnd::Woken);
            quietly(|| wait.waker.wake());
        }
    }

    /// Nobody waits any more.
    pub(crate) fn forget(&self, header: &Header) {
        if let Some(wait) = self.0.take() {
            end_wait(header, &wait, WaitEnd::Dropped);
            drop_quietly(wait);
        }
    }

    /// Who waits, and where: `None` for a task unknown to this thread's executor.
    pub(crate) fn waiter(&self) -> Option<(Option<TaskRef>, &'static Location<'static>)> {
        // Taken and put back, as a `Cell` lends nothing; nothing foreign runs between.
        let wait = self.0.take()?;
        let seen = (task_of(&wait.waker), wait.location);
        self.0.set(Some(wait));
        Some(seen)
    }
}

fn end_wait(header: &Header, wait: &JoinWait, why: WaitEnd) {
    emit(header.birth.executor, || Event::WaitOff { target: header.id, waiter: task_of(&wait.waker), why });
}

/// What a [`Task`] sees of the block it shares with the executor.
pub(crate) trait Joinable<T> {
    fn header(&self) -> &Header;
    fn flags(&self) -> &Flags;
    fn take(self: Pin<&Self>) -> Option<Outcome<T>>;
    fn discard(self: Pin<&Self>);
}

/// A running task: asyncio's `Task`.
///
/// Await it for its output. Dropping it *detaches*: the task runs on, and the executor keeps it alive (there is no weak
/// reference to lose, as in asyncio). An output that nobody takes is dropped on the loop's thread; a panic of that drop is swallowed.
///
/// # Cancel safety
/// Awaiting `&mut task` and dropping that await loses nothing: the output stays in the task.
///
/// # Panics
/// Awaiting a task whose output was already taken panics. A cancelled task gives [`JoinError::Cancelled`] every time.
///
/// # Threads
/// A task stays on the thread of its executor, and so does its handle. A [`JoinError`] may go anywhere.
///
/// ```compile_fail,E0277
/// fn is_send<T: Send>() {}
/// is_send::<glassloop_executor::Task<()>>();
/// ```
/// ```compile_fail,E0277
/// fn is_sync<T: Sync>() {}
/// is_sync::<glassloop_executor::Task<()>>();
/// ```
/// ```
/// fn is_send_and_sync<T: Send + Sync>() {}
/// is_send_and_sync::<glassloop_executor::JoinError>();
/// ```
#[must_use = "dropping a task detaches it: it runs on, and its output is lost"]
pub struct Task<T> {
    block: Pin<Rc<dyn Joinable<T>>>,
}

impl<T> Task<T> {
    pub(crate) fn new(block: Pin<Rc<dyn Joinable<T>>>) -> Task<T> {
        Task { block }
    }

    /// Asks the task to end: at its next turn its future is dropped, and who awaits it gets [`JoinError::Cancelled`].
    ///
    /// True if the request was made, false if the task had already ended. A task that was never polled never will be. A task
    /// that returns from the very poll in which it was cancelled keeps its value.
    pub fn cancel(&self) -> bool {
        let (header, flags) = (self.block.header(), self.block.flags());
        if flags.is_done() {
            return false;
        }
        header.birth.executor.cancel(flags);
        true
    }

    /// Whether the task has ended: with a value, by a panic or cancelled (asyncio's `done`).
    pub fn is_done(&self) -> bool {
        self.block.flags().is_done()
    }

    /// Whether the task has ended by being cancelled (asyncio's `cancelled`).
    pub fn is_cancelled(&self) -> bool {
        self.block.flags().is_cancelled()
    }

    /// The task's number: never reused within its executor.
    pub fn id(&self) -> TaskId {
        self.block.header().id
    }

    /// The name it was given, else `Task-<id>` (asyncio's `get_name`).
    pub fn name(&self) -> String {
        self.block.header().name()
    }

    /// Lets the task run on by itself. Same as dropping the handle, but says so.
    pub fn detach(self) {}
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    // `track_caller`: called from an `.await`, the caller is the line of that `.await`.
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let header = self.block.header();
        if !self.block.flags().is_done() {
            header.join.wait(header, own_waker(cx), Location::caller());
            return Poll::Pending;
        }
        match self.block.as_ref().take() {
            Some(outcome) => Poll::Ready(outcome),
            None => panic!("glassloop: {} was awaited again, but its output has been taken", header.name()),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.block.header().join.forget(self.block.header());
        if self.block.flags().is_done() {
            self.block.as_ref().discard();
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.block.flags();
        let state = match (flags.is_done(), flags.is_cancelled(), flags.cancel_asked()) {
            (true, true, _) => "cancelled",
            (true, false, _) => "done",
            (false, _, true) => "cancelling",
            (false, _, false) => "pending",
        };
        write!(f, "Task {{ id: {}, name: {:?}, {state} }}", self.id(), self.name())
    }
}
