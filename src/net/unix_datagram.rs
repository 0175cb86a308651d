//! `UnixDatagram`: datagrams between sockets of one machine.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::SocketAddr;
use std::path::Path;

use glassloop_reactor::{Direction, Source};

use super::unix::FULL_PAUSE;
use super::{Site, may_try, shared_operation, tried};
use crate::context;

/// A Unix domain socket for datagrams (asyncio: `create_datagram_endpoint` with `family=AF_UNIX`). None is lost on the way: who sends
/// waits while the receiver's queue is full. Any number of tasks may send and receive on it at once; in each direction they are served in
/// turn. Dropping it leaves its file where it is.
///
/// ```
/// use glassloop::net::UnixDatagram;
///
/// glassloop::run(async {
///     let (here, there) = UnixDatagram::pair()?;
///     here.send(b"hello").await?;
///     let mut buf = [0; 16];
///     let count = there.recv(&mut buf).await?;
///     assert_eq!(&buf[..count], b"hello");
///     std::io::Result::Ok(())
/// })
/// # .unwrap();
/// ```
pub struct UnixDatagram {
    source: Source<mio::net::UnixDatagram>,
}

impl UnixDatagram {
    fn new(socket: mio::net::UnixDatagram) -> io::Result<UnixDatagram> {
        let context = context::expect("a UnixDatagram");
        Ok(UnixDatagram { source: Source::new(&context.reactor, socket, "unix datagram")? })
    }

    /// A socket at a path, which must not exist yet.
    ///
    /// # Errors
    /// What the system says, with the path.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        context::expect("UnixDatagram::bind()");
        let path = path.as_ref();
        let bound = mio::net::UnixDatagram::bind(path).and_then(UnixDatagram::new);
        bound.map_err(tried(|| format!("binding a datagram socket to {}", path.display())))
    }

    /// A socket without a path: it can send, but nobody can answer.
    ///
    /// # Errors
    /// What the system says, such as that there are no file descriptors left.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        context::expect("UnixDatagram::unbound()");
        UnixDatagram::new(mio::net::UnixDatagram::unbound()?)
    }

    /// Takes over a socket that the program has set up itself, and makes it non-blocking (asyncio's `sock=`).
    ///
    /// # Errors
    /// What the system says; the socket is closed then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn from_std(socket: std::os::unix::net::UnixDatagram) -> io::Result<UnixDatagram> {
        context::expect("UnixDatagram::from_std()");
        socket.set_nonblocking(true)?;
        UnixDatagram::new(mio::net::UnixDatagram::from_std(socket))
    }

    /// Two sockets that are connected with each other.
    ///
    /// # Errors
    /// What the system says, such as that there are no file descriptors left.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        context::expect("UnixDatagram::pair()");
        let (one, other) = mio::net::UnixDatagram::pair()?;
        Ok((UnixDatagram::new(one)?, UnixDatagram::new(other)?))
    }

    /// From now on, datagrams go to one peer and come from it alone: [`send`](UnixDatagram::send).
    ///
    /// # Errors
    /// What the system says, with the path.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let connected = self.source.get_ref().connect(path);
        connected.map_err(tried(|| format!("connecting a datagram socket to {}", path.display())))
    }

    /// Sends one datagram to the socket at a path; gives its length.
    ///
    /// # Errors
    /// What the system says, with the path and the length.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has sent nothing.
    pub async fn send_to(&self, datagram: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        let path = path.as_ref();
        loop {
            poll_fn(|cx| may_try(&self.source, cx)).await?;
            match self.source.get_ref().send_to(datagram, path) {
                // The receiver's queue is full; no readiness tells this socket when others have made room there.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => crate::sleep(FULL_PAUSE).await,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => {
                    return sent.map_err(tried(|| format!("sending {} bytes to {}", datagram.len(), path.display())));
                }
            }
        }
    }

    /// Sends one datagram to the peer; gives its length.
    ///
    /// # Errors
    /// What the system says, with the length; `NotConnected` if there is no peer.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has sent nothing.
    #[track_caller]
    pub fn send<'a>(&'a self, datagram: &'a [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        let send = move |socket: &mio::net::UnixDatagram| socket.send(datagram);
        let sent = shared_operation(&self.source, Direction::Write, Site::caller("send"), send);
        async move { sent.await.map_err(tried(|| format!("sending {} bytes to the peer", datagram.len()))) }
    }

    /// Receives one datagram; gives its length and where it comes from. What does not fit into `buf` is lost.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has received nothing; its turn goes to the next.
    #[track_caller]
    pub fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + 'a {
        let receive = move |socket: &mio::net::UnixDatagram| socket.recv_from(buf);
        shared_operation(&self.source, Direction::Read, Site::caller("receive"), receive)
    }

    /// As [`recv_from`](UnixDatagram::recv_from), without the address.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[track_caller]
    pub fn recv<'a>(&'a self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        let receive = move |socket: &mio::net::UnixDatagram| socket.recv(buf);
        shared_operation(&self.source, Direction::Read, Site::caller("receive"), receive)
    }

    /// Closes one direction or both.
    ///
    /// # Errors
    /// `NotConnected` if there is no peer.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.get_ref().shutdown(how)
    }

    /// This side's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// The peer's address.
    ///
    /// # Errors
    /// `NotConnected` if there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }
}

impl AsFd for UnixDatagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get_ref().as_fd()
    }
}

impl fmt::Debug for UnixDatagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixDatagram({:?})", self.source.get_ref())
    }
}
