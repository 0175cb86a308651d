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

    /// Moves as much to `buf` as there is and fits.
    pub(super) fn move_to(&mut self, buf: &mut [u8]) -> usize {
        let count = self.unread().len().min(buf.len());
        buf[..count].copy_from_slice(&self.unread()[..count]);
        self.consume(count);
        count
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

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Gives one byte a read.
    struct Drip;

    impl AsyncRead for Drip {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
            buf[0] = b'x';
            Poll::Ready(Ok(1))
        }
    }

    #[test]
    fn rule_13_no_more_is_moved_than_was_received() {
        const RECEIVED: usize = 200_000;
        // What the codec leaves unread for a long time is in the way of each byte that comes.
        for left_unread in [1, 100, 4000, 4096, 5000] {
            let mut buffer = ReadBuffer::default();
            let mut moved = 0;
            for _ in 0..RECEIVED {
                let (start, unread) = (buffer.start, buffer.unread().len());
                let filled = buffer.poll_fill(&mut Context::from_waker(Waker::noop()), &mut Drip);
                assert!(matches!(filled, Poll::Ready(Ok(1))));
                if buffer.start < start {
                    moved += unread;
                }
                buffer.consume(buffer.unread().len().saturating_sub(left_unread));
            }
            assert!(moved <= RECEIVED, "{moved} bytes were moved, with {left_unread} unread");
            assert!(buffer.bytes.len() <= 2 * FIRST, "{} bytes, with {left_unread} unread", buffer.bytes.len());
        }
    }
}
