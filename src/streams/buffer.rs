//! Bytes that go in behind and come out in front.

use std::fmt;

/// The room of a buffer's first read, and that to which reads that fill it grow.
const FIRST: usize = 8 * 1024;
const LARGEST: usize = 64 * 1024;

/// Empty, it keeps little memory, unless reads go on to be large: most connections are idle most of the time.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// What is in it is `bytes[start..end]`; behind that is room for the next read.
    start: usize,
    end: usize,
    /// What the last read filled: the next one may be as large.
    last: usize,
}

impl Buffer {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes `count` bytes out in front.
    ///
    /// # Panics
    /// If there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.as_slice()[..count].to_vec();
        self.discard(count);
        taken
    }

    pub(super) fn take_all(&mut self) -> Vec<u8> {
        self.take(self.len())
    }

    /// Drops `count` bytes in front.
    pub(super) fn discard(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.end, "there are fewer");
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            // What one large message needed is not kept, however its last read came.
            let keep = if self.last < FIRST { FIRST } else { 2 * LARGEST };
            if self.bytes.len() > keep {
                self.bytes = Vec::new();
            }
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.end == self.bytes.len() || self.bytes.len() - self.end < bytes.len() {
            self.close_gap();
        }
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(bytes);
        self.end = self.bytes.len();
    }

    /// Room for a read; [`Buffer::filled`] says how much of it was used.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let wanted = if self.last >= FIRST { LARGEST } else { FIRST };
        if self.bytes.len() - self.end < wanted {
            self.close_gap();
            self.bytes.resize(self.end + wanted, 0);
        }
        &mut self.bytes[self.end..]
    }

    pub(super) fn filled(&mut self, count: usize) {
        self.end += count;
        self.last = count;
    }

    /// Moves what there is to the beginning, if that is at most as much as was taken out since the last move: all moves
    /// together then cost no more than the takes did.
    fn close_gap(&mut self) {
        if self.start > 0 && self.len() <= self.start {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }
}

/// Says how much there is, not what.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_large_message_needed_is_not_kept() {
        let mut buffer = Buffer::default();
        for _ in 0..1_000 {
            let count = buffer.room().len();
            buffer.filled(count); // each read is as large as can be, the last one too
        }
        assert!(buffer.bytes.len() > 10_000_000);
        buffer.take_all();
        assert!(buffer.bytes.len() <= 2 * LARGEST, "{} bytes", buffer.bytes.len());
    }

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let (mut buffer, mut came, mut went) = (Buffer::default(), Vec::new(), Vec::new());
        for step in 0..2_000_usize {
            let bytes: Vec<u8> = (0..step * 7 % 300).map(|index| (index + step) as u8).collect();
            went.extend_from_slice(&bytes);
            if step % 2 == 0 {
                buffer.push(&bytes);
            } else {
                buffer.room()[..bytes.len()].copy_from_slice(&bytes);
                buffer.filled(bytes.len());
            }
            came.extend(buffer.take((step * 13 % 331).min(buffer.len())));
        }
        came.extend(buffer.take_all());
        assert!(came == went, "{} came of {}", came.len(), went.len());
        assert!(buffer.bytes.len() <= FIRST, "an empty buffer keeps little memory");
    }
}
