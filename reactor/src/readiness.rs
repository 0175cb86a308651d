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
    line: RefCell<Line>,
}

/// Those who wait, sorted by number, which is the order of coming.
#[derive(Debug, Default)]
struct Line {
    /// Nearly always there is one at most: so it needs no search, and no allocation.
    first: Option<(u64, Wait)>,
    behind: VecDeque<(u64, Wait)>,
}

impl Line {
    fn get(&self, number: u64) -> Option<&Wait> {
        match &self.first {
            Some((first, wait)) if *first == number => Some(wait),
            _ => self.behind.get(self.position(number).ok()?).map(|(_, wait)| wait),
        }
    }

    /// Where behind the first it stands, or would.
    fn position(&self, number: u64) -> Result<usize, usize> {
        self.behind.binary_search_by_key(&number, |&(there, _)| there)
    }

    fn join(&mut self, number: u64, wait: Wait) {
        let mut last = (number, wait);
        if let Some(first) = &mut self.first {
            if number < first.0 {
                std::mem::swap(first, &mut last);
            }
            if let Err(position) = self.position(last.0) {
                self.behind.insert(position, last);
            }
        } else {
            self.first = Some(last);
        }
    }

    #[inline(always)]
    fn leave(&mut self, number: u64) -> Option<Wait> {
        let (first, _) = self.first.as_ref()?;
        if *first != number {
            let position = self.position(number).ok()?;
            return Some(self.behind.remove(position)?.1);
        }
        let next = if self.behind.is_empty() { None } else { self.behind.pop_front() };
        std::mem::replace(&mut self.first, next).map(|(_, wait)| wait)
    }
}

impl Readiness {
    /// Ready, as nobody has tried yet.
    pub(crate) fn new(seat: u64) -> Readiness {
        Readiness { ready: Cell::new(true), closed: Cell::new(false), seat, line: RefCell::default() }
    }

    /// Whether this very wait stands in the line under this number.
    pub(crate) fn has(&self, number: u64, wait: &Wait) -> bool {
        self.line.borrow().get(number).is_some_and(|there| there.is_same_as(wait))
    }

    #[inline]
    pub(crate) fn nobody_waits(&self) -> bool {
        self.line.borrow().first.is_none()
    }

    /// Joins the line where the number belongs. It must not be in use.
    #[inline]
    pub(crate) fn join(&self, number: u64, wait: Wait) {
        self.line.borrow_mut().join(number, wait);
    }

    #[inline(always)]
    pub(crate) fn leave(&self, number: u64) -> Option<Wait> {
        self.line.borrow_mut().leave(number)
    }

    #[inline]
    pub(crate) fn first(&self) -> Option<u64> {
        self.line.borrow().first.as_ref().map(|(number, _)| *number)
    }

    pub(crate) fn for_each_wait(&self, mut visitor: impl FnMut(u64, &Wait)) {
        let line = self.line.borrow();
        line.first.iter().chain(&line.behind).for_each(|(number, wait)| visitor(*number, wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with random comings and goings, beside a sorted list.
    #[test]
    fn a_line_is_sorted_by_number_whoever_comes_and_goes() {
        let wait = || Wait { waker: Waker::noop().clone(), operation: "read", location: Location::caller() };
        let (readiness, mut expected) = (Readiness::new(0), Vec::new());
        let mut random = 1u64;
        for _ in 0..10_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = random >> 33 & 7;
            match expected.binary_search(&number) {
                Ok(position) => {
                    assert!(readiness.has(number, &wait()) && readiness.leave(number).is_some());
                    expected.remove(position);
                }
                Err(position) => {
                    assert!(!readiness.has(number, &wait()) && readiness.leave(number).is_none());
                    readiness.join(number, wait());
                    expected.insert(position, number);
                }
            }
            let mut found = Vec::new();
            readiness.for_each_wait(|number, _| found.push(number));
            assert_eq!(found, expected);
            assert_eq!(readiness.first(), expected.first().copied());
            assert_eq!(readiness.nobody_waits(), expected.is_empty());
        }
    }
}
