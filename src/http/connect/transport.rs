//! What bytes go over: TCP or a Unix socket, plain or inside of TLS.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::TcpStream;
#[cfg(unix)]
use crate::net::UnixStream;

#[cfg(feature = "tls")]
use super::tls::TlsStream;

/// A socket of either family.
#[derive(Debug)]
pub(in crate::http) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// What a connection sends over and receives from.
#[derive(Debug)]
pub(in crate::http) enum Transport {
    Plain(Socket),
    /// Boxed, as its state is large and most connections are plain.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Socket {
        Socket::Tcp(stream)
    }
}

#[cfg(unix)]
impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Socket {
        Socket::Unix(stream)
    }
}

impl Socket {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.shutdown(how),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.shutdown(how),
        }
    }

    /// Reads what is there now.
    pub(super) fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.try_read(buf),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.try_read(buf),
        }
    }
}

impl Transport {
    /// Sends what the transport itself holds back.
    #[inline]
    pub(in crate::http) fn poll_send_held_back(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Transport::Plain(_) => {
                let _ = cx;
                Poll::Ready(Ok(()))
            }
            #[cfg(feature = "tls")]
            Transport::Tls(stream) => stream.poll_send_records(cx),
        }
    }

    /// Ends it both ways, at once: who waits for anything here waits no longer.
    pub(in crate::http) fn cut(&self) {
        // If the other side was faster, so much the better.
        let _ = match self {
            Transport::Plain(socket) => socket.shutdown(Shutdown::Both),
            #[cfg(feature = "tls")]
            Transport::Tls(stream) => stream.socket().shutdown(Shutdown::Both),
        };
    }

    /// The certificate that the other side has shown, as DER.
    pub(in crate::http) fn peer_certificate(&self) -> Option<&[u8]> {
        match self {
            Transport::Plain(_) => None,
            #[cfg(feature = "tls")]
            Transport::Tls(stream) => stream.peer_certificate(),
        }
    }

    /// Whether a read that comes up short has emptied the socket.
    pub(in crate::http) fn says_when_drained(&self) -> bool {
        matches!(self, Transport::Plain(Socket::Tcp(_)))
    }

    /// Whether nothing has come since all there was has been read: neither bytes nor the end.
    pub(in crate::http) fn is_quiet(&mut self) -> bool {
        match self {
            Transport::Plain(socket) => is_would_block(&socket.try_read(&mut [0])),
            #[cfg(feature = "tls")]
            Transport::Tls(stream) => stream.is_quiet(),
        }
    }
}

pub(super) fn is_would_block(result: &io::Result<usize>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// The `futures_io` traits: each operation is handed on to whichever stream it is.
macro_rules! stream {
    ($enum:ident { $($(#[$attribute:meta])* $variant:ident),* }) => {
        impl AsyncRead for $enum {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($(#[$attribute])* $enum::$variant(stream) => Pin::new(stream).poll_read(cx, buf),)*
                }
            }
        }

        impl AsyncWrite for $enum {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($(#[$attribute])* $enum::$variant(stream) => Pin::new(stream).poll_write(cx, buf),)*
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($(#[$attribute])* $enum::$variant(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),)*
                }
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($(#[$attribute])* $enum::$variant(stream) => Pin::new(stream).poll_flush(cx),)*
                }
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($(#[$attribute])* $enum::$variant(stream) => Pin::new(stream).poll_close(cx),)*
                }
            }
        }
    };
}

stream!(Socket {
    Tcp,
    #[cfg(unix)]
    Unix
});
stream!(Transport {
    Plain,
    #[cfg(feature = "tls")]
    Tls
});
