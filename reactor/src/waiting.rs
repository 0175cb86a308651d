//! One task's place in the line of those that wait for the same thing, such as the next connection.

use std::rc::Rc;

use crate::observer::WaitEnd;
use crate::reactor::Reactor;
use crate::readiness::{Direction, Wait};
use crate::sources::SourceState;

/// A place in the line of a source's direction, kept by [`Source::poll_io_shared`](crate::Source::poll_io_shared).
///
/// Dropping it leaves the line. If it had been woken and had not tried since, the next in line is woken instead.
#[derive(Debug)]
pub struct Waiting {
    reactor: Reactor,
    state: Rc<SourceState>,
    direction: Direction,
    /// Kept while the operation goes on: who was woken in vain comes back to where it stood.
    number: u64,
}

impl Waiting {
    pub(crate) fn new(reactor: &Reactor, state: &Rc<SourceState>, direction: Direction) -> Waiting {
        let number = reactor.next_waiter();
        Waiting { reactor: reactor.clone(), state: Rc::clone(state), direction, number }
    }

    pub(crate) fn is_for(&self, state: &Rc<SourceState>, direction: Direction) -> bool {
        Rc::ptr_eq(&self.state, state) && self.direction == direction
    }

    pub(crate) fn wait(&self, wait: Wait) {
        self.reactor.wait::<true>(&self.state, self.direction, self.number, wait);
    }

    /// The operation is done: whatever there is beyond what it took is for the next.
    pub(crate) fn done(self) {
        self.reactor.end_wait::<true>(&self.state, self.direction, self.number, WaitEnd::Dropped);
        // Now it stands in no line, so its drop passes the turn on.
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let was_standing = self.reactor.end_wait::<true>(&self.state, self.direction, self.number, WaitEnd::Dropped);
        if was_standing.is_none() {
            self.reactor.pass_turn::<true>(&self.state, self.direction);
        }
    }
}
