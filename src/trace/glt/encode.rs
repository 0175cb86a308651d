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

/// The records of one block on their way.
#[derive(Debug)]
pub(crate) struct Block {
    first_seq: u64,
    t0: u64,
    t: u64,
    states: u64,
    events: u64,
    /// Of `records`, what the states take.
    states_end: usize,
    records: Vec<u8>,
    strings: Strings,
}

impl Block {
    /// A block that begins with the event `first_seq`, at the time `t0`.
    pub(crate) fn new(first_seq: u64, t0: u64) -> Block {
        let strings = Strings::default();
        Block { first_seq, t0, t: t0, states: 0, events: 0, states_end: 0, records: Vec::new(), strings }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn restart(&mut self, first_seq: u64, t0: u64) {
        (self.first_seq, self.t0, self.t) = (first_seq, t0, t0);
        (self.states, self.events, self.states_end) = (0, 0, 0);
        self.records.clear();
        self.strings.clear();
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    pub(crate) fn t0(&self) -> u64 {
        self.t0
    }

    /// How many states and events are in it.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.states, self.events)
    }

    /// A part of the state before the first event; all of them come before all events.
    pub(crate) fn state(&mut self, entry: &Entry<Text<'_>>) {
        self.put(self.t0, entry);
        self.states += 1;
        self.states_end = self.records.len();
    }

    #[inline]
    pub(crate) fn event(&mut self, t: u64, entry: &Entry<Text<'_>>) {
        self.put(t, entry);
        self.events += 1;
    }

    #[inline]
    fn put(&mut self, t: u64, entry: &Entry<Text<'_>>) {
        if t == self.t {
            self.records.push(entry.code());
        } else {
            self.records.push(entry.code() | TIMED);
            // Time does not run backwards; should a clock think otherwise, it stands still.
            varint(&mut self.records, t.saturating_sub(self.t));
            self.t = self.t.max(t);
        }
        entry.write(&mut Fields { records: &mut self.records, strings: &mut self.strings });
    }

    /// The block as it stands in a file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.records.len() + self.strings.bytes.len() + 32);
        varint(&mut payload, self.first_seq);
        varint(&mut payload, self.t0);
        varint(&mut payload, u64::from(self.strings.count));
        payload.extend(&self.strings.bytes);
        let (states, events) = self.records.split_at(self.states_end);
        varint(&mut payload, self.states);
        payload.extend(states);
        varint(&mut payload, self.events);
        payload.extend(events);
        section(BLOCK, &payload)
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

#[inline]
fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Fields<'b> {
    records: &'b mut Vec<u8>,
    strings: &'b mut Strings,
}

impl FieldWriter<Text<'_>> for Fields<'_> {
    #[inline]
    fn number(&mut self, _: &'static str, value: &u64) {
        varint(self.records, *value);
    }

    #[inline]
    fn maybe(&mut self, _: &'static str, value: &Option<u64>) {
        // The greatest number stands for itself and for the one before: durations without end.
        varint(self.records, value.map_or(0, |value| value.saturating_add(1)));
    }

    #[inline]
    fn flag(&mut self, _: &'static str, value: &bool) {
        self.records.push(u8::from(*value));
    }

    #[inline]
    fn text(&mut self, _: &'static str, value: &Text<'_>) {
        let index = self.strings.index(*value);
        varint(self.records, u64::from(index));
    }

    #[inline]
    fn maybe_text(&mut self, _: &'static str, value: &Option<Text<'_>>) {
        let index = value.map_or(0, |text| self.strings.index(text) + 1);
        varint(self.records, u64::from(index));
    }

    #[inline]
    fn who(&mut self, _: &'static str, value: &Option<TaskRef>) {
        match *value {
            None => self.records.push(0),
            Some(TaskRef { task, child: None }) => varint(self.records, task << 1),
            Some(TaskRef { task, child: Some(child) }) => {
                varint(self.records, task << 1 | 1);
                varint(self.records, u64::from(child));
            }
        }
    }

    #[inline]
    fn place(&mut self, _: &'static str, value: &Place) {
        let number = match *value {
            Place::Due => 0,
            Place::Far => 1,
            Place::Slot { level, slot } => u64::from(level) * 64 + u64::from(slot) + 2,
        };
        varint(self.records, number);
    }

    #[inline]
    fn word<W: Word>(&mut self, _: &'static str, value: &W) {
        self.records.push(value.index());
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
        let index = text.with(|text| self.find(text));
        self.lately[place] = (key, index);
        index
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
