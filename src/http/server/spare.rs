//! Buffers that nobody uses at the moment.

use std::cell::RefCell;

/// More than so many are not kept: a burst of connections is no reason to hold on to their memory.
const KEPT: usize = 64;

/// Lends buffers, so that a connection which waits holds none.
#[derive(Debug, Default)]
pub(super) struct Spare<T>(RefCell<Vec<T>>);

impl<T: Default> Spare<T> {
    pub(super) fn take(&self) -> T {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    pub(super) fn give(&self, buffer: T) {
        let mut spare = self.0.borrow_mut();
        if spare.len() < KEPT {
            spare.push(buffer);
        }
    }
}
