//! A connection that speaks another protocol from now on.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::buffer::ReadBuffer;
use super::connect::Transport;
use super::pool::Lease;
use super::server::Wire;

/// A connection after `101 Switching Protocols`, on either side: bytes both ways, by the [`futures_io`] traits. What
/// had been received behind the head comes first. (hyper's `Upgraded`; aiohttp has it for WebSocket only.)
///
/// A client has it from [`Response::upgrade`](super::Response::upgrade), and it takes up a place in the client's pool
/// until it is dropped. A server's handler has it by [`Reply::upgrade`](super::Reply::upgrade).
///
/// What is written may be held back (by TLS) until it is flushed. Dropping it closes the connection.
pub struct Upgraded(Side);

enum Side {
    Client(Lease),
    Server(Rc<RefCell<Wire>>),
}

impl Upgraded {
    pub(super) fn client(lease: Lease) -> Upgraded {
        Upgraded(Side::Client(lease))
    }

    pub(super) fn server(wire: Rc<RefCell<Wire>>) -> Upgraded {
        Upgraded(Side::Server(wire))
    }

    /// What was received before, and what it goes over.
    fn with<T>(&mut self, work: impl FnOnce(&mut ReadBuffer, Pin<&mut Transport>) -> T) -> T {
        match &mut self.0 {
            Side::Client(lease) => {
                let (received, transport) = lease.parts();
                work(received, Pin::new(transport))
            }
            Side::Server(wire) => {
                let mut wire = wire.borrow_mut();
                let (received, transport) = wire.parts();
                work(received, Pin::new(transport))
            }
        }
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.with(|received, transport| {
            if received.is_empty() {
                return transport.poll_read(cx, buf);
            }
            let count = received.move_to(buf);
            if received.is_empty() {
                *received = ReadBuffer::default(); // nothing will be put there any more
            }
            Poll::Ready(Ok(count))
        })
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|_, transport| transport.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|_, transport| transport.poll_write_vectored(cx, bufs))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|_, transport| transport.poll_flush(cx))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|_, transport| transport.poll_close(cx))
    }
}

/// Says whose it is, and nothing of what is said on it.
impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Side::Client(_) => "Upgraded(client)",
            Side::Server(_) => "Upgraded(server)",
        })
    }
}
