//! A source of readiness: try the I/O first, wait only when it would block.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;
use std::task::Poll;

use mio::Interest;

use crate::observer::{Event, Tried, WaitEnd};
use crate::reactor::Reactor;
use crate::readiness::{Direction, Wait};
use crate::sources::SourceState;
use crate::waiting::Waiting;

/// Whether a stream that took or gave less than it was asked for has nothing more at the moment, and will say so when
/// that changes. True of epoll and kqueue; mio's other back ends need to see `WouldBlock` itself.
const SHORT_MEANS_DRAINED: bool =
    cfg!(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"));

/// Where urgent data can be heard of, it is asked for: it makes reads come up short.
const URGENT: Option<Interest> = {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let urgent = Some(Interest::PRIORITY);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let urgent = None;
    urgent
};

/// Something the system reports readiness of, such as a socket; owned, and registered until dropped. Dropping it wakes
/// whoever waits on it.
///
/// Operations that have a direction to themselves ([`Source::poll_io`]) share one seat there; operations that several
/// tasks may be in at once ([`Source::poll_io_shared`]) stand in line. A direction is used in one of the two ways.
///
/// ```
/// use glassloop_reactor::{Clock, Direction, Reactor, Source, Wait};
/// use std::{io::Write, panic::Location, task::{Poll, Waker}};
///
/// let reactor = Reactor::new(Clock::real())?;
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let stream = mio::net::TcpStream::connect(listener.local_addr()?)?;
/// let source = Source::new(&reactor, stream, "tcp stream")?;
/// let (mut peer, _) = listener.accept()?;
///
/// let wait = || Wait { waker: Waker::noop().clone(), operation: "read", location: Location::caller() };
/// let mut buf = [0; 16];
/// assert!(source.poll_read(wait, &mut buf).is_pending());
/// assert_eq!(reactor.waiting(), 1);
/// peer.write_all(b"hello")?;
/// while reactor.waiting() > 0 {
///     reactor.turn(None)?;
/// }
/// assert!(matches!(source.poll_read(wait, &mut buf), Poll::Ready(Ok(5))));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Source<S: mio::event::Source> {
    io: S,
    reactor: Reactor,
    state: Rc<SourceState>,
}

impl<S: mio::event::Source> Source<S> {
    /// Registers `io` for both directions. `kind` tells observers what it is, such as `"tcp stream"`.
    ///
    /// # Errors
    /// Whatever the system says to the registration; nothing of it remains then, and `io` is dropped.
    pub fn new(reactor: &Reactor, io: S, kind: &'static str) -> io::Result<Source<S>> {
        let both = Interest::READABLE | Interest::WRITABLE;
        Source::with_interest(reactor, io, kind, URGENT.map_or(both, |urgent| both | urgent))
    }

    /// As [`Source::new`], for sources that never write, such as listeners.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn new_readable(reactor: &Reactor, io: S, kind: &'static str) -> io::Result<Source<S>> {
        Source::with_interest(reactor, io, kind, Interest::READABLE)
    }

    fn with_interest(reactor: &Reactor, mut io: S, kind: &'static str, interest: Interest) -> io::Result<Source<S>> {
        let state = reactor.add_source(&mut io, kind, interest)?;
        Ok(Source { io, reactor: reactor.clone(), state })
    }

    /// What is registered.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// Where it is registered.
    pub fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// What observers call it: a number that no other source of this reactor has, now or later.
    pub fn id(&self) -> u64 {
        self.state.id
    }

    /// Tries an operation that nobody else is trying in this direction; leaves `wait` in the seat if it would block.
    ///
    /// The seat is one for each direction: whoever takes it wakes another task that was there. `attempt` runs only if
    /// the last try did not block, or the system reported readiness since; `Interrupted` is tried again.
    ///
    /// # Errors
    /// Those of `attempt`, except `WouldBlock` and `Interrupted`.
    ///
    /// # Cancel safety
    /// The wait stays in the seat when the caller loses interest; [`Source::stop_waiting`] removes it.
    pub fn poll_io<R>(
        &self,
        direction: Direction,
        wait: impl FnOnce() -> Wait,
        attempt: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        if self.state.is_observed() {
            self.poll_measured::<true, R>(direction, wait, attempt, |_| None, 0)
        } else {
            self.poll_measured::<false, R>(direction, wait, attempt, |_| None, 0)
        }
    }

    /// As [`Source::poll_io`]; `bytes` says how many of those `asked` for went through. `TELL` if somebody observes: that is asked
    /// once for each operation.
    #[inline(always)]
    fn poll_measured<const TELL: bool, R>(
        &self,
        direction: Direction,
        wait: impl FnOnce() -> Wait,
        attempt: impl FnMut(&S) -> io::Result<R>,
        bytes: impl Fn(&R) -> Option<usize>,
        asked: usize,
    ) -> Poll<io::Result<R>> {
        let result = self.try_io::<TELL, R>(direction, attempt, bytes, asked);
        if result.is_pending() {
            self.reactor.wait::<TELL>(&self.state, direction, self.state.readiness(direction).seat, wait());
        }
        result
    }

    /// As [`Source::poll_io`], for an operation on `&self` that several tasks may wait in, such as `accept`.
    ///
    /// They are woken one at a time, in the order in which they came. `place` is one task's place in the line: it
    /// starts as `None`, belongs to one operation, and is `None` again when that is done. Dropping it gives it up.
    ///
    /// # Errors
    /// As [`Source::poll_io`].
    ///
    /// # Cancel safety
    /// A place that is dropped after it was woken, and before it tried, passes its turn on to the next.
    pub fn poll_io_shared<R>(
        &self,
        place: &mut Option<Waiting>,
        direction: Direction,
        wait: impl FnOnce() -> Wait,
        attempt: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let result = if self.state.is_observed() {
            self.try_io::<true, R>(direction, attempt, |_| None, 0)
        } else {
            self.try_io::<false, R>(direction, attempt, |_| None, 0)
        };
        place.take_if(|waiting| !waiting.is_for(&self.state, direction));
        if result.is_ready() {
            // There may be more than this one took, and the system will not say it again.
            match place.take() {
                Some(waiting) => waiting.done(),
                None => self.reactor.pass_turn::<true>(&self.state, direction),
            }
        } else {
            place.get_or_insert_with(|| Waiting::new(&self.reactor, &self.state, direction)).wait(wait());
        }
        result
    }

    /// Reads from a byte stream into `buf`; `Ok(0)` is its end, unless `buf` is empty.
    ///
    /// A read that does not fill `buf` has drained the stream, so the next one waits without asking the system. Where a read may
    /// stop short for other reasons, as one from a Unix socket that brings descriptors, it is [`poll_io`](Source::poll_io) that is wanted.
    ///
    /// Errors and cancel safety: as [`Source::poll_io`].
    #[inline(always)]
    pub fn poll_read(&self, wait: impl FnOnce() -> Wait, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Read,
    {
        if self.state.is_observed() { self.read_and_tell(wait, buf) } else { self.read::<false>(wait, buf) }
    }

    #[inline(always)]
    fn read<const TELL: bool>(&self, wait: impl FnOnce() -> Wait, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Read,
    {
        let asked = buf.len();
        self.poll_measured::<TELL, _>(Direction::Read, wait, |mut io| io.read(buf), |read| Some(*read), asked)
    }

    /// Out of line and with the same arguments: so the way that nobody observes moves none for it.
    #[cold]
    #[inline(never)]
    fn read_and_tell(&self, wait: impl FnOnce() -> Wait, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Read,
    {
        self.read::<true>(wait, buf)
    }

    /// Writes to a byte stream from `buf`; says how many bytes it took.
    ///
    /// A write that is not taken whole has filled the stream, so the next one waits without asking the system.
    ///
    /// Errors and cancel safety: as [`Source::poll_io`].
    #[inline(always)]
    pub fn poll_write(&self, wait: impl FnOnce() -> Wait, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Write,
    {
        if self.state.is_observed() { self.write_and_tell(wait, buf) } else { self.write::<false>(wait, buf) }
    }

    #[inline(always)]
    fn write<const TELL: bool>(&self, wait: impl FnOnce() -> Wait, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Write,
    {
        let attempt = |mut io: &S| io.write(buf);
        self.poll_measured::<TELL, _>(Direction::Write, wait, attempt, |written| Some(*written), buf.len())
    }

    #[cold]
    #[inline(never)]
    fn write_and_tell(&self, wait: impl FnOnce() -> Wait, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Write,
    {
        self.write::<true>(wait, buf)
    }

    /// As [`Source::poll_write`], from several buffers in one call.
    ///
    /// Errors and cancel safety: as [`Source::poll_io`].
    pub fn poll_write_vectored(&self, wait: impl FnOnce() -> Wait, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: Write,
    {
        let asked = bufs.iter().map(|buf| buf.len()).sum();
        let attempt = |mut io: &S| io.write_vectored(bufs);
        if self.state.is_observed() {
            self.poll_measured::<true, _>(Direction::Write, wait, attempt, |written| Some(*written), asked)
        } else {
            self.poll_measured::<false, _>(Direction::Write, wait, attempt, |written| Some(*written), asked)
        }
    }

    /// Takes back the wait that is in a direction's seat, if any; its waker is dropped.
    #[inline]
    pub fn stop_waiting(&self, direction: Direction) {
        if !self.state.readiness(direction).nobody_waits() {
            self.leave_seat(direction);
        }
    }

    #[inline(never)]
    fn leave_seat(&self, direction: Direction) {
        let seat = self.state.readiness(direction).seat;
        self.reactor.end_wait::<true>(&self.state, direction, seat, WaitEnd::Dropped);
    }

    #[inline(always)]
    fn try_io<const TELL: bool, R>(
        &self,
        direction: Direction,
        mut attempt: impl FnMut(&S) -> io::Result<R>,
        bytes: impl Fn(&R) -> Option<usize>,
        asked: usize,
    ) -> Poll<io::Result<R>> {
        while self.state.readiness(direction).ready.get() {
            let result = attempt(&self.io);
            if TELL {
                self.tell_tried(direction, &result, &bytes);
            }
            match result.as_ref().err().map(io::Error::kind) {
                Some(ErrorKind::Interrupted) => {}
                // Nobody else can turn the reactor before the wait is stored: an edge is not missed in between.
                Some(ErrorKind::WouldBlock) => self.reactor.not_ready::<TELL>(&self.state, direction),
                _ => {
                    if let Ok(done) = &result
                        && bytes(done).is_some_and(|length| self.has_drained(direction, length, asked))
                    {
                        self.reactor.not_ready::<TELL>(&self.state, direction);
                    }
                    return Poll::Ready(result);
                }
            }
        }
        Poll::Pending
    }

    #[cold]
    #[inline(never)]
    fn tell_tried<R>(&self, direction: Direction, result: &io::Result<R>, bytes: impl Fn(&R) -> Option<usize>) {
        let result = match result {
            Ok(done) => Tried::Done(bytes(done)),
            Err(error) => Tried::Failed(error.kind()),
        };
        self.reactor.tell_inline(&Event::Tried { source: self.state.id, direction, result });
    }

    /// The short read and short write rule. The end of a stream is no short read, and after the peer's last byte no
    /// edge comes any more; nor is a read that stopped at urgent data.
    fn has_drained(&self, direction: Direction, length: usize, asked: usize) -> bool {
        let short = 0 < length && length < asked;
        let is_last = self.state.readiness(direction).closed.get() || self.state.urgent.get();
        SHORT_MEANS_DRAINED && short && !is_last
    }
}

impl<S: mio::event::Source> Drop for Source<S> {
    fn drop(&mut self) {
        self.reactor.remove_source(&mut self.io, &self.state);
    }
}
