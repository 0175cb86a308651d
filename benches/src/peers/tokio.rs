//! tokio's `current_thread` runtime, as `#[tokio::main(flavor = "current_thread")]` makes it, with `tokio::spawn`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::task::JoinHandle;

use crate::contender::Peer;

pub(crate) use ::tokio::spawn;
pub(crate) use ::tokio::task::yield_now;
pub(crate) use ::tokio::time::sleep;

/// Its name.
pub(crate) const PEER: Peer = Peer::new("tokio", "spawn");

/// With all drivers.
#[derive(Debug)]
pub(crate) struct Runtime(::tokio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub(crate) fn new() -> Runtime {
        Runtime(::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// Its output.
pub(crate) async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.expect("no task panics")
}

/// Nobody waits for it.
pub(crate) fn detach<T>(task: JoinHandle<T>) {
    drop(task);
}

/// The future's output, unless the time is over first.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::tokio::time::timeout(limit, future).await.ok()
}

super::serve_by_tasks!(TcpListener);

super::echo_by_slices!(TcpStream);
