//! The runtimes, each on one thread, each set up as its own documentation says, with all that it has: tasks, timers, sockets.
//!
//! Every module here has the same few names, so that a workload can be written once, as a macro over the module's name. (A
//! trait would not do: `tokio::spawn` takes only what is `Send`, and whether a future is can be asked only of a concrete one.)
//!
//! | name | what it is |
//! | --- | --- |
//! | `PEER` | its name |
//! | `Runtime::new`, `block_on` | a runtime, and its root |
//! | `spawn`, `join`, `detach` | a task, its output, and a task that nobody waits for |
//! | `sleep`, `timeout`, `at_most` | timers, where it has them |
//! | `yield_now` | its own, where it has one |
//! | `serve` | an echo server |

#[cfg(target_os = "linux")]
pub(crate) mod compio;
pub(crate) mod glassloop;
#[cfg(target_os = "linux")]
pub(crate) mod glommio;
pub(crate) mod local_pool;
#[cfg(target_os = "linux")]
pub(crate) mod monoio;
#[cfg(target_os = "linux")]
pub(crate) mod monoio_epoll;
pub(crate) mod smol;
pub(crate) mod tokio;
pub(crate) mod tokio_local;

/// What a macro makes of the name of each of these modules, in a vector.
macro_rules! of_each {
    ($work:ident: $($peer:ident)* ; $($linux:ident)*) => {{
        let all = vec![$($work!($peer)),*];
        #[cfg(target_os = "linux")]
        let all = all.into_iter().chain([$($work!($linux)),*]).collect::<Vec<_>>();
        all
    }};
}

/// What a macro makes of every peer.
macro_rules! on_every_peer {
    ($work:ident) => {
        $crate::peers::of_each!($work: glassloop tokio tokio_local smol local_pool ; monoio monoio_epoll compio glommio)
    };
}

/// What a macro makes of every peer with timers and sockets: futures' `LocalPool` has none.
macro_rules! on_every_peer_with_drivers {
    ($work:ident) => {
        $crate::peers::of_each!($work: glassloop tokio tokio_local smol ; monoio monoio_epoll compio glommio)
    };
}

/// The echo of one connection, for streams that read into a slice. (Those on io_uring take a buffer and give it back.)
macro_rules! echo_by_slices {
    ($stream:ty) => {
        pub(super) async fn echo(mut stream: $stream) -> io::Result<()> {
            let mut buffer = vec![0; 1024];
            loop {
                let length = stream.read(&mut buffer).await?;
                if length == 0 {
                    return Ok(());
                }
                stream.write_all(&buffer[..length]).await?;
            }
        }
    };
}

/// An echo server that says where it is, for listeners with `bind` and `accept` as tokio's.
macro_rules! serve_by_tasks {
    ($listener:ty) => {
        pub(crate) async fn serve(says: impl FnOnce(SocketAddr)) -> io::Result<()> {
            let listener = <$listener>::bind("127.0.0.1:0").await?;
            says(listener.local_addr()?);
            loop {
                let (stream, _) = listener.accept().await?;
                detach(spawn(echo(stream)));
            }
        }
    };
}

use {echo_by_slices, serve_by_tasks};
pub(crate) use {of_each, on_every_peer, on_every_peer_with_drivers};

/// Why nothing on io_uring runs here, if nothing does.
#[cfg(target_os = "linux")]
fn no_io_uring() -> Option<String> {
    (!::monoio::utils::detect_uring()).then(|| "io_uring is not permitted here".to_owned())
}

/// The future that gives up one turn, the same on every runtime: it wakes itself, and is pending once.
#[derive(Debug, Default)]
pub(crate) struct SelfWake {
    woken: bool,
}

impl Future for SelfWake {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        if std::mem::replace(&mut self.woken, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

/// Gives up one turn by [`SelfWake`].
pub(crate) fn self_wake() -> SelfWake {
    SelfWake::default()
}
