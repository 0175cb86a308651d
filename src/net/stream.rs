//! `Stream`: a connection.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use glassloop_reactor::{Direction, Reactor, Source};

use super::{Family, ReadHalf, Site, WriteHalf, may_try, operation};
use crate::context;

/// A connection: a stream of bytes each way. Its names are [`TcpStream`](super::TcpStream) and, on Unix, `UnixStream`.
///
/// One task reads and one writes at a time; a second one that waits in the same direction takes the place of the first, which is woken.
pub struct Stream<F: Family> {
    source: Rc<Source<F::Stream>>,
}

impl<F: Family> Stream<F> {
    /// Of a socket that is not registered yet.
    pub(super) fn new(reactor: &Reactor, socket: F::Stream) -> io::Result<Stream<F>> {
        Ok(Stream { source: Rc::new(Source::new(reactor, socket, F::STREAM)?) })
    }

    /// Whether both are the same connection.
    pub(super) fn is(&self, other: &Stream<F>) -> bool {
        Rc::ptr_eq(&self.source, &other.source)
    }

    /// Of a socket that has begun to connect: waits until it has.
    pub(super) async fn connected(socket: F::Stream, location: &'static Location<'static>) -> io::Result<Stream<F>> {
        let stream = Stream::<F>::new(&context::expect("connect()").reactor, socket)?;
        let site = Site { operation: "connect", location };
        operation(&stream.source, Direction::Write, site, |source, wait| {
            source.poll_io(Direction::Write, wait, |socket| {
                // Writable is not connected: the error is asked for first, then whether there is a peer.
                if let Some(error) = F::take_error(socket)? {
                    return Err(error);
                }
                match F::peer_addr(socket) {
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
                    peer => peer.map(drop),
                }
            })
        })
        .await?;
        F::prepare(stream.socket())?;
        Ok(stream)
    }

    pub(super) fn socket(&self) -> &F::Stream {
        self.source.get_ref()
    }

    /// One try to read; the task is seen waiting at `site`.
    pub(crate) fn poll_read_at(&self, cx: &mut Context<'_>, buf: &mut [u8], site: Site) -> Poll<io::Result<usize>> {
        ready!(may_try(&self.source, cx))?;
        F::poll_read(&self.source, || site.wait(cx), buf)
    }

    /// One try to write; the task is seen waiting at `site`.
    pub(crate) fn poll_write_at(&self, cx: &mut Context<'_>, buf: &[u8], site: Site) -> Poll<io::Result<usize>> {
        ready!(may_try(&self.source, cx))?;
        F::poll_write(&self.source, || site.wait(cx), buf)
    }

    /// Nobody waits in this direction any more.
    pub(crate) fn stop_waiting(&self, direction: Direction) {
        self.source.stop_waiting(direction);
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
        let read = move |source: &Source<_>, wait: &dyn Fn() -> _| F::poll_read(source, wait, buf);
        operation(&self.source, Direction::Read, Site::caller("read"), read)
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
                match ready!(F::poll_read(source, wait, &mut buf[filled..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                    count => filled += count,
                }
            }
            Poll::Ready(Ok(()))
        };
        operation(&self.source, Direction::Read, Site::caller("read"), read)
    }

    /// Reads what is there now.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is.
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        F::try_read(self.socket(), buf)
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
        let write = move |source: &Source<_>, wait: &dyn Fn() -> _| F::poll_write(source, wait, buf);
        operation(&self.source, Direction::Write, Site::caller("write"), write)
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
                match ready!(F::poll_write(source, wait, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => rest = &rest[count..],
                }
            }
            Poll::Ready(Ok(()))
        };
        operation(&self.source, Direction::Write, Site::caller("write"), write)
    }

    /// Closes one direction or both at once; `Shutdown::Write` tells the other side that nothing more will come.
    ///
    /// # Errors
    /// If the other side has closed already.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        F::shutdown(self.socket(), how)
    }

    /// Two halves, for two tasks: one reads while the other writes. [`ReadHalf::reunite`] makes one stream of them again.
    pub fn split(self) -> (ReadHalf<F>, WriteHalf<F>) {
        (ReadHalf(Stream { source: self.source.clone() }), WriteHalf::new(self))
    }

    /// The other side's address.
    ///
    /// # Errors
    /// If there is no connection any more.
    pub fn peer_addr(&self) -> io::Result<F::Addr> {
        F::peer_addr(self.socket())
    }

    /// This side's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<F::Addr> {
        F::local_addr(self.socket())
    }
}

impl<F: Family> AsyncRead for Stream<F> {
    #[track_caller]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_read_at(cx, buf, Site::caller("read"))
    }
}

impl<F: Family> AsyncWrite for Stream<F> {
    #[track_caller]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_at(cx, buf, Site::caller("write"))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let site = Site::caller("write");
        ready!(may_try(&self.source, cx))?;
        F::poll_write_vectored(&self.source, || site.wait(cx), bufs)
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

/// To set options of the socket. What is read or written by this way is unknown to the stream.
#[cfg(unix)]
impl<F: Family<Stream: std::os::fd::AsFd>> std::os::fd::AsFd for Stream<F> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

impl<F: Family> fmt::Debug for Stream<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({:?})", self.socket())
    }
}
