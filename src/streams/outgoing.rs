//! What a writer has taken and the transport has not: a task of its own sends it, as long as there is any.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::mem;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker, ready};

use glassloop_reactor::Direction;

use super::buffer::Buffer;
use super::connection::{Connection, Lost};
use super::steady::spawn_steady;
use crate::context;
use crate::net::Site;
use crate::waiters::{Registration, Resource, Seen, Waiters};

/// Above the high mark `drain` waits, until the buffer is down to the low one.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaterMarks {
    pub(super) high: usize,
    pub(super) low: usize,
}

/// asyncio's.
const WATER_MARKS: WaterMarks = WaterMarks { high: 64 * 1024, low: 16 * 1024 };

/// How far the stream is to go once all is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Ending {
    /// On.
    No,
    /// To the end of what is written; reading goes on.
    Write,
    /// To the end of both directions.
    Both,
}

pub(super) struct Outgoing {
    pub(super) connection: Rc<Connection>,
    unsent: RefCell<Buffer>,
    marks: Cell<WaterMarks>,
    /// Went above the high water mark, and has not come down to the low one since.
    pub(super) is_full: Cell<bool>,
    pub(super) ending: Cell<Ending>,
    /// How far it has come.
    pub(super) ended: Cell<Ending>,
    pub(super) lost: RefCell<Option<Lost>>,
    /// A task is at it.
    is_sending: Cell<bool>,
    pub(super) registration: Registration,
    pub(super) drainers: Waiters,
    pub(super) closers: Waiters,
}

impl Outgoing {
    pub(super) fn new(connection: Rc<Connection>) -> Rc<Outgoing> {
        Rc::new(Outgoing {
            connection,
            unsent: RefCell::default(),
            marks: Cell::new(WATER_MARKS),
            is_full: Cell::new(false),
            ending: Cell::new(Ending::No),
            ended: Cell::new(Ending::No),
            lost: RefCell::new(None),
            is_sending: Cell::new(false),
            registration: Registration::default(),
            drainers: Waiters::default(),
            closers: Waiters::default(),
        })
    }

    pub(super) fn register(self: &Rc<Self>) {
        self.registration.register("stream writer", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Outgoing>;
            this
        });
    }

    /// Takes `bytes` over; sends at once what the transport takes.
    pub(super) fn push(self: &Rc<Self>, bytes: &[u8], site: Site) -> io::Result<()> {
        let mut rest = bytes;
        // Behind what is kept already, if there is any.
        if !self.is_sending.get() && self.unsent.borrow().is_empty() {
            let mut cx = Context::from_waker(Waker::noop());
            while !rest.is_empty() {
                match self.poll_write(&mut cx, rest, site) {
                    Poll::Ready(Ok(count)) => rest = &rest[count..],
                    Poll::Ready(Err(error)) => {
                        self.lose(&error);
                        return Err(error);
                    }
                    Poll::Pending => break,
                }
            }
        }
        if !rest.is_empty() {
            self.unsent.borrow_mut().push(rest);
            self.note_level();
        }
        self.go_on(site);
        Ok(())
    }

    /// Sends what can be sent now; if that is not all, a task sends the rest.
    pub(super) fn go_on(self: &Rc<Self>, site: Site) {
        if self.is_sending.get() {
            return;
        }
        if self.poll_send(&mut Context::from_waker(Waker::noop()), site).is_ready() {
            return;
        }
        self.connection.stop_waiting(Direction::Write); // nobody would be woken
        // Without a loop there is nobody to do it: what is left goes with the connection.
        let Some(context) = context::current() else { return };
        self.is_sending.set(true);
        let sending = Sending(Rc::clone(self));
        let name = format!("writing to {}", self.connection.peer.name());
        spawn_steady(&context.executor, name, site.location, async move {
            let sending = sending;
            poll_fn(|cx| sending.0.poll_send(cx, site)).await;
        });
    }

    /// Sends what was written, or ended, without a loop to send it.
    pub(super) fn resume(self: &Rc<Self>, site: Site) {
        if !self.unsent.borrow().is_empty() || self.ended.get() < self.ending.get() {
            self.go_on(site);
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8], site: Site) -> Poll<io::Result<usize>> {
        match self.connection.with(|transport| transport.poll_write(cx, bytes, site)) {
            // It calls back while it is polled itself: later.
            None if !self.connection.is_closed() => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(Err(io::Error::new(io::ErrorKind::NotConnected, "the connection is closed"))),
            Some(Poll::Ready(Ok(0))) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Some(written) => written,
        }
    }

    /// Sends until all is sent and the ending that is wanted is reached.
    fn poll_send(&self, cx: &mut Context<'_>, site: Site) -> Poll<()> {
        // After a failure there may still be the closing to do.
        while let Err(error) = ready!(self.poll_send_all(cx, site)) {
            self.lose(&error);
        }
        Poll::Ready(())
    }

    fn poll_send_all(&self, cx: &mut Context<'_>, site: Site) -> Poll<io::Result<()>> {
        if self.lost.borrow().is_none() {
            while !self.unsent.borrow().is_empty() {
                // Taken out meanwhile: a stranger's transport may call back.
                let mut unsent = mem::take(&mut *self.unsent.borrow_mut());
                let written = self.poll_write(cx, unsent.as_slice(), site);
                if let Poll::Ready(Ok(count)) = written {
                    unsent.discard(count);
                }
                let late = mem::replace(&mut *self.unsent.borrow_mut(), unsent);
                if !late.is_empty() {
                    self.unsent.borrow_mut().push(late.as_slice());
                }
                self.note_level();
                ready!(written)?;
            }
            if let Some(flushed) = self.connection.with(|transport| transport.poll_flush(cx)) {
                ready!(flushed)?;
            }
            if self.ending.get() > Ending::No && self.ended.get() == Ending::No {
                let finished = self.connection.with(|transport| transport.poll_finish(cx));
                ready!(finished.unwrap_or(Poll::Ready(Ok(()))))?;
                self.ended.set(Ending::Write);
            }
        }
        if self.ending.get() == Ending::Both && self.ended.get() != Ending::Both {
            self.ended.set(Ending::Both);
            self.connection.close();
            self.closers.wake_all(&self.registration);
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn set_marks(&self, marks: WaterMarks) {
        self.marks.set(marks);
        self.note_level();
    }

    /// Down at the low water mark, those who drain go on.
    fn note_level(&self) {
        let (unsent, WaterMarks { high, low }) = (self.unsent(), self.marks.get());
        if unsent > high {
            self.is_full.set(true);
        } else if unsent <= low && self.is_full.replace(false) {
            self.drainers.wake_all(&self.registration);
        }
    }

    /// Goes to an end, once all is sent.
    pub(super) fn end(self: &Rc<Self>, ending: Ending, site: Site) {
        if self.ending.get() < ending {
            self.ending.set(ending);
            self.go_on(site);
        }
    }

    /// Nothing can be sent any more. What has arrived can still be read.
    fn lose(&self, error: &io::Error) {
        self.connection.note_error(error);
        self.lost.borrow_mut().get_or_insert_with(|| Lost::new(error));
        self.unsent.take();
        self.is_full.set(false);
        self.drainers.wake_all(&self.registration);
        self.closers.wake_all(&self.registration);
    }

    /// Closes now; what was not sent is lost.
    pub(super) fn abort(&self) {
        self.ending.set(Ending::Both);
        self.ended.set(Ending::Both);
        let lost = io::Error::new(io::ErrorKind::ConnectionAborted, "the writer was aborted");
        let had_more = !self.unsent.borrow().is_empty();
        self.connection.close();
        if had_more {
            self.lose(&lost);
        } else {
            self.closers.wake_all(&self.registration);
        }
    }

    pub(super) fn unsent(&self) -> usize {
        self.unsent.borrow().len()
    }
}

/// The task that sends. However it ends, the next write may start another.
struct Sending(Rc<Outgoing>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.is_sending.set(false);
        if self.0.connection.is_closed() && self.0.ended.get() != Ending::Both {
            self.0.lose(&io::Error::new(io::ErrorKind::ConnectionAborted, "the stream panicked"));
        }
    }
}

impl Resource for Outgoing {
    fn look(&self) -> Seen {
        let mut seen = self.registration.seen("stream writer", 0, 0, &self.drainers);
        self.closers.look(&mut seen.waits);
        seen
    }
}
