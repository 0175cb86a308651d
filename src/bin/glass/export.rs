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
            let created = File::create(path);
            let created = created.map_err(|error| Failure::Create { path: path.display().to_string(), error })?;
            Some(BufWriter::new(created))
        }
    };
    let stream: &mut dyn Write = match &mut created {
        Some(file) => file,
        None => out.stream(),
    };
    match format {
        Format { perfetto: true, .. } => perfetto::write(&trace, axis, stream)?,
        Format { html: true, .. } => html::write(&trace.file, std::fs::read(file)?, stream)?,
        Format { states: true, .. } => states::export(&trace, stream)?,
        Format { .. } => ndjson::export(&trace, stream)?,
    }
    Ok(())
}
