//! One direction of a source: is it ready, and who waits for it to become so.
//!
//! Pure state: nothing here calls a waker or an observer.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::Location;
use std::task::Waker;

use crate::observer::WakerId;

/// A direction of a source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// Reading, receiving, accepting.
    Read,
    /// Writing, sending, connecting.
    Write,
}

/// What a waiter leaves behind: whom to wake, and what it was doing where, for whoever looks.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Woken once, when the operation is worth another try.
    pub waker: Waker,
    /// What is being waited for, such as `"read"`.
    pub operation: &'static str,
    /// Where in the program.
    pub location: &'static Location<'static>,
}

/// A [`Wait`] with the number that observers know it by.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) id: u64,
    pub(crate) wait: Wait,
}

impl Wait {
    fn is_same_as(&self, other: &Wait) -> bool {
        self.waker.will_wake(&other.waker)
            && self.operation == other.operation
            && std::ptr::eq(self.location, other.location)
    }
}

/// What [`Readiness::make_room`] found.
#[derive(Debug)]
pub(crate) enum Room {
    /// The place is free now; this waiter had to leave it.
    Made(Option<Waiter>),
    /// The very same wait is there already.
    Taken,
}

#[derive(Debug)]
pub(crate) struct Readiness {
    /// Set: the next try may succeed. Nobody asks the system before it was cleared by a try that would have blocked.
    pub(crate) ready: Cell<bool>,
    /// The other side is done with this direction; stays.
    pub(crate) closed: Cell<bool>,
    waiters: RefCell<Waiters>,
}

#[derive(Debug, Default)]
struct Waiters {
    /// The one place of operations that have the direction to themselves.
    seat: Option<Waiter>,
    /// The line of those that share it. Numbers only grow, so the first comer is the first in the map.
    line: BTreeMap<u64, Wait>,
}

impl Readiness {
    /// Ready, as nobody has tried yet.
    pub(crate) fn new() -> Readiness {
        Readiness { ready: Cell::new(true), closed: Cell::new(false), waiters: RefCell::default() }
    }

    /// Frees the place for `wait` (in the line, if it has a number), unless the same wait is there already.
    pub(crate) fn make_room(&self, number: Option<u64>, wait: &Wait) -> Room {
        let Waiters { seat, line } = &mut *self.waiters.borrow_mut();
        let there = match number {
            Some(id) => line.get(&id),
            None => seat.as_ref().map(|waiter| &waiter.wait),
        };
        match (there, number) {
            (Some(there), _) if there.is_same_as(wait) => Room::Taken,
            (_, Some(id)) => Room::Made(line.remove(&id).map(|wait| Waiter { id, wait })),
            (_, None) => Room::Made(seat.take()),
        }
    }

    pub(crate) fn sit(&self, waiter: Waiter) {
        let before = self.waiters.borrow_mut().seat.replace(waiter);
        debug_assert!(before.is_none(), "make_room comes first");
    }

    pub(crate) fn join_line(&self, Waiter { id, wait }: Waiter) {
        let before = self.waiters.borrow_mut().line.insert(id, wait);
        debug_assert!(before.is_none(), "make_room comes first");
    }

    pub(crate) fn leave_seat(&self) -> Option<Waiter> {
        self.waiters.borrow_mut().seat.take()
    }

    pub(crate) fn leave_line(&self, id: u64) -> Option<Waiter> {
        let wait = self.waiters.borrow_mut().line.remove(&id)?;
        Some(Waiter { id, wait })
    }

    pub(crate) fn first_in_line(&self) -> Option<Waiter> {
        let (id, wait) = self.waiters.borrow_mut().line.pop_first()?;
        Some(Waiter { id, wait })
    }

    /// The waiters in the order in which they would be woken: number, waker, operation, location.
    pub(crate) fn waiters(&self) -> Vec<(u64, WakerId, &'static str, &'static Location<'static>)> {
        let waiters = self.waiters.borrow();
        let seat = waiters.seat.iter().map(|waiter| (waiter.id, &waiter.wait));
        let line = waiters.line.iter().map(|(&id, wait)| (id, wait));
        seat.chain(line).map(|(id, wait)| (id, WakerId::from(&wait.waker), wait.operation, wait.location)).collect()
    }
}
