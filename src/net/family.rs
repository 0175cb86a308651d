//! What the families of stream sockets have in common, so that streams and listeners are written once.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::Poll;

use glassloop_reactor::{Source, Wait};

/// A family of stream sockets: `Tcp` or, on Unix, `Unix`. Only this crate implements it.
pub trait Family: sealed::Sealed + fmt::Debug + 'static {
    /// The address of one end.
    type Addr: Clone + fmt::Debug + 'static;

    #[doc(hidden)]
    type Stream: mio::event::Source + fmt::Debug + 'static;
    #[doc(hidden)]
    type Listener: mio::event::Source + fmt::Debug + 'static;

    /// What observers call the two.
    #[doc(hidden)]
    const STREAM: &'static str;
    #[doc(hidden)]
    const LISTENER: &'static str;
    /// Whether a read that comes up short has drained the stream (if the peer sends nothing urgent).
    #[doc(hidden)]
    const SHORT_MEANS_DRAINED: bool;

    /// Sets what every connection of the family begins with.
    #[doc(hidden)]
    fn prepare(stream: &Self::Stream) -> io::Result<()>;
    #[doc(hidden)]
    fn take_error(stream: &Self::Stream) -> io::Result<Option<io::Error>>;
    #[doc(hidden)]
    fn peer_addr(stream: &Self::Stream) -> io::Result<Self::Addr>;
    #[doc(hidden)]
    fn local_addr(stream: &Self::Stream) -> io::Result<Self::Addr>;
    #[doc(hidden)]
    fn shutdown(stream: &Self::Stream, how: Shutdown) -> io::Result<()>;
    #[doc(hidden)]
    fn accept(listener: &Self::Listener) -> io::Result<(Self::Stream, Self::Addr)>;
    #[doc(hidden)]
    fn listening_at(listener: &Self::Listener) -> io::Result<Self::Addr>;

    // A trait cannot promise that a reference to an associated type reads and writes, so these three stand here.
    #[doc(hidden)]
    fn poll_read(source: &Source<Self::Stream>, wait: impl FnOnce() -> Wait, buf: &mut [u8])
    -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn poll_write(source: &Source<Self::Stream>, wait: impl FnOnce() -> Wait, buf: &[u8]) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn poll_write_vectored(
        source: &Source<Self::Stream>,
        wait: impl FnOnce() -> Wait,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn try_read(stream: &Self::Stream, buf: &mut [u8]) -> io::Result<usize>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// The same words for both families: mio gives their sockets methods of the same names.
macro_rules! family {
    (
        $family:ident, $stream:ty, $listener:ty, $addr:ty, $stream_name:literal, $listener_name:literal,
        short_means_drained: $short:literal, $prepare:expr
    ) => {
        impl $crate::net::family::sealed::Sealed for $family {}

        impl $crate::net::Family for $family {
            type Addr = $addr;
            type Stream = $stream;
            type Listener = $listener;
            const STREAM: &'static str = $stream_name;
            const LISTENER: &'static str = $listener_name;
            const SHORT_MEANS_DRAINED: bool = $short;

            fn prepare(stream: &$stream) -> io::Result<()> {
                $prepare(stream)
            }
            fn take_error(stream: &$stream) -> io::Result<Option<io::Error>> {
                stream.take_error()
            }
            fn peer_addr(stream: &$stream) -> io::Result<$addr> {
                stream.peer_addr()
            }
            fn local_addr(stream: &$stream) -> io::Result<$addr> {
                stream.local_addr()
            }
            fn shutdown(stream: &$stream, how: Shutdown) -> io::Result<()> {
                stream.shutdown(how)
            }
            fn accept(listener: &$listener) -> io::Result<($stream, $addr)> {
                listener.accept()
            }
            fn listening_at(listener: &$listener) -> io::Result<$addr> {
                listener.local_addr()
            }
            fn poll_read(
                source: &Source<$stream>,
                wait: impl FnOnce() -> Wait,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                if <Self as $crate::net::Family>::SHORT_MEANS_DRAINED {
                    source.poll_read(wait, buf)
                } else {
                    source.poll_io(glassloop_reactor::Direction::Read, wait, |mut io| io::Read::read(&mut io, buf))
                }
            }
            fn poll_write(
                source: &Source<$stream>,
                wait: impl FnOnce() -> Wait,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                source.poll_write(wait, buf)
            }
            fn poll_write_vectored(
                source: &Source<$stream>,
                wait: impl FnOnce() -> Wait,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                source.poll_write_vectored(wait, bufs)
            }
            fn try_read(mut stream: &$stream, buf: &mut [u8]) -> io::Result<usize> {
                io::Read::read(&mut stream, buf)
            }
        }
    };
}

pub(super) use family;
