//! glassloop: this one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::glassloop::net::{TcpListener, TcpStream};
use ::glassloop::{Task, create_task};

use crate::contender::Peer;

pub(crate) use ::glassloop::{sleep, yield_now};

/// Its name.
pub(crate) const PEER: Peer = Peer::new("glassloop", "");

/// With the defaults.
#[derive(Debug)]
pub(crate) struct Runtime(::glassloop::Runtime);

impl Runtime {
    /// A new one.
    pub(crate) fn new() -> Runtime {
        Runtime(::glassloop::Runtime::new().expect("a loop"))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future).expect("no deadlock")
    }
}

/// A task.
pub(crate) fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    create_task(future)
}

/// Its output.
pub(crate) async fn join<T>(task: Task<T>) -> T {
    task.await.expect("no task panics")
}

/// Nobody waits for it.
pub(crate) fn detach<T>(task: Task<T>) {
    task.detach();
}

/// The future's output, unless the time is over first.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::glassloop::timeout(limit, future).await.ok()
}

super::serve_by_tasks!(TcpListener);

super::echo_by_slices!(TcpStream);
