//! monoio on io_uring. (With its feature `sync`, without which a wake from another thread panics.)

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use ::monoio::net::{TcpListener, TcpStream};
use ::monoio::task::JoinHandle;
use ::monoio::time::TimeDriver;
use ::monoio::{Buildable, Driver, IoUringDriver, RuntimeBuilder};

use crate::contender::Peer;

pub(crate) use ::monoio::spawn;
pub(crate) use ::monoio::time::sleep;

/// Its name.
pub(crate) const PEER: Peer =
    Peer { column: "monoio", variant: "io_uring", missing: super::no_io_uring, not_counted: None };

/// On io_uring, with timers.
pub(crate) type Runtime = RuntimeOn<IoUringDriver>;

/// With timers, on either of its drivers.
pub(crate) struct RuntimeOn<D: Driver + 'static>(::monoio::Runtime<TimeDriver<D>>);

impl<D: Driver + Buildable + 'static> RuntimeOn<D> {
    /// A new one.
    pub(crate) fn new() -> RuntimeOn<D> {
        RuntimeOn(Buildable::build(RuntimeBuilder::new()).expect("a driver"))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// Its output.
pub(crate) async fn join<T>(task: JoinHandle<T>) -> T {
    task.await
}

/// Nobody waits for it.
pub(crate) fn detach<T>(task: JoinHandle<T>) {
    drop(task);
}

/// The future's output, unless the time is over first.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::monoio::time::timeout(limit, future).await.ok()
}

/// An echo server; it says where it is.
pub(crate) async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    says(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        detach(spawn(echo(stream)));
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let (length, read) = stream.read(buffer).await;
        if length? == 0 {
            return Ok(());
        }
        let (written, back) = stream.write_all(read).await;
        written?;
        buffer = back;
        buffer.clear();
    }
}
