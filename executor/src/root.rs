//! The root future of a `block_on`: not `'static`, so pinned by its caller; woken and queued like any task.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use crate::core::Core;
use crate::executor::Spawn;
use crate::flags::Flags;
use crate::observer::{Ending, Event};
use crate::profile::Header;
use crate::task::{TaskId, TaskRef};
use crate::ticket::Ticket;

/// What is known of the root while it lives.
pub(crate) struct RootInfo {
    pub(crate) header: Header,
    pub(crate) flags: Flags,
}

impl RootInfo {
    pub(crate) fn id(&self) -> TaskId {
        self.header.id(&self.flags)
    }

    pub(crate) fn task_ref(&self) -> TaskRef {
        TaskRef { task: self.id(), child: None }
    }
}

/// A root future in its executor. It has the first turn of the ticks it is given to, as it is queued when it is made.
#[must_use = "the root runs only in ticks that it is given to"]
pub struct Root<'f, F: Future> {
    core: &'f Core,
    id: TaskId,
    ticket: Ticket,
    future: Pin<&'f mut F>,
    output: Option<thread::Result<F::Output>>,
    ended: bool,
}

impl<'f, F: Future> Root<'f, F> {
    pub(crate) fn new(core: &'f Core, spawn: Spawn, future: Pin<&'f mut F>) -> Root<'f, F> {
        assert!(
            core.root.borrow().is_none(),
            "glassloop: this executor has a root already: its block_on is still running"
        );
        let (header, flags) = core.header(spawn);
        let id = header.id(&flags);
        let ticket = core.occupy_root(RootInfo { header, flags });
        if let Some(info) = core.root() {
            core.announce_spawn(id, &info.header, None, size_of::<F>());
        }
        core.enqueue_and_tell(ticket);
        Root { core, id, ticket, future, output: None, ended: false }
    }

    /// The root's number, from the same counter as the tasks'.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Whether it has had its last turn.
    #[inline]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// What came of the root, once: its output, or the payload of its panic.
    pub fn take_output(&mut self) -> Option<thread::Result<F::Output>> {
        self.output.take()
    }

    fn end(&mut self, ending: Ending) {
        if !std::mem::replace(&mut self.ended, true) {
            self.core.retire_root(self.ticket);
            let task = TaskRef { task: self.id, child: None };
            self.core.emit(|| Event::Done { task, ending });
        }
    }
}

/// The root future, seen from the executor that gives it a turn.
pub trait RunRoot {
    /// True if it has ended.
    #[doc(hidden)]
    fn turn(&mut self, ticket: Ticket) -> bool;
}

impl<F: Future> RunRoot for Root<'_, F> {
    fn turn(&mut self, ticket: Ticket) -> bool {
        // The turn belongs to another root.
        if self.ended || ticket != self.ticket {
            return true;
        }
        let future = &mut self.future;
        let poll = |cx: &mut Context<'_>| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(payload)),
        };
        let polled = self.core.poll(ticket, poll);
        if let Poll::Ready(output) = polled {
            self.core.emit(|| Event::PollEnd { task: TaskRef { task: self.id, child: None }, ready: true });
            self.output = Some(output);
            self.end(Ending::Finished);
        }
        self.ended
    }
}

impl<F: Future> fmt::Debug for Root<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root {{ id: {}, ended: {} }}", self.id, self.ended)
    }
}

impl<F: Future> Drop for Root<'_, F> {
    fn drop(&mut self) {
        self.end(Ending::Cancelled);
    }
}
