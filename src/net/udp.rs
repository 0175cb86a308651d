//! `UdpSocket`: datagrams.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;

use glassloop_reactor::{Direction, Source};

use super::{Address, Site, shared_operation, tried};
use crate::context;

/// A UDP socket (asyncio: `create_datagram_endpoint`). Any number of tasks may send and receive on it at once; in each
/// direction they are served in turn.
///
/// ```
/// use glassloop::net::UdpSocket;
///
/// glassloop::run(async {
///     let here = UdpSocket::bind("127.0.0.1:0").await?;
///     let there = UdpSocket::bind("127.0.0.1:0").await?;
///     here.send_to(b"hello", there.local_addr()?).await?;
///     let mut buf = [0; 16];
///     let (count, from) = there.recv_from(&mut buf).await?;
///     assert_eq!((&buf[..count], from), (&b"hello"[..], here.local_addr()?));
///     std::io::Result::Ok(())
/// })
/// # .unwrap();
/// ```
pub struct UdpSocket {
    source: Source<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// A socket at an address of this machine; port 0 is any free one.
    ///
    /// # Errors
    /// The address's error, which names it; a name that cannot be found; a text that is no address.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn bind(address: impl Into<Address>) -> impl Future<Output = io::Result<UdpSocket>> {
        context::expect("UdpSocket::bind()");
        let addresses = address.into().resolve();
        async move {
            let mut result = Err(io::ErrorKind::NotFound.into());
            for address in addresses.await? {
                result = mio::net::UdpSocket::bind(address).map_err(tried(|| format!("binding UDP to {address}")));
                if result.is_ok() {
                    break;
                }
            }
            UdpSocket::new(result?)
        }
    }

    fn new(socket: mio::net::UdpSocket) -> io::Result<UdpSocket> {
        let context = context::expect("bind()");
        Ok(UdpSocket { source: Source::new(&context.reactor, socket, "udp socket")? })
    }

    /// Takes over a socket that the program has set up itself, and makes it non-blocking (asyncio's `sock=`): for instance one that has
    /// joined a multicast group.
    ///
    /// # Errors
    /// What the system says; the socket is closed then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        context::expect("UdpSocket::from_std()");
        socket.set_nonblocking(true)?;
        UdpSocket::new(mio::net::UdpSocket::from_std(socket))
    }

    /// Whether it may send to broadcast addresses (asyncio's `allow_broadcast`); it may not from the start.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_broadcast(&self, allowed: bool) -> io::Result<()> {
        self.source.get_ref().set_broadcast(allowed)
    }

    /// From now on, datagrams go to one peer and come from it alone: [`send`](UdpSocket::send) and [`recv`](UdpSocket::recv).
    ///
    /// # Errors
    /// The last address's error, which names it; a name that cannot be found; a text that is no address.
    #[track_caller]
    pub fn connect(&self, address: impl Into<Address>) -> impl Future<Output = io::Result<()>> {
        let addresses = address.into().resolve();
        async move {
            let mut result = Err(io::ErrorKind::NotFound.into());
            for address in addresses.await? {
                let connected = self.source.get_ref().connect(address);
                result = connected.map_err(tried(|| format!("connecting UDP to {address}")));
                if result.is_ok() {
                    break;
                }
            }
            result
        }
    }

    /// Sends one datagram; gives its length. It waits while the system's buffer is full.
    ///
    /// # Errors
    /// What the system says, with the address and the length; among it, that the datagram is too long, and what an earlier one
    /// met.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has sent nothing.
    #[track_caller]
    pub fn send_to<'a>(&'a self, datagram: &'a [u8], to: SocketAddr) -> impl Future<Output = io::Result<usize>> + 'a {
        let send = move |socket: &mio::net::UdpSocket| socket.send_to(datagram, to);
        let sent = shared_operation(&self.source, Direction::Write, Site::caller("send"), send);
        async move { sent.await.map_err(tried(|| format!("sending {} bytes to {to}", datagram.len()))) }
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
        let receive = move |socket: &mio::net::UdpSocket| socket.recv_from(buf);
        shared_operation(&self.source, Direction::Read, Site::caller("receive"), receive)
    }

    /// As [`send_to`](UdpSocket::send_to), to the peer of [`connect`](UdpSocket::connect).
    ///
    /// # Errors
    /// As there; `NotConnected` if there is no such peer.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has sent nothing.
    #[track_caller]
    pub fn send<'a>(&'a self, datagram: &'a [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        // "Needs an address" is how the system says that there is none.
        let not_connected = |error: io::Error| match self.peer_addr() {
            Err(none) if none.kind() == io::ErrorKind::NotConnected => none,
            _ => error,
        };
        let send = move |socket: &mio::net::UdpSocket| socket.send(datagram);
        let sent = shared_operation(&self.source, Direction::Write, Site::caller("send"), send);
        async move {
            sent.await.map_err(not_connected).map_err(tried(|| format!("sending {} bytes to the peer", datagram.len())))
        }
    }

    /// As [`recv_from`](UdpSocket::recv_from), without the address.
    ///
    /// # Errors
    /// What the system says; of a connected socket, `ConnectionRefused` if nobody listened to what was sent.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has received nothing; its turn goes to the next.
    #[track_caller]
    pub fn recv<'a>(&'a self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        let receive = move |socket: &mio::net::UdpSocket| socket.recv(buf);
        shared_operation(&self.source, Direction::Read, Site::caller("receive"), receive)
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
    /// `NotConnected` without [`connect`](UdpSocket::connect).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for UdpSocket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.source.get_ref().as_fd()
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UdpSocket({:?})", self.source.get_ref())
    }
}
