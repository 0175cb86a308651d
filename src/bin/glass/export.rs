//! `glass export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use glassloop::trace::perfetto::{self, TimeAxis};
use glassloop::trace::{self, html, ndjson};

use super::paint::Painter;
use super::{Failure, Format, states};

pub(super) fn export(
    file: &Path,
    format: Format,
    output: Option<&Path>,
    axis: Option<TimeAxis>,
    out: &mut Painter<'_>,
) -> Result<(), Failure> {
    let trace = trace::read(file)?;
    let mut created = match output {
        None => None,
        Some(path) => {
            refuse_the_recording(file, path)?;
            let created = File::create(path);
            let created = created.map_err(|error| Failure::Output { path: path.display().to_string(), error })?;
            Some(BufWriter::new(created))
        }
    };
    let stream: &mut dyn Write = match &mut created {
        Some(file) => file,
        None => out.stream(),
    };
    let is_packets = |path: &Path| path.extension().is_some_and(|extension| extension == "pftrace");
    let exported = match format {
        Format { perfetto: true, .. } if output.is_some_and(is_packets) => {
            perfetto::write_packets(&trace, axis, stream).map_err(Failure::from)
        }
        Format { perfetto: true, .. } => perfetto::write(&trace, axis, stream).map_err(Failure::from),
        Format { html: true, .. } => html::write(&trace.file, std::fs::read(file)?, stream).map_err(Failure::from),
        Format { states: true, .. } => states::export(&trace, stream),
        Format { .. } => ndjson::export(&trace, stream).map_err(Failure::from),
    };
    // What a buffer holds is lost silently if it is only dropped.
    let exported = exported.and_then(|()| stream.flush().map_err(Failure::Write));
    match (exported, output) {
        (Err(Failure::Write(error)), Some(path)) => Err(Failure::Output { path: path.display().to_string(), error }),
        (exported, _) => exported,
    }
}

/// What is written over is lost.
pub(super) fn refuse_the_recording(file: &Path, output: &Path) -> Result<(), Failure> {
    if is_same_file(file, output) { Err(Failure::Overwrites { path: output.display().to_string() }) } else { Ok(()) }
}

/// By whatever name. A file that is not there yet is none of the two.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let number = |path: &Path| path.metadata().map(|about| (about.dev(), about.ino()));
        matches!((number(one), number(other)), (Ok(one), Ok(other)) if one == other)
    }
    #[cfg(not(unix))]
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
