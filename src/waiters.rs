//! The line of tasks that wait for one thing: first come, first woken.
//!
//! A wake-up is only a wake-up: what was waited for stays where it is until the woken task takes it. A woken waiter that finds nothing
//! (somebody was faster) gets its old place back; one that is dropped between its wake-up and its turn passes
//! the wake-up on. So nothing is lost by a cancel, and nobody is overtaken twice.

#![cfg_attr(not(feature = "trace"), allow(unreachable_pub, reason = "public through `trace`"))]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::mem;
use std::panic::Location;
use std::task::{Context as TaskContext, Waker};

use glassloop_executor::{Spawn, TaskRef, Ticket, own_ticket, own_waker, task_of, task_of_ticket};

mod places;
mod registration;
mod seen;

use places::Places;
pub(crate) use registration::{Registration, Resource};
pub use seen::{About, Change, Seen, SeenWait};

/// Those who wait, and those who were woken and have not had their turn.
#[derive(Default)]
pub(crate) struct Waiters {
    /// Of the line, those who wait: most calls need to know only that nobody does.
    waiting: Cell<usize>,
    line: RefCell<Line>,
}

/// One line for both, in the order of the numbers: whoever is woken keeps the place until it has had its turn.
#[derive(Default)]
struct Line {
    waits: Places,
    /// Everybody before this index has been woken.
    next: usize,
}

struct Wait {
    number: u64,
    /// `None` once it has been woken.
    waker: Option<Waker>,
    operation: &'static str,
    location: &'static Location<'static>,
}

impl Wait {
    #[inline]
    fn is_woken(&self) -> bool {
        self.waker.is_none()
    }

    fn seen(&self) -> SeenWait {
        let Wait { number, operation, location, .. } = *self;
        let task = self.waker.as_ref().and_then(task_of);
        SeenWait { number, task, operation, location, woken: self.is_woken() }
    }
}

impl Line {
    /// Where a number stands, or would. It is the front of the line nearly always.
    #[inline]
    fn position(&self, number: u64) -> Result<usize, usize> {
        match self.waits.first() {
            Some(front) if front.number == number => Ok(0),
            _ => self.waits.search(number),
        }
    }

    /// Takes the waker of the first who has not been woken, for the caller, who knows that there is one, to call.
    #[inline]
    fn take_next(&mut self) -> (u64, Option<Waker>) {
        match self.waits.first_mut() {
            Some(front) if self.next == 0 && !front.is_woken() => {
                self.next = 1;
                (front.number, front.waker.take())
            }
            _ => self.take_next_behind(),
        }
    }

    /// The same, where it is not the front.
    #[inline(never)]
    fn take_next_behind(&mut self) -> (u64, Option<Waker>) {
        while self.waits.get(self.next).is_woken() {
            self.next += 1;
        }
        self.next += 1;
        let wait = self.waits.get_mut(self.next - 1);
        (wait.number, wait.waker.take())
    }

    /// Puts a waiter where its number belongs; gives the one that stood there.
    fn put(&mut self, wait: Wait) -> Option<Wait> {
        let position = self.position(wait.number);
        let (Ok(index) | Err(index)) = position;
        self.next = self.next.min(index);
        match position {
            Ok(index) => Some(mem::replace(self.waits.get_mut(index), wait)),
            Err(index) => {
                self.waits.insert(index, wait);
                None
            }
        }
    }

    /// Removes the front, if it has this number and was woken: nearly everybody leaves like this.
    #[inline]
    fn remove_woken_front(&mut self, number: u64) -> bool {
        let found = self.next > 0 && self.waits.first().is_some_and(|first| first.number == number);
        if found {
            self.next -= 1;
            self.waits.remove_first();
        }
        found
    }

    /// Gives the waker, if the waiter that stood there had one still.
    fn remove(&mut self, number: u64) -> Option<Option<Waker>> {
        let index = self.position(number).ok()?;
        if index < self.next {
            self.next -= 1;
        }
        self.waits.remove(index).map(|wait| wait.waker)
    }
}

/// Who took something: whoever was being polled. A word, for whoever looks.
#[derive(Clone, Copy)]
pub(crate) struct Taker(Ticket);

impl Taker {
    #[inline]
    pub(crate) fn here() -> Option<Taker> {
        own_ticket().map(Taker)
    }

    /// The task, unless it is gone.
    pub(crate) fn task(self) -> Option<TaskRef> {
        task_of_ticket(self.0)
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
    #[inline(always)]
    pub(crate) fn wait(
        &self,
        of: &Registration,
        place: &mut Place,
        cx: &TaskContext<'_>,
        operation: &'static str,
        location: &'static Location<'static>,
    ) {
        let waker = Some(own_waker(cx));
        if let Some(number) = *place {
            self.come_back(of, Wait { number, waker, operation, location });
        } else {
            let number = of.next_number();
            *place = Some(number);
            self.waiting.set(self.waiting.get() + 1);
            self.line.borrow_mut().waits.push(Wait { number, waker, operation, location });
            of.tell(|| Change::WaitOn(self.seen(number)));
        }
    }

    #[inline(never)]
    fn come_back(&self, of: &Registration, wait: Wait) {
        let number = wait.number;
        let former = self.line.borrow_mut().put(wait);
        if former.as_ref().is_none_or(Wait::is_woken) {
            self.waiting.set(self.waiting.get() + 1);
        }
        of.tell(|| Change::WaitOn(self.seen(number)));
        // A foreign waker's drop may do anything: outside of the borrow.
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
    #[inline]
    pub(crate) fn wake_first(&self, of: &Registration) -> bool {
        let somebody = self.waiting.get() > 0;
        if somebody {
            self.wake_next(of);
        }
        somebody
    }

    fn wake_next(&self, of: &Registration) {
        self.waiting.set(self.waiting.get() - 1);
        let (number, waker) = self.line.borrow_mut().take_next();
        of.tell(|| Change::Woken(number));
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes all who are waiting now, in their order.
    pub(crate) fn wake_all(&self, of: &Registration) {
        for _ in 0..self.waiting.get() {
            self.wake_first(of);
        }
    }

    /// Leaves the line.
    #[inline]
    pub(crate) fn leave(&self, of: &Registration, place: &mut Place) -> Was {
        match place.take() {
            Some(number) => self.leave_place(of, number),
            None => Was::NotThere,
        }
    }

    #[inline(always)]
    fn leave_place(&self, of: &Registration, number: u64) -> Was {
        let was = if self.line.borrow_mut().remove_woken_front(number) { Was::Woken } else { self.remove(number) };
        if was != Was::NotThere {
            of.tell(|| Change::WaitOff(number));
        }
        was
    }

    #[inline(never)]
    fn remove(&self, number: u64) -> Was {
        let removed = self.line.borrow_mut().remove(number);
        match removed {
            None => Was::NotThere,
            Some(None) => Was::Woken,
            Some(Some(_)) => {
                self.waiting.set(self.waiting.get() - 1);
                Was::Waiting
            }
        }
    }

    /// Whether the waiter has been woken.
    #[inline]
    pub(crate) fn is_woken(&self, place: Place) -> bool {
        let Some(number) = place else { return false };
        let line = self.line.borrow();
        line.position(number).is_ok_and(|index| line.waits.get(index).is_woken())
    }

    /// Whether somebody waits who has not been woken.
    #[inline]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.get() > 0
    }

    /// Whether nobody waits, and everybody who was woken has had its turn.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.line.borrow().waits.is_empty()
    }

    /// How many were woken and have not had their turn.
    #[inline]
    pub(crate) fn woken(&self) -> usize {
        self.line.borrow().waits.len() - self.waiting.get()
    }

    pub(crate) fn look(&self, seen: &mut Vec<SeenWait>) {
        seen.extend(self.line.borrow().waits.iter().map(Wait::seen));
        // It may hold those of another line of the same resource.
        seen.sort_by_key(|wait| wait.number);
    }

    /// One who has just come.
    fn seen(&self, number: u64) -> SeenWait {
        let line = self.line.borrow();
        let index = line.position(number).expect("in the line");
        line.waits.get(index).seen()
    }
}
