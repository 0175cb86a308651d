//! A body put by until its turn: the first part in memory, the rest in a file that goes with the program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// How much is kept in memory.
const IN_MEMORY: usize = 256 * 1024;
/// How much is given out at once.
const PART: usize = 256 * 1024;

#[derive(Default)]
pub struct Spool {
    memory: Vec<u8>,
    /// What came when the memory was full, and how much of it was given out and written.
    file: Option<File>,
    read: u64,
    written: u64,
    is_closed: bool,
}

impl Spool {
    /// Adds to its end.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile()?);
        }
        let file = self.file.as_mut().expect("made above");
        file.seek(SeekFrom::Start(self.written))?;
        file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// The next part from its front; `None` if it is empty.
    pub fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        if !self.memory.is_empty() {
            return Ok(Some(std::mem::take(&mut self.memory)));
        }
        let Some(file) = self.file.as_mut().filter(|_| self.read < self.written) else { return Ok(None) };
        let mut part = vec![0; PART.min((self.written - self.read) as usize)];
        file.seek(SeekFrom::Start(self.read))?;
        file.read_exact(&mut part)?;
        self.read += part.len() as u64;
        Ok(Some(part))
    }

    /// Nothing more will be added.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }
}
