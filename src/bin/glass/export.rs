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
            let created = created.map_err(|error| Failure::Output { path: path.display().to_string(), error })?;
            Some(BufWriter::new(created))
        }
    };
    let stream: &mut dyn Write = match &mut created {
        Some(file) => file,
        None => out.stream(),
    };
    let is_packets = |path: &Path| path.extension().is_some_and(|extension| extension == "pftrace");
    let exported = match to_perfetto {
        true if output.is_some_and(is_packets) => perfetto::write_packets(&trace, axis, stream),
        true => perfetto::write(&trace, axis, stream),
        false => ndjson::export(&trace, stream),
    };
    match (exported.map_err(Failure::from), output) {
        (Err(Failure::Write(error)), Some(path)) => Err(Failure::Output { path: path.display().to_string(), error }),
        (exported, _) => exported,
    }
}
