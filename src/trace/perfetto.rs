//! A trace as a picture for [Perfetto](https://ui.perfetto.dev): as JSON, which Chrome shows too, or as Perfetto's own
//! packets, for which a million events are not many.
//!
//! Two processes a loop: "loop" has its turns with the polls, timers and waits in them, one inside the other as it is
//! one thread; "tasks" has a lane for each task with what it does, in sequence: `queued`, `polling`, `waits: ...`.
//! Arrows go from each wake that queued somebody, and from each spawn, to the poll that came of it. Besides there are
//! counters, and bars for timers, waits for sockets and spans that outlive a poll.
//!
//! The records are gone through twice: first to learn how long each slice is and which arrows arrive, then to write, so
//! that slices stand in the file in the order of their beginnings and nothing has to be kept but a number for each.

use std::io::{self, Write};

use thiserror::Error;

use super::model::Impossible;
use super::read::{ReadError, Run, Trace};

mod drawing;
mod json;
mod lanes;
mod packets;
mod plan;
mod sheet;

use drawing::Drawing;
use json::Json;
use packets::Packets;
use plan::Plan;
use sheet::Sheet;

/// What is shown as time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeAxis {
    /// The loop's clock. Under virtual time polls then have no width.
    Clock,
    /// The number of the event: each takes 1 µs.
    Step,
}

impl TimeAxis {
    /// What shows most of a run: the clock, or, if that was virtual, steps.
    pub fn of(run: &Run) -> TimeAxis {
        if run.header.is_virtual() { TimeAxis::Step } else { TimeAxis::Clock }
    }
}

/// Why a trace could not be exported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It cannot be read to its end; what is whole was exported.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It contradicts itself.
    #[error("{file}: {problem}")]
    Impossible {
        /// The file.
        file: String,
        /// How.
        problem: Impossible,
    },
    /// A page is made of the binary format.
    #[error("{file}: a page is made of a .glt file; this one is .ndjson")]
    Lines {
        /// The file.
        file: String,
    },
    /// It cannot be written.
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
}

/// Writes a trace as JSON. `axis`: what is shown as time; without it, what shows most. Loops of one file follow each
/// other.
///
/// # Errors
/// If the trace cannot be read to its end, or nothing can be written. The JSON is whole unless writing failed.
pub fn write(trace: &Trace, axis: Option<TimeAxis>, out: &mut dyn Write) -> Result<(), ExportError> {
    let mut json = Json::begin(out);
    let drawn = draw(trace, axis, &mut json);
    json.end()?;
    drawn
}

/// As [`write()`], but the same picture as packets: Perfetto's own format, which it reads quickly however many there are.
/// Files of it are named `.pftrace`. Where an arrow begins and ends, a moment is marked, as there is nothing else that it
/// could be tied to.
///
/// # Errors
/// As [`write()`].
pub fn write_packets(trace: &Trace, axis: Option<TimeAxis>, out: &mut dyn Write) -> Result<(), ExportError> {
    let mut packets = Packets::begin(out);
    let drawn = draw(trace, axis, &mut packets);
    packets.end()?;
    drawn
}

fn draw(trace: &Trace, axis: Option<TimeAxis>, sheet: &mut dyn Sheet) -> Result<(), ExportError> {
    let mut start = 0;
    for (number, run) in (0..).zip(&trace.runs) {
        let axis = axis.unwrap_or_else(|| TimeAxis::of(run));
        let mut planning = Drawing::new(number, axis, start, Plan::default(), None);
        // What is wrong is found again the second time.
        let _ = go_through(trace, run, &mut planning);
        let mut drawing = Drawing::new(number, axis, start, planning.finish().made(), Some(&mut *sheet));
        let drawn = go_through(trace, run, &mut drawing);
        start = drawing.finish().end();
        drawn?;
    }
    Ok(())
}

fn go_through(trace: &Trace, run: &Run, drawing: &mut Drawing<'_>) -> Result<(), ExportError> {
    for record in run.records() {
        let drawn = drawing.draw(&record?);
        drawn.map_err(|problem| ExportError::Impossible { file: trace.file.to_string(), problem })?;
        drawing.check()?;
    }
    Ok(())
}
