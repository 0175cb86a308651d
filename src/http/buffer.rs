//! Bytes that were received and not consumed yet.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::AsyncRead;

/// The room of a new buffer: more than most heads need.
const FIRST: usize = 8 * 1024;
/// The room that a stream of full reads grows to.
const STREAMING: usize = 64 * 1024;

/// A growing buffer between a stream and a codec. It only grows beyond 64 KiB while the codec
/// consumes nothing, and the codec's own limits bound that.
#[derive(Default)]
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    /// The unread part is `bytes[start..end]`.
    start: usize,
    end: usize,
    /// The last read filled all the room: there is probably more where that came from.
    was_filled: bool,
}

impl ReadBuffer {
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether the last read found less than there was room for.
    pub(super) fn was_drained(&self) -> bool {
        !self.was_filled
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.end, "consumed more than there was");
    }

    /// Reads once, behind what is unread; 0 means that the peer closed.
    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let room = &mut self.bytes[self.end..];
        let size = room.len();
        let result = Pin::new(stream).poll_read(cx, room);
        if let Poll::Ready(Ok(count)) = result {
            self.end += count;
            self.was_filled = count == size;
        }
        result
    }

    fn make_room(&mut self) {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            let wanted = match self.bytes.len() {
                0 => FIRST,
                size if self.was_filled && size < STREAMING => size * 2,
                size => size,
            };
            self.bytes.resize(wanted, 0);
        } else if self.end == self.bytes.len() {
            if self.start >= self.end / 2 {
                // Moving at most as much as was consumed since the last move keeps this linear.
                self.bytes.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
        }
    }
}

/// Says how much there is, not what: a response may hold secrets.
impl fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadBuffer({} bytes)", self.unread().len())
    }
}
