//! hyper on this loop: its `rt` traits over our streams, timers and tasks.
//!
//! hyper brings no runtime. What it needs of one are four traits, and this is all of them: [`GlassloopIo`] reads and
//! writes, [`GlassloopExecutor`] runs what HTTP/2 runs beside a connection, [`GlassloopTimer`] gives a [`Sleep`]. Our
//! own [`Sleep`] is hyper's as it is: it holds no pointer into the loop, so it is `Send` and `Sync` as hyper's traits
//! want it.
//!
//! Programs that use it are in `interop/`.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::hyper::rt;
use futures_io::{AsyncRead, AsyncWrite};
use glassloop_reactor::Instant;

pub use crate::Sleep;

/// The most that is read at once.
const READ: usize = 16 * 1024;

/// A stream with the `futures_io` traits, such as a [`TcpStream`](crate::net::TcpStream), as hyper wants it.
///
/// ```
/// use glassloop::hyper::GlassloopIo;
/// use glassloop::net::TcpStream;
///
/// # glassloop::run(async {
/// let listener = glassloop::net::TcpListener::bind("127.0.0.1:0").await?;
/// let io = GlassloopIo::new(TcpStream::connect(listener.local_addr()?).await?);
/// // hyper::client::conn::http1::handshake(io), for example.
/// # drop(io);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub struct GlassloopIo<T> {
    stream: T,
    /// hyper's own buffer may be uninitialised, which only `unsafe` code could read into.
    received: Vec<u8>,
}

impl<T> GlassloopIo<T> {
    /// Wraps a stream. It has to be the loop's that runs hyper.
    pub fn new(stream: T) -> GlassloopIo<T> {
        GlassloopIo { stream, received: Vec::new() }
    }

    /// The stream again, as after an upgrade. Nothing that was read is held back.
    pub fn into_inner(self) -> T {
        self.stream
    }
}

impl<T: AsyncRead + Unpin> rt::Read for GlassloopIo<T> {
    #[track_caller]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.received.resize(READ, 0); // once: it stays so long
        let room = buf.remaining().min(READ);
        let count = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut this.received[..room]))?;
        buf.put_slice(&this.received[..count]);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> rt::Write for GlassloopIo<T> {
    #[track_caller]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    /// Ours are; of another stream it is a guess that costs at most a smaller write.
    fn is_write_vectored(&self) -> bool {
        true
    }

    #[track_caller]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

/// Says how it stands, not what was read.
impl<T: fmt::Debug> fmt::Debug for GlassloopIo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GlassloopIo({:?})", self.stream)
    }
}

/// Runs hyper's own futures as tasks of the loop that polls hyper; they need not be `Send`.
#[derive(Clone, Copy, Default, Debug)]
pub struct GlassloopExecutor;

impl<F> rt::Executor<F> for GlassloopExecutor
where
    F: Future<Output: 'static> + 'static,
{
    /// # Panics
    /// With no loop running on this thread.
    fn execute(&self, future: F) {
        crate::create_task(future).detach();
    }
}

/// Gives hyper the time of one loop, virtual or not.
///
/// hyper counts in [`std::time::Instant`]s, which no program can make up; so this one remembers a moment by both
/// clocks, and goes from there.
#[derive(Clone, Copy, Debug)]
pub struct GlassloopTimer {
    std: std::time::Instant,
    ours: Instant,
}

impl GlassloopTimer {
    /// A timer of the loop that runs here. hyper has to run on the same one.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn new() -> GlassloopTimer {
        GlassloopTimer { std: std::time::Instant::now(), ours: crate::now() }
    }

    fn ours(&self, moment: std::time::Instant) -> Instant {
        // A moment before this timer was made is over, whichever it was.
        self.ours + moment.saturating_duration_since(self.std)
    }
}

/// The same as [`GlassloopTimer::new`].
impl Default for GlassloopTimer {
    fn default() -> GlassloopTimer {
        GlassloopTimer::new()
    }
}

impl rt::Timer for GlassloopTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(crate::sleep(duration))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(crate::sleep_until(self.ours(deadline)))
    }

    fn now(&self) -> std::time::Instant {
        self.std + (crate::now() - self.ours)
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, new_deadline: std::time::Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(mut ours) => ours.set(crate::sleep_until(self.ours(new_deadline))),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

impl rt::Sleep for Sleep {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Runtime};
    use ::hyper::rt::Timer;

    #[test]
    fn hyper_sees_the_virtual_clock() {
        let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
        let slept = runtime.block_on(async {
            let timer = GlassloopTimer::new();
            let start = timer.now();
            timer.sleep(Duration::from_secs(5)).await;
            assert_eq!(timer.now() - start, Duration::from_secs(5));
            timer.sleep_until(start + Duration::from_secs(8)).await;
            let mut sleep = timer.sleep(Duration::from_secs(100));
            timer.reset(&mut sleep, start + Duration::from_secs(9));
            sleep.await;
            timer.sleep_until(start).await; // long over
            timer.now() - start
        });
        assert_eq!(slept.unwrap(), Duration::from_secs(9));
    }

    #[test]
    fn hypers_sleeps_may_be_dropped_on_another_thread() {
        crate::run(async {
            let mut sleep = GlassloopTimer::new().sleep(Duration::from_secs(3600));
            let polled = std::future::poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
            std::thread::spawn(move || drop(sleep)).join().unwrap();
        });
    }
}
