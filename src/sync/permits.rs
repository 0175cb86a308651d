//! Permits, and the line of those who want one: a lock has one permit, a semaphore some.
//!
//! A permit that comes back is free, and whoever is first in the line is woken to take it. Until that one has had its turn, nobody
//! else takes it: who comes now finds a line that is not empty, and joins it. So nobody is overtaken, and a woken waiter
//! always finds its permit. One that is dropped before its turn leaves the permit to the next.

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use crate::waiters::{Change, Place, Registration, Resource, Seen, Taker, Waiters, Was};

pub(super) struct Permits {
    kind: &'static str,
    registration: Registration,
    /// Never less than the number of those who were woken to take one.
    free: Cell<usize>,
    /// With somebody who will give it back.
    held: Cell<usize>,
    /// Taken for good, unless somebody gives them back by hand.
    forgotten: Cell<usize>,
    /// The task that took one last.
    taker: Cell<Option<Taker>>,
    waiters: Waiters,
}

impl Permits {
    #[track_caller]
    pub(super) fn new(kind: &'static str, free: usize) -> Rc<Permits> {
        let permits = Rc::new(Permits {
            kind,
            registration: Registration::here(),
            free: Cell::new(free),
            held: Cell::new(0),
            forgotten: Cell::new(0),
            taker: Cell::new(None),
            waiters: Waiters::default(),
        });
        permits.register();
        permits
    }

    pub(super) fn set_name(&self, name: Rc<str>) {
        self.registration.set_name(name);
    }

    fn register(self: &Rc<Self>) {
        self.registration.register(self.kind, || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Permits>;
            this
        });
    }

    pub(super) fn free(&self) -> usize {
        self.free.get()
    }

    /// Whether who comes now would have to wait.
    #[inline]
    pub(super) fn would_wait(&self) -> bool {
        self.free.get() == 0 || !self.waiters.is_empty()
    }

    /// Takes a permit, if that needs no waiting.
    #[inline]
    pub(super) fn try_take(&self) -> bool {
        let open = !self.would_wait();
        if open {
            self.take();
        }
        open
    }

    /// A permit, when it is the caller's turn.
    pub(super) fn turn(self: &Rc<Self>, location: &'static Location<'static>) -> Turn<'_> {
        Turn { permits: self, place: None, location }
    }

    #[inline]
    fn take(&self) {
        self.free.set(self.free.get() - 1);
        self.held.set(self.held.get() + 1);
        self.taker.set(Taker::here());
        self.tell("acquire");
        self.wake_for_the_rest();
    }

    /// A holder gives its permit back.
    pub(super) fn give_back(&self) {
        self.held.set(self.held.get() - 1);
        self.add(1, "release");
    }

    /// A holder will not give its permit back.
    pub(super) fn forget(&self) {
        self.held.set(self.held.get() - 1);
        self.forgotten.set(self.forgotten.get() + 1);
        self.tell("forget");
    }

    /// Gives back a permit that was forgotten, if there is one.
    pub(super) fn give_back_forgotten(&self) -> bool {
        let Some(rest) = self.forgotten.get().checked_sub(1) else { return false };
        self.forgotten.set(rest);
        self.add(1, "release");
        true
    }

    /// More permits than before.
    pub(super) fn add(&self, count: usize, op: &'static str) {
        let free = self.free.get().checked_add(count);
        self.free.set(free.expect("glassloop: more permits than a usize can count"));
        self.tell(op);
        for _ in 0..count {
            if !self.waiters.wake_first(&self.registration) {
                break;
            }
        }
    }

    /// Wakes those who had to join the line only because somebody stood in it.
    #[inline]
    fn wake_for_the_rest(&self) {
        if self.waiters.is_waited_for() {
            self.wake_so_many_as_are_free();
        }
    }

    fn wake_so_many_as_are_free(&self) {
        while self.waiters.woken() < self.free.get() && self.waiters.wake_first(&self.registration) {}
    }

    #[inline]
    fn tell(&self, op: &'static str) {
        if self.registration.is_observed() {
            self.tell_now(op);
        }
    }

    #[cold]
    fn tell_now(&self, op: &'static str) {
        self.registration.tell(|| {
            // Told as it is, it would be taken for the task that is being polled: that one only runs the loop in which it happens.
            let outside = op == "acquire" && self.taker.get().and_then(Taker::task).is_none();
            let op = if outside { "acquire outside" } else { op };
            Change::Len { op, len: self.free.get(), unfinished: self.held.get() }
        });
    }
}

impl Resource for Permits {
    fn look(&self) -> Seen {
        let mut seen = self.registration.seen(self.kind, self.free.get(), self.held.get(), &self.waiters);
        // Of several permits nobody knows who has which.
        seen.holder = self.taker.get().filter(|_| self.kind == "lock" && seen.unfinished == 1).and_then(Taker::task);
        seen
    }
}

/// See [`Permits::turn`].
pub(super) struct Turn<'p> {
    permits: &'p Rc<Permits>,
    place: Place,
    location: &'static Location<'static>,
}

impl Turn<'_> {
    pub(super) fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl Future for Turn<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.place.is_none() && self.permits.try_take() {
            return Poll::Ready(());
        }
        self.poll_in_line(cx)
    }
}

/// What most turns never need, out of the way of inlining.
impl Turn<'_> {
    #[inline(never)]
    fn poll_in_line(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Turn { permits, place, location } = self;
        let Permits { registration, waiters, .. } = &***permits;
        if !waiters.is_woken(*place) {
            permits.register();
            waiters.wait(registration, place, cx, "acquire", location);
            return Poll::Pending;
        }
        waiters.leave(registration, place);
        permits.take();
        Poll::Ready(())
    }

    #[inline(never)]
    fn give_up(&mut self) {
        let Permits { registration, waiters, .. } = &**self.permits;
        if waiters.leave(registration, &mut self.place) != Was::NotThere {
            self.permits.wake_for_the_rest();
        }
    }
}

impl Drop for Turn<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.place.is_some() {
            self.give_up();
        }
    }
}
