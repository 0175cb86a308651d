//! glassloop: this one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::glassloop::net::{TcpListener, TcpStream};
use ::glassloop::{Task, create_task};

use crate::contender::Peer;

pub use ::glassloop::{sleep, yield_now};

/// Its name.
pub const PEER: Peer = Peer::new("glassloop", "");

/// With the defaults.
#[derive(Debug)]
pub struct Runtime(::glassloop::Runtime);

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        Runtime(::glassloop::Runtime::new().expect("a loop"))
    }

    /// Runs the root.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future).expect("no deadlock")
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self::new()
    }
}

/// A task.
pub fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    create_task(future)
}

/// Its output.
pub async fn join<T>(task: Task<T>) -> T {
    task.await.expect("no task panics")
}

/// Nobody waits for it.
pub fn detach<T>(task: Task<T>) {
    task.detach();
}

/// The future's output, unless the time is over first.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::glassloop::timeout(limit, future).await.ok()
}

/// An echo server; it says where it is.
pub async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    says(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(echo(stream)).detach();
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 1024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}
