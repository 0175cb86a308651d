//! glommio. Its wakers count their references without atomic instructions on any thread, so they are not sound: it is shown, and
//! nobody has to be faster than it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ::glommio::net::{TcpListener, TcpStream};
use ::glommio::timer::Timer;
use ::glommio::{LocalExecutor, LocalExecutorBuilder, Placement, Task};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::contender::Peer;

pub(crate) use ::glommio::spawn_local as spawn;

/// Its name.
pub(crate) const PEER: Peer = Peer {
    column: "glommio",
    variant: "",
    missing: super::no_io_uring,
    not_counted: Some("its wakers are not sound on other threads"),
};

/// With the defaults, on any core.
#[derive(Debug)]
pub(crate) struct Runtime(LocalExecutor);

impl Runtime {
    /// A new one.
    pub(crate) fn new() -> Runtime {
        Runtime(LocalExecutorBuilder::new(Placement::Unbound).make().expect("io_uring"))
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.run(future)
    }
}

/// Its output.
pub(crate) async fn join<T>(task: Task<T>) -> T {
    task.await
}

/// Nobody waits for it.
pub(crate) fn detach<T: 'static>(task: Task<T>) {
    task.detach();
}

/// A timer.
pub(crate) fn sleep(time: Duration) -> Timer {
    Timer::new(time)
}

/// The future's output, unless the time is over first.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    ::glommio::timer::timeout(limit, async { Ok(future.await) }).await.ok()
}

/// Its own way to give up a turn.
pub(crate) async fn yield_now() {
    ::glommio::executor().yield_now().await;
}

/// An echo server; it says where it is.
pub(crate) async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    says(listener.local_addr()?);
    loop {
        let stream = listener.accept().await?;
        detach(spawn(echo(stream)));
    }
}

super::echo_by_slices!(TcpStream);
