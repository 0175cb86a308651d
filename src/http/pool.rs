//! Connections that wait for their next request.
//!
//! A connection is owned by one exchange or by the pool, never by both. The pool only gets it when
//! the exchange has seen its exact end; whoever drops a response earlier drops, and so closes, its
//! connection. Safe reuse is thus a matter of ownership, and dropping any future is safe.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use glassloop_executor::ExecutorId;

use super::connection::Connection;
use super::origin::Origin;
use crate::{Instant, context};

/// How many connections may idle, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolLimits {
    pub(super) idle: usize,
    pub(super) idle_per_host: usize,
    pub(super) idle_timeout: Duration,
}

/// Idle connections, the one idle longest in front.
///
/// Connections that idled too long are closed when the pool is next used: a timer of its own would
/// keep a program awake that has nothing left to do.
#[derive(Debug)]
pub(super) struct Pool {
    idle: RefCell<VecDeque<Idle>>,
    /// The loop that all of them belong to.
    home: Cell<Option<ExecutorId>>,
    limits: PoolLimits,
}

#[derive(Debug)]
struct Idle {
    origin: Origin,
    connection: Connection,
    expires: Instant,
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Pool {
        Pool { idle: RefCell::default(), home: Cell::new(None), limits }
    }

    /// Takes the connection to this origin that was used last and is still good.
    pub(super) fn take(&self, origin: &Origin) -> Option<Connection> {
        self.close_foreign();
        self.close_expired();
        loop {
            let mut connection = self.remove_last(origin)?.connection;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// Takes a connection back, if it can be reused and there is room; else closes it.
    pub(super) fn put(&self, origin: &Origin, connection: Connection) {
        self.close_foreign();
        self.close_expired();
        let same_host = self.idle.borrow().iter().filter(|idle| idle.origin == *origin).count();
        if !connection.can_reuse() || same_host >= self.limits.idle_per_host {
            return;
        }
        let expires = crate::now() + self.limits.idle_timeout;
        let idle = Idle { origin: origin.clone(), connection, expires };
        self.idle.borrow_mut().push_back(idle);
        if self.idle.borrow().len() > self.limits.idle {
            let _oldest = self.remove_first();
        }
    }

    /// A client may outlive its loop; its connections cannot be driven by another one.
    fn close_foreign(&self) {
        let here = context::current().map(|context| context.executor.id());
        if self.home.replace(here) != here {
            let _foreign = self.idle.take();
        }
    }

    fn close_expired(&self) {
        // The pool may be empty most of the time; the clock is not read for that.
        let Some(mut first) = self.first_expires() else { return };
        let now = crate::now();
        while first <= now {
            let _expired = self.remove_first();
            let Some(next) = self.first_expires() else { return };
            first = next;
        }
    }

    fn first_expires(&self) -> Option<Instant> {
        self.idle.borrow().front().map(|idle| idle.expires)
    }

    // What is removed is dropped by the caller, outside the borrow: closing is the reactor's business.

    fn remove_first(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop_front()
    }

    fn remove_last(&self, origin: &Origin) -> Option<Idle> {
        let mut idle = self.idle.borrow_mut();
        let last = idle.iter().rposition(|idle| idle.origin == *origin)?;
        idle.remove(last)
    }
}
