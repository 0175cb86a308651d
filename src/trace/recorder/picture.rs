//! A recording that ends up as a picture for Perfetto: it is collected in the compact format, and exported when the run
//! ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::trace::perfetto::{self, ExportError};
use crate::trace::read::{ReadProblem, parse};

/// What ended loops of this process have recorded for each file: nothing can be added to a picture, so it is written
/// anew with all of them.
static ENDED: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Takes a run in the compact format.
pub(super) struct Picture {
    path: PathBuf,
    run: Vec<u8>,
}

impl Picture {
    pub(super) fn new(path: PathBuf) -> Picture {
        Picture { path, run: Vec::new() }
    }

    fn export(&self) -> io::Result<()> {
        let mut bytes =
            ENDED.lock().unwrap_or_else(PoisonError::into_inner).get(&self.path).cloned().unwrap_or_default();
        bytes.extend(&self.run);
        let trace = parse("the recording", bytes).map_err(io::Error::other)?;
        let write = match self.path.extension() {
            Some(extension) if extension == "pftrace" => perfetto::write_packets,
            _ => perfetto::write,
        };
        match write(&trace, None, &mut BufWriter::new(File::create(&self.path)?)) {
            // It has not ended: what there is so far is wanted.
            Err(ExportError::Read(error)) if matches!(error.problem, ReadProblem::Glt(_) | ReadProblem::NoEnd) => {
                Ok(())
            }
            Err(ExportError::Write(error)) => Err(error),
            other => other.map_err(io::Error::other),
        }
    }
}

impl Write for Picture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.run.extend(bytes);
        Ok(bytes.len())
    }

    /// Writes the file with all there is so far.
    fn flush(&mut self) -> io::Result<()> {
        self.export()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        ended.entry(mem::take(&mut self.path)).or_default().append(&mut self.run);
    }
}
