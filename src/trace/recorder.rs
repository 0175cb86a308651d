//! Records what a loop tells: in a file, or in memory with the last events only.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::rc::{Rc, Weak};

use glassloop_reactor::{Clock, Instant};

use super::executor::TaskRef;
use super::glt::encode::{Block, Text};
use super::live::{Take, Translator, describe, of_loop};
use super::schema::{Entry, RunEnding};
use super::{Change, LoopEvent, Snapshot, executor, reactor};
use crate::context::Context;
use crate::report::{OnReport, Report};

mod files;
mod header;
mod picture;
mod ring;
mod sink;
#[cfg(test)]
mod tests;

use files::Claim;
pub use files::FileError;
use header::header;
pub(super) use header::header_line;
use picture::Picture;
use ring::Ring;
use sink::{Blocks, Sink, To, write_line};

/// What to record, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) path: PathBuf,
    /// Only the last so many events, written when something is wrong.
    pub(crate) last: Option<u64>,
    /// What the program prints through [`trace::println!`](crate::trace::println) too, not only how much.
    pub(crate) with_output: bool,
    /// How many events come before the next state in a binary file.
    pub(crate) keyframes: Option<Keyframes>,
}

/// See [`Recording::keyframes`].
#[derive(Clone, Debug)]
pub(crate) enum Keyframes {
    Every(u64),
    /// What the environment says is no number.
    NoNumber(String),
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
    /// The last reading of the clock, in nanoseconds: events between two readings share it.
    t: Cell<u64>,
    /// Nothing but the loop has run since that reading: a poll may begin with it.
    still: Cell<bool>,
    /// A poll of this turn has ended: what other threads had the loop call, which no event marks, came before that reading.
    polled: Cell<bool>,
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

impl Recorder {
    /// Starts a file, or goes on in one that an earlier loop of this process has started.
    pub(crate) fn create(recording: Recording, context: &Rc<Context>, on_report: OnReport) -> io::Result<Recorder> {
        let Recording { path, last, with_output, keyframes } = recording;
        let keyframes = match keyframes {
            Some(Keyframes::NoNumber(value)) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, FileError::Keyframes { value }));
            }
            Some(Keyframes::Every(events)) => Some(events.max(1)),
            None => None,
        };
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
        let block = if last.is_some() { block.in_ring() } else { block };
        let header = header(&clock, with_output, last);
        let to = match (last, kind) {
            (Some(keep), _) => {
                claim.check_folder()?;
                To::Ring(Ring::new(keep, header.to_string()))
            }
            (None, Kind::Lines) => {
                let mut file = BufWriter::new(claim.open()?);
                writeln!(file, "{}", header_line(header))?;
                To::Lines { file, line: String::new(), seq: 0 }
            }
            (None, Kind::Glt) => To::Blocks(Blocks::begin(Box::new(BufWriter::new(claim.open()?)), &header)?),
            (None, Kind::Picture(format)) => {
                drop(claim.open()?);
                To::Blocks(Blocks::begin(Box::new(Picture::new(&claim, format)), &header)?)
            }
        };
        let (claim, context, translator) = (Cell::new(Some(claim)), Rc::downgrade(context), Translator::default());
        let (t, still, polled) = (Cell::new(t), Cell::new(false), Cell::new(false));
        let sink = RefCell::new(Sink { block, to });
        let (lost, on_report) = (Cell::default(), Cell::new(Some(on_report)));
        Ok(Recorder { path, claim, context, clock, translator, with_output, t, still, polled, sink, lost, on_report })
    }

    /// Writes what a ring holds; a file that is written as it goes is brought up to date.
    pub(crate) fn save(&self) -> io::Result<()> {
        let sink = &mut *self.sink.borrow_mut();
        let saved = match &mut sink.to {
            To::Ring(ring) => return ring.save(&self.path, &sink.block),
            To::Lines { file, .. } => file.flush(),
            To::Blocks(_) => self.pass_on(sink).and_then(|()| sink.to.flush()),
            To::Closed => Err(io::Error::other("what was recorded before could not be written")),
        };
        saved.inspect_err(|_| drop(sink.close()))
    }

    #[inline(always)]
    pub(super) fn of_executor(&self, event: &executor::Event<'_>) {
        use executor::Event::{Dequeue, Enqueue, PollBegin, PollEnd, Wake};
        match event {
            PollBegin(_) => {
                if self.still.replace(false) {
                    // The loop may have read it meanwhile.
                    self.t.set(self.clock.latest().as_nanos());
                } else {
                    self.read_clock();
                }
            }
            PollEnd { .. } => {
                self.read_clock();
                self.still.set(true);
                self.polled.set(true);
            }
            // What passes between two polls, or makes none of the program's code run.
            Wake { .. } | Enqueue(_) | Dequeue(_) => {}
            _ => self.still.set(false),
        }
        self.translator.follow_executor(event);
        let entry = self.translator.of_executor(event);
        self.put_inline(&entry, || self.translator.of_executor(event));
    }

    /// When the last poll has ended, if nothing but the loop has run since.
    #[inline]
    pub(super) fn just_read(&self) -> Option<Instant> {
        (self.still.get() && self.polled.get()).then(|| Instant::from_nanos(self.t.get()))
    }

    #[inline(always)]
    pub(super) fn of_reactor(mut self: &Recorder, event: &reactor::Event, task: Option<TaskRef>) {
        use reactor::Event::{ClockJump, Park, Unpark};
        if let Park { at, .. } | Unpark { at, .. } | ClockJump { to: at, .. } = event {
            self.t.set(at.as_nanos());
            self.still.set(true);
        }
        self.translator.of_reactor(event, task, &mut self);
    }

    #[inline(always)]
    pub(super) fn of_resource(mut self: &Recorder, resource: u64, change: &Change) {
        self.translator.of_resource(resource, change, &mut self);
    }

    pub(super) fn of_loop(&self, event: LoopEvent<'_>) {
        if let LoopEvent::Turn = event {
            self.polled.set(false);
            self.translator.follow_loop();
            let turn = || of_loop(LoopEvent::Turn, false);
            self.put_inline(&turn(), turn);
            return self.tell_loss();
        }
        // What a program says of itself is worth a reading.
        self.read_clock();
        self.still.set(false);
        self.translator.follow_loop();
        let entry = || of_loop(event, self.with_output);
        self.put_inline(&entry(), entry);
        match event {
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

    /// Has the entry made `again` if it is not written as nearly all are: so nearly none is ever put together in memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put_inline<'t>(&self, entry: &Entry<Text<'t>>, again: impl FnOnce() -> Entry<Text<'t>>) {
        let sink = &mut *self.sink.borrow_mut();
        match sink.block.event(self.t.get(), entry) {
            Some(false) => {}
            full => self.go_on(sink, full, &again()),
        }
    }

    /// The block is full; or it has no room, and the entry is still to be written, there or elsewhere.
    #[cold]
    #[inline(never)]
    fn go_on(&self, sink: &mut Sink, mut full: Option<bool>, entry: &Entry<Text<'_>>) {
        let (t, block) = (self.t.get(), &mut sink.block);
        let written = match &mut sink.to {
            To::Closed => Ok(()),
            To::Lines { file, line, seq } => {
                *seq += 1;
                write_line(file, line, *seq, t, entry)
            }
            To::Blocks(_) | To::Ring(_) => {
                while full.is_none() {
                    block.turn_page();
                    full = block.event(t, entry);
                }
                if full == Some(true) { self.pass_on(sink) } else { Ok(()) }
            }
        };
        self.check(written, sink);
    }

    /// The block is full; the next begins with the state at this moment: so it can be read without those before it.
    #[cold]
    fn pass_on(&self, sink: &mut Sink) -> io::Result<()> {
        let Sink { block, to } = sink;
        let (next_seq, t) = (block.next_seq(), self.t.get());
        let result = to.take(block);
        block.restart(next_seq, t);
        if let To::Ring(_) = to {
            // As it is read if it is the first that is left.
            block.state(&Entry::Dropped { count: next_seq - 1 });
        }
        if let Some(context) = self.context.upgrade() {
            let snapshot = context.executor.enter(|| Snapshot::of(&context));
            describe(&snapshot, &mut |entry| block.state(entry));
        }
        // That may have taken a while.
        self.still.set(false);
        result
    }

    /// Saves a ring: `now`, or when it is worth it.
    #[cold]
    fn save_ring(&self, now: bool) {
        let sink = &mut *self.sink.borrow_mut();
        if let To::Ring(ring) = &mut sink.to
            && (ring.owes(&sink.block) || now)
        {
            let saved = ring.save(&self.path, &sink.block);
            self.check(saved, sink);
        }
    }

    /// The loop is gone: the file is brought to its end, and what comes later belongs to nothing.
    fn close(&self) {
        let sink = &mut *self.sink.borrow_mut();
        let ended = sink.end(&self.path);
        self.check(ended, sink);
        drop(self.claim.take());
        self.tell_loss();
    }

    /// What follows an error would not fit to what is there: a file ends with it. A ring may have more luck the next time.
    #[inline]
    fn check(&self, result: io::Result<()>, sink: &mut Sink) {
        if let Err(error) = result {
            // Told at the next turn, as this may be in the middle of anything.
            self.lost.set(Some(error));
            if !matches!(sink.to, To::Ring(_)) {
                drop(sink.close());
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

impl Take for &Recorder {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn take<'t>(&mut self, entry: impl Fn() -> Entry<Text<'t>>) {
        self.put_inline(&entry(), entry);
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
        f.debug_struct("Recorder").field("path", &self.path).finish_non_exhaustive()
    }
}
