//! compio on io_uring, or on epoll where that is not permitted: it chooses by itself.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::compio::BufResult;
use ::compio::buf::IoBuf;
use ::compio::io::{AsyncRead, AsyncWriteExt};
use ::compio::net::{TcpListener, TcpStream};
use ::compio::runtime::JoinHandle;

use crate::contender::Peer;

pub use ::compio::runtime::spawn;
pub use ::compio::time::sleep;

/// Its name.
pub const PEER: Peer = Peer::new("compio", "");

/// With the defaults.
#[derive(Debug)]
pub struct Runtime(::compio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        Runtime(::compio::runtime::Runtime::new().expect("a driver"))
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
    task.await.unwrap_or_else(|_| panic!("no task panics"))
}

/// Nobody waits for it.
pub fn detach<T>(task: JoinHandle<T>) {
    task.detach();
}

/// The future's output, unless the time is over first.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::compio::time::timeout(limit, future).await.ok()
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

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let BufResult(length, read) = stream.read(buffer).await;
        let length = length?;
        if length == 0 {
            return Ok(());
        }
        let BufResult(written, back) = stream.write_all(read.slice(..length)).await;
        written?;
        buffer = ::compio::buf::IntoInner::into_inner(back);
        buffer.clear();
    }
}
