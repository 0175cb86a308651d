//! The right to a connection for one exchange.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::{Host, Pool, Slot};
use crate::http::Error;
use crate::http::connect::Route;
use crate::http::connection::Connection;
use crate::http::deadlines::Deadlines;
use crate::http::events::Watch;
use crate::http::origin::Destination;

/// A connection on loan. Dropped, it gives the connection back if the exchange has seen its exact end, and closes it if
/// not; its place in the pool is free then for the next in line.
pub(in crate::http) struct Lease {
    /// `None` only while it is being replaced, and in the drop.
    connection: Option<Box<Connection>>,
    is_reused: bool,
    host: Rc<Host>,
    pool: Rc<Pool>,
    _slot: Slot,
}

impl Lease {
    pub(super) fn new(
        pool: &Rc<Pool>,
        host: Rc<Host>,
        slot: Slot,
        connection: Box<Connection>,
        is_reused: bool,
    ) -> Lease {
        Lease { connection: Some(connection), is_reused, host, pool: Rc::clone(pool), _slot: slot }
    }

    /// Whether an earlier exchange went over this connection: then it may have died meanwhile.
    pub(in crate::http) fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// The way that the connection takes.
    pub(in crate::http) fn route(&self) -> &Route {
        &self.host.route
    }

    /// The same lease with a fresh connection in place of this one, which is closed.
    ///
    /// # Errors
    /// There is no connection, or no time is left.
    ///
    /// # Cancel safety
    /// Dropping it gives place and connection up.
    pub(in crate::http) async fn reconnect(
        mut self,
        to: &Destination,
        route: &Route,
        deadlines: &Deadlines,
        watch: &Watch,
    ) -> Result<Lease, Error> {
        drop(self.connection.take());
        self.connection = Some(self.pool.connect(to, route, deadlines, watch).await?);
        self.is_reused = false;
        Ok(self)
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("there until the drop")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("there until the drop")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(&self.host, connection);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("is_reused", &self.is_reused).field("connection", &self.connection).finish()
    }
}
