//! Where all that is told of a loop comes together.

use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

use super::live::task_in;
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
    /// Whether this is told inside of the loop that it is of: not if another one runs in one of its polls.
    #[inline(always)]
    fn is_home(&self) -> bool {
        self.home.get().is_none_or(|(executor, _)| executor.is_current())
    }

    /// Calls `tell` inside of that loop: tasks are known by their wakers there.
    #[cold]
    fn tell_from_outside(&self, tell: &dyn Fn()) {
        match self.home.get().and_then(|(_, home)| home.upgrade()) {
            Some(home) => context::enter(&home, tell),
            None => tell(),
        }
    }

    /// After the recorder and whoever watches for lost wakes were told: so what an observer reports of an event comes after it in the
    /// recording.
    #[inline(always)]
    fn tell_observers<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if let Some(observers) = self.observers.get() {
            self.tell_each(observers, &event());
        }
    }

    #[inline(never)]
    fn tell_each(&self, observers: &[Told], event: &Event<'_>) {
        observers.iter().for_each(|observer| observer.tell(self, event));
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

    fn tell_of_loop(&self, event: LoopEvent<'_>) {
        if !self.is_home() {
            return self.tell_from_outside(&|| self.loop_event(event));
        }
        self.loop_event(event);
    }

    #[inline]
    fn loop_event(&self, event: LoopEvent<'_>) {
        if let Some(recorder) = self.recorder.get() {
            recorder.of_loop(event);
        }
        self.tell_observers(|| Event::Loop(event));
    }

    /// To the recorder and to whoever watches for lost wakes: inlined into a branch for each frequent kind of event, where the compiler
    /// knows which it is. So it is asked once, and not by all who hear of it. But not where nothing is optimised: each copy would have
    /// its own place on the stack.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pass_on_executor_event(&self, event: &executor::Event<'_>) {
        if let Some(recorder) = self.recorder.get() {
            recorder.of_executor(event);
        }
        if let Some(watch) = self.watch.get() {
            watch.of_executor(event);
        }
    }

    #[inline(never)]
    fn pass_on_rare_executor_event(&self, event: &executor::Event<'_>) {
        self.pass_on_executor_event(event);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pass_on_reactor_event(&self, event: &reactor::Event) {
        let (recorder, watch) = (self.recorder.get(), self.watch.get());
        // Looked up once for both.
        let task = if recorder.is_some() || watch.is_some() { task_in(event) } else { None };
        if let Some(recorder) = recorder {
            recorder.of_reactor(event, task);
        }
        if let Some(watch) = watch {
            watch.of_reactor(event, task);
        }
    }

    #[inline(never)]
    fn pass_on_rare_reactor_event(&self, event: &reactor::Event) {
        self.pass_on_reactor_event(event);
    }

    #[inline(always)]
    fn reactor_event(&self, event: &reactor::Event) {
        use reactor::Event::{NotReady, Park, Ready, Tried, Unpark, WaitOff, WaitOn};
        // Equal arms, and each its own copy: see pass_on_executor_event.
        match event {
            Ready { .. } => self.pass_on_reactor_event(event),
            NotReady { .. } => self.pass_on_reactor_event(event),
            Tried { .. } => self.pass_on_reactor_event(event),
            WaitOn { .. } => self.pass_on_reactor_event(event),
            WaitOff { .. } => self.pass_on_reactor_event(event),
            Park { .. } => self.pass_on_reactor_event(event),
            Unpark { .. } => self.pass_on_reactor_event(event),
            _ => self.pass_on_rare_reactor_event(event),
        }
        self.tell_observers(|| Event::Reactor(event));
    }

    pub(super) fn next_span(&self) -> u64 {
        self.next_span.replace(self.next_span.get() + 1)
    }

    /// Tells of a change of a resource: called inside of the loop.
    #[inline]
    pub(crate) fn resource(&self, id: u64, change: &Change) {
        // Equal arms, and each its own copy: see pass_on_executor_event.
        match change {
            Change::Len { .. } => self.pass_on_change(id, change),
            Change::WaitOn(_) => self.pass_on_change(id, change),
            Change::Woken(_) => self.pass_on_change(id, change),
            Change::WaitOff(_) => self.pass_on_change(id, change),
            _ => self.pass_on_rare_change(id, change),
        }
        self.tell_observers(|| Event::Resource(id, change));
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pass_on_change(&self, id: u64, change: &Change) {
        if let Some(recorder) = self.recorder.get() {
            recorder.of_resource(id, change);
        }
        if let Some(watch) = self.watch.get() {
            watch.of_resource(id, change);
        }
    }

    #[inline(never)]
    fn pass_on_rare_change(&self, id: u64, change: &Change) {
        self.pass_on_change(id, change);
    }

    /// When the last poll has ended, if nothing but the loop has run since: nor an observer, whose time would be taken for sleep. (What
    /// the loop itself looks at before it waits is: for lost wakes, for a deadlock.)
    #[inline]
    pub(crate) fn just_read(&self) -> Option<reactor::Instant> {
        let alone = self.observers.get().is_none();
        self.recorder.get().filter(|_| alone)?.just_read()
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
        use executor::Event::{Dequeue, Enqueue, PollBegin, PollEnd, Wake};
        // Equal arms, and each its own copy: see pass_on_executor_event.
        match event {
            Wake { .. } => self.pass_on_executor_event(event),
            Enqueue(_) => self.pass_on_executor_event(event),
            Dequeue(_) => self.pass_on_executor_event(event),
            PollBegin(_) => self.pass_on_executor_event(event),
            PollEnd { .. } => self.pass_on_executor_event(event),
            _ => self.pass_on_rare_executor_event(event),
        }
        self.tell_observers(|| Event::Executor(event));
    }
}

impl reactor::Observer for Hub {
    fn event(&self, event: &reactor::Event) {
        if !self.is_home() {
            return self.tell_from_outside(&|| {
                self.pass_on_rare_reactor_event(event);
                self.tell_observers(|| Event::Reactor(event));
            });
        }
        self.reactor_event(event);
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
