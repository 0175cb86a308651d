//! Writes the binary format, block by block, without looking anything up that it has seen lately.

use std::io;
use std::panic::Location;
use std::ptr;

use thiserror::Error;

use super::{BLOCK, INDEX, MAGIC, TIMED};
use crate::trace::schema::Entry;

mod record;
mod strings;

use record::{Record, Records};
use strings::Strings;

/// A text as it is while a loop runs; what lives for ever is known again by its address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    Static(&'static str),
    At(&'static Location<'static>),
    Str(&'a str),
}

impl Text<'_> {
    pub(crate) fn with<R>(self, f: impl FnOnce(&str) -> R) -> R {
        match self {
            Text::Static(text) => f(text),
            Text::At(location) => f(&format!("{}:{}", location.file(), location.line())),
            Text::Str(text) => f(text),
        }
    }

    /// Two texts with one key are the same text.
    #[inline(always)]
    fn key(self) -> Option<(usize, usize)> {
        match self {
            Text::Static(text) => Some((text.as_ptr().addr(), text.len())),
            // No string is that long.
            Text::At(location) => Some((ptr::from_ref(location).addr(), usize::MAX)),
            Text::Str(_) => None,
        }
    }
}

/// How many events a block has, unless its state is large.
const EVENTS_PER_BLOCK: u64 = 4096;
/// And how many bytes of strings: long ones make it shorter.
const TEXT_PER_BLOCK: usize = 1 << 20;
/// How many events a block has for each part of its state: so that no recording is mostly states.
const EVENTS_PER_STATE: u64 = 4;
/// A ring forgets whole blocks: shorter ones keep closer to what it is to hold.
const EVENTS_PER_STATE_IN_RING: u64 = 2;

/// The records of one block on their way.
#[derive(Debug)]
pub(crate) struct Block {
    first_seq: u64,
    t0: u64,
    t: u64,
    states: u64,
    /// With so many events it is full.
    enough: u64,
    /// And this is how many of these are to come.
    left: u64,
    /// And so with so many bytes of strings.
    enough_text: usize,
    /// Events to be in every block, however large their states are.
    always: Option<u64>,
    /// And if that is not settled, so many for each part of the state.
    per_state: u64,
    /// Of the records in full pages, what the states take.
    states_end: usize,
    records: Records,
    strings: Strings,
}

impl Block {
    /// A block that begins with the event `first_seq`, at the time `t0`.
    pub(crate) fn new(first_seq: u64, t0: u64) -> Block {
        Block {
            first_seq,
            t0,
            t: t0,
            states: 0,
            enough: EVENTS_PER_BLOCK,
            left: EVENTS_PER_BLOCK,
            enough_text: TEXT_PER_BLOCK,
            always: None,
            per_state: EVENTS_PER_STATE,
            states_end: 0,
            records: Records::default(),
            strings: Strings::default(),
        }
    }

    /// Full with so many events, if that is settled.
    pub(crate) fn with_events(self, events: Option<u64>) -> Block {
        let enough = events.unwrap_or(EVENTS_PER_BLOCK);
        Block { enough, left: enough, always: events, ..self }
    }

    /// For a ring.
    pub(crate) fn in_ring(self) -> Block {
        Block { per_state: EVENTS_PER_STATE_IN_RING, ..self }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn restart(&mut self, first_seq: u64, t0: u64) {
        (self.first_seq, self.t0, self.t) = (first_seq, t0, t0);
        (self.states, self.states_end) = (0, 0);
        (self.enough, self.enough_text) = (self.always.unwrap_or(EVENTS_PER_BLOCK), TEXT_PER_BLOCK);
        self.left = self.enough;
        self.records.clear();
        self.strings.clear();
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The number that the next event gets.
    pub(crate) fn next_seq(&self) -> u64 {
        self.first_seq + self.events()
    }

    pub(crate) fn t0(&self) -> u64 {
        self.t0
    }

    /// How many events are in it.
    pub(crate) fn events(&self) -> u64 {
        self.enough - self.left
    }

    /// A part of the state before the first event; all of them come before all events.
    pub(crate) fn state(&mut self, entry: &Entry<Text<'_>>) {
        while self.put(self.t0, entry).is_none() {
            self.turn_page();
        }
        // Now it lies in a full one.
        self.turn_page();
        self.states += 1;
        self.states_end = self.records.full().len();
        if self.always.is_none() {
            self.enough = self.enough.max(self.per_state * self.states);
            self.left = self.enough;
        }
        self.enough_text = self.enough_text.max(2 * self.strings.bytes().len());
    }

    /// Says whether the block is full with it; `None`: it has not found room, and [the page is to be turned](Block::turn_page).
    #[inline(always)]
    pub(crate) fn event(&mut self, t: u64, entry: &Entry<Text<'_>>) -> Option<bool> {
        let has_new_text = self.put(t, entry)?;
        self.left -= 1;
        Some(self.left == 0 || has_new_text && self.strings.bytes().len() >= self.enough_text)
    }

    /// Says whether it has brought a new text.
    #[inline(always)]
    fn put(&mut self, t: u64, entry: &Entry<Text<'_>>) -> Option<bool> {
        let mut record = Record::new(self.records.room()?, &mut self.strings);
        if t == self.t {
            record.byte(entry.code());
        } else {
            record.byte(entry.code() | TIMED);
            // Time does not run backwards; should a clock think otherwise, it stands still.
            record.varint(t.saturating_sub(self.t));
            self.t = self.t.max(t);
        }
        entry.write(&mut record);
        let (len, has_new_text) = (record.len(), record.has_new_text());
        self.records.keep(len);
        Some(has_new_text)
    }

    /// Makes room.
    #[cold]
    pub(crate) fn turn_page(&mut self) {
        self.records.turn_page();
    }

    /// The block as it stands in a file.
    ///
    /// # Errors
    /// If it is larger than a block can be: its state is that of some hundred million tasks.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, TooLarge> {
        let about = self.records.full().len() + self.records.open().len() + self.strings.bytes().len();
        section(BLOCK, about, |bytes| self.payload(bytes))
    }

    /// Appends what is in it.
    pub(crate) fn payload(&self, bytes: &mut Vec<u8>) {
        let (states, events) = self.records.full().split_at(self.states_end);
        varint(bytes, self.first_seq);
        varint(bytes, self.t0);
        varint(bytes, u64::from(self.strings.count()));
        bytes.extend(self.strings.bytes());
        varint(bytes, self.states);
        bytes.extend(states);
        varint(bytes, self.events());
        bytes.extend(events);
        bytes.extend(self.records.open());
    }
}

/// A part of a recording whose length the format has no number for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a part of {0} bytes: the format ends at 4,294,967,295")]
pub(crate) struct TooLarge(usize);

impl From<TooLarge> for io::Error {
    fn from(error: TooLarge) -> io::Error {
        io::Error::new(io::ErrorKind::FileTooLarge, error)
    }
}

/// The beginning of a run; `header` is JSON.
///
/// # Errors
/// If there is no end to it.
pub(crate) fn beginning(header: &str) -> Result<Vec<u8>, TooLarge> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length(header.len())?);
    bytes.extend(header.as_bytes());
    Ok(bytes)
}

/// The end of a run: of each block its offset, the number of its first event, and its time.
///
/// # Errors
/// If they are too many.
pub(crate) fn index(blocks: &[(u64, u64, u64)]) -> Result<Vec<u8>, TooLarge> {
    section(INDEX, 8 * blocks.len(), |bytes| {
        varint(bytes, blocks.len() as u64);
        for &(offset, first_seq, t0) in blocks {
            [offset, first_seq, t0].into_iter().for_each(|number| varint(bytes, number));
        }
    })
}

/// `about`: how many bytes the payload will have.
fn section(tag: u8, about: usize, payload: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, TooLarge> {
    const HEAD: usize = 5;
    let mut bytes = Vec::with_capacity(HEAD + about + 32);
    bytes.extend([tag, 0, 0, 0, 0]);
    payload(&mut bytes);
    let length = length(bytes.len() - HEAD)?;
    bytes[1..HEAD].copy_from_slice(&length);
    Ok(bytes)
}

fn length(bytes: usize) -> Result<[u8; 4], TooLarge> {
    u32::try_from(bytes).map(u32::to_le_bytes).map_err(|_| TooLarge(bytes))
}

pub(crate) fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_for_the_format_is_an_error() {
        assert_eq!(length(0x0403_0201), Ok([1, 2, 3, 4]));
        assert_eq!(length(u32::MAX as usize), Ok([0xff; 4]));
        let error = length(1 << 32).expect_err("it has no number");
        assert_eq!(error.to_string(), "a part of 4294967296 bytes: the format ends at 4,294,967,295");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::FileTooLarge);
    }
}
