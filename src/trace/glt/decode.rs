//! Reads the binary format. Whatever the bytes are: an error or records, in time and memory in proportion to them.

use std::ops::Range;
use std::rc::Rc;

use thiserror::Error;

use super::{BLOCK, INDEX, MAGIC, TIMED};
use crate::trace::executor::TaskRef;
use crate::trace::reactor::Place;
use crate::trace::schema::{Entry, FieldReader, Record, Word};

/// What is wrong with the bytes, and where.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{problem} (at byte {at})")]
pub struct DecodeError {
    /// The offset of the byte at which it was noticed.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// See [`DecodeError`].
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not a trace, or one of another version.
    #[error("this is no glassloop trace of version 1: it does not begin with \"GLT1\"")]
    NoTrace,
    /// It ends in the middle of something.
    #[error("the trace is cut: {0} is not complete")]
    Cut(&'static str),
    /// The header is no JSON in UTF-8.
    #[error("the header is not readable")]
    Header,
    /// A section with a tag of no meaning.
    #[error("a section of unknown type {0:#04x}")]
    Section(u8),
    /// A kind that this version does not know.
    #[error("an event of unknown kind {0}")]
    Kind(u8),
    /// A number of more than 64 bits.
    #[error("a number of more than 64 bits")]
    Number,
    /// A value out of its range.
    #[error("the field {0:?} has an impossible value")]
    Field(&'static str),
    /// Bytes that belong to nothing.
    #[error("a block is longer than what is in it")]
    Left,
    /// A string that is no UTF-8.
    #[error("a string is not UTF-8")]
    Text,
}

/// One run, and where its blocks are. Nothing of the blocks has been looked at yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The header, which is JSON.
    pub header: String,
    /// Where the payload of each block lies among the bytes.
    pub blocks: Vec<Range<usize>>,
    /// What is wrong after the last of these blocks, if anything is; the blocks themselves are whole.
    pub cut: Option<DecodeError>,
}

/// What is in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Leads from nothing to the state before the first event.
    pub states: Vec<Entry<Rc<str>>>,
    /// The events, in order.
    pub events: Vec<Record<Rc<str>>>,
}

/// The runs in a file. A file that is cut gives what is whole.
///
/// # Errors
/// If not even the first run's header is there.
pub fn runs(bytes: &[u8]) -> Result<Vec<Run>, DecodeError> {
    let mut cursor = Cursor { bytes, at: 0 };
    let mut runs = Vec::new();
    while cursor.at < bytes.len() || runs.is_empty() {
        let header = match cursor.header() {
            Ok(header) => header,
            Err(error) => {
                let Some(Run { cut, .. }) = runs.last_mut() else { return Err(error) };
                cut.get_or_insert(error);
                break;
            }
        };
        let mut run = Run { header, blocks: Vec::new(), cut: None };
        let whole = cursor.blocks(&mut run);
        run.cut = whole.err();
        let cut = run.cut.is_some();
        runs.push(run);
        if cut {
            break;
        }
    }
    Ok(runs)
}

/// The records of one block: `bytes` is the whole file, `payload` a range out of [`Run::blocks`].
///
/// # Errors
/// If the bytes are not what a recorder writes.
pub fn block(bytes: &[u8], payload: Range<usize>) -> Result<Block, DecodeError> {
    let mut block = Block { states: Vec::new(), events: Vec::new() };
    for record in records(bytes, payload)? {
        match record? {
            Record { seq: 0, entry, .. } => block.states.push(entry),
            event => block.events.push(event),
        }
    }
    Ok(block)
}

/// As [`block`], one by one: first the states, which have the `seq` 0, then the events.
///
/// # Errors
/// If not even the strings of the block can be read.
pub fn records(bytes: &[u8], payload: Range<usize>) -> Result<Records<'_>, DecodeError> {
    let mut cursor = Cursor { bytes: &bytes[..payload.end], at: payload.start };
    let (first_seq, t) = cursor.beginning()?;
    let mut strings = Vec::new();
    for _ in 0..cursor.varint()? {
        let length = cursor.varint()?;
        let text = cursor.take(length, "a string")?;
        strings.push(Rc::from(str::from_utf8(text).map_err(|_| cursor.error(Problem::Text))?));
    }
    let left = cursor.varint()?;
    Ok(Records { cursor, strings, t, next_seq: first_seq, part: Part::States, left })
}

/// The number of the first event of a block.
///
/// # Errors
/// If the block has none.
pub fn first_seq(bytes: &[u8], payload: Range<usize>) -> Result<u64, DecodeError> {
    let mut cursor = Cursor { bytes: &bytes[..payload.end], at: payload.start };
    Ok(cursor.beginning()?.0)
}

/// See [`records`]. After an error it ends.
#[derive(Debug)]
pub struct Records<'b> {
    cursor: Cursor<'b>,
    strings: Vec<Rc<str>>,
    t: u64,
    next_seq: u64,
    part: Part,
    /// Of that part.
    left: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    States,
    Events,
    Over,
}

impl Records<'_> {
    fn step(&mut self) -> Result<Option<Record<Rc<str>>>, DecodeError> {
        if self.part == Part::States && self.left == 0 {
            (self.part, self.left) = (Part::Events, self.cursor.varint()?);
        }
        if self.left == 0 || self.part == Part::Over {
            let all = self.part == Part::Over || self.cursor.at == self.cursor.bytes.len();
            self.part = Part::Over;
            return if all { Ok(None) } else { Err(self.cursor.error(Problem::Left)) };
        }
        self.left -= 1;
        let entry = self.cursor.record(&mut self.t, &self.strings)?;
        let seq = if self.part == Part::States { 0 } else { self.next_seq };
        self.next_seq = self.next_seq.saturating_add(seq.min(1));
        Ok(Some(Record { seq, t: self.t, entry }))
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record<Rc<str>>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.part = Part::Over;
        }
        step.transpose()
    }
}

#[derive(Debug)]
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn error(&self, problem: Problem) -> DecodeError {
        DecodeError { at: self.at, problem }
    }

    fn take(&mut self, count: u64, what: &'static str) -> Result<&'b [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let count = usize::try_from(count).ok().filter(|count| *count <= rest.len());
        let count = count.ok_or_else(|| self.error(Problem::Cut(what)))?;
        self.at += count;
        Ok(&rest[..count])
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(self.take(1, what)?[0])
    }

    /// What is in something that begins with its length.
    fn section(&mut self, what: &'static str) -> Result<&'b [u8], DecodeError> {
        let mut length = [0; 4];
        length.copy_from_slice(self.take(4, what)?);
        self.take(u32::from_le_bytes(length).into(), what)
    }

    fn header(&mut self) -> Result<String, DecodeError> {
        let start = self.at;
        let rest = &self.bytes[start..];
        if !rest.starts_with(MAGIC) {
            let cut = !rest.is_empty() && MAGIC.starts_with(rest);
            return Err(self.error(if cut { Problem::Cut("the header") } else { Problem::NoTrace }));
        }
        self.at += MAGIC.len();
        let header = self.section("the header")?;
        let text = str::from_utf8(header).ok().filter(|text| serde_json::from_str::<serde_json::Value>(text).is_ok());
        text.map(str::to_owned).ok_or(DecodeError { at: start, problem: Problem::Header })
    }

    /// Finds the blocks of a run, to its index.
    fn blocks(&mut self, run: &mut Run) -> Result<(), DecodeError> {
        loop {
            let start = self.at;
            let tag = self.byte("the last run")?;
            match tag {
                BLOCK => {
                    let payload = self.section("the last block").map_err(|error| DecodeError { at: start, ..error })?;
                    run.blocks.push(self.at - payload.len()..self.at);
                }
                INDEX => return self.section("the index").map(drop),
                _ => return Err(DecodeError { at: start, problem: Problem::Section(tag) }),
            }
        }
    }

    /// Of a block's payload: the number of its first event, which is at least 1, and the time.
    fn beginning(&mut self) -> Result<(u64, u64), DecodeError> {
        let first_seq = self.varint()?;
        if first_seq == 0 {
            return Err(self.error(Problem::Field("first_seq")));
        }
        Ok((first_seq, self.varint()?))
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte("an event")?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.error(Problem::Number))
    }

    fn record(&mut self, t: &mut u64, strings: &[Rc<str>]) -> Result<Entry<Rc<str>>, DecodeError> {
        let start = self.at;
        let code = self.byte("an event")?;
        if code & TIMED != 0 {
            *t = t.saturating_add(self.varint()?);
        }
        let kind = code & !TIMED;
        let entry = Entry::read(kind, &mut Fields { cursor: self, strings })?;
        entry.ok_or(DecodeError { at: start, problem: Problem::Kind(kind) })
    }
}

struct Fields<'c, 'b, 's> {
    cursor: &'c mut Cursor<'b>,
    strings: &'s [Rc<str>],
}

impl Fields<'_, '_, '_> {
    fn wrong(&self, name: &'static str) -> DecodeError {
        self.cursor.error(Problem::Field(name))
    }

    fn string(&self, name: &'static str, index: u64) -> Result<Rc<str>, DecodeError> {
        let string = usize::try_from(index).ok().and_then(|index| self.strings.get(index));
        string.cloned().ok_or_else(|| self.wrong(name))
    }
}

impl FieldReader<Rc<str>> for Fields<'_, '_, '_> {
    type Error = DecodeError;

    fn number(&mut self, _: &'static str) -> Result<u64, DecodeError> {
        self.cursor.varint()
    }

    fn maybe(&mut self, _: &'static str) -> Result<Option<u64>, DecodeError> {
        Ok(self.cursor.varint()?.checked_sub(1))
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, DecodeError> {
        match self.cursor.varint()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong(name)),
        }
    }

    fn text(&mut self, name: &'static str) -> Result<Rc<str>, DecodeError> {
        let index = self.cursor.varint()?;
        self.string(name, index)
    }

    fn maybe_text(&mut self, name: &'static str) -> Result<Option<Rc<str>>, DecodeError> {
        let index = self.cursor.varint()?.checked_sub(1);
        index.map(|index| self.string(name, index)).transpose()
    }

    fn who(&mut self, name: &'static str) -> Result<Option<TaskRef>, DecodeError> {
        let number = self.cursor.varint()?;
        let task = number >> 1;
        let child = match number & 1 {
            1 => Some(u32::try_from(self.cursor.varint()?).map_err(|_| self.wrong(name))?),
            _ => None,
        };
        Ok((number != 0).then_some(TaskRef { task, child }))
    }

    fn place(&mut self, name: &'static str) -> Result<Place, DecodeError> {
        match self.cursor.varint()? {
            0 => Ok(Place::Due),
            1 => Ok(Place::Far),
            slot @ 2..386 => Ok(Place::Slot { level: ((slot - 2) / 64) as u8, slot: ((slot - 2) % 64) as u8 }),
            _ => Err(self.wrong(name)),
        }
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<W, DecodeError> {
        let index = u8::try_from(self.cursor.varint()?).ok();
        index.and_then(W::at).ok_or_else(|| self.wrong(name))
    }
}
