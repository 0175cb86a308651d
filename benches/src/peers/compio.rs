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

pub(crate) use ::compio::runtime::spawn;
pub(crate) use ::compio::time::sleep;

/// Its name.
pub(crate) const PEER: Peer = Peer::new("compio", "");

/// With the defaults.
#[derive(Debug)]
pub(crate) struct Runtime(::compio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub(crate) fn new() -> Runtime {
        Runtime(::compio::runtime::Runtime::new().expect("a driver"))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// Its output.
pub(crate) async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.unwrap_or_else(|_| panic!("no task panics"))
}

/// Nobody waits for it.
pub(crate) fn detach<T>(task: JoinHandle<T>) {
    task.detach();
}

/// The future's output, unless the time is over first.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::compio::time::timeout(limit, future).await.ok()
}

super::serve_by_tasks!(TcpListener);

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
