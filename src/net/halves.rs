//! The two halves of a connection, for two tasks.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use thiserror::Error;

use super::{Family, Stream, Tcp};

/// The reading half of a [`Stream`].
pub struct ReadHalf<F: Family = Tcp>(pub(super) Stream<F>);

/// The writing half of a [`Stream`]. Dropping it says the end of the stream to the other side.
pub struct WriteHalf<F: Family = Tcp> {
    stream: Stream<F>,
    /// Not so once it is a part of the whole again.
    ends: bool,
}

/// The halves are of two different streams; here they are again.
#[derive(Debug, Error)]
#[error("glassloop: the two halves are not of the same stream")]
pub struct ReuniteError<F: Family>(pub ReadHalf<F>, pub WriteHalf<F>);

impl<F: Family> AsyncRead for ReadHalf<F> {
    #[track_caller]
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<F: Family> ReadHalf<F> {
    /// As [`Stream::read`].
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        self.0.read(buf)
    }

    /// As [`Stream::read_exact`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// None, as there.
    #[track_caller]
    pub fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = io::Result<()>> + 'a {
        self.0.read_exact(buf)
    }

    /// The whole stream again, of both halves.
    ///
    /// # Errors
    /// [`ReuniteError`] if the other half is of another stream.
    pub fn reunite(self, mut other: WriteHalf<F>) -> Result<Stream<F>, ReuniteError<F>> {
        if !self.0.is(&other.stream) {
            return Err(ReuniteError(self, other));
        }
        other.ends = false;
        Ok(self.0)
    }
}

impl<F: Family> AsyncWrite for WriteHalf<F> {
    #[track_caller]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    #[track_caller]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

impl<F: Family> WriteHalf<F> {
    pub(super) fn new(stream: Stream<F>) -> WriteHalf<F> {
        WriteHalf { stream, ends: true }
    }

    /// As [`Stream::write`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[track_caller]
    pub fn write<'a>(&'a mut self, buf: &'a [u8]) -> impl Future<Output = io::Result<usize>> + 'a {
        self.stream.write(buf)
    }

    /// As [`Stream::write_all`].
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> impl Future<Output = io::Result<()>> + 'a {
        self.stream.write_all(buf)
    }
}

impl<F: Family> Drop for WriteHalf<F> {
    fn drop(&mut self) {
        if self.ends {
            // An error means that there is nobody left to tell.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
    }
}

impl<F: Family> fmt::Debug for ReadHalf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadHalf({:?})", self.0)
    }
}

impl<F: Family> fmt::Debug for WriteHalf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WriteHalf({:?})", self.stream)
    }
}
