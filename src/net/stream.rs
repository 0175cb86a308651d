//! `TcpStream`: a connection.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use glassloop_reactor::{Direction, Source};
use mio::net::TcpStream as Socket;

use super::{Address, may_try, operation, tried, wait};
use crate::context;

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
pub struct TcpStream {
    source: Rc<Source<Socket>>,
}

/// The reading half of a [`TcpStream`].
pub struct ReadHalf(TcpStream);

/// The writing half of a [`TcpStream`]. Dropping it says the end of the stream to the other side.
pub struct WriteHalf(TcpStream);

impl TcpStream {
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
                result = connect_to(address, location).await.map_err(tried(|| format!("connecting to {address}")));
                if result.is_ok() {
                    break;
                }
            }
            result
        }
    }

    /// Of a socket that is not registered yet.
    pub(super) fn new(reactor: &glassloop_reactor::Reactor, socket: Socket) -> io::Result<TcpStream> {
        let source = Source::new(reactor, socket, "tcp stream")?;
        Ok(TcpStream { source: Rc::new(source) })
    }

    /// Reads what there is, at least one byte, at most `buf.len()`; 0 is the end of the stream.
    ///
    /// # Errors
    /// What the system says, such as a connection reset.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has read nothing.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        let read = move |source: &Source<_>, wait: &dyn Fn() -> _| source.poll_read(wait, buf);
        operation(&self.source, Direction::Read, "read", Location::caller(), read)
    }

    /// Fills `buf`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the stream ends before; what the system says.
    ///
    /// # Cancel safety
    /// None: what was read so far is in `buf`, and how much that is, is lost.
    #[track_caller]
    pub fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<()>> + 'a {
        let mut filled = 0;
        let read = move |source: &Source<_>, wait: &dyn Fn() -> _| {
            while filled < buf.len() {
                match ready!(source.poll_read(wait, &mut buf[filled..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                    count => filled += count,
                }
            }
            Poll::Ready(Ok(()))
        };
        operation(&self.source, Direction::Read, "read", Location::caller(), read)
    }

    /// Reads what is there now.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is.
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.source.get_ref(), buf)
    }

    /// Writes some of `buf`; says how much.
    ///
    /// # Errors
    /// What the system says, such as a connection reset.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has written nothing.
    #[track_caller]
    pub fn write<'a>(&'a mut self, buf: &'a [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        let write = move |source: &Source<_>, wait: &dyn Fn() -> _| source.poll_write(wait, buf);
        operation(&self.source, Direction::Write, "write", Location::caller(), write)
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cancel safety
    /// None: how much was written is lost.
    #[track_caller]
    pub fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> impl Future<Output = io::Result<()>> + 'a {
        let mut rest = buf;
        let write = move |source: &Source<_>, wait: &dyn Fn() -> _| {
            while !rest.is_empty() {
                match ready!(source.poll_write(wait, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => rest = &rest[count..],
                }
            }
            Poll::Ready(Ok(()))
        };
        operation(&self.source, Direction::Write, "write", Location::caller(), write)
    }

    /// Closes one direction or both at once; `Shutdown::Write` tells the other side that nothing more will come.
    ///
    /// # Errors
    /// If the other side has closed already.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.get_ref().shutdown(how)
    }

    /// Two halves, for two tasks: one reads while the other writes.
    pub fn split(self) -> (ReadHalf, WriteHalf) {
        (ReadHalf(TcpStream { source: self.source.clone() }), WriteHalf(self))
    }

    /// The other side's address.
    ///
    /// # Errors
    /// If there is no connection any more.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }

    /// This side's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// Whether small writes go out at once (`TCP_NODELAY`, which is set from the start).
    ///
    /// # Errors
    /// What the system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get_ref().set_nodelay(nodelay)
    }
}

async fn connect_to(address: SocketAddr, location: &'static Location<'static>) -> io::Result<TcpStream> {
    let stream = TcpStream::new(&context::expect("connect()").reactor, Socket::connect(address)?)?;
    operation(&stream.source, Direction::Write, "connect", location, |source, wait| {
        source.poll_io(Direction::Write, wait, |socket| {
            // Writable is not connected: the error is asked for first, then whether there is a peer.
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            match socket.peer_addr() {
                Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
                peer => peer.map(drop),
            }
        })
    })
    .await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl AsyncRead for TcpStream {
    #[track_caller]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let location = Location::caller();
        ready!(may_try(&self.source, cx))?;
        self.source.poll_read(|| wait(cx, "read", location), buf)
    }
}

impl AsyncWrite for TcpStream {
    #[track_caller]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let location = Location::caller();
        ready!(may_try(&self.source, cx))?;
        self.source.poll_write(|| wait(cx, "write", location), buf)
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let location = Location::caller();
        ready!(may_try(&self.source, cx))?;
        self.source.poll_write_vectored(|| wait(cx, "write", location), bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.shutdown(Shutdown::Write) {
            // The other side was faster.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

impl AsyncRead for ReadHalf {
    #[track_caller]
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl ReadHalf {
    /// As [`TcpStream::read`].
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        self.0.read(buf)
    }
}

impl AsyncWrite for WriteHalf {
    #[track_caller]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl WriteHalf {
    /// As [`TcpStream::write_all`].
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> impl Future<Output = io::Result<()>> + 'a {
        self.0.write_all(buf)
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        // An error means that there is nobody left to tell.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

macro_rules! debug_as_socket {
    ($($name:ident $socket:tt),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.$socket)
            }
        }
    )+};
}

debug_as_socket!(ReadHalf 0, WriteHalf 0);

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpStream({:?})", self.source.get_ref())
    }
}
