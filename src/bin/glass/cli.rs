//! The commands, and what a shell is told of how they went.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use glassloop::trace::perfetto::{ExportError, TimeAxis};
use glassloop::trace::read::ReadError;
use thiserror::Error;

mod diff;
mod draw;
mod export;
mod fields;
mod follow;
mod paint;
mod report;
mod sentence;
pub(crate) mod states;
mod table;
mod tell;
mod why;
mod words;

use paint::{Painter, printable};

/// Tells, explains and compares what a loop recorded
#[derive(Parser, Debug)]
#[command(name = "glass", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Record a run, then look at it:
  cargo run --example queue -- --virtual-time --trace queue.glt
  glass report queue.glt
  glass why queue.glt main
  glass tell queue.glt --task 2 | less
  glass diff before.glt after.glt
  glass draw queue.glt --event 30 -o queue.svg
  glass export --perfetto queue.glt -o queue.json    # for https://ui.perfetto.dev

FILE is a .glt or an .ndjson file, told apart by its content.
Exit codes: 0 done; 1 from diff: the traces differ; 2 an error, also if a trace is cut or damaged: what is whole
of it is shown first.
Colours are used on a terminal only, and not if NO_COLOR is set.";

const WHY_EXAMPLES: &str = "\
Examples:
  glass why run.glt 7
  glass why run.glt fetch --at 118
  glass why run.glt 3[1]";

const DIFF_EXAMPLES: &str = "\
Times are compared if both recordings are of virtual time; the ports of addresses are not.
Exit code: 0 if they are equal, 1 if they differ, 2 if one cannot be read.

Example: glass diff before.glt after.glt";

const EXPORT_EXAMPLES: &str = "\
Examples:
  glass export --perfetto run.glt -o run.json
  glass export --perfetto run.glt -o run.pftrace    # packets: for more than a million events
  glass export --html run.glt -o run.html
  glass export --ndjson run.glt | grep Wake";

#[derive(Subcommand, Debug)]
enum Command {
    /// What stands out: long polls, long queues, late timers, findings, and who did how much
    #[command(after_help = "Example: glass report run.glt")]
    Report {
        /// The recording
        file: PathBuf,
        /// So many lines in each table
        #[arg(long, default_value = "10")]
        top: NonZero<usize>,
    },
    /// Why a task ran last: its chain of wakes, back to the root cause
    #[command(after_help = WHY_EXAMPLES)]
    Why {
        /// The recording
        file: PathBuf,
        /// Its number (7, or 3[1] for a child of a gather) or its name
        task: String,
        /// As things stood after this event
        #[arg(long, value_name = "EVENT")]
        at: Option<u64>,
        /// The whole chain, however long it is
        #[arg(long)]
        all: bool,
    },
    /// One plain sentence for each event
    #[command(after_help = "Examples:\n  glass tell run.glt --from 100 --to 120\n  glass tell run.glt --task fetch")]
    Tell {
        /// The recording
        file: PathBuf,
        /// From this event on
        #[arg(long, value_name = "EVENT")]
        from: Option<u64>,
        /// To this event
        #[arg(long, value_name = "EVENT")]
        to: Option<u64>,
        /// Only what concerns this task, by number or name
        #[arg(long)]
        task: Option<String>,
    },
    /// The first difference between two recordings, event by event
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        /// One recording
        a: PathBuf,
        /// The other
        b: PathBuf,
        /// So many events before the difference are told
        #[arg(long, default_value_t = 3)]
        context: usize,
    },
    /// One moment of a run as a picture (SVG)
    #[command(after_help = draw::EXAMPLES)]
    Draw(draw::Draw),
    /// The same recording in another format
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        #[command(flatten)]
        format: Format,
        /// The recording
        file: PathBuf,
        /// Where to; to stdout without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// What is shown as time: without it the clock, or steps if that was virtual
        #[arg(long, conflicts_with_all = ["ndjson", "html", "states"])]
        clock: Option<Axis>,
    },
}

#[derive(Args, Clone, Copy, Debug)]
#[group(required = true, multiple = false)]
struct Format {
    /// JSON for Perfetto and Chrome; Perfetto's own packets, if the output ends in .pftrace
    #[arg(long)]
    perfetto: bool,
    /// A page that steps through it in a browser
    #[arg(long)]
    html: bool,
    /// A JSON object a line
    #[arg(long)]
    ndjson: bool,
    /// What there is after each event, as a JSON object a line
    #[arg(long)]
    states: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Axis {
    /// The loop's clock
    Time,
    /// 1 µs for each event
    Step,
}

impl From<Axis> for TimeAxis {
    fn from(axis: Axis) -> TimeAxis {
        match axis {
            Axis::Time => TimeAxis::Clock,
            Axis::Step => TimeAxis::Step,
        }
    }
}

/// What went wrong.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Draw(#[from] draw::Problem),
    #[error("{file}: {problem}")]
    Impossible { file: String, problem: glassloop::trace::model::Impossible },
    #[error("{file}: there is no task {task:?}{hint}")]
    NoTask { file: String, task: String, hint: String },
    #[error("{file}: there is no event {event}; the last is {last}")]
    NoEvent { file: String, event: u64, last: u64 },
    #[error("--from {from} comes after --to {to}: there is nothing between them")]
    Backwards { from: u64, to: u64 },
    #[error("{path}: this is the recording itself: it would be lost; name another file")]
    Overwrites { path: String },
    #[error("{path}: {error}")]
    Output { path: String, error: io::Error },
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Failure {
        match error {
            ExportError::Read(error) => error.into(),
            ExportError::Impossible { file, problem } => Failure::Impossible { file, problem },
            ExportError::Write(error) => error.into(),
            other => io::Error::other(other).into(),
        }
    }
}

/// Of two files: whether they differ.
const DIFFERENT: u8 = 1;
const FAILED: u8 = 2;

/// Runs the program with these arguments; gives its exit code.
pub(crate) fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    colours: bool,
) -> u8 {
    let colour = if colours { clap::ColorChoice::Auto } else { clap::ColorChoice::Never };
    let parsed = Cli::command().color(colour).try_get_matches_from(arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(problem) => {
            let (text, is_error) = (problem.render(), problem.use_stderr());
            let stream: &mut dyn Write = if is_error { err } else { out };
            // Whether stderr is a terminal was not asked.
            let ansi = colours && !is_error;
            let _ = if ansi { write!(stream, "{}", text.ansi()) } else { write!(stream, "{text}") };
            return if is_error { FAILED } else { 0 };
        }
    };
    match obey(cli.command, &mut Painter::new(out, colours)) {
        Ok(code) => code,
        Err(Failure::Write(error)) if error.kind() == ErrorKind::BrokenPipe => 0,
        Err(failure) => {
            let _ = out.flush();
            let _ = writeln!(err, "glass: {}", printable(&failure.to_string()));
            FAILED
        }
    }
}

fn obey(command: Command, out: &mut Painter<'_>) -> Result<u8, Failure> {
    match command {
        Command::Report { file, top } => report::report(&file, top.get(), out)?,
        Command::Why { file, task, at, all } => why::why(&file, &task, at, all, out)?,
        Command::Tell { file, from, to, task } => {
            tell::tell(&file, from.unwrap_or(1), to.unwrap_or(u64::MAX), task.as_deref(), out)?;
        }
        Command::Diff { a, b, context } => {
            return Ok(if diff::diff(&a, &b, context, out)? { DIFFERENT } else { 0 });
        }
        Command::Draw(wanted) => draw::draw(&wanted, out)?,
        Command::Export { format, file, output, clock } => {
            export::export(&file, format, output.as_deref(), clock.map(TimeAxis::from), out)?;
        }
    }
    out.flush()?;
    Ok(0)
}
