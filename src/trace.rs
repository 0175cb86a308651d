//! Seeing the loop: events, snapshots, and a recorder.
//!
//! A loop can tell every step it takes. Replaying the events rebuilds its state: at each event, the model that the events so far lead to equals the
//! [`Snapshot`] taken at that moment (`tests/trace_replay.rs` holds it to that). Looking never polls, wakes or reorders.
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

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

/// The executor's events and snapshot.
pub use glassloop_executor as executor;
/// The reactor's events.
pub use glassloop_reactor as reactor;

use crate::context::{self, Context};
use crate::report::OnReport;
use crate::runtime::Builder;
pub use crate::waiters::{About, Change, Seen, SeenWait};

mod ndjson;

pub use ndjson::Recorder;

/// One step of a loop.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Of the tasks and their order.
    Executor(&'a executor::Event<'a>),
    /// Of sockets and time.
    Reactor(&'a reactor::Event),
    /// Of what tasks wait for besides: queues, threads.
    Resource(u64, &'a Change),
}

/// Hears of every step of a loop, after it was taken and outside of every borrow. It must not poll, wake or spawn.
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

/// Passes what the two machines and the resources tell on to all who listen.
#[derive(Default)]
pub(crate) struct Hub {
    observers: RefCell<Rc<[Rc<dyn Observer>]>>,
}

impl Hub {
    fn tell(&self, event: Event<'_>) {
        let observers = self.observers.borrow().clone();
        for observer in observers.iter() {
            observer.event(&event);
        }
    }

    pub(crate) fn is_observed(&self) -> bool {
        !self.observers.borrow().is_empty()
    }

    pub(crate) fn resource(&self, id: u64, change: &Change) {
        self.tell(Event::Resource(id, change));
    }
}

impl executor::Observer for Hub {
    fn event(&self, event: &executor::Event<'_>) {
        self.tell(Event::Executor(event));
    }
}

impl reactor::Observer for Hub {
    fn event(&self, event: &reactor::Event) {
        self.tell(Event::Reactor(event));
    }
}

/// What a [`Builder`] was told about tracing.
#[derive(Default)]
pub(crate) struct Setup {
    observers: Vec<Rc<dyn Observer>>,
    file: Option<PathBuf>,
}

impl Setup {
    pub(crate) fn attach(mut self, context: &Rc<Context>, on_report: OnReport) -> io::Result<()> {
        if let Some(path) = self.file {
            self.observers.push(Rc::new(Recorder::create(&path, context.reactor.clock().clone(), on_report)?));
        }
        if !self.observers.is_empty() {
            *context.hub.observers.borrow_mut() = self.observers.into();
            context.executor.set_observer(Some(context.hub.clone()));
            context.reactor.set_observer(Some(context.hub.clone()));
        }
        Ok(())
    }
}

impl Builder {
    /// Has `observer` told of every step; may be called several times.
    pub fn observer(mut self, observer: Rc<dyn Observer>) -> Builder {
        self.tracing.observers.push(observer);
        self
    }

    /// Records every step in a file, one JSON object a line. Loops of one process that name the same file follow each other in it.
    pub fn trace(mut self, path: impl Into<PathBuf>) -> Builder {
        self.tracing.file = Some(path.into());
        self
    }

    /// Records in the file that the environment variable `GLASSLOOP_TRACE` names, if it is set and [`trace`](Builder::trace) was not called.
    pub fn trace_from_env(mut self) -> Builder {
        if self.tracing.file.is_none() {
            self.tracing.file = std::env::var_os("GLASSLOOP_TRACE").filter(|path| !path.is_empty()).map(PathBuf::from);
        }
        self
    }
}
