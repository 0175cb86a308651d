//! Records what a loop tells: in a file, or in memory with the last events only.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use glassloop_reactor::Clock;
use serde_json::{Value, json};
use thiserror::Error;

use super::glt::encode::{self, Block, Text};
use super::live::{Translator, describe};
use super::schema::{Entry, KINDS, RunEnding};
use super::{Change, LoopEvent, executor, ndjson, reactor};
use crate::report::{OnReport, Report};

mod picture;

use picture::Picture;

/// Files this process has recorded in: the first loop starts one anew, later ones go on in it.
static STARTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What to record, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) path: PathBuf,
    /// Only the last so many events, written when something is wrong.
    pub(crate) last: Option<u64>,
    /// What the program prints through [`trace::println!`](crate::trace::println) too, not only how much.
    pub(crate) with_output: bool,
}

/// Why no trace file could be begun: inside of the [`io::Error`] that [`Builder::build`](crate::Builder::build) gives.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// Its name does not say in which format.
    #[error("trace file {path:?}: a name that ends in {wanted} is wanted")]
    Name {
        /// The file.
        path: PathBuf,
        /// The ends there are.
        wanted: &'static str,
    },
    /// The system refuses it.
    #[error("trace file {path:?}: {problem}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
}

/// Hears of every event of a loop and keeps it.
pub(crate) struct Recorder {
    path: PathBuf,
    clock: Clock,
    translator: Translator,
    with_output: bool,
    seq: Cell<u64>,
    /// The last reading of the clock, in nanoseconds: events between two readings share it.
    t: Cell<u64>,
    /// Nothing that takes time was told since the end of a poll: the next may begin at the same reading.
    poll_ended: Cell<bool>,
    sink: RefCell<Sink>,
    /// Taken when it has been told that the file cannot be written.
    on_report: Cell<Option<OnReport>>,
}

/// By the end of the file's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Glt,
    Lines,
    Picture(picture::Format),
}

enum Sink {
    Lines {
        file: BufWriter<File>,
        line: String,
    },
    /// The block that is being filled, and where the full ones go.
    Blocks(Block, Full),
}

enum Full {
    File(Blocks),
    Ring(Ring),
}

/// A binary file.
struct Blocks {
    file: Box<dyn Write>,
    /// Bytes of this run so far.
    offset: u64,
    /// Of each block: its offset, its first event, and its time.
    written: Vec<(u64, u64, u64)>,
}

/// The last events of a run, in blocks.
struct Ring {
    keep: u64,
    header: String,
    /// Bytes, first event, time, and how many events.
    closed: VecDeque<(Vec<u8>, u64, u64, u64)>,
}

impl Recorder {
    /// Starts a file, or goes on in one that an earlier loop of this process has started.
    pub(crate) fn create(recording: Recording, clock: Clock, on_report: OnReport) -> io::Result<Recorder> {
        let Recording { path, last, with_output } = recording;
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("glt") => Kind::Glt,
            Some("ndjson" | "jsonl") if last.is_none() => Kind::Lines,
            Some("json") if last.is_none() => Kind::Picture(picture::Format::Perfetto),
            Some("html") if last.is_none() => Kind::Picture(picture::Format::Page),
            _ => {
                let wanted = match last {
                    Some(_) => ".glt",
                    None => ".html (a page), .glt (compact), .ndjson (readable) or .json (for Perfetto)",
                };
                return Err(io::Error::new(io::ErrorKind::InvalidInput, FileError::Name { path, wanted }));
            }
        };
        let t = clock.now().as_nanos();
        let block = Block::new(1, t);
        let header = header(&clock, with_output, last);
        let sink = match last {
            Some(keep) => {
                Sink::Blocks(block, Full::Ring(Ring { keep, header: header.to_string(), closed: VecDeque::new() }))
            }
            None => {
                let mut file = BufWriter::new(open(&path)?);
                if kind == Kind::Lines {
                    writeln!(file, "{}", header_line(header))?;
                    Sink::Lines { file, line: String::new() }
                } else {
                    let mut file: Box<dyn Write> = match kind {
                        Kind::Picture(format) => Box::new(Picture::new(path.clone(), format)),
                        _ => Box::new(file),
                    };
                    let beginning = encode::beginning(&header.to_string());
                    file.write_all(&beginning)?;
                    let offset = beginning.len() as u64;
                    Sink::Blocks(block, Full::File(Blocks { file, offset, written: Vec::new() }))
                }
            }
        };
        let (seq, t, poll_ended) = (Cell::new(0), Cell::new(t), Cell::new(false));
        let (translator, sink, on_report) = (Translator::default(), RefCell::new(sink), Cell::new(Some(on_report)));
        Ok(Recorder { path, clock, translator, with_output, seq, t, poll_ended, sink, on_report })
    }

    /// Writes what a ring holds; a file that is written as it goes is brought up to date.
    pub(crate) fn save(&self) -> io::Result<()> {
        match &mut *self.sink.borrow_mut() {
            Sink::Lines { file, .. } => file.flush(),
            Sink::Blocks(_, Full::File(blocks)) => blocks.file.flush(),
            Sink::Blocks(block, Full::Ring(ring)) => std::fs::write(&self.path, ring.bytes(block)),
        }
    }

    #[inline]
    pub(super) fn of_executor(&self, event: &executor::Event<'_>) {
        use executor::Event::{Dequeue, PollBegin, PollEnd};
        match event {
            PollBegin(_) if !self.poll_ended.get() => self.read_clock(),
            PollEnd { .. } => self.read_clock(),
            _ => {}
        }
        // It is only the next task's turn.
        if !matches!(event, Dequeue(_)) {
            self.poll_ended.set(matches!(event, PollEnd { .. }));
        }
        self.put(&self.translator.of_executor(event));
    }

    #[inline]
    pub(super) fn of_reactor(&self, event: &reactor::Event) {
        use reactor::Event::{ClockJump, Park, Unpark};
        if let Park { at, .. } | Unpark { at, .. } | ClockJump { to: at, .. } = event {
            self.t.set(at.as_nanos());
        }
        self.poll_ended.set(false);
        self.put(&self.translator.of_reactor(event));
    }

    #[inline]
    pub(super) fn of_resource(&self, resource: u64, change: &Change) {
        self.put(&self.translator.of_resource(resource, change));
    }

    pub(super) fn of_loop(&self, event: LoopEvent<'_>) {
        // What a program says of itself is worth a reading.
        if !matches!(event, LoopEvent::Turn) {
            self.read_clock();
        }
        self.put(&self.translator.of_loop(event, self.with_output));
        // Something is wrong: what led to it is worth keeping.
        if matches!(event, LoopEvent::Report { .. } | LoopEvent::RunEnd(RunEnding::Deadlock)) {
            self.save_ring();
        }
    }

    fn read_clock(&self) {
        self.t.set(self.clock.now().as_nanos());
    }

    /// One function for all, as every kind is written in it.
    #[inline(never)]
    fn put(&self, entry: &Entry<Text<'_>>) {
        let (seq, t) = (self.seq.get() + 1, self.t.get());
        self.seq.set(seq);
        let passed_on = match &mut *self.sink.borrow_mut() {
            Sink::Blocks(block, full) => {
                if !block.event(t, entry) {
                    return;
                }
                full.take(block, seq + 1, t)
            }
            Sink::Lines { file, line } => write_line(file, line, seq, t, entry),
        };
        self.check(passed_on);
    }

    #[cold]
    fn save_ring(&self) {
        if matches!(*self.sink.borrow(), Sink::Blocks(_, Full::Ring(_))) {
            self.check(self.save());
        }
    }

    /// Tells of the first error.
    #[cold]
    fn check(&self, result: io::Result<()>) {
        if let Err(error) = result
            && let Some(on_report) = self.on_report.take()
        {
            on_report(&Report::TraceLost { path: self.path.display().to_string(), problem: error.to_string() });
        }
    }
}

#[cold]
fn write_line(
    file: &mut BufWriter<File>,
    line: &mut String,
    seq: u64,
    t: u64,
    entry: &Entry<Text<'_>>,
) -> io::Result<()> {
    line.clear();
    ndjson::write(line, seq, t, entry);
    file.write_all(line.as_bytes())
}

impl Full {
    /// The block is full; the next begins with the state at this moment: so it can be read without those before it.
    #[cold]
    fn take(&mut self, block: &mut Block, next_seq: u64, t: u64) -> io::Result<()> {
        let result = match self {
            Full::File(blocks) => blocks.write(block),
            Full::Ring(ring) => {
                ring.close(block);
                Ok(())
            }
        };
        block.restart(next_seq, t);
        if let Some(snapshot) = super::snapshot() {
            describe(&snapshot, &mut |entry| block.state(entry));
        }
        result
    }
}

impl Blocks {
    fn write(&mut self, block: &Block) -> io::Result<()> {
        let bytes = block.bytes();
        self.written.push((self.offset, block.first_seq(), block.t0()));
        self.offset += bytes.len() as u64;
        self.file.write_all(&bytes)
    }

    fn end(&mut self, block: &Block) -> io::Result<()> {
        if block.events() > 0 {
            self.write(block)?;
        }
        self.file.write_all(&encode::index(&self.written))?;
        self.file.flush()
    }
}

impl Ring {
    fn close(&mut self, block: &Block) {
        self.closed.push_back((block.bytes(), block.first_seq(), block.t0(), block.events()));
        let mut kept: u64 = self.closed.iter().map(|(.., events)| events).sum();
        while let Some((.., events)) = self.closed.front()
            && kept - events >= self.keep
        {
            kept -= events;
            self.closed.pop_front();
        }
    }

    /// As a file of its own.
    fn bytes(&self, open: &Block) -> Vec<u8> {
        let mut bytes = encode::beginning(&self.header);
        let mut index = Vec::new();
        let open = (open.bytes(), open.first_seq(), open.t0(), 0);
        for (block, first_seq, t0, _) in self.closed.iter().chain([&open]) {
            index.push((bytes.len() as u64, *first_seq, *t0));
            bytes.extend(block);
        }
        bytes.extend(encode::index(&index));
        bytes
    }
}

fn open(path: &Path) -> io::Result<File> {
    let first = STARTED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
    let opened = if first { File::create(path) } else { OpenOptions::new().create(true).append(true).open(path) };
    opened.map_err(|problem| {
        let kind = problem.kind();
        io::Error::new(kind, FileError::Open { path: path.to_owned(), problem })
    })
}

fn header(clock: &Clock, with_output: bool, last: Option<u64>) -> Value {
    let mut header = json!({
        "format": "glassloop-trace", "version": 1,
        "program": std::env::args().next().map(|path| name_of(&path)),
        "clock": if clock.is_virtual() { "virtual" } else { "real" }, "policy": "fifo",
        "wheel": { "tick_ns": 1_000_000, "levels": 6, "slots": 64 },
        "ring": last, "redacted": !with_output,
    });
    // Under virtual time nothing in the file depends on when or where it was made.
    if !clock.is_virtual() {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        header["started_unix_ns"] = json!(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX));
        header["args"] = std::env::args().skip(1).collect();
        header["os"] = json!(std::env::consts::OS);
    }
    header["schema"] = schema();
    header
}

/// The header of a file of lines: its fields have names, so it needs no schema.
pub(super) fn header_line(mut header: Value) -> Value {
    let mut line = json!({ "seq": 0, "t": 0, "kind": "Header" });
    if let (Value::Object(line), Value::Object(header)) = (&mut line, &mut header) {
        header.remove("schema");
        line.append(header);
    }
    line
}

fn schema() -> Value {
    let kinds = KINDS.iter().map(|kind| {
        let fields = kind.fields.iter().map(|field| match field.words {
            [] => json!([field.name, field.ty]),
            words => json!([field.name, field.ty, words]),
        });
        json!([kind.code, kind.name, fields.collect::<Value>()])
    });
    kinds.collect()
}

fn name_of(path: &str) -> String {
    Path::new(path).file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let result = match self.sink.get_mut() {
            Sink::Lines { file, .. } => file.flush(),
            Sink::Blocks(block, Full::File(blocks)) => blocks.end(block),
            Sink::Blocks(_, Full::Ring(_)) => Ok(()),
        };
        self.check(result);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder {{ path: {:?}, events: {} }}", self.path, self.seq.get())
    }
}
