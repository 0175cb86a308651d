//! tokio's `current_thread` runtime with a `LocalSet`, whose tasks need not be `Send`.

use std::io;
use std::net::SocketAddr;

use ::tokio::net::TcpListener;
use ::tokio::task::LocalSet;

use super::tokio::echo;
use crate::contender::Peer;

pub use super::tokio::{detach, join, timeout};
pub use ::tokio::task::{spawn_local as spawn, yield_now};
pub use ::tokio::time::sleep;

/// Its name.
pub const PEER: Peer = Peer::new("tokio", "LocalSet");

/// With all drivers.
#[derive(Debug)]
pub struct Runtime {
    tasks: LocalSet,
    runtime: ::tokio::runtime::Runtime,
}

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Runtime { tasks: LocalSet::new(), runtime }
    }

    /// Runs the root.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.tasks.block_on(&self.runtime, future)
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self::new()
    }
}

/// An echo server; it says where it is.
pub async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    says(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        detach(spawn(echo(stream)));
    }
}
