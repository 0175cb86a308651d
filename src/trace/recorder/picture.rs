//! A recording that ends up as a picture for Perfetto or as a page: it is collected in the compact format, and exported
//! when the run ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::files::Claim;
use crate::trace::html;
use crate::trace::perfetto::{self, ExportError};
use crate::trace::read::{ReadProblem, parse};

/// What ended loops of this process have recorded for each file, by its absolute name. Nothing can be added to these formats, so they
/// are written anew with all of them.
static ENDED: Mutex<BTreeMap<PathBuf, Ended>> = Mutex::new(BTreeMap::new());

/// With so many runs a file is full: else a process with many loops would do little but write what it has written before.
const MOST_RUNS: u32 = 32;
/// And so with so many bytes of them.
const MOST_BYTES: usize = 16 << 20;

/// What stands in a file for good.
#[derive(Default)]
struct Ended {
    runs: u32,
    /// These runs, until the file is full.
    bytes: Vec<u8>,
    full: bool,
}

/// Whether a loop that begins now is to take another file.
pub(super) fn is_full(key: &Path) -> bool {
    ENDED.lock().unwrap_or_else(PoisonError::into_inner).get(key).is_some_and(|ended| ended.full)
}

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
    key: PathBuf,
    format: Format,
    run: Vec<u8>,
}

impl Picture {
    pub(super) fn new(claim: &Claim, format: Format) -> Picture {
        Picture { path: claim.path.clone(), key: claim.key.clone(), format, run: Vec::new() }
    }

    fn export(&self) -> io::Result<()> {
        let mut bytes = {
            let ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
            ended.get(&self.key).map(|ended| ended.bytes.clone()).unwrap_or_default()
        };
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
        let mut all = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = all.entry(mem::take(&mut self.key)).or_default();
        ended.runs += 1;
        ended.bytes.append(&mut self.run);
        ended.full = ended.runs >= MOST_RUNS || ended.bytes.len() >= MOST_BYTES;
        if ended.full {
            ended.bytes = Vec::new();
        }
    }
}
