//! `TcpListener`: accepts connections.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use glassloop_reactor::{Direction, Source, Waiting};

use super::{Address, TcpStream, may_try, tried, wait};
use crate::context;

/// A socket that connections come to. Several tasks may accept at once: they are served in turn.
#[derive(Debug)]
pub struct TcpListener {
    source: Source<mio::net::TcpListener>,
}

impl TcpListener {
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
            let context = context::expect("bind()");
            Ok(TcpListener { source: Source::new_readable(&context.reactor, result?, "tcp listener")? })
        }
    }

    /// Waits for the next connection; gives it and the address it comes from.
    ///
    /// # Errors
    /// What the system says, such as that there are no file descriptors left. The listener stays usable: try again, after a pause.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has taken no connection; its turn goes to the next.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_> {
        Accept { listener: self, place: None, location: Location::caller() }
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }
}

/// See [`TcpListener::accept`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Accept<'l> {
    listener: &'l TcpListener,
    place: Option<Waiting>,
    location: &'static Location<'static>,
}

impl Future for Accept<'_> {
    type Output = io::Result<(TcpStream, SocketAddr)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(may_try(&self.listener.source, cx))?;
        let this = &mut *self;
        let (source, location) = (&this.listener.source, this.location);
        let leave_wait = || wait(cx, "accept", location);
        let accepted = source.poll_io_shared(&mut this.place, Direction::Read, leave_wait, |socket| socket.accept());
        let (socket, address) = ready!(accepted)?;
        let stream = TcpStream::new(source.reactor(), socket)?;
        stream.set_nodelay(true)?;
        Poll::Ready(Ok((stream, address)))
    }
}
