//! The handle of a task: await it, cancel it, or drop it and let the task run on.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::cell::Outcome;
use crate::flags::Flags;
use crate::handle::{TaskHandle, cancel};
use crate::join_error::{CancelReason, JoinError};
use crate::profile::Locals;
use crate::task::{NO_CHILD, Run, TaskId, TaskRef};
use crate::waker::{own_waker, with_current};
use crate::watchers::{Callback, OnEnd, call_soon};

/// What a [`Task`] sees of the block it shares with the executor.
pub(crate) trait Joinable<T>: Run {
    fn take(self: Pin<&Self>) -> Option<Outcome<T>>;
    fn discard(self: Pin<&Self>);
}

/// A running task: asyncio's `Task`.
///
/// Await it for its output. Dropping it *detaches*: the task runs on, and the executor keeps it alive (there is no weak
/// reference to lose, as in asyncio). An output that nobody takes is dropped on the loop's thread; a panic of that drop is swallowed.
/// A *failure* that nobody takes is reported, once and at once: a panic of the task, and an `Err` where the task was created so that it shows.
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

impl<T: 'static> Task<T> {
    /// The task without its type: to keep in a list, or to cancel from elsewhere.
    pub fn handle(&self) -> TaskHandle {
        TaskHandle::of(self.block.clone(), NO_CHILD)
    }

    /// Has `callback` called when the task has ended, from the loop and as a task of its own: never inside this call, nor inside
    /// the end of the task (asyncio's `add_done_callback`). Callbacks and who awaits the task come in the order in which they came; on a
    /// task that has ended, `callback` is next in the run queue. It has the task-locals of whoever adds it, as they are now. It is dropped
    /// uncalled if the loop ends first.
    #[track_caller]
    pub fn add_done_callback(&self, callback: impl FnOnce(&TaskHandle) + 'static) {
        let (header, callback) = (self.block.header(), Callback::new(callback, Location::caller()));
        if self.is_done() {
            call_soon(header.executor(), callback, &self.handle());
        } else {
            header.join.call(callback);
        }
    }

    /// Has `end` told when the task has ended, with `index`; at once, if it has. For collections of tasks.
    pub fn tell_end(&self, end: &Rc<dyn OnEnd>, index: usize) {
        if self.is_done() {
            end.ended(index, &self.handle());
        } else {
            self.block.header().join.tell(end.clone(), index);
        }
    }

    /// Ends [`tell_end`](Task::tell_end).
    pub fn untell_end(&self, end: &Rc<dyn OnEnd>) {
        self.block.header().join.untell(end);
    }
}

impl<T> Task<T> {
    pub(crate) fn new(block: Pin<Rc<dyn Joinable<T>>>) -> Task<T> {
        Task { block }
    }

    /// Gives it other task-locals than its creator's.
    pub(crate) fn set_locals(&self, locals: Option<Locals>) {
        self.block.set_locals(NO_CHILD, locals);
    }

    fn flags(&self) -> &Flags {
        self.block.flags(NO_CHILD)
    }

    /// Asks the task to end: at its next turn its future is dropped, and who awaits it gets [`JoinError::Cancelled`].
    ///
    /// True if the request was made, false if the task had already ended. A task that was never polled never will be. A task
    /// that returns from the very poll in which it was cancelled keeps its value.
    pub fn cancel(&self) -> bool {
        cancel(self.block.header(), self.flags(), None)
    }

    /// As [`cancel`](Task::cancel), and says why: [`JoinError::reason`] (asyncio's `cancel(msg)`). Of several reasons the first stays.
    pub fn cancel_with(&self, reason: impl Into<Box<str>>) -> bool {
        cancel(self.block.header(), self.flags(), Some(CancelReason::new(reason)))
    }

    /// Whether the task was asked to end and has not yet (asyncio's `cancelling() > 0`). Requests are not counted: two are as good as one.
    pub fn cancelling(&self) -> bool {
        self.flags().is_cancelling()
    }

    /// Whether the task has ended: with a value, by a panic or cancelled (asyncio's `done`).
    pub fn is_done(&self) -> bool {
        self.flags().is_done()
    }

    /// Whether the task has ended by being cancelled (asyncio's `cancelled`).
    pub fn is_cancelled(&self) -> bool {
        self.flags().is_cancelled()
    }

    /// Whether the task has ended by a panic, or with an `Err` where it was created so that it shows (asyncio's `exception() is not None`).
    /// It stays so when the outcome has been taken.
    pub fn has_failed(&self) -> bool {
        self.flags().has_failed_by_itself()
    }

    /// What came of the task, if it has ended and nobody has taken it (asyncio's `result`).
    pub fn try_take(&mut self) -> Option<Result<T, JoinError>> {
        self.block.as_ref().take()
    }

    /// The task's number: never reused within its executor.
    pub fn id(&self) -> TaskId {
        self.block.id()
    }

    /// The name it was given, else `Task-<id>` (asyncio's `get_name`).
    pub fn name(&self) -> String {
        self.block.header().name(TaskRef { task: self.id(), child: None })
    }

    /// Gives the task a name, or another (asyncio's `set_name`).
    pub fn set_name(&self, name: impl Into<String>) {
        self.block.header().set_name(self.id(), name.into());
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
        if !self.flags().is_done() {
            let waits = header.join.wait(header, self.flags(), own_waker(cx), Location::caller());
            with_current(|core| core.note_await(|| self.block.clone()));
            return match waits {
                Ok(()) => Poll::Pending,
                Err(cycle) => Poll::Ready(Err(JoinError::Cycle(Box::new(cycle)))),
            };
        }
        match self.block.as_ref().take() {
            Some(outcome) => Poll::Ready(outcome),
            None => panic!("glassloop: {} was awaited again, but its output has been taken", self.name()),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let flags = self.flags();
        if flags.is_collected() {
        } else if flags.is_done() {
            self.block.as_ref().discard();
        } else {
            flags.mark_detached();
            self.block.header().join.forget(self.block.header(), flags);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task {{ id: {}, name: {:?}, {} }}", self.id(), self.name(), self.flags().word())
    }
}
