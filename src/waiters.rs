//! The line of tasks that wait for one thing: first come, first woken.
//!
//! A wake-up is only a wake-up: what was waited for stays where it is until the woken task takes it. A woken waiter that finds nothing
//! (somebody was faster) gets its old place back; one that is dropped between its wake-up and its turn passes
//! the wake-up on. So nothing is lost by a cancel, and nobody is overtaken twice.

#![cfg_attr(not(feature = "trace"), allow(unreachable_pub, reason = "public through `trace`"))]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::{Context as TaskContext, Waker};

use glassloop_executor::{Spawn, TaskRef, own_waker, task_of};

use crate::context::{self, Context};

/// Something tasks wait for, as a snapshot sees it.
pub(crate) trait Resource {
    fn look(&self) -> Seen;
}

/// A resource at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// What it is: `"queue"`, `"threads"`, `"lock"`, `"semaphore"`, `"event"`, `"condition"`, `"barrier"` or `"promise"`.
    pub kind: &'static str,
    /// How much is in it: a queue's items, the free permits of a semaphore (a lock has one), who has arrived at a barrier;
    /// 1 for an event that is set and a promise that has its outcome.
    pub len: usize,
    /// How much is still to come: a queue's items that are not done with, permits that are held, who is missing at a
    /// barrier; 1 for a promise without outcome.
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
    /// It is just being made known.
    new: Cell<bool>,
    /// Somebody listens to the loop: settled when the loop was made, and asked here as every change asks.
    observed: Cell<bool>,
}

impl Registration {
    /// Makes the resource known to the loop that runs on this thread, unless one knows it already. What it brings from before is
    /// told next: when `New` is told, it [shows](Registration::seen) nothing yet.
    pub(crate) fn register(&self, kind: &'static str, this: impl FnOnce() -> Weak<dyn Resource>) {
        if self.context.borrow().strong_count() == 0
            && let Some(context) = context::current()
        {
            let this = this();
            self.id.set(context.add_resource(this.clone()));
            self.observed.set(context.is_observed());
            *self.context.borrow_mut() = Rc::downgrade(&context);
            self.new.set(true);
            self.tell(|| Change::New(kind));
            self.new.set(false);
            if let Some(Seen { len, unfinished, .. }) = this.upgrade().map(|this| this.look())
                && (len, unfinished) != (0, 0)
            {
                self.tell(|| Change::Len(len, unfinished));
            }
        }
    }

    /// What a resource shows of itself; `line` is all who wait for it.
    pub(crate) fn seen(&self, kind: &'static str, len: usize, unfinished: usize, line: &Waiters) -> Seen {
        if self.new.get() {
            return Seen { kind, len: 0, unfinished: 0, waits: Vec::new() };
        }
        let mut waits = Vec::new();
        line.look(&mut waits);
        Seen { kind, len, unfinished, waits }
    }

    #[inline]
    pub(crate) fn tell(&self, change: impl FnOnce() -> Change) {
        if self.observed.get()
            && let Some(context) = self.context.borrow().upgrade()
        {
            context.tell(self.id.get(), change());
        }
    }

    /// Panics with advice if no loop knows the resource.
    #[track_caller]
    pub(crate) fn expect_loop(&self, call: &str) {
        if self.context.borrow().strong_count() == 0 {
            context::expect(call);
        }
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
        insert(&self.waiting, wait);
        of.tell(|| Change::WaitOn(seen));
        drop(former);
    }

    /// Puts a new task at the end of the line, where it waits for its first turn. `future` is told its place, to leave it.
    pub(crate) fn wait_as_task<F: Future<Output = ()> + 'static>(
        &self,
        of: &Registration,
        operation: &'static str,
        location: &'static Location<'static>,
        future: impl FnOnce(Place) -> F,
    ) {
        let context = of.context.borrow().upgrade();
        let Some(context) = context else { return };
        let mut place = Some(of.next_number());
        let spawn = Spawn { name: Some(operation.into()), location };
        let (task, waker) = context.executor.spawn_parked(spawn, future(place));
        // Not so if the loop is ending.
        if !task.is_done() {
            self.wait(of, &mut place, &TaskContext::from_waker(&waker), operation, location);
        }
        task.detach();
    }

    /// Wakes the first who is still waiting; says whether there was one.
    pub(crate) fn wake_first(&self, of: &Registration) -> bool {
        let first = self.waiting.borrow_mut().pop_front();
        let Some(mut wait) = first else { return false };
        let (number, waker) = (wait.number, wait.waker.take());
        insert(&self.woken, wait);
        of.tell(|| Change::Woken(number));
        if let Some(waker) = waker {
            waker.wake();
        }
        true
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
        place.is_some_and(|number| position(&self.woken.borrow(), number).is_ok())
    }

    /// Whether nobody waits, and everybody who was woken has had its turn.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty() && self.woken.borrow().is_empty()
    }

    /// How many were woken and have not had their turn.
    pub(crate) fn woken(&self) -> usize {
        self.woken.borrow().len()
    }

    pub(crate) fn look(&self, seen: &mut Vec<SeenWait>) {
        seen.extend(self.waiting.borrow().iter().map(|wait| wait.seen(false)));
        seen.extend(self.woken.borrow().iter().map(|wait| wait.seen(true)));
        seen.sort_by_key(|wait| wait.number);
    }
}

/// Both lines are in the order of the numbers.
fn position(line: &VecDeque<Wait>, number: u64) -> Result<usize, usize> {
    line.binary_search_by_key(&number, |wait| wait.number)
}

fn insert(line: &RefCell<VecDeque<Wait>>, wait: Wait) {
    let mut line = line.borrow_mut();
    let (Ok(position) | Err(position)) = position(&line, wait.number);
    line.insert(position, wait);
}

fn remove(line: &RefCell<VecDeque<Wait>>, number: u64) -> Option<Wait> {
    let mut line = line.borrow_mut();
    let position = position(&line, number).ok()?;
    line.remove(position)
}
