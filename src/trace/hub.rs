//! Where all that is told of a loop comes together.

use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

use super::recorder::Recorder;
use super::schema::RunEnding;
use super::{Change, Event, LoopEvent, Observer, executor, reactor};
use crate::context::{self, Context};
use crate::diagnosis::watch::Watch;
use crate::report::{Report, panic_text};
use crate::runtime::RunError;

/// Passes what the two machines and the resources tell on to all who listen: settled when the loop is made.
#[derive(Default)]
pub(crate) struct Hub {
    pub(super) observed: Cell<bool>,
    /// The loop that it is told of.
    pub(super) home: OnceCell<(executor::ExecutorId, Weak<Context>)>,
    pub(super) recorder: OnceCell<Rc<Recorder>>,
    pub(super) watch: OnceCell<Rc<Watch>>,
    pub(super) observers: OnceCell<Vec<Told>>,
    next_span: Cell<u64>,
}

impl Hub {
    /// Tells of an event of this loop: inside of it, also if another one runs in one of its polls. Tasks are known by their wakers there.
    #[inline]
    fn tell(&self, record: impl FnOnce(&Recorder), event: Event<'_>) {
        match self.home.get() {
            Some((executor, home)) if !executor.is_current() => self.tell_from_outside(home, record, event),
            _ => self.tell_here(record, event),
        }
    }

    #[cold]
    fn tell_from_outside(&self, home: &Weak<Context>, record: impl FnOnce(&Recorder), event: Event<'_>) {
        match home.upgrade() {
            Some(home) => context::enter(&home, || self.tell_here(record, event)),
            None => self.tell_here(record, event),
        }
    }

    /// Tells the recorder, and then whoever watches for lost wakes and the others: so what one of those reports of an event comes after it in the recording.
    #[inline]
    fn tell_here(&self, record: impl FnOnce(&Recorder), event: Event<'_>) {
        if let Some(recorder) = self.recorder.get() {
            record(recorder);
        }
        if let Some(watch) = self.watch.get() {
            watch.event(&event);
        }
        for observer in self.observers.get().into_iter().flatten() {
            observer.tell(self, &event);
        }
    }

    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        self.observed.get()
    }

    /// Tells of a step of the loop itself.
    #[inline]
    pub(crate) fn tell_loop(&self, event: LoopEvent<'_>) {
        if self.is_observed() {
            self.tell_of_loop(event);
        }
    }

    #[cold]
    fn tell_of_loop(&self, event: LoopEvent<'_>) {
        self.tell(|recorder| recorder.of_loop(event), Event::Loop(event));
    }

    pub(super) fn next_span(&self) -> u64 {
        self.next_span.replace(self.next_span.get() + 1)
    }

    pub(crate) fn resource(&self, id: u64, change: &Change) {
        self.tell(|recorder| recorder.of_resource(id, change), Event::Resource(id, change));
    }
}

/// An observer, until it panics.
pub(super) struct Told {
    observer: Rc<dyn Observer>,
    panicked: Cell<bool>,
}

impl From<Rc<dyn Observer>> for Told {
    fn from(observer: Rc<dyn Observer>) -> Told {
        Told { observer, panicked: Cell::new(false) }
    }
}

impl Told {
    #[inline]
    fn tell(&self, hub: &Hub, event: &Event<'_>) {
        if self.panicked.get() {
            return;
        }
        // Events come from the middle of the loop: what unwinds there would change what is observed.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.observer.event(event))) {
            self.panicked.set(true);
            if let Some((_, home)) = hub.home.get()
                && let Some(home) = home.upgrade()
            {
                home.report(&Report::ObserverPanicked { panic: panic_text(&*payload) });
            }
            // The payload's own drop may panic too.
            std::mem::forget(payload);
        }
    }
}

/// An executor tells only what happens while it runs on this thread.
impl executor::Observer for Hub {
    fn event(&self, event: &executor::Event<'_>) {
        self.tell_here(|recorder| recorder.of_executor(event), Event::Executor(event));
    }
}

impl reactor::Observer for Hub {
    fn event(&self, event: &reactor::Event) {
        self.tell(|recorder| recorder.of_reactor(event), Event::Reactor(event));
    }
}

/// A `block_on`, for those who listen: it has an end also if it unwinds.
pub(crate) struct Running<'h> {
    hub: &'h Hub,
    ending: RunEnding,
}

impl<'h> Running<'h> {
    pub(crate) fn begin(hub: &'h Hub) -> Running<'h> {
        hub.tell_loop(LoopEvent::RunBegin);
        Running { hub, ending: RunEnding::Panicked }
    }

    pub(crate) fn end<T>(mut self, result: &Result<std::thread::Result<T>, RunError>) {
        self.ending = match result {
            Ok(Ok(_)) => RunEnding::Done,
            Ok(Err(_)) => RunEnding::Panicked,
            Err(RunError::Deadlock(_)) => RunEnding::Deadlock,
            Err(RunError::Interrupted) => RunEnding::Interrupted,
            Err(RunError::Reactor(_)) => RunEnding::Error,
        };
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.hub.tell_loop(LoopEvent::RunEnd(self.ending));
    }
}
