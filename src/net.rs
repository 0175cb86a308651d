//! Sockets: streams and listeners (TCP and Unix) with the `futures_io` traits, and datagrams (the same).
//!
//! [`Stream`] and [`Listener`] are written once for both families; [`TcpStream`], [`TcpListener`] and, on Unix, `UnixStream` and
//! `UnixListener` are their names.
//!
//! An operation is tried first, and only if it would block does the task wait. Reads and writes that belong to this crate tell where in the
//! source a task waits in them; those that come through the traits tell the line that polled.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use glassloop_executor::own_waker;
use glassloop_reactor::{Direction, Source, Wait, Waiting};
use thiserror::Error;

use crate::blocking::ToThread;
use crate::context;

mod family;
mod halves;
mod listener;
mod stream;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_datagram;

pub use family::Family;
pub use halves::{ReadHalf, ReuniteError, WriteHalf};
pub(crate) use listener::accept_pause;
pub use listener::{Accept, Listener};
pub use stream::Stream;
pub use tcp::{Tcp, TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{Unix, UnixListener, UnixStream};
#[cfg(unix)]
pub use unix_datagram::UnixDatagram;

/// Where to connect to or listen at: a socket address, or a host name and a port.
///
/// ```
/// use glassloop::net::Address;
///
/// let _: [Address; 3] = ["localhost:8080".into(), ("::1", 8080).into(), ([127, 0, 0, 1], 0).into()];
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(Kind);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Socket(SocketAddr),
    Host(String, u16),
    /// A text that is no address; the error comes when it is used.
    Nothing(String),
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        Address(Kind::Socket(address))
    }
}

impl From<([u8; 4], u16)> for Address {
    fn from(address: ([u8; 4], u16)) -> Address {
        Address(Kind::Socket(address.into()))
    }
}

impl From<(&str, u16)> for Address {
    fn from((host, port): (&str, u16)) -> Address {
        match host.parse::<IpAddr>() {
            Ok(ip) => Address(Kind::Socket((ip, port).into())),
            Err(_) => Address(Kind::Host(host.into(), port)),
        }
    }
}

impl From<(String, u16)> for Address {
    fn from((host, port): (String, u16)) -> Address {
        (host.as_str(), port).into()
    }
}

impl From<(IpAddr, u16)> for Address {
    fn from(address: (IpAddr, u16)) -> Address {
        Address(Kind::Socket(address.into()))
    }
}

impl From<(Ipv4Addr, u16)> for Address {
    fn from(address: (Ipv4Addr, u16)) -> Address {
        Address(Kind::Socket(address.into()))
    }
}

impl From<(Ipv6Addr, u16)> for Address {
    fn from(address: (Ipv6Addr, u16)) -> Address {
        Address(Kind::Socket(address.into()))
    }
}

impl From<String> for Address {
    fn from(text: String) -> Address {
        text.as_str().into()
    }
}

impl From<&String> for Address {
    fn from(text: &String) -> Address {
        text.as_str().into()
    }
}

impl From<&str> for Address {
    /// `host:port`; an IPv6 address in brackets.
    fn from(text: &str) -> Address {
        if let Ok(address) = text.parse() {
            return Address(Kind::Socket(address));
        }
        let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains(':'));
        match parts.and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) => Address(Kind::Host(host.into(), port)),
            None => Address(Kind::Nothing(text.into())),
        }
    }
}

/// Looks a host name up (asyncio's `loop.getaddrinfo`), on a thread; gives at least one address. What is an address already comes back at once.
///
/// ```
/// glassloop::run(async {
///     let found = glassloop::net::getaddrinfo(("127.0.0.1", 80)).await?;
///     assert_eq!(found, ["127.0.0.1:80".parse().unwrap()]);
///     std::io::Result::Ok(())
/// })
/// # .unwrap();
/// ```
///
/// # Errors
/// `NotFound` and what else the system says, with the name; `InvalidInput` for a text that is no address.
///
/// # Cancel safety
/// Dropping it frees the waiter. The thread finishes the lookup; nobody waits for it, not even the end of the loop.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn getaddrinfo(address: impl Into<Address>) -> impl Future<Output = io::Result<Vec<SocketAddr>>> {
    context::expect("getaddrinfo()");
    address.into().resolve()
}

/// An error of the network, with what was tried.
#[derive(Debug, Error)]
#[error("{tried}: {source}")]
struct Tried {
    tried: String,
    source: io::Error,
}

/// The same kind of error, saying what was tried.
pub(crate) fn tried(what: impl FnOnce() -> String) -> impl FnOnce(io::Error) -> io::Error {
    move |source| io::Error::new(source.kind(), Tried { tried: what(), source })
}

impl Address {
    /// The addresses it stands for, at least one. A name is looked up on the thread pool.
    #[track_caller]
    fn resolve(self) -> impl Future<Output = io::Result<Vec<SocketAddr>>> {
        let lookup = match &self.0 {
            // A lookup can hang for long, and nobody is to wait for it at the end.
            Kind::Host(host, port) => {
                let name = (host.clone(), *port);
                Some(ToThread::new("looking up a host", false, move || name.to_socket_addrs().map(Vec::from_iter)))
            }
            _ => None,
        };
        async move {
            match (self.0, lookup) {
                (Kind::Host(host, _), Some(lookup)) => {
                    let found = lookup.await.map_err(tried(|| format!("looking up {host:?}")))?;
                    let nothing = || io::Error::new(io::ErrorKind::NotFound, format!("{host:?} has no addresses"));
                    if found.is_empty() { Err(nothing()) } else { Ok(found) }
                }
                (Kind::Socket(address), _) => Ok(vec![address]),
                (Kind::Host(text, _) | Kind::Nothing(text), _) => {
                    let problem = format!("{text:?} is no address: host:port is expected");
                    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
                }
            }
        }
    }
}

/// Where in the program a task waits, and in what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) operation: &'static str,
    pub(crate) location: &'static Location<'static>,
}

impl Site {
    /// An operation of whoever called the caller.
    #[track_caller]
    pub(crate) fn caller(operation: &'static str) -> Site {
        Site { operation, location: Location::caller() }
    }

    pub(crate) fn wait(self, cx: &Context<'_>) -> Wait {
        Wait { waker: own_waker(cx), operation: self.operation, location: self.location }
    }
}

/// Does `attempt` until it does not have to wait, a task to a direction. Dropped meanwhile, it leaves no wait behind.
fn operation<'s, S: mio::event::Source, R>(
    source: &'s Source<S>,
    direction: Direction,
    site: Site,
    attempt: impl FnMut(&Source<S>, &dyn Fn() -> Wait) -> Poll<io::Result<R>> + Unpin + 's,
) -> impl Future<Output = io::Result<R>> {
    Operation { source, direction, site, attempt, begun: false }
}

/// See [`operation`]. Of a type with a name, so that its poll can be inlined: a closure for `poll_fn` would be a call.
struct Operation<'s, S: mio::event::Source, A> {
    source: &'s Source<S>,
    direction: Direction,
    site: Site,
    attempt: A,
    /// Whether it was polled: before that, a wait for this direction is somebody else's.
    begun: bool,
}

impl<S: mio::event::Source, R, A> Future for Operation<'_, S, A>
where
    A: FnMut(&Source<S>, &dyn Fn() -> Wait) -> Poll<io::Result<R>> + Unpin,
{
    type Output = io::Result<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Operation { source, site, attempt, begun, .. } = &mut *self;
        *begun = true;
        ready!(may_try(source, cx))?;
        attempt(source, &|| site.wait(cx))
    }
}

impl<S: mio::event::Source, A> Drop for Operation<'_, S, A> {
    fn drop(&mut self) {
        if self.begun {
            self.source.stop_waiting(self.direction);
        }
    }
}

/// Does `attempt` until it does not have to wait, any number of tasks to a direction: they are served in turn. Dropped
/// meanwhile, it gives its turn up.
fn shared_operation<'s, S: mio::event::Source, R>(
    source: &'s Source<S>,
    direction: Direction,
    site: Site,
    mut attempt: impl FnMut(&S) -> io::Result<R> + 's,
) -> impl Future<Output = io::Result<R>> {
    let mut place: Option<Waiting> = None;
    poll_fn(move |cx| {
        ready!(may_try(source, cx))?;
        source.poll_io_shared(&mut place, direction, || site.wait(cx), &mut attempt)
    })
}

/// Before every operation: is this the socket's own loop, and has the running task not had enough? (A task whose
/// sockets are always ready lets others run now and then.)
#[inline(always)]
pub(crate) fn may_try<S: mio::event::Source>(source: &Source<S>, cx: &Context<'_>) -> Poll<io::Result<()>> {
    let has_budget =
        context::try_look(|context| context.reactor.is(source.reactor()).then(|| context.spend_budget())).flatten();
    if has_budget == Some(true) { Poll::Ready(Ok(())) } else { may_not_try(has_budget.is_some(), cx) }
}

/// `later`: in its next turn it may.
#[cold]
#[inline(never)]
fn may_not_try(later: bool, cx: &Context<'_>) -> Poll<io::Result<()>> {
    if later {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    // Nobody would ever wake the task.
    Poll::Ready(Err(io::Error::other("glassloop: this socket belongs to a loop that does not run here")))
}
