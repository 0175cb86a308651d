//! tokio's `current_thread` runtime with a `LocalSet`, whose tasks need not be `Send`.

use std::io;
use std::net::SocketAddr;

use ::tokio::net::TcpListener;
use ::tokio::task::LocalSet;

use super::tokio::echo;
use crate::contender::Peer;

pub(crate) use super::tokio::{detach, join, timeout};
pub(crate) use ::tokio::task::{spawn_local as spawn, yield_now};
pub(crate) use ::tokio::time::sleep;

/// Its name.
pub(crate) const PEER: Peer = Peer::new("tokio", "LocalSet");

/// With all drivers.
#[derive(Debug)]
pub(crate) struct Runtime {
    tasks: LocalSet,
    runtime: ::tokio::runtime::Runtime,
}

impl Runtime {
    /// A new one.
    pub(crate) fn new() -> Runtime {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Runtime { tasks: LocalSet::new(), runtime }
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.tasks.block_on(&self.runtime, future)
    }
}

super::serve_by_tasks!(TcpListener);
