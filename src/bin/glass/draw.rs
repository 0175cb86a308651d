//! `glass draw`: one moment of a run as a picture.
//!
//! The same recording gives the same picture, byte for byte. It is one SVG file, which asks nobody for anything, has a
//! light and a dark look, and is bounded in size however much there is to show.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use glassloop::trace;
use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Model;
use glassloop::trace::read::{ReadError, Run, Trace};
use thiserror::Error;

use super::Failure;
use super::export::refuse_the_recording;
use super::follow::{no_task, tasks_called};
use super::paint::Painter;

mod card;
mod chain;
mod find;
mod lanes;
mod look;
mod moment;
mod queue;
mod sheet;
mod tasks;
mod things;
mod waits;
mod wheel;

use find::Query;
use moment::Moment;
use sheet::Sheet;

pub(super) const EXAMPLES: &str = "\
Words of a query all have to fit: task:7 or task:fetch for a task, kind:wake, via:timer, timer:0 and so on for fields,
and any other word for a name, a text or a place in the source.

Examples:
  glass draw run.glt --event 118 -o run.svg
  glass draw run.glt --event 118 --panel wheel --svg | less
  glass draw run.glt --find 'task:3 kind:wake' --panel lanes -o woken.svg
  glass draw run.glt --find kind:pollbegin --nth 4 --panel queue --width 480 -o fourth.svg";

/// Which picture of which moment.
#[derive(Args, Debug)]
pub(super) struct Draw {
    /// The recording
    file: PathBuf,
    #[command(flatten)]
    at: At,
    /// Of the events that fit, which
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), requires = "find")]
    nth: u64,
    /// What is drawn
    #[arg(long, default_value = "all")]
    panel: Panel,
    /// In the panel why: whose chain of wakes, by number or name; without it, whom the event is about
    #[arg(long)]
    task: Option<String>,
    /// Of a recording of several loops, which
    #[arg(long = "loop", value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    /// How wide the picture is, in pixels
    #[arg(long, value_name = "PX", default_value_t = 760, value_parser = clap::value_parser!(u16).range(320..=4000))]
    width: u16,
    /// Where to; to stdout without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As SVG, which is the only format there is
    #[arg(long)]
    svg: bool,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct At {
    /// After this event
    #[arg(long)]
    event: Option<u64>,
    /// After the first event that fits
    #[arg(long, value_name = "QUERY")]
    find: Option<String>,
}

/// A part of what there is to see.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Panel {
    /// All of them
    All,
    /// Who is being polled, and who is ready
    Queue,
    /// The levels of the timer wheel, and the timers in their slots
    Wheel,
    /// What each task did around that event, and who woke whom
    Lanes,
    /// Who is alive, and what each does
    Tasks,
    /// Sockets and the like, and who waits for them
    Sources,
    /// Queues, locks and the like
    Resources,
    /// Who waits for whom
    Waits,
    /// What made a task run, back to the beginning
    Why,
}

/// A panel that was drawn.
struct Part {
    panel: Panel,
    /// What stands beside its title.
    aside: String,
    sheet: Sheet,
}

/// Why there is no picture.
#[derive(Debug, Error)]
pub(super) enum Problem {
    #[error("--find: there is nothing to look for")]
    NoQuery,
    #[error("{file}: no event fits {query:?}")]
    NoMatch { file: String, query: String },
    #[error("{file}: only {found} of its events fit{} {query:?}; there is no match {nth}", if *found == 1 { "s" } else { "" })]
    FewMatches { file: String, query: String, found: u64, nth: u64 },
    #[error("{file}: there is no event {event}; the first is {first}")]
    TooEarly { file: String, event: u64, first: u64 },
    #[error("{file}: there is no loop {number}; it recorded {loops}")]
    NoLoop { file: String, number: u64, loops: usize },
}

pub(super) fn draw(wanted: &Draw, out: &mut Painter<'_>) -> Result<(), Failure> {
    let trace = trace::read(&wanted.file)?;
    let run = usize::try_from(wanted.number - 1).ok().and_then(|index| trace.runs.get(index));
    let run = run.ok_or_else(|| Problem::NoLoop {
        file: trace.file.to_string(),
        number: wanted.number,
        loops: trace.runs.len(),
    })?;
    let survey = Survey::of(&trace, run, wanted)?;
    let width = f64::from(wanted.width);
    let around = lanes::window(width - 2.0 * card::MARGIN, [survey.first, survey.at, survey.last]);
    let moment = Moment::of(&trace.file, run, survey.at, around)?;
    let task = wanted.task.as_deref().map(|called| the_task(&trace, &moment, called)).transpose()?;
    let picture = card::picture(&moment, run, wanted.panel, width, task);
    match &wanted.output {
        None => out.stream().write_all(picture.as_bytes())?,
        Some(path) => {
            refuse_the_recording(&wanted.file, path)?;
            let written = fs::write(path, picture);
            written.map_err(|error| Failure::Output { path: path.display().to_string(), error })?;
        }
    }
    Ok(())
}

/// The event that is meant, and those that there are.
struct Survey {
    first: u64,
    at: u64,
    last: u64,
}

impl Survey {
    fn of(trace: &Trace, run: &Run, wanted: &Draw) -> Result<Survey, Failure> {
        let file = || trace.file.to_string();
        let query = match &wanted.at.find {
            Some(text) => Some((Query::parse(text).ok_or(Problem::NoQuery)?, text)),
            None => None,
        };
        let (mut at, mut found, mut model) = (wanted.at.event, 0, Model::default());
        let (mut first, mut last) = (None, 0);
        let mut broken: Option<ReadError> = None;
        for record in run.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            };
            if record.seq > 0 {
                first.get_or_insert(record.seq);
            }
            if let Some((query, _)) = query.as_ref().filter(|_| at.is_none() && record.seq > 0) {
                found += u64::from(query.fits(&record, &model));
                at = (found == wanted.nth).then_some(record.seq);
            }
            last = last.max(record.seq);
            // Who it is about, a query may ask; after that, it is enough to know where the recording ends.
            if at.is_none() {
                model.apply(&record).map_err(|problem| Failure::Impossible { file: file(), problem })?;
            }
        }
        let first = first.unwrap_or_default();
        match (at, broken, query) {
            (Some(event), ..) if event < first => Err(Problem::TooEarly { file: file(), event, first }.into()),
            (Some(at), ..) if at <= last => Ok(Survey { first, at, last }),
            // It may be in what is missing.
            (_, Some(error), _) => Err(error.into()),
            (Some(event), ..) => Err(Failure::NoEvent { file: file(), event, last }),
            (None, _, Some((_, query))) if found > 0 => {
                Err(Problem::FewMatches { file: file(), query: query.clone(), found, nth: wanted.nth }.into())
            }
            (None, _, query) => {
                let query = query.map_or_else(String::new, |(_, text)| text.clone());
                Err(Problem::NoMatch { file: file(), query }.into())
            }
        }
    }
}

fn the_task(trace: &Trace, moment: &Moment, called: &str) -> Result<TaskRef, Failure> {
    match tasks_called(&moment.model, called).first() {
        Some(task) => Ok(*task),
        None => Err(no_task(trace, called, std::slice::from_ref(&moment.model))),
    }
}

/// For the name of a picture.
fn program(run: &Run) -> &str {
    let program = run.header.program.as_deref().unwrap_or("a recorded run");
    Path::new(program).file_stem().and_then(|name| name.to_str()).unwrap_or(program)
}
