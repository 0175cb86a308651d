//! What the pool has of one route: its idle connections, and the permits for more.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use glassloop_executor::ExecutorId;

use crate::http::connect::Route;
use crate::http::connection::Connection;
use crate::{Instant, Semaphore};

/// One route's part of the pool.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) route: Route,
    /// The loop that its connections belong to.
    pub(super) home: Option<ExecutorId>,
    pub(super) permits: Option<Semaphore>,
    /// The one idle longest in front.
    idle: RefCell<VecDeque<Idle>>,
}

#[derive(Debug)]
pub(super) struct Idle {
    pub(super) connection: Box<Connection>,
    pub(super) expires: Instant,
    /// The number of the poll in which it was given back.
    pub(super) since_poll: u64,
}

impl Host {
    /// With a limit of connections; 0: none.
    pub(super) fn new(route: &Route, home: Option<ExecutorId>, limit: usize) -> Host {
        let permits = (limit > 0).then(|| Semaphore::new(limit).named(format!("http connections to {route}")));
        Host { route: route.clone(), home, permits, idle: RefCell::default() }
    }

    pub(super) fn idle_count(&self) -> usize {
        self.idle.borrow().len()
    }

    pub(super) fn push(&self, idle: Idle) {
        self.idle.borrow_mut().push_back(idle);
    }

    // What is removed is dropped by the caller, outside the borrow: closing is the reactor's business.

    pub(super) fn pop_last(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop_back()
    }

    pub(super) fn pop_first(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop_front()
    }

    /// Those whose time is over, or that are not as they were left.
    pub(super) fn take_useless(&self, now: Instant, useless: &mut Vec<Idle>) {
        for mut idle in self.idle.take() {
            let is_good = now < idle.expires && idle.connection.is_quiet();
            if is_good { self.push(idle) } else { useless.push(idle) }
        }
    }

    pub(super) fn first_expiry(&self) -> Option<Instant> {
        self.idle.borrow().front().map(|idle| idle.expires)
    }

    /// Whether nobody but the pool knows it, and it has nothing to keep.
    pub(super) fn is_unused(self: &Rc<Self>) -> bool {
        self.idle_count() == 0 && Rc::strong_count(self) == 1
    }
}
