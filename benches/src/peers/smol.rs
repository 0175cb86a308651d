//! smol: async-executor's `LocalExecutor` under async-io's `block_on`, which is what the crate `smol` exports.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use async_executor::{LocalExecutor, Task};
use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::contender::Peer;

pub(crate) use futures_lite::future::yield_now;

/// Its name.
pub(crate) const PEER: Peer = Peer::new("smol", "");

thread_local! {
    /// smol has no current executor; its users have one in a static.
    static EXECUTOR: &'static LocalExecutor<'static> = Box::leak(Box::new(LocalExecutor::new()));
}

/// The thread's executor.
#[derive(Debug)]
pub(crate) struct Runtime(&'static LocalExecutor<'static>);

impl Runtime {
    /// There is one for each thread.
    pub(crate) fn new() -> Runtime {
        Runtime(EXECUTOR.with(|executor| *executor))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        async_io::block_on(self.0.run(future))
    }
}

/// A task.
pub(crate) fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    EXECUTOR.with(|executor| executor.spawn(future))
}

/// Its output.
pub(crate) async fn join<T>(task: Task<T>) -> T {
    task.await
}

/// Nobody waits for it.
pub(crate) fn detach<T>(task: Task<T>) {
    task.detach();
}

/// A timer of async-io.
pub(crate) fn sleep(time: Duration) -> Timer {
    Timer::after(time)
}

/// The future's output, unless the time is over first: smol has no `timeout`, and this is how its documentation makes one.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let over = async {
        Timer::after(limit).await;
        None
    };
    futures_lite::future::or(async { Some(future.await) }, over).await
}

/// An echo server; it says where it is.
pub(crate) async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
    says(listener.get_ref().local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(echo(stream)).detach();
    }
}

super::echo_by_slices!(Async<TcpStream>);
