//! The strings of a block, each once.

use std::collections::BTreeMap;
use std::panic::Location;

use super::{Text, varint};

/// What is written of them, and where each was put.
#[derive(Debug)]
pub(super) struct Strings {
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
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
        self.indexes.clear();
        self.lately.fill(((0, 0), 0));
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of a text with this key, if it was put there lately.
    #[inline(always)]
    pub(super) fn known(&self, key: (usize, usize)) -> Option<u32> {
        let (known, index) = self.lately[place(key)];
        (known == key).then_some(index)
    }

    /// The number of a text that is not known. Kinds of text stand apart, as each is a word or two to pass on: so a text that is known
    /// need not be in memory.
    #[inline(always)]
    pub(super) fn find(&mut self, text: Text<'_>) -> u32 {
        match text {
            Text::Static(text) => self.find_static(text),
            Text::At(location) => self.find_location(location),
            Text::Str(text) => self.find_bytes(text),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_static(&mut self, text: &'static str) -> u32 {
        let index = self.find_bytes(text);
        self.remember(Text::Static(text), index)
    }

    #[cold]
    #[inline(never)]
    fn find_location(&mut self, location: &'static Location<'static>) -> u32 {
        let text = Text::At(location);
        let index = text.with(|text| self.find_bytes(text));
        self.remember(text, index)
    }

    fn remember(&mut self, text: Text<'_>, index: u32) -> u32 {
        if let Some(key) = text.key() {
            self.lately[place(key)] = (key, index);
        }
        index
    }

    /// The number of these bytes in this block.
    #[inline(never)]
    fn find_bytes(&mut self, text: &str) -> u32 {
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

/// Strings often lie side by side, and places in the source at equal distances: each bit of an address counts.
#[inline(always)]
fn place(key: (usize, usize)) -> usize {
    const SHIFT: u32 = usize::BITS - LATELY.ilog2();
    key.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> SHIFT
}
