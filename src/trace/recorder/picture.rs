//! A recording that ends up as a picture for Perfetto or as a page: it is collected in the compact format, and exported
//! when the run ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::trace::html;
use crate::trace::perfetto::{self, ExportError};
use crate::trace::read::{ReadProblem, parse};

/// What ended loops of this process have recorded for each file: nothing can be added to these formats, so they are
/// written anew with all of them.
static ENDED: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// What the file is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON for Perfetto.
    Perfetto,
    /// Perfetto's own packets.
    Packets,
    Page,
}

/// Takes a run in the compact format.
pub(super) struct Picture {
    path: PathBuf,
    format: Format,
    run: Vec<u8>,
}

impl Picture {
    pub(super) fn new(path: PathBuf, format: Format) -> Picture {
        Picture { path, format, run: Vec::new() }
    }

    fn export(&self) -> io::Result<()> {
        let mut bytes =
            ENDED.lock().unwrap_or_else(PoisonError::into_inner).get(&self.path).cloned().unwrap_or_default();
        bytes.extend(&self.run);
        let mut out = BufWriter::new(File::create(&self.path)?);
        if self.format == Format::Page {
            return html::page(bytes, &mut out);
        }
        let trace = parse("the recording", bytes).map_err(io::Error::other)?;
        let write = if self.format == Format::Packets { perfetto::write_packets } else { perfetto::write };
        match write(&trace, None, &mut out) {
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
