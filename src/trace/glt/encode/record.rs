//! The records of a block, each written where it stays.

use super::{Strings, Text};
use crate::trace::executor::TaskRef;
use crate::trace::reactor::Place;
use crate::trace::schema::{FieldWriter, Word};

/// Bytes of whole records, and behind them room for more.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    end: usize,
}

/// Room for a record, which is at most half as long: a code and a time, and seven fields of at most fifteen bytes. Whatever index a byte
/// can hold is inside of it: so none is checked.
const ROOM: usize = 1 << u8::BITS;

impl Records {
    /// Where the next record goes. It is asked for once a record, so that a byte of one costs no look at the capacity.
    #[inline(always)]
    pub(super) fn room(&mut self) -> Option<&mut [u8; ROOM]> {
        self.bytes.get_mut(self.end..)?.first_chunk_mut()
    }

    /// What was written there, of that length, is one.
    #[inline(always)]
    pub(super) fn keep(&mut self, len: usize) {
        self.end += len;
    }

    #[cold]
    pub(super) fn grow(&mut self) {
        self.bytes.resize((2 * self.bytes.len()).max(1 << 14), 0);
    }

    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.end
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }
}

/// A record that is being written.
pub(super) struct Record<'b> {
    bytes: &'b mut [u8; ROOM],
    len: u8,
    strings: &'b mut Strings,
}

impl<'b> Record<'b> {
    #[inline(always)]
    pub(super) fn new(bytes: &'b mut [u8; ROOM], strings: &'b mut Strings) -> Record<'b> {
        Record { bytes, len: 0, strings }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len.into()
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
        let index = self.strings.index(*value);
        self.varint(u64::from(index));
    }

    #[inline(always)]
    fn maybe_text(&mut self, _: &'static str, value: &Option<Text<'_>>) {
        let index = value.map_or(0, |text| u64::from(self.strings.index(text)) + 1);
        self.varint(index);
    }

    #[inline(always)]
    fn who(&mut self, _: &'static str, value: &Option<TaskRef>) {
        let Some(TaskRef { task, child }) = *value else { return self.byte(0) };
        self.varint(task << 1 | u64::from(child.is_some()));
        if let Some(child) = child {
            self.varint(u64::from(child));
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
