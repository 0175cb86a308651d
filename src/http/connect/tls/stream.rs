//! TLS records, from the socket and to it.
//!
//! rustls does no I/O: it is fed what came, and says what is to be sent. Three things are easily forgotten around it:
//! reading may give it something to send (an answer to KeyUpdate, an alert), what it wants to send must go out before
//! anybody waits, and a stream that ends without `close_notify` may have been cut by anybody.

use std::fmt;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_io::{AsyncRead, AsyncWrite};
use rustls::{Connection, IoState};

use super::super::transport::{Socket, is_would_block};

/// What is read from the socket at once: rustls itself would ask for a quarter of a record at a time.
const READ: usize = 32 * 1024;

/// A socket with TLS on it.
pub(in crate::http) struct TlsStream {
    socket: Socket,
    session: Connection,
    /// What was received; `received[start..end]` is still to be fed to the session.
    received: Box<[u8]>,
    start: usize,
    end: usize,
}

impl TlsStream {
    /// Shakes hands over a socket.
    ///
    /// # Errors
    /// As rustls finds; `UnexpectedEof` if the other side closes.
    pub(in crate::http) async fn handshake(socket: Socket, session: Connection) -> io::Result<TlsStream> {
        let mut stream = TlsStream::new(socket, session);
        std::future::poll_fn(|cx| stream.poll_handshake(cx)).await?;
        Ok(stream)
    }

    /// A socket over which nothing has gone yet.
    pub(in crate::http) fn new(socket: Socket, session: Connection) -> TlsStream {
        TlsStream { socket, session, received: vec![0; READ].into_boxed_slice(), start: 0, end: 0 }
    }

    pub(in crate::http) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_send_records(cx))?;
            if !self.session.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if !ready!(self.poll_receive_records(cx))? {
                let text = "the connection was closed during the TLS handshake";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, text)));
            }
        }
    }

    /// Sends what the session has to say.
    pub(in crate::http::connect) fn poll_send_records(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut output = Output { socket: &mut self.socket, cx };
        while self.session.wants_write() {
            match self.session.write_tls(&mut output) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Feeds the session from the socket; false when nothing will come any more.
    fn poll_receive_records(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.start == self.end {
            let count = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut self.received))?;
            (self.start, self.end) = (0, count);
        }
        let state = self.feed();
        // An answer to KeyUpdate, or the alert that says why this is the end. If the socket takes nothing now, the task
        // is woken when it does, and comes by here again.
        if let (Poll::Ready(Err(error)), Ok(_)) = (self.poll_send_records(cx), &state) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(state.map(|state| self.end > 0 && !state.peer_has_closed()))
    }

    /// Hands the session what it takes of what was received. (No bytes: the end of the stream.)
    fn feed(&mut self) -> io::Result<IoState> {
        let mut unread = &self.received[self.start..self.end];
        self.start += self.session.read_tls(&mut unread)?;
        self.session.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// The socket below: what is done to it, TLS does not hear of.
    pub(in crate::http::connect) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The same, for who goes on without TLS.
    pub(in crate::http) fn socket_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// The certificate of the other side, as DER.
    pub(in crate::http::connect) fn peer_certificate(&self) -> Option<&[u8]> {
        self.session.peer_certificates()?.first().map(AsRef::as_ref)
    }

    /// Whether nothing has come but what TLS itself talks of: no data, no goodbye.
    pub(in crate::http::connect) fn is_quiet(&mut self) -> bool {
        loop {
            // At first, what it was fed before.
            match self.session.process_new_packets() {
                Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
                _ => return false,
            }
            if self.start == self.end {
                match self.socket.try_read(&mut self.received) {
                    result if is_would_block(&result) => return true,
                    Ok(count) if count > 0 => (self.start, self.end) = (0, count),
                    _ => return false,
                }
            }
            if self.feed().is_err() {
                return false;
            }
        }
    }
}

impl AsyncRead for TlsStream {
    /// 0 is an end that was announced; one that was not is `UnexpectedEof`.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.session.reader().read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
            // At the end the session is told so, and its reader then tells us.
            ready!(self.poll_receive_records(cx))?;
        }
    }
}

impl AsyncWrite for TlsStream {
    /// What it takes is encrypted at once; what of that the socket does not take now goes out with the next write or
    /// flush, so one of them must follow.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_send_records(cx))?;
        let taken = self.session.writer().write(buf)?;
        match self.poll_send_records(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_records(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session.send_close_notify();
        ready!(self.poll_send_records(cx))?;
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

impl Drop for TlsStream {
    /// Says goodbye, if that can be done without waiting.
    fn drop(&mut self) {
        self.session.send_close_notify();
        let _ = self.poll_send_records(&mut Context::from_waker(Waker::noop()));
    }
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsStream({:?}, {:?})", self.session.protocol_version(), self.socket)
    }
}

/// The socket as rustls writes to it.
struct Output<'a, 'b> {
    socket: &'a mut Socket,
    cx: &'a mut Context<'b>,
}

impl Output<'_, '_> {
    fn blocking(result: Poll<io::Result<usize>>) -> io::Result<usize> {
        match result {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Output<'_, '_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Output::blocking(Pin::new(&mut *self.socket).poll_write(self.cx, buf))
    }

    /// All records that fit, in one call of the system.
    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        Output::blocking(Pin::new(&mut *self.socket).poll_write_vectored(self.cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
