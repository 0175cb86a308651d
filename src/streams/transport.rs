//! What bytes go over: one of our sockets or pipes, which are told where in the program a task waits in them, or a stranger.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use glassloop_reactor::Direction;

use crate::net::{Family, Site, Stream};

/// A stream of bytes each way, or one way: then the other one's operations are as they stand here.
pub(crate) trait Transport {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut [u8], _: Site) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8], _: Site) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    /// Sends what the transport itself holds back.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Says the end of the stream to the other side. Reading goes on.
    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Nobody waits in this direction any more.
    fn stop_waiting(&self, _: Direction) {}
}

impl<F: Family> Transport for Stream<F> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8], site: Site) -> Poll<io::Result<usize>> {
        self.poll_read_at(cx, buf, site)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8], site: Site) -> Poll<io::Result<usize>> {
        self.poll_write_at(cx, buf, site)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_close(cx)
    }

    fn stop_waiting(&self, direction: Direction) {
        Stream::stop_waiting(self, direction);
    }
}

/// A stranger that reads.
pub(super) struct Reads<S>(pub(super) S);

/// A stranger that writes.
pub(super) struct Writes<S>(pub(super) S);

/// A stranger that does both.
pub(super) struct Both<S>(pub(super) S);

macro_rules! reads {
    () => {
        fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8], _: Site) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_read(cx, buf)
        }
    };
}

macro_rules! writes {
    () => {
        fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8], _: Site) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write(cx, buf)
        }

        fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_close(cx)
        }
    };
}

impl<S: AsyncRead + Unpin> Transport for Reads<S> {
    reads!();
}

impl<S: AsyncWrite + Unpin> Transport for Writes<S> {
    writes!();
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Both<S> {
    reads!();
    writes!();
}

/// Who is at the other end.
pub(crate) enum Peer {
    Tcp(SocketAddr),
    /// Anything else, by a name for people.
    Named(String),
    Unknown,
}

impl Peer {
    pub(super) fn of<F: Family>(stream: &Stream<F>) -> Peer {
        match stream.peer_addr() {
            Ok(address) => match (&address as &dyn Any).downcast_ref() {
                Some(address) => Peer::Tcp(*address),
                None => Peer::Named(format!("{address:?}")),
            },
            Err(_) => Peer::Unknown, // it has gone already
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Peer::Tcp(address) => address.to_string(),
            Peer::Named(name) => name.clone(),
            Peer::Unknown => "a stream".into(),
        }
    }
}
