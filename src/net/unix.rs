//! Unix domain sockets: the same streams and listeners, at paths of the file system.

use std::future::Future;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::panic::Location;
use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use glassloop_reactor::{Source, Wait};

use super::family::family;
use super::{Listener, Stream, tried};
use crate::context;

/// The family of Unix domain sockets.
#[derive(Debug)]
pub enum Unix {}

family!(
    Unix,
    mio::net::UnixStream,
    mio::net::UnixListener,
    SocketAddr,
    "unix stream",
    "unix listener",
    // A read stops where the peer has sent a file descriptor along.
    short_means_drained: false,
    |_: &mio::net::UnixStream| Ok(())
);

/// A connection of Unix domain sockets: a stream of bytes each way.
///
/// ```
/// use glassloop::net::UnixStream;
///
/// glassloop::run(async {
///     let (mut here, mut there) = UnixStream::pair()?;
///     here.write_all(b"hello").await?;
///     let mut buf = [0; 5];
///     there.read_exact(&mut buf).await?;
///     assert_eq!(&buf, b"hello");
///     std::io::Result::Ok(())
/// })
/// # .unwrap();
/// ```
pub type UnixStream = Stream<Unix>;

/// A Unix domain socket that connections come to. Dropping it leaves its file where it is.
pub type UnixListener = Listener<Unix>;

/// When a listener's backlog or a receiver's queue is full, `connect` and `send_to` fail at once, and no readiness tells when there is room.
pub(super) const FULL_PAUSE: Duration = Duration::from_millis(1);

impl Stream<Unix> {
    /// Connects to the listener at a path; waits while its backlog is full.
    ///
    /// # Errors
    /// What the system says, with the path.
    ///
    /// # Cancel safety
    /// Dropping it gives the connection up.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn connect(path: impl AsRef<Path>) -> impl Future<Output = io::Result<UnixStream>> {
        let location = Location::caller();
        context::expect("UnixStream::connect()");
        let path = path.as_ref().to_path_buf();
        async move {
            let socket = loop {
                match mio::net::UnixStream::connect(&path) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => crate::sleep(FULL_PAUSE).await,
                    result => break result,
                }
            };
            let stream = match socket {
                Ok(socket) => Stream::connected(socket, location).await,
                Err(error) => Err(error),
            };
            stream.map_err(tried(|| format!("connecting to {}", path.display())))
        }
    }

    /// Takes over a socket that the program has set up itself, and makes it non-blocking (asyncio's `sock=`).
    ///
    /// # Errors
    /// What the system says; the socket is closed then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn from_std(socket: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        let context = context::expect("UnixStream::from_std()");
        socket.set_nonblocking(true)?;
        Stream::new(&context.reactor, mio::net::UnixStream::from_std(socket))
    }

    /// Two sockets that are connected with each other.
    ///
    /// # Errors
    /// What the system says, such as that there are no file descriptors left.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let context = context::expect("UnixStream::pair()");
        let (one, other) = mio::net::UnixStream::pair()?;
        Ok((Stream::new(&context.reactor, one)?, Stream::new(&context.reactor, other)?))
    }
}

impl Listener<Unix> {
    /// Takes over a socket that listens already, and makes it non-blocking (asyncio's `sock=`).
    ///
    /// # Errors
    /// What the system says; the socket is closed then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn from_std(socket: std::os::unix::net::UnixListener) -> io::Result<UnixListener> {
        context::expect("UnixListener::from_std()");
        socket.set_nonblocking(true)?;
        Listener::new(mio::net::UnixListener::from_std(socket))
    }

    /// Listens at a path, which must not exist yet.
    ///
    /// # Errors
    /// What the system says, with the path.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        context::expect("UnixListener::bind()");
        let path = path.as_ref();
        mio::net::UnixListener::bind(path)
            .and_then(Listener::new)
            .map_err(tried(|| format!("listening at {}", path.display())))
    }
}
