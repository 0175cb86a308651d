//! Records what a loop tells: in a file, or in memory with the last events only.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use glassloop_reactor::{Clock, Instant};
use serde_json::{Value, json};

use super::glt::encode::{self, Block, Text};
use super::live::{Translator, describe};
use super::schema::{Entry, KINDS, RunEnding};
use super::{Event, LoopEvent, Observer, executor, ndjson, reactor};
use crate::report::{OnReport, Report};

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

/// Hears of every event of a loop and keeps it.
pub(crate) struct Recorder {
    path: PathBuf,
    clock: Clock,
    translator: Translator,
    with_output: bool,
    seq: Cell<u64>,
    /// The last reading of the clock: events between two readings share it.
    t: Cell<Instant>,
    sink: RefCell<Sink>,
    /// Taken when it has been told that the file cannot be written.
    on_report: Cell<Option<OnReport>>,
}

enum Sink {
    Lines { file: BufWriter<File>, line: String },
    Blocks(Blocks),
    Ring(Ring),
}

/// A binary file.
struct Blocks {
    file: BufWriter<File>,
    /// Bytes of this run so far.
    offset: u64,
    /// Of each block: its offset, its first event, and its time.
    written: Vec<(u64, u64, u64)>,
    block: Block,
}

/// The last events of a run, in blocks.
struct Ring {
    keep: u64,
    header: String,
    /// Bytes, first event, time, and how many events.
    closed: VecDeque<(Vec<u8>, u64, u64, u64)>,
    block: Block,
}

/// How many events a block has, unless its state is large.
const EVENTS_PER_BLOCK: u64 = 4096;

/// Whether the next event belongs in a new block: none is mostly state.
fn is_full(block: &Block) -> bool {
    let (states, events) = block.counts();
    events >= EVENTS_PER_BLOCK.max(2 * states)
}

impl Recorder {
    /// Starts a file, or goes on in one that an earlier loop of this process has started.
    pub(crate) fn create(recording: Recording, clock: Clock, on_report: OnReport) -> io::Result<Recorder> {
        let Recording { path, last, with_output } = recording;
        let binary = match path.extension().and_then(|extension| extension.to_str()) {
            Some("glt") => true,
            Some("ndjson" | "jsonl") if last.is_none() => false,
            _ => {
                let kinds = if last.is_some() { ".glt" } else { ".glt (compact) or .ndjson (readable)" };
                let problem = format!("trace file {path:?}: a name that ends in {kinds} is wanted");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
            }
        };
        let t = clock.now();
        let block = || Block::new(1, t.as_nanos());
        let header = header(&clock, with_output, last);
        let sink = match last {
            Some(keep) => {
                Sink::Ring(Ring { keep, header: header.to_string(), closed: VecDeque::new(), block: block() })
            }
            None => {
                let mut file = BufWriter::new(open(&path)?);
                if binary {
                    let beginning = encode::beginning(&header.to_string());
                    file.write_all(&beginning)?;
                    let offset = beginning.len() as u64;
                    Sink::Blocks(Blocks { file, offset, written: Vec::new(), block: block() })
                } else {
                    writeln!(file, "{}", header_line(header))?;
                    Sink::Lines { file, line: String::new() }
                }
            }
        };
        let (seq, translator) = (Cell::new(0), Translator::default());
        let (t, sink, on_report) = (Cell::new(t), RefCell::new(sink), Cell::new(Some(on_report)));
        Ok(Recorder { path, clock, translator, with_output, seq, t, sink, on_report })
    }

    /// Writes what a ring holds; a file that is written as it goes is brought up to date.
    pub(crate) fn save(&self) -> io::Result<()> {
        match &mut *self.sink.borrow_mut() {
            Sink::Lines { file, .. } => file.flush(),
            Sink::Blocks(blocks) => blocks.file.flush(),
            Sink::Ring(ring) => std::fs::write(&self.path, ring.bytes()),
        }
    }

    fn put(&self, entry: &Entry<Text<'_>>) -> io::Result<()> {
        let (seq, t) = (self.seq.get(), self.t.get().as_nanos());
        match &mut *self.sink.borrow_mut() {
            Sink::Lines { file, line } => {
                line.clear();
                ndjson::write(line, seq, t, entry);
                file.write_all(line.as_bytes())
            }
            Sink::Blocks(blocks) => {
                blocks.block.event(t, entry);
                if is_full(&blocks.block) {
                    blocks.close()?;
                    begin(&mut blocks.block, seq + 1, t);
                }
                Ok(())
            }
            Sink::Ring(ring) => {
                ring.block.event(t, entry);
                if is_full(&ring.block) {
                    ring.close();
                    begin(&mut ring.block, seq + 1, t);
                }
                Ok(())
            }
        }
    }

    /// Tells of the first error.
    fn check(&self, result: io::Result<()>) {
        if let Err(error) = result
            && let Some(on_report) = self.on_report.take()
        {
            on_report(&Report::TraceLost { path: self.path.display().to_string(), problem: error.to_string() });
        }
    }
}

/// A block begins with the state at this moment: so it can be read without those before it.
fn begin(block: &mut Block, first_seq: u64, t0: u64) {
    block.restart(first_seq, t0);
    if let Some(snapshot) = super::snapshot() {
        describe(&snapshot, &mut |entry| block.state(entry));
    }
}

impl Blocks {
    fn close(&mut self) -> io::Result<()> {
        let bytes = self.block.bytes();
        self.written.push((self.offset, self.block.first_seq(), self.block.t0()));
        self.offset += bytes.len() as u64;
        self.file.write_all(&bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        if self.block.counts().1 > 0 {
            self.close()?;
        }
        self.file.write_all(&encode::index(&self.written))?;
        self.file.flush()
    }
}

impl Ring {
    fn close(&mut self) {
        let (_, events) = self.block.counts();
        self.closed.push_back((self.block.bytes(), self.block.first_seq(), self.block.t0(), events));
        let mut kept: u64 = self.closed.iter().map(|(.., events)| events).sum();
        while let Some((.., events)) = self.closed.front()
            && kept - events >= self.keep
        {
            kept -= events;
            self.closed.pop_front();
        }
    }

    /// As a file of its own.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = encode::beginning(&self.header);
        let mut index = Vec::new();
        let open = (self.block.bytes(), self.block.first_seq(), self.block.t0(), 0);
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
    opened.map_err(|error| io::Error::new(error.kind(), format!("trace file {path:?}: {error}")))
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
fn header_line(mut header: Value) -> Value {
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

impl Observer for Recorder {
    fn event(&self, event: &Event<'_>) {
        if reads_the_clock(event) {
            self.t.set(self.clock.now());
        }
        self.seq.set(self.seq.get() + 1);
        let result = self.put(&self.translator.translate(event, self.with_output));
        self.check(result);
        if is_finding(event) && matches!(*self.sink.borrow(), Sink::Ring(_)) {
            self.check(self.save());
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let result = match &mut *self.sink.borrow_mut() {
            Sink::Lines { file, .. } => file.flush(),
            Sink::Blocks(blocks) => blocks.end(),
            Sink::Ring(ring) => {
                drop(mem::take(&mut ring.closed));
                Ok(())
            }
        };
        self.check(result);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder {{ path: {:?}, events: {} }}", self.path, self.seq.get())
    }
}

fn reads_the_clock(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Executor(executor::Event::PollBegin(_) | executor::Event::PollEnd { .. })
            | Event::Reactor(
                reactor::Event::Park { .. } | reactor::Event::Unpark { .. } | reactor::Event::ClockJump { .. }
            )
    )
}

/// Something is wrong: what led to it is worth keeping.
fn is_finding(event: &Event<'_>) -> bool {
    matches!(event, Event::Loop(LoopEvent::Report { .. } | LoopEvent::RunEnd(RunEnding::Deadlock)))
}
