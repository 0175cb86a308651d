//! monoio on io_uring. (With its feature `sync`, without which a wake from another thread panics.)

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use ::monoio::net::{TcpListener, TcpStream};
use ::monoio::task::JoinHandle;
use ::monoio::time::TimeDriver;
use ::monoio::{IoUringDriver, RuntimeBuilder};

use crate::contender::Peer;

pub use ::monoio::spawn;
pub use ::monoio::time::sleep;

/// Its name.
pub const PEER: Peer = Peer { column: "monoio", variant: "io_uring", missing: super::no_io_uring, not_counted: None };

/// With timers.
pub struct Runtime(::monoio::Runtime<TimeDriver<IoUringDriver>>);

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        Runtime(RuntimeBuilder::<IoUringDriver>::new().enable_timer().build().expect("io_uring"))
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

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// Its output.
pub async fn join<T>(task: JoinHandle<T>) -> T {
    task.await
}

/// Nobody waits for it.
pub fn detach<T>(task: JoinHandle<T>) {
    drop(task);
}

/// The future's output, unless the time is over first.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::monoio::time::timeout(limit, future).await.ok()
}

/// An echo server; it says where it is.
pub async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
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
