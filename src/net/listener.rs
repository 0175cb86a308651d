//! `Listener`: accepts connections.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use glassloop_reactor::{Direction, Source, Waiting};

use super::{Family, Site, Stream, Tcp, may_try};
use crate::context;

/// A socket that connections come to. Several tasks may accept at once: they are served in turn.
pub struct Listener<F: Family> {
    source: Source<F::Listener>,
}

impl<F: Family> Listener<F> {
    /// Of a socket that is not registered yet.
    pub(super) fn new(socket: F::Listener) -> io::Result<Listener<F>> {
        let context = context::expect("bind()");
        Ok(Listener { source: Source::new_readable(&context.reactor, socket, F::LISTENER)? })
    }

    /// Waits for the next connection; gives it and the address it comes from.
    ///
    /// # Errors
    /// What the system says, such as that there are no file descriptors left. The listener stays usable: try again, after a pause.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has taken no connection; its turn goes to the next.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_, F> {
        Accept { listener: self, place: None, site: Site::caller("accept") }
    }

    /// One try of [`Listener::accept`]; `place` belongs to one operation.
    pub(crate) fn poll_accept(
        &self,
        cx: &mut Context<'_>,
        place: &mut Option<Waiting>,
        site: Site,
    ) -> Poll<io::Result<(Stream<F>, F::Addr)>> {
        ready!(may_try(&self.source, cx))?;
        let accepted = self.source.poll_io_shared(place, Direction::Read, || site.wait(cx), F::accept);
        let (socket, address) = ready!(accepted)?;
        F::prepare(&socket)?;
        Poll::Ready(Ok((Stream::new(self.source.reactor(), socket)?, address)))
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<F::Addr> {
        F::listening_at(self.source.get_ref())
    }
}

/// To set options of the socket.
#[cfg(unix)]
impl<F: Family<Listener: std::os::fd::AsFd>> std::os::fd::AsFd for Listener<F> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.source.get_ref().as_fd()
    }
}

impl<F: Family> fmt::Debug for Listener<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({:?})", self.source.get_ref())
    }
}

/// See [`Listener::accept`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Accept<'l, F: Family = Tcp> {
    listener: &'l Listener<F>,
    place: Option<Waiting>,
    site: Site,
}

impl<F: Family> Future for Accept<'_, F> {
    type Output = io::Result<(Stream<F>, F::Addr)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.listener.poll_accept(cx, &mut this.place, this.site)
    }
}

/// How long to wait after `accept` failed. A peer that is gone already costs nothing; where the system is short of something, to
/// ask again at once would only burn the processor.
pub(crate) fn accept_pause(error: &io::Error) -> Option<Duration> {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    let peer_is_gone = matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted);
    (!peer_is_gone).then_some(Duration::from_millis(50))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_47_a_shortage_at_accept_pauses_and_a_lost_peer_does_not() {
        let shortage = io::Error::from_raw_os_error(24); // EMFILE
        assert!(accept_pause(&shortage).is_some());
        assert_eq!(accept_pause(&io::ErrorKind::ConnectionAborted.into()), None);
    }
}
