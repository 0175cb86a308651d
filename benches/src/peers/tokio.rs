//! tokio's `current_thread` runtime, as `#[tokio::main(flavor = "current_thread")]` makes it, with `tokio::spawn`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::task::JoinHandle;

use crate::contender::Peer;

pub use ::tokio::spawn;
pub use ::tokio::task::yield_now;
pub use ::tokio::time::sleep;

/// Its name.
pub const PEER: Peer = Peer::new("tokio", "spawn");

/// With all drivers.
#[derive(Debug)]
pub struct Runtime(::tokio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        Runtime(::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"))
    }

    /// Runs the root.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self::new()
    }
}

/// Its output.
pub async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.expect("no task panics")
}

/// Nobody waits for it.
pub fn detach<T>(task: JoinHandle<T>) {
    drop(task);
}

/// The future's output, unless the time is over first.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::tokio::time::timeout(limit, future).await.ok()
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

pub(super) async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 1024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}
