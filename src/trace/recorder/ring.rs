//! A flight recorder: the last events, in blocks, and what is needed to read them without those before.

use std::collections::VecDeque;
use std::path::Path;
use std::{fs, io};

use crate::trace::glt::encode::{self, Block};

/// The last events of a run.
pub(super) struct Ring {
    keep: u64,
    header: String,
    /// Bytes, first event, time, and how many events.
    closed: VecDeque<(Vec<u8>, u64, u64, u64)>,
    /// How many events are in these.
    kept: u64,
    /// The number of the first event that it had not when it was saved last.
    saved_at: Option<u64>,
    /// It was to be saved, and that was put off.
    owed: bool,
}

impl Ring {
    pub(super) fn new(keep: u64, header: String) -> Ring {
        Ring { keep, header, closed: VecDeque::new(), kept: 0, saved_at: None, owed: false }
    }

    /// Takes a full block; forgets the oldest ones, if there are enough without them.
    ///
    /// # Errors
    /// If it is larger than a block of a file can be.
    pub(super) fn close(&mut self, block: &Block) -> io::Result<()> {
        self.closed.push_back((block.bytes()?, block.first_seq(), block.t0(), block.events()));
        self.kept += block.events();
        while let Some((.., events)) = self.closed.front()
            && self.kept - events >= self.keep
        {
            self.kept -= events;
            self.closed.pop_front();
        }
        Ok(())
    }

    /// Something is wrong. Says whether it is time to save: a program in which something is wrong all the time
    /// would do nothing else.
    pub(super) fn owes(&mut self, open: &Block) -> bool {
        self.owed = true;
        self.saved_at.is_none_or(|saved_at| open.next_seq() - saved_at >= (self.kept + open.events()) / 4)
    }

    /// Whether something was wrong that is not in the file.
    pub(super) fn is_owed(&self) -> bool {
        self.owed
    }

    /// Writes what there is. The file is replaced at once: whoever reads it finds one that is whole, and a full disk costs no earlier one.
    pub(super) fn save(&mut self, path: &Path, open: &Block) -> io::Result<()> {
        (self.saved_at, self.owed) = (Some(open.next_seq()), false);
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = Path::new(&beside);
        let written = fs::write(beside, self.bytes(open)?).and_then(|()| fs::rename(beside, path));
        written.inspect_err(|_| drop(fs::remove_file(beside)))
    }

    /// As a file of its own.
    fn bytes(&self, open: &Block) -> io::Result<Vec<u8>> {
        let mut bytes = encode::beginning(&self.header)?;
        let mut index = Vec::new();
        let open = (open.bytes()?, open.first_seq(), open.t0(), 0);
        for (block, first_seq, t0, _) in self.closed.iter().chain([&open]) {
            index.push((bytes.len() as u64, *first_seq, *t0));
            bytes.extend(block);
        }
        bytes.extend(encode::index(&index)?);
        Ok(bytes)
    }
}
