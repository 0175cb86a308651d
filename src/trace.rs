//! Seeing the loop: events, snapshots, and a recorder.
//!
//! A loop can tell every step it takes. Replaying the events rebuilds its state: at each event, the model that the events so far lead to equals the
//! [`Snapshot`] taken at that moment (`tests/replay` holds it to that). Looking never polls, wakes or reorders.
//!
//! Of two loops, one running in a poll of the other, each tells of its own. One thing is not told: what the inner one does with the handle of a task of
//! the outer one, such as giving it a name or waiting for its end.
//!
//! ```
//! use std::{cell::RefCell, rc::Rc};
//! use glassloop::{Runtime, trace};
//!
//! #[derive(Default)]
//! struct Polls(RefCell<Vec<u64>>);
//!
//! impl trace::Observer for Polls {
//!     fn event(&self, event: &trace::Event<'_>) {
//!         if let trace::Event::Executor(trace::executor::Event::PollBegin(task)) = event {
//!             self.0.borrow_mut().push(task.task);
//!         }
//!     }
//! }
//!
//! let polls = Rc::new(Polls::default());
//! let runtime = Runtime::builder().observer(polls.clone()).build()?;
//! runtime.block_on(async { glassloop::create_task(async {}).await.unwrap() })?;
//! assert_eq!(*polls.0.borrow(), [1, 2, 1]); // main, the task, main again
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::cell::OnceCell;
use std::io;
use std::path::PathBuf;
use std::rc::{Rc, Weak};

/// The executor's events and snapshot.
pub use glassloop_executor as executor;
/// The reactor's events.
pub use glassloop_reactor as reactor;

use crate::context::{self, Context};
use crate::report::{OnReport, Report};
use crate::runtime::Builder;
pub use crate::waiters::{About, Change, Seen, SeenWait};

pub mod glt;
pub mod html;
mod hub;
mod live;
pub mod model;
pub mod ndjson;
pub mod perfetto;
pub mod read;
mod recorder;
#[cfg(test)]
mod round_trip;
pub mod schema;
mod spans;

use hub::Told;
pub(crate) use hub::{Hub, Running};
pub use read::{parse, read};
pub use recorder::FileError;
use recorder::{Keyframes, Recorder, Recording};
use schema::RunEnding;
pub use spans::{Span, mark, out, println, span};

/// One step of a loop.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Of the loop itself, and what the program has it record.
    Loop(LoopEvent<'a>),
    /// Of the tasks and their order.
    Executor(&'a executor::Event<'a>),
    /// Of sockets and time.
    Reactor(&'a reactor::Event),
    /// Of what tasks wait for besides: queues, threads.
    Resource(u64, &'a Change),
}

/// See [`Event::Loop`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum LoopEvent<'a> {
    /// A `block_on` begins; its root is about to be spawned.
    RunBegin,
    /// It has ended.
    RunEnd(RunEnding),
    /// The loop is being dropped, and all its tasks have ended. What the program still holds of it (a socket, say) may tell of its own end
    /// later.
    LoopEnd,
    /// A turn of the loop begins.
    Turn,
    /// [`mark`] was called.
    Mark(&'a str),
    /// Something was printed through [`println!`].
    Out(&'a str),
    /// [`span`] was called.
    SpanBegin {
        /// Its number, never used again.
        span: u64,
        /// Who is being polled.
        task: Option<executor::TaskRef>,
        /// What it was called.
        name: &'a str,
    },
    /// The [`Span`] was dropped.
    SpanEnd {
        /// Its number.
        span: u64,
    },
    /// The loop has reported something.
    Report {
        /// What.
        report: &'a Report,
        /// In words.
        text: &'a str,
    },
}

/// Hears of every step of a loop, after it was taken and outside of every borrow. It must not poll, wake or spawn. One that panics is
/// [reported](Report::ObserverPanicked) and hears no more; the loop goes on.
pub trait Observer {
    /// One step.
    fn event(&self, event: &Event<'_>);
}

/// A loop's whole state at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// Tasks, run queue, and who waits for whose end.
    pub executor: executor::Snapshot,
    /// Timers and sources, as the events that would lead to them.
    pub reactor: Vec<reactor::Event>,
    /// What tasks wait for besides, by number.
    pub resources: Vec<(u64, Seen)>,
}

impl Snapshot {
    pub(crate) fn of(context: &Context) -> Snapshot {
        let (mut reactor, mut resources) = (Vec::new(), Vec::new());
        context.reactor.visit(&mut |event| reactor.push(*event));
        context.visit_resources(&mut |id, seen| resources.push((id, seen)));
        Snapshot { executor: context.executor.snapshot(), reactor, resources }
    }

    /// The state as a recording has it: entries that lead from nothing to it, for a [`Model`](model::Model) to be made of.
    ///
    /// To be called inside the loop that it is of.
    pub fn entries(&self) -> Vec<schema::Entry<Rc<str>>> {
        live::entries(self)
    }
}

/// The state of the loop that runs on this thread; `None` if none does.
///
/// ```
/// glassloop::run(async {
///     let snapshot = glassloop::trace::snapshot().unwrap();
///     assert_eq!(snapshot.executor.tasks[0].name.as_deref(), Some("main"));
/// });
/// ```
pub fn snapshot() -> Option<Snapshot> {
    context::current().map(|context| Snapshot::of(&context))
}

/// Writes what has been recorded so far to its file; a loop without a recording has nothing to write.
///
/// # Errors
/// If the file cannot be written, now or some time before.
pub fn save() -> io::Result<()> {
    let recorder = context::current().and_then(|context| context.hub.recorder.get().cloned());
    recorder.map_or(Ok(()), |recorder| recorder.save())
}

/// What a [`Builder`] was told about tracing.
#[derive(Default)]
pub(crate) struct Setup {
    observers: Vec<Rc<dyn Observer>>,
    recording: Option<Recording>,
    with_output: bool,
    keyframes: Option<Keyframes>,
    /// The loop's, when there is one.
    hub: Rc<OnceCell<Weak<Hub>>>,
}

impl Setup {
    /// Whether a recording was asked for.
    pub(crate) fn records(&self) -> bool {
        self.recording.is_some()
    }

    pub(crate) fn attach(self, context: &Rc<Context>, on_report: OnReport) -> io::Result<()> {
        let hub = &context.hub;
        hub.home.get_or_init(|| (context.executor.id(), Rc::downgrade(context)));
        self.hub.get_or_init(|| Rc::downgrade(hub));
        hub.observed.set(self.recording.is_some() || !self.observers.is_empty());
        if let Some(mut recording) = self.recording {
            (recording.with_output, recording.keyframes) = (self.with_output, self.keyframes);
            let recorder = Rc::new(Recorder::create(recording, context, on_report)?);
            hub.recorder.get_or_init(|| recorder);
        }
        if !self.observers.is_empty() {
            hub.observers.get_or_init(|| self.observers.into_iter().map(Told::from).collect());
        }
        if let Some(watch) = context.watch.get() {
            hub.watch.get_or_init(|| watch.clone());
        }
        if hub.is_observed() {
            context.executor.set_observer(Some(hub.clone()));
            context.reactor.set_observer(Some(hub.clone()));
        }
        Ok(())
    }
}

impl Builder {
    /// Reports are events too.
    pub(crate) fn reports_are_told(mut self) -> Builder {
        let (on_report, hub) = (self.on_report, self.tracing.hub.clone());
        self.on_report = Rc::new(move |report| {
            if let Some(hub) = hub.get().and_then(Weak::upgrade).filter(|hub| hub.is_observed()) {
                hub.tell_loop(LoopEvent::Report { report, text: &report.to_string() });
            }
            on_report(report);
        });
        self
    }

    /// Has `observer` told of every step; may be called several times.
    pub fn observer(mut self, observer: Rc<dyn Observer>) -> Builder {
        self.tracing.observers.push(observer);
        self
    }

    /// Records every step in a file: `.ndjson` for one JSON object a line, `.glt` for the compact [binary format](crate::trace::glt), `.html` for a
    /// [page](crate::trace::html) that steps through the run, `.json` or `.pftrace` for [Perfetto](crate::trace::perfetto) (more than a million events
    /// are too many for JSON's viewers). Pages and pictures are written when the loop is dropped. Loops of one process that name the same file follow
    /// each other in it; one that is made while another still records there takes the next name that is free: `run-2.glt` for `run.glt`. A page or a
    /// picture has to be written anew for each loop, so it takes 32 of them, or 16 MiB, and the loop after that takes the next name too.
    ///
    /// If the file can no longer be written, that is [reported](crate::Report::TraceLost) once, and the loop goes on unrecorded.
    ///
    /// A loop that records also looks out for tasks that nothing can wake any more, and [reports](crate::Report::LostWake) them.
    pub fn trace(mut self, path: impl Into<PathBuf>) -> Builder {
        self.tracing.recording = Some(Recording { path: path.into(), ..Recording::default() });
        self
    }

    /// Keeps the last `events` steps in memory (a few more, as they come and go by blocks), and writes them to `path`, a `.glt` file: a flight recorder.
    ///
    /// It does so when the loop reports something, when a `block_on` ends otherwise than with an output, and when
    /// [`trace::save`](crate::trace::save) is called; together with [debug mode](Builder::debug) that is also at each poll that takes too long. The file
    /// is replaced each time. After many reports in short time some are written together, at the latest when the loop is dropped.
    pub fn trace_last(mut self, path: impl Into<PathBuf>, events: u64) -> Builder {
        self.tracing.recording = Some(Recording { path: path.into(), last: Some(events), ..Recording::default() });
        self
    }

    /// Whether a recording has what the program prints through [`trace::println!`](crate::trace::println) and the arguments it was called with. Unless this
    /// is called, it has neither, and of what is printed only how much it is. Names, [marks](crate::trace::mark), [spans](crate::trace::span) and reports
    /// (with what a panic said) are always in it.
    pub fn trace_output(mut self, on: bool) -> Builder {
        self.tracing.with_output = on;
        self
    }

    /// Has a `.glt` file describe the whole state of the loop after every `events` steps: a reader can begin at each of these. Without this it is 4,096, or
    /// more where the state is large. 0 counts as 1: the state stands beside each step, to be held against what the steps say.
    pub fn trace_keyframes(mut self, events: u64) -> Builder {
        self.tracing.keyframes = Some(Keyframes::Every(events));
        self
    }

    /// Records in the file that the environment variable `GLASSLOOP_TRACE` names, if it is set and [`trace`](Builder::trace) was not called; with
    /// [keyframes](Builder::trace_keyframes) as `GLASSLOOP_TRACE_KEYFRAMES` says, if that is set. If it is no number, the loop cannot be built.
    pub fn trace_from_env(mut self) -> Builder {
        let named = || std::env::var_os("GLASSLOOP_TRACE").filter(|path| !path.is_empty());
        if self.tracing.recording.is_none()
            && let Some(path) = named()
        {
            self.tracing.recording = Some(Recording { path: path.into(), ..Recording::default() });
            if let Some(value) = std::env::var_os("GLASSLOOP_TRACE_KEYFRAMES") {
                let value = value.to_string_lossy().into_owned();
                self.tracing.keyframes = Some(value.parse().map_or(Keyframes::NoNumber(value), Keyframes::Every));
            }
        }
        self
    }
}
