//! Connections: who may have one, which one is used again, and which one must not be.
//!
//! A request [acquires](Pool::acquire) a [`Lease`] on a connection and gives it back by dropping it. A connection is
//! owned by one lease or idle in the pool, never both. The pool only gets it when the exchange has seen its exact end;
//! whoever drops a response earlier drops, and so closes, its connection. Safe reuse is thus a matter of ownership, and
//! dropping any future at any await is safe.
//!
//! The limits are semaphores: a request takes a permit of its host and then one of the pool. So those who wait for a
//! busy host hold up nobody else, those who wait are served in the order in which they came, and a waiter that is
//! dropped after it was woken passes its turn on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use glassloop_executor::ExecutorId;

use super::Error;
use super::connect::{Connector, Route};
use super::connection::Connection;
use super::deadlines::Deadlines;
use super::events::{EventKind, Events, Watch};
use super::origin::Destination;
use crate::{Instant, Permit, Semaphore, context};

mod host;
mod keeper;
mod lease;

use host::{Host, Idle};
pub(super) use lease::Lease;

/// How many connections there may be at once, how many may idle, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolLimits {
    /// In use and idle; 0: no limit.
    pub(super) total: usize,
    /// To one origin; 0: no limit.
    pub(super) per_host: usize,
    pub(super) idle: usize,
    pub(super) idle_per_host: usize,
    pub(super) idle_timeout: Duration,
}

/// Fewer hosts than this are not worth a look whether they are used.
const FEW_HOSTS: usize = 16;

/// The connections of a client.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    pub(super) events: Events,
    limits: PoolLimits,
    permits: Option<Semaphore>,
    /// Those with idle connections, and some of those with leased ones. In an order of their own, so that connections
    /// which close together do so in the same order in every run.
    hosts: RefCell<BTreeMap<Route, Rc<Host>>>,
    /// When there are so many, it is time to look for unused ones.
    many_hosts: Cell<usize>,
    /// The one that was asked for last, if it is still there: it mostly is the next one too.
    latest: RefCell<Weak<Host>>,
    idle: Cell<usize>,
    /// Whether a task looks after those that idle.
    is_kept: Cell<bool>,
    /// The loop that all of them belong to.
    home: Cell<Option<ExecutorId>>,
}

/// The right to have a connection.
#[derive(Debug)]
struct Slot {
    _of_host: Option<Permit>,
    _of_pool: Option<Permit>,
}

impl Pool {
    pub(super) fn new(connector: Connector, events: Events, limits: PoolLimits) -> Rc<Pool> {
        let permits = (limits.total > 0).then(|| Semaphore::new(limits.total).named("http connections"));
        Rc::new(Pool {
            connector,
            events,
            limits,
            permits,
            hosts: RefCell::default(),
            many_hosts: Cell::new(FEW_HOSTS),
            latest: RefCell::default(),
            idle: Cell::new(0),
            is_kept: Cell::new(false),
            home: Cell::new(None),
        })
    }

    /// The way to where a request goes: how its head has to look depends on that.
    ///
    /// # Errors
    /// [`Error::InvalidProxy`], if it leads over a proxy that cannot be used.
    pub(super) fn route(&self, to: &Destination) -> Result<Route, Error> {
        self.connector.route(to)
    }

    /// A connection for one exchange: the one of this route that was used last and is still good, or else a new one,
    /// when it is the caller's turn.
    ///
    /// # Errors
    /// There is no connection, or no time is left.
    ///
    /// # Cancel safety
    /// Dropping it gives place and connection up.
    pub(super) async fn acquire(
        self: &Rc<Self>,
        to: &Destination,
        route: &Route,
        deadlines: &Deadlines,
        watch: &Watch,
    ) -> Result<Lease, Box<Error>> {
        self.close_foreign();
        let host = self.host(route);
        let slot = match self.try_slot(&host) {
            Some(slot) => slot,
            // What is rare, and keeps much while it waits, is boxed: the state of most requests stays small.
            None => Box::pin(self.wait_for_slot(&host, to, deadlines, watch)).await?,
        };
        if let Some(connection) = self.take_idle(&host) {
            watch.tell(EventKind::Reuse);
            return Ok(Lease::new(self, host, slot, connection, true));
        }
        let connection = self.connect(to, route, deadlines, watch).await?;
        Ok(Lease::new(self, host, slot, connection, false))
    }

    async fn connect(
        &self,
        to: &Destination,
        route: &Route,
        deadlines: &Deadlines,
        watch: &Watch,
    ) -> Result<Box<Connection>, Error> {
        self.make_room();
        // As above: this one keeps addresses, sockets and the state of a handshake.
        Box::pin(self.connector.connect(to, route, deadlines, watch)).await.map(Box::new)
    }

    /// A permit of the host and one of the pool, if that needs no waiting.
    #[inline]
    fn try_slot(&self, host: &Host) -> Option<Slot> {
        let try_one = |semaphore: &Option<Semaphore>| match semaphore {
            None => Some(None),
            Some(semaphore) => semaphore.try_acquire().map(Some),
        };
        Some(Slot { _of_host: try_one(&host.permits)?, _of_pool: try_one(&self.permits)? })
    }

    async fn wait_for_slot(
        &self,
        host: &Host,
        to: &Destination,
        deadlines: &Deadlines,
        watch: &Watch,
    ) -> Result<Slot, Error> {
        watch.tell(EventKind::QueueBegin);
        match deadlines.total(self.slot(host)).await {
            Ok(slot) => {
                watch.tell(EventKind::QueueEnd);
                Ok(slot)
            }
            // Its turn has not come: what follows is the end of the request.
            Err(overrun) => Err(overrun.error(to.shown(), "waiting for a free connection")),
        }
    }

    /// The same, when it is the caller's turn. That of the host comes first: who waits for that must not hold one of
    /// the pool.
    async fn slot(&self, host: &Host) -> Slot {
        async fn one(semaphore: &Option<Semaphore>) -> Option<Permit> {
            match semaphore {
                None => None,
                Some(semaphore) => Some(semaphore.acquire().await),
            }
        }
        Slot { _of_host: one(&host.permits).await, _of_pool: one(&self.permits).await }
    }

    /// What there is of this route: it is made at first use.
    #[inline]
    fn host(&self, route: &Route) -> Rc<Host> {
        if let Some(latest) = self.latest.borrow().upgrade().filter(|latest| latest.route == *route) {
            return latest;
        }
        let host = self.host_in_map(route);
        self.latest.replace(Rc::downgrade(&host));
        host
    }

    fn host_in_map(&self, route: &Route) -> Rc<Host> {
        if let Some(host) = self.hosts.borrow().get(route) {
            return Rc::clone(host);
        }
        let host = Rc::new(Host::new(route, self.home.get(), self.limits.per_host));
        if self.hosts.borrow().len() >= self.many_hosts.get() {
            // Those that no connection was ever made to are still here.
            self.forget_unused();
            self.many_hosts.set(FEW_HOSTS.max(2 * self.hosts.borrow().len()));
        }
        self.hosts.borrow_mut().insert(route.clone(), Rc::clone(&host));
        host
    }

    /// The connection that was used last and is still good. The others that are met on the way are closed.
    #[inline]
    fn take_idle(&self, host: &Host) -> Option<Box<Connection>> {
        while let Some(idle) = host.pop_last() {
            self.idle.set(self.idle.get() - 1);
            let this_poll = context::try_look(|context| context.executor.polls())?;
            let mut connection = idle.connection;
            // Given back in this very poll, with all read that had come, it needs no look: there is always a moment
            // behind the last one, in which the server can close or speak.
            if this_poll == idle.since_poll && connection.was_drained() {
                return Some(connection);
            }
            if crate::now() < idle.expires && connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// A lease is over: its connection idles from now on, if it can be used again and there is room. Else it is closed.
    fn give_back(self: &Rc<Self>, host: &Rc<Host>, mut connection: Box<Connection>) {
        let here = context::try_look(|context| {
            let (clock, armed) = (context.reactor.clock(), context.reactor.armed_timers());
            // Where timers are armed, the loop reads the clock each turn; else it may have been long ago.
            let now = if armed > 0 { clock.latest() } else { clock.now() };
            (context.executor.id(), now, context.executor.polls())
        });
        let is_home = |loop_id| host.home == Some(loop_id) && host.home == self.home.get();
        let has_room = host.idle_count() < self.limits.idle_per_host;
        let here = here.filter(|(loop_id, ..)| is_home(*loop_id) && has_room && connection.can_reuse());
        let Some((_, now, since_poll)) = here else {
            drop(connection);
            self.close_foreign();
            self.forget_if_unused(host);
            return;
        };
        connection.rest();
        host.push(Idle { connection, expires: now + self.limits.idle_timeout, since_poll });
        self.idle.set(self.idle.get() + 1);
        if !self.is_kept.replace(true) {
            keeper::start(self);
        }
        if self.idle.get() > self.limits.idle {
            self.close_oldest();
        }
    }

    /// Of idle connections, as many are closed as it takes for one more to be within the limit.
    fn make_room(&self) {
        let Some(permits) = &self.permits else { return };
        let in_use = self.limits.total - permits.free();
        while self.idle.get() > 0 && in_use + self.idle.get() > self.limits.total {
            self.close_oldest();
        }
    }

    /// A client may outlive its loop; its connections cannot be driven by another one.
    fn close_foreign(&self) {
        let here = context::try_look(|context| context.executor.id());
        if self.home.replace(here) != here {
            let _foreign = self.hosts.take();
            self.latest.take();
            self.idle.set(0);
            self.is_kept.set(false);
        }
    }

    /// Closes what has idled for too long, and what its server has closed or spoiled. Says whether any still idles.
    fn close_useless(&self, now: Instant) -> bool {
        let mut useless = Vec::new();
        for host in self.hosts.borrow().values() {
            host.take_useless(now, &mut useless);
        }
        self.idle.set(self.idle.get() - useless.len());
        // Closing is the reactor's business: outside of the borrows.
        drop(useless);
        self.forget_unused();
        self.idle.get() > 0
    }

    fn close_oldest(&self) {
        let oldest = {
            let hosts = self.hosts.borrow();
            let oldest = hosts.values().filter(|host| host.idle_count() > 0).min_by_key(|host| host.first_expiry());
            oldest.cloned()
        };
        if let Some(host) = oldest {
            let closed = host.pop_first();
            self.idle.set(self.idle.get() - 1);
            drop(closed);
            self.forget_if_unused(&host);
        }
    }

    fn forget_unused(&self) {
        let unused: Vec<_> = self.hosts.borrow_mut().extract_if(.., |_, host| host.is_unused()).collect();
        // Outside of the borrow: observers are told of semaphores that go.
        drop(unused);
    }

    /// A client may talk to any number of hosts: of those that it is done with, nothing is kept.
    fn forget_if_unused(&self, host: &Rc<Host>) {
        // Known to the map and to the caller. (One of another loop is in the map no more.)
        if host.home == self.home.get() && host.idle_count() == 0 && Rc::strong_count(host) == 2 {
            self.hosts.borrow_mut().remove(&host.route);
        }
    }
}
