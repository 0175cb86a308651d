//! What is recorded, and where it goes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::ring::Ring;
use crate::trace::glt::encode::{self, Block, Text};
use crate::trace::ndjson;
use crate::trace::schema::Entry;

/// One for each loop that records.
pub(super) struct Sink {
    /// The block that is being filled. It has room only while blocks are what is written: so one look tells that all is as usual.
    pub(super) block: Block,
    pub(super) to: To,
}

pub(super) enum To {
    /// A binary file.
    Blocks(Blocks),
    /// The last blocks of a run.
    Ring(Ring),
    /// A file of lines, and the number of the last one.
    Lines { file: BufWriter<File>, line: String, seq: u64 },
    /// The loop is gone, or the file cannot be written.
    Closed,
}

/// A binary file.
pub(super) struct Blocks {
    pub(super) file: Box<dyn Write>,
    /// Bytes of this run so far.
    pub(super) offset: u64,
    /// Of each block: its offset, its first event, and its time.
    pub(super) written: Vec<(u64, u64, u64)>,
}

impl Sink {
    /// Takes no more. Gives what it was.
    pub(super) fn close(&mut self) -> Sink {
        std::mem::replace(self, Sink { block: Block::new(1, 0), to: To::Closed })
    }

    /// Brings the file to its end.
    pub(super) fn end(&mut self, path: &Path) -> io::Result<()> {
        let Sink { block, to } = self.close();
        match to {
            To::Blocks(mut blocks) => blocks.end(&block),
            To::Ring(mut ring) if ring.is_owed() => ring.save(path, &block),
            To::Lines { mut file, .. } => file.flush(),
            To::Ring(_) | To::Closed => Ok(()),
        }
    }
}

impl To {
    pub(super) fn take(&mut self, block: &Block) -> io::Result<()> {
        match self {
            To::Blocks(blocks) if block.events() > 0 => blocks.write(block),
            To::Ring(ring) => ring.close(block),
            To::Blocks(_) | To::Lines { .. } | To::Closed => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            To::Blocks(blocks) => blocks.file.flush(),
            To::Ring(_) | To::Lines { .. } | To::Closed => Ok(()),
        }
    }
}

impl Blocks {
    pub(super) fn begin(mut file: Box<dyn Write>, header: &serde_json::Value) -> io::Result<Blocks> {
        let beginning = encode::beginning(&header.to_string())?;
        file.write_all(&beginning)?;
        Ok(Blocks { file, offset: beginning.len() as u64, written: Vec::new() })
    }

    fn write(&mut self, block: &Block) -> io::Result<()> {
        let bytes = block.bytes()?;
        self.written.push((self.offset, block.first_seq(), block.t0()));
        self.offset += bytes.len() as u64;
        self.file.write_all(&bytes)
    }

    fn end(&mut self, block: &Block) -> io::Result<()> {
        if block.events() > 0 {
            self.write(block)?;
        }
        self.file.write_all(&encode::index(&self.written)?)?;
        self.file.flush()
    }
}

#[cold]
pub(super) fn write_line(
    file: &mut BufWriter<File>,
    line: &mut String,
    seq: u64,
    t: u64,
    entry: &Entry<Text<'_>>,
) -> io::Result<()> {
    line.clear();
    ndjson::write(line, seq, t, entry);
    file.write_all(line.as_bytes())
}
