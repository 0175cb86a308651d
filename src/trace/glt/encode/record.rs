//! The records of a block, each written where it stays.

use super::{Strings, Text};
use crate::trace::executor::TaskRef;
use crate::trace::reactor::Place;
use crate::trace::schema::{FieldWriter, Word};

/// Bytes of whole records. Those that came last lie in a page: its size is known, so that one compare tells whether there is room.
#[derive(Debug)]
pub(super) struct Records {
    full: Vec<u8>,
    page: Box<[u8; PAGE]>,
    /// Of the page, how much is written; more than all of it: nothing, and nothing may be.
    end: usize,
}

const PAGE: usize = 1 << 14;

/// Room for a record, which is at most half as long: a code and a time, and seven fields of at most fifteen bytes. Whatever index a byte
/// can hold is inside of it: so none is checked.
const ROOM: usize = 1 << u8::BITS;

impl Default for Records {
    /// Without room.
    fn default() -> Records {
        let page = vec![0; PAGE].try_into().expect("it has that length");
        Records { full: Vec::new(), page, end: usize::MAX }
    }
}

impl Records {
    /// Where the next record goes. It is asked for once a record, so that a byte of one costs no look at the capacity.
    #[inline(always)]
    pub(super) fn room(&mut self) -> Option<&mut [u8; ROOM]> {
        if self.end > PAGE - ROOM {
            return None;
        }
        self.page[self.end..].first_chunk_mut()
    }

    /// What was written there, of that length, is one.
    #[inline(always)]
    pub(super) fn keep(&mut self, len: usize) {
        self.end += len;
    }

    /// Makes room.
    #[cold]
    pub(super) fn turn_page(&mut self) {
        self.full.extend(self.page.get(..self.end).unwrap_or_default());
        self.end = 0;
    }

    /// Forgets them.
    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.end = 0;
    }

    /// Those of full pages.
    pub(super) fn full(&self) -> &[u8] {
        &self.full
    }

    /// Those after them.
    pub(super) fn open(&self) -> &[u8] {
        self.page.get(..self.end).unwrap_or_default()
    }
}

/// A record that is being written.
pub(super) struct Record<'b> {
    bytes: &'b mut [u8; ROOM],
    len: u8,
    strings: &'b mut Strings,
    has_new_text: bool,
}

impl<'b> Record<'b> {
    #[inline(always)]
    pub(super) fn new(bytes: &'b mut [u8; ROOM], strings: &'b mut Strings) -> Record<'b> {
        Record { bytes, len: 0, strings, has_new_text: false }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len.into()
    }

    /// Whether the strings are more by it.
    #[inline(always)]
    pub(super) fn has_new_text(&self) -> bool {
        self.has_new_text
    }

    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// Most numbers are small; the others are worth no room in the code of every field.
    #[inline(always)]
    pub(super) fn varint(&mut self, number: u64) {
        if number < 0x80 {
            self.byte(number as u8);
        } else {
            self.len = long_varint(self.bytes, self.len, number);
        }
    }

    #[inline(always)]
    fn index(&mut self, text: Text<'_>) -> u64 {
        if let Some(index) = text.key().and_then(|key| self.strings.known(key)) {
            return index.into();
        }
        self.has_new_text = true;
        self.strings.find(text).into()
    }
}

/// Says where the next byte goes.
#[inline(never)]
fn long_varint(bytes: &mut [u8; ROOM], mut at: u8, mut number: u64) -> u8 {
    while number >= 0x80 {
        bytes[usize::from(at)] = number as u8 | 0x80;
        at += 1;
        number >>= 7;
    }
    bytes[usize::from(at)] = number as u8;
    at + 1
}

impl FieldWriter<Text<'_>> for Record<'_> {
    #[inline(always)]
    fn number(&mut self, _: &'static str, value: &u64) {
        self.varint(*value);
    }

    #[inline(always)]
    fn maybe(&mut self, _: &'static str, value: &Option<u64>) {
        // The greatest number stands for itself and for the one before: durations without end.
        self.varint(value.map_or(0, |value| value.saturating_add(1)));
    }

    #[inline(always)]
    fn flag(&mut self, _: &'static str, value: &bool) {
        self.byte(u8::from(*value));
    }

    #[inline(always)]
    fn text(&mut self, _: &'static str, value: &Text<'_>) {
        let index = self.index(*value);
        self.varint(index);
    }

    #[inline(always)]
    fn maybe_text(&mut self, _: &'static str, value: &Option<Text<'_>>) {
        let index = value.map_or(0, |text| self.index(text) + 1);
        self.varint(index);
    }

    #[inline(always)]
    fn who(&mut self, _: &'static str, value: &Option<TaskRef>) {
        match *value {
            None => self.byte(0),
            Some(TaskRef { task, child: None }) => self.varint(task << 1),
            Some(TaskRef { task, child: Some(child) }) => {
                self.varint(task << 1 | 1);
                self.varint(u64::from(child));
            }
        }
    }

    #[inline(always)]
    fn place(&mut self, _: &'static str, value: &Place) {
        let number = match *value {
            Place::Due => 0,
            Place::Far => 1,
            Place::Slot { level, slot } => u64::from(level) * 64 + u64::from(slot) + 2,
        };
        self.varint(number);
    }

    #[inline(always)]
    fn word<W: Word>(&mut self, _: &'static str, value: &W) {
        self.byte(value.index());
    }
}
