//! The line of tasks that wait for one thing: first come, first woken.
//!
//! A wake-up is only a wake-up: what was waited for stays where it is until the woken task takes it. A woken waiter that finds nothing
//! (somebody was faster) gets its old place back; one that is dropped between its wake-up and its turn passes
//! the wake-up on. So nothing is lost by a cancel, and nobody is overtaken twice.

#![cfg_attr(not(feature = "trace"), allow(unreachable_pub, reason = "public through `trace`"))]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::{Context as TaskContext, Waker};

use glassloop_executor::{TaskRef, own_waker, task_of};

use crate::context::{self, Context};

/// Something tasks wait for, as a snapshot sees it.
pub(crate) trait Resource {
    fn look(&self) -> Seen;
}

/// A resource at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// What it is: `"queue"` or `"threads"`.
    pub kind: &'static str,
    /// How much is in it.
    pub len: usize,
    /// How much of what was put in is not yet done with.
    pub unfinished: usize,
    /// In the order of arrival.
    pub waits: Vec<SeenWait>,
}

/// One waiter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenWait {
    /// Its place in the line.
    pub number: u64,
    /// Who it is; `None` once it has been woken, for a task that is gone, and behind a foreign combinator.
    pub task: Option<TaskRef>,
    /// What it wants.
    pub operation: &'static str,
    /// Where in the source.
    pub location: &'static Location<'static>,
    /// Woken, but it has not had its turn yet.
    pub woken: bool,
}

/// A change of a resource, told after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It came to be; what it is.
    New(&'static str),
    /// It is gone.
    Gone,
    /// What is in it, and what is unfinished, now.
    Len(usize, usize),
    /// Somebody waits; also one who comes back to its place, or with another waker.
    WaitOn(SeenWait),
    /// The waiter with this number was woken.
    Woken(u64),
    /// The waiter with this number waits no longer.
    WaitOff(u64),
}

/// A resource's name in the loop: given at its first use there.
#[derive(Default)]
pub(crate) struct Registration {
    id: Cell<u64>,
    context: RefCell<Weak<Context>>,
    next_number: Cell<u64>,
}

impl Registration {
    /// Makes the resource known to the loop that runs on this thread, unless one knows it already.
    pub(crate) fn register(&self, kind: &'static str, this: impl FnOnce() -> Weak<dyn Resource>) {
        if self.context.borrow().strong_count() == 0
            && let Some(context) = context::current()
        {
            self.id.set(context.add_resource(this()));
            *self.context.borrow_mut() = Rc::downgrade(&context);
            self.tell(|| Change::New(kind));
        }
    }

    pub(crate) fn tell(&self, change: impl FnOnce() -> Change) {
        #[cfg(feature = "trace")]
        if let Some(context) = self.context.borrow().upgrade() {
            context.hub.resource(self.id.get(), change);
        }
        #[cfg(not(feature = "trace"))]
        let _ = change;
    }

    fn next_number(&self) -> u64 {
        self.next_number.replace(self.next_number.get() + 1)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(context) = self.context.borrow().upgrade() {
            context.remove_resource(self.id.get());
            self.tell(|| Change::Gone);
        }
    }
}

/// Those who wait, and those who were woken and have not had their turn.
#[derive(Default)]
pub(crate) struct Waiters {
    waiting: RefCell<VecDeque<Wait>>,
    woken: RefCell<VecDeque<Wait>>,
}

struct Wait {
    number: u64,
    /// `None` once it has been woken.
    waker: Option<Waker>,
    operation: &'static str,
    location: &'static Location<'static>,
}

impl Wait {
    fn seen(&self, woken: bool) -> SeenWait {
        let Wait { number, operation, location, .. } = *self;
        SeenWait { number, task: self.waker.as_ref().and_then(task_of), operation, location, woken }
    }
}

/// A place in the line: its number, if the waiter has one.
pub(crate) type Place = Option<u64>;

/// What a waiter was when it left the line.
#[derive(PartialEq, Eq)]
pub(crate) enum Was {
    NotThere,
    Waiting,
    Woken,
}

impl Waiters {
    /// Joins the line, or stays in it, or comes back to its old place after a wake-up in vain.
    pub(crate) fn wait(
        &self,
        of: &Registration,
        place: &mut Place,
        cx: &TaskContext<'_>,
        operation: &'static str,
        location: &'static Location<'static>,
    ) {
        let number = *place.get_or_insert_with(|| of.next_number());
        let waker = Some(own_waker(cx));
        let former = remove(&self.waiting, number).or_else(|| remove(&self.woken, number));
        let wait = Wait { number, waker, operation, location };
        let seen = wait.seen(false);
        {
            let mut waiting = self.waiting.borrow_mut();
            let position = waiting.partition_point(|other| other.number < number);
            waiting.insert(position, wait);
        }
        of.tell(|| Change::WaitOn(seen));
        drop(former);
    }

    /// Wakes the first who is still waiting.
    pub(crate) fn wake_first(&self, of: &Registration) {
        let first = self.waiting.borrow_mut().pop_front();
        let Some(mut wait) = first else { return };
        let (number, waker) = (wait.number, wait.waker.take());
        self.woken.borrow_mut().push_back(wait);
        of.tell(|| Change::Woken(number));
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes all who are waiting now, in their order.
    pub(crate) fn wake_all(&self, of: &Registration) {
        let waiting = self.waiting.borrow().len();
        for _ in 0..waiting {
            self.wake_first(of);
        }
    }

    /// Leaves the line.
    pub(crate) fn leave(&self, of: &Registration, place: &mut Place) -> Was {
        let Some(number) = place.take() else { return Was::NotThere };
        let (waiting, woken) = (remove(&self.waiting, number), remove(&self.woken, number));
        let was = match (&waiting, &woken) {
            (Some(_), _) => Was::Waiting,
            (_, Some(_)) => Was::Woken,
            _ => return Was::NotThere,
        };
        of.tell(|| Change::WaitOff(number));
        was
    }

    /// Whether the waiter has been woken.
    pub(crate) fn is_woken(&self, place: Place) -> bool {
        place.is_some_and(|number| self.woken.borrow().iter().any(|wait| wait.number == number))
    }

    pub(crate) fn look(&self, seen: &mut Vec<SeenWait>) {
        seen.extend(self.waiting.borrow().iter().map(|wait| wait.seen(false)));
        seen.extend(self.woken.borrow().iter().map(|wait| wait.seen(true)));
        seen.sort_by_key(|wait| wait.number);
    }
}

fn remove(line: &RefCell<VecDeque<Wait>>, number: u64) -> Option<Wait> {
    let mut line = line.borrow_mut();
    let position = line.iter().position(|wait| wait.number == number)?;
    line.remove(position)
}
