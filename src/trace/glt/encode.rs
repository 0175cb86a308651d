//! Writes the binary format, block by block, without looking anything up that it has seen lately.

use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;

use super::{BLOCK, INDEX, MAGIC, TIMED};
use crate::trace::executor::TaskRef;
use crate::trace::reactor::Place;
use crate::trace::schema::{Entry, FieldWriter, Word};

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
    #[inline]
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

/// The records of one block on their way.
#[derive(Debug)]
pub(crate) struct Block {
    first_seq: u64,
    t0: u64,
    t: u64,
    states: u64,
    events: u64,
    /// With so many events it is full.
    enough: u64,
    /// And so with so many bytes of strings.
    enough_text: usize,
    /// Events to be in every block, however large their states are.
    always: Option<u64>,
    /// Of `records`, what the states take.
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
            events: 0,
            enough: EVENTS_PER_BLOCK,
            enough_text: TEXT_PER_BLOCK,
            always: None,
            states_end: 0,
            records: Records::default(),
            strings: Strings::default(),
        }
    }

    /// Full with so many events, if that is settled.
    pub(crate) fn with_events(self, events: Option<u64>) -> Block {
        Block { enough: events.unwrap_or(EVENTS_PER_BLOCK), always: events, ..self }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn restart(&mut self, first_seq: u64, t0: u64) {
        (self.first_seq, self.t0, self.t) = (first_seq, t0, t0);
        (self.states, self.events, self.states_end) = (0, 0, 0);
        (self.enough, self.enough_text) = (self.always.unwrap_or(EVENTS_PER_BLOCK), TEXT_PER_BLOCK);
        self.records.end = 0;
        self.strings.clear();
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    pub(crate) fn t0(&self) -> u64 {
        self.t0
    }

    /// How many events are in it.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// A part of the state before the first event; all of them come before all events.
    pub(crate) fn state(&mut self, entry: &Entry<Text<'_>>) {
        self.put(self.t0, entry);
        self.states += 1;
        self.states_end = self.records.end;
        // No block is mostly state.
        if self.always.is_none() {
            self.enough = self.enough.max(2 * self.states);
        }
        self.enough_text = self.enough_text.max(2 * self.strings.bytes.len());
    }

    /// Says whether the block is full with it.
    #[inline(always)]
    pub(crate) fn event(&mut self, t: u64, entry: &Entry<Text<'_>>) -> bool {
        self.put(t, entry);
        self.events += 1;
        self.events >= self.enough || self.strings.bytes.len() >= self.enough_text
    }

    #[inline(always)]
    fn put(&mut self, t: u64, entry: &Entry<Text<'_>>) {
        let mut record = Record { bytes: self.records.room(), len: 0, strings: &mut self.strings };
        if t == self.t {
            record.byte(entry.code());
        } else {
            record.byte(entry.code() | TIMED);
            // Time does not run backwards; should a clock think otherwise, it stands still.
            record.varint(t.saturating_sub(self.t));
            self.t = self.t.max(t);
        }
        entry.write(&mut record);
        self.records.end += record.len;
    }

    /// The block as it stands in a file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        section(BLOCK, &self.payload())
    }

    /// What is in it.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let records = &self.records.bytes[..self.records.end];
        let mut payload = Vec::with_capacity(records.len() + self.strings.bytes.len() + 32);
        varint(&mut payload, self.first_seq);
        varint(&mut payload, self.t0);
        varint(&mut payload, u64::from(self.strings.count));
        payload.extend(&self.strings.bytes);
        let (states, events) = records.split_at(self.states_end);
        varint(&mut payload, self.states);
        payload.extend(states);
        varint(&mut payload, self.events);
        payload.extend(events);
        payload
    }
}

/// The beginning of a run; `header` is JSON.
pub(crate) fn beginning(header: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length(header.len()));
    bytes.extend(header.as_bytes());
    bytes
}

/// The end of a run: of each block its offset, the number of its first event, and its time.
pub(crate) fn index(blocks: &[(u64, u64, u64)]) -> Vec<u8> {
    let mut payload = Vec::new();
    varint(&mut payload, blocks.len() as u64);
    for &(offset, first_seq, t0) in blocks {
        [offset, first_seq, t0].into_iter().for_each(|number| varint(&mut payload, number));
    }
    section(INDEX, &payload)
}

fn section(tag: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 5);
    bytes.push(tag);
    bytes.extend(length(payload.len()));
    bytes.extend(payload);
    bytes
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("a block has some thousand events").to_le_bytes()
}

pub(crate) fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Bytes of whole records, and behind them room for one more.
#[derive(Debug, Default)]
struct Records {
    bytes: Vec<u8>,
    end: usize,
}

/// No record is longer: a code and a time, and seven fields of at most fifteen bytes.
const LONGEST: usize = 128;

impl Records {
    /// Where the next record goes. It is asked for once a record, so that a byte of one costs no look at the capacity.
    #[inline]
    fn room(&mut self) -> &mut [u8; LONGEST] {
        if self.bytes.get(self.end..).is_none_or(|room| room.len() < LONGEST) {
            self.grow();
        }
        let room = self.bytes[self.end..].first_chunk_mut();
        room.expect("it has grown")
    }

    #[cold]
    fn grow(&mut self) {
        self.bytes.resize(2 * self.bytes.len().max(1024), 0);
    }
}

/// A record that is being written.
struct Record<'b> {
    bytes: &'b mut [u8; LONGEST],
    len: usize,
    strings: &'b mut Strings,
}

impl Record<'_> {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    #[inline(always)]
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }
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

/// The strings of a block, each once.
#[derive(Debug)]
struct Strings {
    count: u32,
    bytes: Vec<u8>,
    indexes: BTreeMap<Box<str>, u32>,
    /// By address, the last one that fell on each place.
    lately: Box<[((usize, usize), u32); LATELY]>,
}

const LATELY: usize = 256;

impl Default for Strings {
    fn default() -> Strings {
        Strings { count: 0, bytes: Vec::new(), indexes: BTreeMap::new(), lately: Box::new([((0, 0), 0); LATELY]) }
    }
}

impl Strings {
    fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
        self.indexes.clear();
        self.lately.fill(((0, 0), 0));
    }

    #[inline]
    fn index(&mut self, text: Text<'_>) -> u32 {
        let Some(key) = text.key() else { return text.with(|text| self.find(text)) };
        // Addresses of strings and locations are multiples of eight, or nearly.
        let place = (key.0 >> 3 ^ key.0 >> 11) % LATELY;
        let (known, index) = self.lately[place];
        if known == key {
            return index;
        }
        let index = self.find_static(text);
        self.lately[place] = (key, index);
        index
    }

    #[cold]
    fn find_static(&mut self, text: Text<'_>) -> u32 {
        text.with(|text| self.find(text))
    }

    fn find(&mut self, text: &str) -> u32 {
        if let Some(index) = self.indexes.get(text) {
            return *index;
        }
        let index = self.count;
        self.count += 1;
        varint(&mut self.bytes, text.len() as u64);
        self.bytes.extend(text.as_bytes());
        self.indexes.insert(text.into(), index);
        index
    }
}
