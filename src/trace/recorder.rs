//! Records what a loop tells: in a file, or in memory with the last events only.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::rc::{Rc, Weak};

use glassloop_reactor::Clock;

use super::glt::encode::{self, Block, Text};
use super::live::{Translator, describe};
use super::schema::{Entry, RunEnding};
use super::{Change, LoopEvent, Snapshot, executor, ndjson, reactor};
use crate::context::Context;
use crate::report::{OnReport, Report};

mod files;
mod header;
mod picture;
mod ring;
#[cfg(test)]
mod tests;

use files::Claim;
pub use files::FileError;
use header::header;
pub(super) use header::header_line;
use picture::Picture;
use ring::Ring;

/// What to record, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) path: PathBuf,
    /// Only the last so many events, written when something is wrong.
    pub(crate) last: Option<u64>,
    /// What the program prints through [`trace::println!`](crate::trace::println) too, not only how much.
    pub(crate) with_output: bool,
    /// How many events come before the next state in a binary file.
    pub(crate) keyframes: Option<u64>,
}

/// Hears of every event of a loop and keeps it.
pub(crate) struct Recorder {
    path: PathBuf,
    /// Until the file is at its end.
    claim: Cell<Option<Claim>>,
    /// Whose events these are, whichever loop runs when a state is wanted.
    context: Weak<Context>,
    clock: Clock,
    translator: Translator,
    with_output: bool,
    seq: Cell<u64>,
    /// The last reading of the clock, in nanoseconds: events between two readings share it.
    t: Cell<u64>,
    /// Nothing that takes time was told since the end of a poll: the next may begin at the same reading.
    poll_ended: Cell<bool>,
    sink: RefCell<Sink>,
    /// Why the file cannot be written: told at the next turn, as this may be in the middle of anything.
    lost: Cell<Option<io::Error>>,
    /// Taken when that has been told.
    on_report: Cell<Option<OnReport>>,
}

/// By the end of the file's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Glt,
    Lines,
    Picture(picture::Format),
}

#[allow(clippy::large_enum_variant, reason = "there is one, and each event goes through it")]
enum Sink {
    Lines {
        file: BufWriter<File>,
        line: String,
    },
    /// The block that is being filled, and where the full ones go.
    Blocks(Block, Full),
    /// The loop is gone, or the file cannot be written.
    Closed,
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

impl Recorder {
    /// Starts a file, or goes on in one that an earlier loop of this process has started.
    pub(crate) fn create(recording: Recording, context: &Rc<Context>, on_report: OnReport) -> io::Result<Recorder> {
        let Recording { path, last, with_output, keyframes } = recording;
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("glt") => Kind::Glt,
            Some("ndjson" | "jsonl") if last.is_none() => Kind::Lines,
            Some("json") if last.is_none() => Kind::Picture(picture::Format::Perfetto),
            Some("pftrace") if last.is_none() => Kind::Picture(picture::Format::Packets),
            Some("html") if last.is_none() => Kind::Picture(picture::Format::Page),
            _ => {
                let any = ".html (a page), .glt (compact), .ndjson (readable), .json or, for long runs, .pftrace (for Perfetto)";
                let wanted = if last.is_some() { ".glt" } else { any };
                return Err(io::Error::new(io::ErrorKind::InvalidInput, FileError::Name { path, wanted }));
            }
        };
        let claim = Claim::to(&path);
        let path = claim.path.clone();
        let clock = context.reactor.clock().clone();
        let t = clock.now().as_nanos();
        let block = Block::new(1, t).with_events(keyframes);
        let header = header(&clock, with_output, last);
        let sink = match last {
            Some(keep) => {
                claim.check_folder()?;
                Sink::Blocks(block, Full::Ring(Ring::new(keep, header.to_string())))
            }
            None => {
                let mut file = BufWriter::new(claim.open()?);
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
        let (claim, context, translator) = (Cell::new(Some(claim)), Rc::downgrade(context), Translator::default());
        let (seq, t, poll_ended) = (Cell::new(0), Cell::new(t), Cell::new(false));
        let (sink, lost, on_report) = (RefCell::new(sink), Cell::default(), Cell::new(Some(on_report)));
        Ok(Recorder { path, claim, context, clock, translator, with_output, seq, t, poll_ended, sink, lost, on_report })
    }

    /// Writes what a ring holds; a file that is written as it goes is brought up to date.
    pub(crate) fn save(&self) -> io::Result<()> {
        let mut sink = self.sink.borrow_mut();
        let saved = match &mut *sink {
            Sink::Lines { file, .. } => file.flush(),
            Sink::Blocks(block, Full::Ring(ring)) => return ring.save(&self.path, block, self.seq.get()),
            Sink::Blocks(block, full) => self.pass_on(block, full).and_then(|()| full.flush()),
            Sink::Closed => return Err(io::Error::other("what was recorded before could not be written")),
        };
        saved.inspect_err(|_| *sink = Sink::Closed)
    }

    #[inline]
    pub(super) fn of_executor(&self, event: &executor::Event<'_>) {
        use executor::Event::{Dequeue, Enqueue, PollBegin, PollEnd, Wake};
        let translated = || self.translator.of_executor(event);
        // Nearly all events are of these five kinds. Each has its own copy of the writing, in which the compiler knows the kind.
        match event {
            Wake { .. } => self.put_inline(&translated()),
            Enqueue(_) => self.put_inline(&translated()),
            // It is only the next task's turn.
            Dequeue(_) => return self.put_inline(&translated()),
            PollBegin(_) => {
                if !self.poll_ended.get() {
                    self.read_clock();
                }
                self.put_inline(&translated());
            }
            PollEnd { .. } => {
                self.read_clock();
                self.put_inline(&translated());
            }
            _ => self.put(&translated()),
        }
        self.poll_ended.set(matches!(event, PollEnd { .. }));
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
        if let LoopEvent::Turn = event {
            return self.put_inline(&self.translator.of_loop(LoopEvent::Turn, false));
        }
        // What a program says of itself is worth a reading.
        self.read_clock();
        self.put(&self.translator.of_loop(event, self.with_output));
        match event {
            LoopEvent::Turn => self.tell_loss(),
            // Something is wrong: what led to it is worth keeping.
            LoopEvent::Report { .. } => self.save_ring(false),
            LoopEvent::RunEnd(reason) if reason != RunEnding::Done => self.save_ring(true),
            LoopEvent::LoopEnd => self.close(),
            _ => {}
        }
    }

    fn read_clock(&self) {
        self.t.set(self.clock.now().as_nanos());
    }

    /// One function for all, as every kind is written in it.
    #[inline(never)]
    fn put(&self, entry: &Entry<Text<'_>>) {
        self.put_inline(entry);
    }

    #[inline(always)]
    fn put_inline(&self, entry: &Entry<Text<'_>>) {
        let (seq, t) = (self.seq.get() + 1, self.t.get());
        self.seq.set(seq);
        let passed_on = match &mut *self.sink.borrow_mut() {
            Sink::Blocks(block, full) => {
                if !block.event(t, entry) {
                    return;
                }
                self.pass_on(block, full)
            }
            Sink::Lines { file, line } => write_line(file, line, seq, t, entry),
            Sink::Closed => return,
        };
        self.check(passed_on);
    }

    /// The block is full; the next begins with the state at this moment: so it can be read without those before it.
    #[cold]
    fn pass_on(&self, block: &mut Block, full: &mut Full) -> io::Result<()> {
        let (next_seq, t) = (self.seq.get() + 1, self.t.get());
        let result = full.take(block);
        block.restart(next_seq, t);
        if let Full::Ring(_) = full {
            // As it is read if it is the first that is left.
            block.state(&Entry::Dropped { count: next_seq - 1 });
        }
        if let Some(context) = self.context.upgrade() {
            let snapshot = context.executor.enter(|| Snapshot::of(&context));
            describe(&snapshot, &mut |entry| block.state(entry));
        }
        result
    }

    /// Saves a ring: `now`, or when it is worth it.
    #[cold]
    fn save_ring(&self, now: bool) {
        let is_time = match &mut *self.sink.borrow_mut() {
            Sink::Blocks(block, Full::Ring(ring)) => ring.owes(block, self.seq.get()) || now,
            _ => false,
        };
        if is_time {
            self.check(self.save());
        }
    }

    /// The loop is gone: the file is brought to its end, and what comes later belongs to nothing.
    fn close(&self) {
        let is_owed = |sink: &Sink| matches!(sink, Sink::Blocks(_, Full::Ring(ring)) if ring.is_owed());
        let owed = is_owed(&self.sink.borrow());
        if owed {
            self.check(self.save());
        }
        let result = match self.sink.replace(Sink::Closed) {
            Sink::Lines { mut file, .. } => file.flush(),
            Sink::Blocks(block, Full::File(mut blocks)) => blocks.end(&block),
            Sink::Blocks(_, Full::Ring(_)) | Sink::Closed => Ok(()),
        };
        self.check(result);
        drop(self.claim.take());
        self.tell_loss();
    }

    /// What follows an error would not fit to what is there: a file ends with it. A ring may have more luck the next time.
    #[cold]
    fn check(&self, result: io::Result<()>) {
        if let Err(error) = result {
            self.lost.set(Some(error));
            let mut sink = self.sink.borrow_mut();
            if !matches!(*sink, Sink::Blocks(_, Full::Ring(_))) {
                *sink = Sink::Closed;
            }
        }
    }

    /// Tells of the first error.
    #[inline]
    fn tell_loss(&self) {
        if let Some(error) = self.lost.take()
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
    fn take(&mut self, block: &Block) -> io::Result<()> {
        match self {
            Full::File(blocks) if block.events() > 0 => blocks.write(block),
            Full::File(_) => Ok(()),
            Full::Ring(ring) => {
                ring.close(block);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Full::File(blocks) => blocks.file.flush(),
            Full::Ring(_) => Ok(()),
        }
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

/// The loop came to no end of its own, or never began.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder {{ path: {:?}, events: {} }}", self.path, self.seq.get())
    }
}
