//! TCP: connecting and listening.

use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::panic::Location;
use std::task::Poll;

use glassloop_reactor::{Source, Wait};

use super::family::family;
use super::{Address, Listener, Stream, tried};
use crate::context;

/// The family of TCP sockets.
#[derive(Debug)]
pub enum Tcp {}

family!(
    Tcp,
    mio::net::TcpStream,
    mio::net::TcpListener,
    SocketAddr,
    "tcp stream",
    "tcp listener",
    short_means_drained: true,
    |stream: &mio::net::TcpStream| stream.set_nodelay(true)
);

/// A TCP connection: a stream of bytes each way. `TCP_NODELAY` is set, as asyncio does.
///
/// ```
/// use glassloop::net::{TcpListener, TcpStream};
///
/// glassloop::run(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let address = listener.local_addr()?;
///     let (mut here, (mut there, _)) =
///         glassloop::try_gather!(TcpStream::connect(address), async move { listener.accept().await }).await?;
///     here.write_all(b"hello").await?;
///     let mut buf = [0; 5];
///     there.read_exact(&mut buf).await?;
///     assert_eq!(&buf, b"hello");
///     std::io::Result::Ok(())
/// })
/// # .unwrap();
/// ```
///
/// One task reads and one writes at a time; a second one that waits in the same direction takes the place of the first, which is woken.
pub type TcpStream = Stream<Tcp>;

/// A TCP socket that connections come to. Several tasks may accept at once: they are served in turn.
pub type TcpListener = Listener<Tcp>;

impl Stream<Tcp> {
    /// Connects. A host name is looked up, and its addresses are tried one after the other.
    ///
    /// # Errors
    /// The last address's error, which names it; a name that cannot be found; a text that is no address.
    ///
    /// # Cancel safety
    /// Dropping it gives the connection up.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn connect(address: impl Into<Address>) -> impl Future<Output = io::Result<TcpStream>> {
        let location = Location::caller();
        context::expect("TcpStream::connect()");
        let addresses = address.into().resolve();
        async move {
            let mut result = Err(io::ErrorKind::NotFound.into());
            for address in addresses.await? {
                result = match mio::net::TcpStream::connect(address) {
                    Ok(socket) => Stream::connected(socket, location).await,
                    Err(error) => Err(error),
                };
                result = result.map_err(tried(|| format!("connecting to {address}")));
                if result.is_ok() {
                    break;
                }
            }
            result
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
    pub fn from_std(socket: std::net::TcpStream) -> io::Result<TcpStream> {
        let context = context::expect("TcpStream::from_std()");
        socket.set_nonblocking(true)?;
        Stream::new(&context.reactor, mio::net::TcpStream::from_std(socket))
    }

    /// Whether small writes go out at once (`TCP_NODELAY`, which is set from the start).
    ///
    /// # Errors
    /// What the system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket().set_nodelay(nodelay)
    }
}

impl Listener<Tcp> {
    /// Takes over a socket that listens already, and makes it non-blocking (asyncio's `sock=`): for instance one with another backlog, or one
    /// that was inherited.
    ///
    /// # Errors
    /// What the system says; the socket is closed then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn from_std(socket: std::net::TcpListener) -> io::Result<TcpListener> {
        context::expect("TcpListener::from_std()");
        socket.set_nonblocking(true)?;
        Listener::new(mio::net::TcpListener::from_std(socket))
    }

    /// Listens at an address; port 0 is any free one. (`SO_REUSEADDR` is set where that is the custom.)
    ///
    /// # Errors
    /// The address's error, which names it; a name that cannot be found; a text that is no address.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn bind(address: impl Into<Address>) -> impl Future<Output = io::Result<TcpListener>> {
        context::expect("TcpListener::bind()");
        let addresses = address.into().resolve();
        async move {
            let mut result = Err(io::ErrorKind::NotFound.into());
            for address in addresses.await? {
                result = mio::net::TcpListener::bind(address).map_err(tried(|| format!("listening at {address}")));
                if result.is_ok() {
                    break;
                }
            }
            Listener::new(result?)
        }
    }
}
