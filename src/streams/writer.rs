//! `StreamWriter`: takes at once, sends when it can.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::task::Poll;

use futures_io::AsyncWrite;

use super::connection::Connection;
use super::outgoing::{Ending, Outgoing, WaterMarks};
use super::transport::{Peer, Writes};
use crate::net::Site;
use crate::waiters::{Place, Waiters};

/// The writing side of a stream (asyncio's `StreamWriter`).
///
/// [`write`](StreamWriter::write) never waits: what the system does not take at once is kept, and sent by a task of its own,
/// named `writing to …`, which a cancel does not end. So a `write` wants a [`drain`](StreamWriter::drain) after it, which waits while too much is kept. Several
/// tasks may write and drain: put the writer into an `Rc`.
///
/// Dropping it sends what is kept, and then says the end of the stream to the other side; the reader goes on (in asyncio it
/// would be closed as well). The connection itself is closed by [`close`](StreamWriter::close), or when both are gone.
/// What is not sent when the loop ends is lost, as in asyncio: wait for [`wait_closed`](StreamWriter::wait_closed).
///
/// ```
/// use glassloop::{open_connection, start_server};
///
/// glassloop::run(async {
///     let server = start_server("127.0.0.1:0", async |_, writer: glassloop::StreamWriter| {
///         writer.write(b"hello").expect("a connection"); // sent, though nobody waits for it
///     })
///     .await?;
///     let (mut reader, writer) = open_connection(*server.local_addr()).await?;
///     writer.write_eof()?; // we say nothing, but listen
///     assert_eq!(reader.read_to_end(100).await?, b"hello");
///     assert!(writer.write(b"more").is_err());
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
pub struct StreamWriter {
    outgoing: Rc<Outgoing>,
}

impl StreamWriter {
    /// A writer to any stream.
    pub fn new(stream: impl AsyncWrite + Unpin + 'static) -> StreamWriter {
        StreamWriter::on(Connection::new(Writes(stream), Peer::Unknown, None))
    }

    pub(crate) fn on(connection: Rc<Connection>) -> StreamWriter {
        StreamWriter { outgoing: Outgoing::new(connection) }
    }

    /// Writes all of `bytes`: at once as far as the system takes them, the rest when it can. It never waits.
    ///
    /// # Errors
    /// That of the connection, also when an earlier write met it; `BrokenPipe` after `write_eof` or `close`.
    #[track_caller]
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.check()?;
        if self.outgoing.ending.get() != Ending::No {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "write() after write_eof() or close()"));
        }
        self.outgoing.push(bytes, Site::caller("write"))
    }

    /// Writes one after the other (asyncio's `writelines`).
    ///
    /// # Errors
    /// As [`write`](StreamWriter::write).
    #[track_caller]
    pub fn writelines(&self, parts: impl IntoIterator<Item: AsRef<[u8]>>) -> io::Result<()> {
        for part in parts {
            self.write(part.as_ref())?;
        }
        Ok(())
    }

    /// Waits while there is too much to send: more than 64 KiB, until it is down to 16 KiB, unless
    /// [`set_write_buffer_limits`](StreamWriter::set_write_buffer_limits) says other. Else it does not yield.
    ///
    /// # Errors
    /// The connection's error, if sending failed.
    ///
    /// # Cancel safety
    /// May be dropped at any time: what was written is sent anyway.
    #[track_caller]
    pub fn drain(&self) -> impl Future<Output = io::Result<()>> + '_ {
        self.wait(|outgoing| &outgoing.drainers, Site::caller("drain"), |outgoing| !outgoing.is_full.get())
    }

    /// Says the end of the stream to the other side, after all that was written; reading goes on. A second call does nothing.
    ///
    /// # Errors
    /// That of the connection.
    #[track_caller]
    pub fn write_eof(&self) -> io::Result<()> {
        self.outgoing.end(Ending::Write, Site::caller("write"));
        self.check()
    }

    /// Closes the connection, both ways, after all that was written is sent; it does not wait for that. Whoever reads finds
    /// the end of the stream then. A second call does nothing.
    #[track_caller]
    pub fn close(&self) {
        self.outgoing.end(Ending::Both, Site::caller("write"));
    }

    /// Closes the connection at once; what was not sent is lost (asyncio's `transport.abort`).
    pub fn abort(&self) {
        self.outgoing.abort();
    }

    /// Waits until the connection is closed; somebody has to call [`close`](StreamWriter::close).
    ///
    /// # Errors
    /// The connection's error, if not all could be sent.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    #[track_caller]
    pub fn wait_closed(&self) -> impl Future<Output = io::Result<()>> + '_ {
        let closed = |outgoing: &Outgoing| outgoing.ended.get() == Ending::Both;
        self.wait(|outgoing| &outgoing.closers, Site::caller("wait_closed"), closed)
    }

    /// Whether it was closed or failed.
    pub fn is_closing(&self) -> bool {
        self.outgoing.ending.get() == Ending::Both || self.check().is_err()
    }

    /// The address of the other side, as it was at the beginning (asyncio's `get_extra_info("peername")`); `None` if the
    /// stream is none of TCP.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        match self.outgoing.connection.peer {
            Peer::Tcp(address) => Some(address),
            Peer::Named(_) | Peer::Unknown => None,
        }
    }

    /// How many bytes are not sent yet (asyncio's `transport.get_write_buffer_size`).
    pub fn buffered(&self) -> usize {
        self.outgoing.unsent()
    }

    /// Makes [`drain`](StreamWriter::drain) wait while more than `high` bytes are not sent, until they are no more than `low` (asyncio's
    /// `transport.set_write_buffer_limits`). With two zeros it waits until the system has taken everything.
    ///
    /// # Errors
    /// `InvalidInput` if `low` is above `high`; the limits stay as they were.
    pub fn set_write_buffer_limits(&self, high: usize, low: usize) -> io::Result<()> {
        if low > high {
            let text = format!("the low limit of {low} bytes is above the high one of {high}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        self.outgoing.set_marks(WaterMarks { high, low });
        Ok(())
    }

    /// The two that share the connection, for whoever closes it from elsewhere.
    pub(super) fn downgrade(&self) -> (Weak<Outgoing>, Weak<Connection>) {
        (Rc::downgrade(&self.outgoing), Rc::downgrade(&self.outgoing.connection))
    }

    fn check(&self) -> io::Result<()> {
        // What the reader has heard of counts as well.
        self.outgoing.lost.borrow().as_ref().map_or_else(|| self.outgoing.connection.check(), |lost| Err(lost.error()))
    }

    /// Waits for one of two things; a failure is an end as well.
    fn wait<'w>(
        &'w self,
        waiters: fn(&Outgoing) -> &Waiters,
        site: Site,
        done: impl Fn(&Outgoing) -> bool + 'w,
    ) -> impl Future<Output = io::Result<()>> + 'w {
        struct Leave<'w>(&'w Outgoing, fn(&Outgoing) -> &Waiters, Place);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.1(self.0).leave(&self.0.registration, &mut self.2);
            }
        }
        async move {
            let outgoing = &self.outgoing;
            let mut line = Leave(outgoing, waiters, None);
            poll_fn(|cx| {
                if let Err(error) = self.check() {
                    return Poll::Ready(Err(error));
                }
                if done(outgoing) {
                    return Poll::Ready(Ok(()));
                }
                outgoing.resume(site);
                if done(outgoing) || self.check().is_err() {
                    return Poll::Ready(self.check());
                }
                outgoing.register();
                waiters(outgoing).wait(&outgoing.registration, &mut line.2, cx, site.operation, site.location);
                Poll::Pending
            })
            .await
        }
    }
}

impl Drop for StreamWriter {
    #[track_caller]
    fn drop(&mut self) {
        self.outgoing.end(Ending::Write, Site::caller("write"));
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = f.debug_struct("StreamWriter");
        writer.field("peer", &self.outgoing.connection.peer.name()).field("buffered", &self.buffered());
        writer.field("ending", &self.outgoing.ending.get()).finish_non_exhaustive()
    }
}
