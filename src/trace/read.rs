//! Reads a recorded file of either format: runs, each with its header and its records in order.
//!
//! ```no_run
//! let trace = glassloop::trace::read("run.glt")?;
//! for run in &trace.runs {
//!     println!("{}", run.header);
//!     for record in run.records() {
//!         let record = record?; // what is whole comes before what is wrong
//!         println!("{} {:?}", record.seq, record.entry);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;
use thiserror::Error;

use super::glt::{self, decode};
use super::ndjson::LineError;
use super::schema::Record;

mod header;
mod lines;
mod records;

pub use header::{Header, Wheel};
pub use records::Records;

/// A file that could not be read, or not to its end, and why.
#[derive(Debug, Error)]
#[error("{file}: {problem}")]
pub struct ReadError {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong with it.
    pub problem: ReadProblem,
}

/// See [`ReadError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadProblem {
    /// The system did not give its bytes.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is something else.
    #[error("this is no glassloop trace: it begins neither as .glt nor as .ndjson does")]
    NoTrace,
    /// The header does not say what it has to.
    #[error("the header is not that of a trace: {0}")]
    Header(String),
    /// A version of the format that came later.
    #[error("a trace of version {0}; this program reads version 1")]
    Version(u64),
    /// The binary format is not kept to.
    #[error("{0}")]
    Glt(#[from] decode::DecodeError),
    /// A line is no event.
    #[error("line {line}: {problem}")]
    Line {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineError,
    },
    /// The last line has no end.
    #[error("the trace is cut: line {0} is not complete")]
    CutLine(usize),
    /// What is there is whole, but it is not all.
    #[error("the trace is cut: it ends before the loop did (the program was killed, left by exit(), or still runs)")]
    NoEnd,
    /// A line that is not UTF-8.
    #[error("line {0} is not UTF-8")]
    NotText(usize),
}

/// What was recorded in one file: loops that recorded in it follow each other.
#[derive(Debug)]
pub struct Trace {
    /// The file, as it was named.
    pub file: Rc<str>,
    /// At least one.
    pub runs: Vec<Run>,
}

/// The recording of one loop. Its records are decoded when they are asked for.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was run, and how.
    pub header: Header,
    /// The file ends in the middle of this run, or goes on with something else. (Of lines it is found out only when
    /// they are read.)
    pub cut: Option<decode::DecodeError>,
    file: Rc<str>,
    /// The header as it stands there.
    json: Rc<str>,
    bytes: Rc<Vec<u8>>,
    body: Body,
}

/// Where the records of a run are among the bytes.
#[derive(Clone, Debug)]
enum Body {
    Blocks(Vec<Range<usize>>),
    /// Bytes, and the number of the first line.
    Lines(Range<usize>, usize),
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read, or is no trace: the error names it. Of a trace that is cut, what is whole is given.
pub fn read(path: impl AsRef<Path>) -> Result<Trace, ReadError> {
    let file = path.as_ref().display().to_string();
    let mut bytes = Vec::new();
    // Its beginning first: who names something endless that is no trace is told at once.
    let beginning = File::open(path).and_then(|mut file| {
        file.by_ref().take(glt::MAGIC.len() as u64).read_to_end(&mut bytes)?;
        Ok(file)
    });
    let rest = beginning.and_then(|mut file| match looks_like(&bytes) {
        Format::Other => Ok(0),
        _ => file.read_to_end(&mut bytes),
    });
    match rest {
        Ok(_) => parse(&file, bytes),
        Err(error) => Err(ReadError { file, problem: error.into() }),
    }
}

/// Reads what a file `name` consists of.
///
/// ```
/// let problem = glassloop::trace::parse("notes.txt", b"hello".to_vec()).unwrap_err();
/// assert!(problem.to_string().starts_with("notes.txt: this is no glassloop trace"));
/// ```
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Trace, ReadError> {
    let file: Rc<str> = name.into();
    let bytes = Rc::new(bytes);
    let runs = match looks_like(&bytes) {
        Format::Empty => Err(ReadProblem::Empty),
        Format::Other => Err(ReadProblem::NoTrace),
        Format::Glt => runs_of_blocks(&file, &bytes),
        Format::Lines => lines::runs(&file, &bytes),
    };
    match runs {
        Ok(runs) => Ok(Trace { file, runs }),
        Err(problem) => Err(ReadError { file: name.into(), problem }),
    }
}

enum Format {
    Empty,
    Glt,
    Lines,
    Other,
}

/// A file is known by its beginning, whatever its name.
fn looks_like(bytes: &[u8]) -> Format {
    match bytes.first() {
        None => Format::Empty,
        Some(b'{') => Format::Lines,
        // A beginning of the beginning is a trace that was cut.
        Some(_) if bytes.iter().zip(glt::MAGIC).all(|(byte, magic)| byte == magic) => Format::Glt,
        Some(_) => Format::Other,
    }
}

fn runs_of_blocks(file: &Rc<str>, bytes: &Rc<Vec<u8>>) -> Result<Vec<Run>, ReadProblem> {
    let runs = decode::runs(bytes)?.into_iter().map(|decode::Run { header, blocks, cut }| {
        let (json, header, body) = (Rc::from(&*header), Header::parse(&header)?, Body::Blocks(blocks));
        Ok(Run { header, cut, file: file.clone(), json, bytes: bytes.clone(), body })
    });
    runs.collect()
}

impl Run {
    /// Its records in order: first those that lead to the state before the first event, which have the `seq` 0 (there
    /// are none, unless a flight recorder has dropped what was before: how much, an [`Entry::Dropped`] says), then the
    /// events. If something is wrong, that is the last item; so it is if the recording does not go on to the loop's end,
    /// unless it is a flight recorder's.
    ///
    /// [`Entry::Dropped`]: crate::trace::schema::Entry::Dropped
    pub fn records(&self) -> Records<'_> {
        Records::new(self, 0)
    }

    /// As [`records`](Run::records), but from the beginning of the block that has the event `seq`, and with the state
    /// there: what comes before is not even decoded. (Lines have no blocks: all are given.)
    pub fn records_from(&self, seq: u64) -> Records<'_> {
        let beginnings = self.beginnings();
        Records::new(self, beginnings.partition_point(|first| *first <= seq).saturating_sub(1))
    }

    /// The number of the first event of each block; of lines, none.
    pub fn beginnings(&self) -> Vec<u64> {
        let Body::Blocks(blocks) = &self.body else { return Vec::new() };
        blocks.iter().map_while(|block| decode::first_seq(&self.bytes, block.clone()).ok()).collect()
    }

    /// The header as it stands in the file.
    pub(super) fn header_value(&self) -> Value {
        let mut value = serde_json::from_str(&self.json).unwrap_or_default();
        if let Value::Object(members) = &mut value {
            ["seq", "t", "kind"].iter().for_each(|name| drop(members.shift_remove(*name)));
        }
        value
    }

    fn error(&self, problem: impl Into<ReadProblem>) -> ReadError {
        ReadError { file: self.file.to_string(), problem: problem.into() }
    }
}
