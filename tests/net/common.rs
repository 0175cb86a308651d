//! A loop on a virtual clock, and streams that do as they are told.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{AsyncRead, AsyncWrite};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Clock, Runtime};

/// Runs a future on a virtual clock of its own: no test waits for time.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap().block_on(future).unwrap()
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Lets everything go on that need not wait for time or for the system.
pub(crate) async fn settle() {
    for _ in 0..20 {
        glassloop::yield_now().await;
    }
}

/// Polls once, with the task's own waker: whether it is done.
pub(crate) async fn is_ready<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// Words in the order in which they were said.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, word: impl Into<String>) {
        self.0.borrow_mut().push(word.into());
    }

    /// All so far, joined by blanks; the log is empty afterwards.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }
}

/// Gives these pieces, one a read, and makes whoever reads wait before each.
pub(crate) struct Drip {
    pieces: VecDeque<Vec<u8>>,
    waits: bool,
}

impl Drip {
    pub(crate) fn new(pieces: impl IntoIterator<Item: Into<Vec<u8>>>) -> Drip {
        Drip { pieces: pieces.into_iter().map(Into::into).collect(), waits: true }
    }

    /// A byte at a time.
    pub(crate) fn bytes(text: &[u8]) -> Drip {
        Drip::new(text.iter().map(|byte| vec![*byte]))
    }
}

impl AsyncRead for Drip {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.waits, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waits = true;
        let piece = self.pieces.pop_front().unwrap_or_default();
        buf[..piece.len()].copy_from_slice(&piece);
        Poll::Ready(Ok(piece.len()))
    }
}

/// A stream that takes as many bytes as it was allowed to. A clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Gate(Rc<State>);

#[derive(Default)]
struct State {
    allowed: Cell<usize>,
    waker: Cell<Option<Waker>>,
    taken: RefCell<Vec<u8>>,
    is_closed: Cell<bool>,
    fails: Cell<bool>,
}

impl Gate {
    pub(crate) fn allow(&self, bytes: usize) {
        self.0.allowed.set(self.0.allowed.get() + bytes);
        self.0.waker.take().into_iter().for_each(Waker::wake);
    }

    pub(crate) fn fail(&self) {
        self.0.fails.set(true);
        self.0.waker.take().into_iter().for_each(Waker::wake);
    }

    pub(crate) fn taken(&self) -> Vec<u8> {
        self.0.taken.borrow().clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed.get()
    }
}

impl AsyncWrite for Gate {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let State { allowed, waker, taken, fails, .. } = &*self.0;
        if fails.get() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionReset, "the gate fell shut")));
        }
        let count = allowed.get().min(buf.len());
        if count == 0 {
            waker.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        allowed.set(allowed.get() - count);
        taken.borrow_mut().extend_from_slice(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.is_closed.set(true);
        Poll::Ready(Ok(()))
    }
}

/// Numbers by xorshift.
#[derive(Clone)]
pub(crate) struct Random(Rc<Cell<u64>>);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Rc::new(Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)))
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        (x >> 8) % bound
    }

    pub(crate) fn size(&self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }
}

/// Awaits, or gives up after some polls, or loses a race, or is in a combinator that is not ours; `None` if it was dropped.
pub(crate) async fn tried<F: Future>(random: &Random, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    match random.below(8) {
        0..=1 => Some(future.await),
        2..=4 => {
            for _ in 0..1 + random.below(3) {
                let polled = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
                if let Poll::Ready(output) = polled {
                    return Some(output);
                }
                glassloop::yield_now().await;
            }
            None
        }
        5..=6 => match select(future, std::pin::pin!(glassloop::sleep(ms(random.below(3))))).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        },
        _ => FuturesUnordered::from_iter([future]).next().await,
    }
}

/// Runs as many schedules, many of them side by side in each loop.
pub(crate) fn run_schedules(count: u64, schedule: impl AsyncFn(u64, Random)) {
    const AT_ONCE: u64 = 100;
    for first in (0..count).step_by(AT_ONCE as usize) {
        run(async {
            let schedules = (first..first + AT_ONCE).map(|number| schedule(number, Random::new(number + 1)));
            FuturesUnordered::from_iter(schedules).collect::<Vec<()>>().await;
        });
    }
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
