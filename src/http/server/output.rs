//! What is to be sent on a connection and was not yet: one answer, or several that go together.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::task::{Context, Poll, ready};

use super::{Shared, Wire};

/// A buffer larger than this is not kept for other responses.
const KEPT: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// How many of them were sent.
    sent: usize,
}

impl Output {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gets the buffer ready for an answer; the length of what is in front of it.
    pub(super) fn begin(&mut self, shared: &Shared) -> usize {
        if self.bytes.is_empty() {
            self.bytes = shared.spare_output.take();
        }
        self.bytes.len()
    }

    /// Sends all of it, and these bytes behind it, in one piece; then it is empty.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        wire: &RefCell<Wire>,
        behind: &[u8],
    ) -> Poll<io::Result<()>> {
        ready!(wire.borrow_mut().poll_send(cx, [&self.bytes, behind], &mut self.sent))?;
        self.bytes.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// If nothing is left to be sent, others may have the buffer.
    pub(super) fn give_back(&mut self, shared: &Shared) {
        if self.bytes.is_empty() && self.bytes.capacity() <= KEPT {
            shared.spare_output.give(mem::take(&mut self.bytes));
        }
    }
}
