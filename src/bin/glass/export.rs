//! `glass export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use glassloop::trace::perfetto::{self, TimeAxis};
use glassloop::trace::{self, ndjson};

use super::Failure;
use super::paint::Painter;

pub(super) fn export(
    file: &Path,
    to_perfetto: bool,
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
    let exported = if to_perfetto { perfetto::write(&trace, axis, stream) } else { ndjson::export(&trace, stream) };
    Ok(exported?)
}
