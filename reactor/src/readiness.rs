//! One direction of a source: is it ready, and who waits for it to become so.
//!
//! Pure state: nothing here calls a waker or an observer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::Location;
use std::task::Waker;

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

impl Wait {
    fn is_same_as(&self, other: &Wait) -> bool {
        self.waker.will_wake(&other.waker)
            && self.operation == other.operation
            && std::ptr::eq(self.location, other.location)
    }
}

#[derive(Debug)]
pub(crate) struct Readiness {
    /// Set: the next try may succeed. Nobody waits for the system before a try has cleared it.
    pub(crate) ready: Cell<bool>,
    /// The other side is done with this direction; never cleared.
    pub(crate) closed: Cell<bool>,
    /// The number under which those wait who have the direction to themselves: one of them at a time.
    pub(crate) seat: u64,
    /// Sorted by number, which is the order of coming.
    line: RefCell<VecDeque<(u64, Wait)>>,
}

impl Readiness {
    /// Ready, as nobody has tried yet.
    pub(crate) fn new(seat: u64) -> Readiness {
        Readiness { ready: Cell::new(true), closed: Cell::new(false), seat, line: RefCell::default() }
    }

    /// Whether this very wait stands in the line under this number.
    pub(crate) fn has(&self, number: u64, wait: &Wait) -> bool {
        let line = self.line.borrow();
        position(&line, number).is_ok_and(|position| line[position].1.is_same_as(wait))
    }

    /// Joins the line where the number belongs. It must not be in use.
    pub(crate) fn join(&self, number: u64, wait: Wait) {
        let mut line = self.line.borrow_mut();
        if let Err(position) = position(&line, number) {
            line.insert(position, (number, wait));
        }
    }

    pub(crate) fn leave(&self, number: u64) -> Option<Wait> {
        let mut line = self.line.borrow_mut();
        let position = position(&line, number).ok()?;
        Some(line.remove(position)?.1)
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.line.borrow().front().map(|&(number, _)| number)
    }

    pub(crate) fn for_each_wait(&self, mut visitor: impl FnMut(u64, &Wait)) {
        self.line.borrow().iter().for_each(|(number, wait)| visitor(*number, wait));
    }
}

fn position(line: &VecDeque<(u64, Wait)>, number: u64) -> Result<usize, usize> {
    line.binary_search_by_key(&number, |&(there, _)| there)
}
