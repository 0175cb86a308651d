//! Debug mode: an observer that reports what is probably a mistake (asyncio's debug mode). Out of it, nothing of this runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use glassloop_executor::{Ending, Event, TaskId, TaskRef};
use glassloop_reactor::{Clock, Instant};

use crate::context::Context;
use crate::diagnosis::LeftChildren;
use crate::diagnosis::busy::Busy;
use crate::diagnosis::left::Left;
use crate::diagnosis::picture::Picture;
use crate::diagnosis::watch::Watch;
use crate::diagnosis::words;
use crate::report::{OnReport, Report};
use crate::runtime::Builder;
use crate::task::name_of;
use crate::trace::schema::RunEnding;
use crate::trace::{self, LoopEvent, Observer};

const SLOW_POLL: Duration = Duration::from_millis(100);

/// What a [`Builder`] was told about debug mode.
#[derive(Default)]
pub(crate) struct Setup {
    on: Option<bool>,
    slow_poll: Option<Duration>,
}

/// Debug mode (with the feature `trace`, on which it is built).
impl Builder {
    /// Turns debug mode on or off: it reports polls that take [long](Builder::slow_poll), tasks that only wake themselves,
    /// tasks that nothing can wake any more, tasks that were never polled or are pending when the loop is dropped, and,
    /// once, a possible deadlock: for a second nobody outside of the loop woke a task, and nobody else can.
    /// Out of debug mode this costs nothing.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc, time::Duration};
    /// use glassloop::{Clock, Runtime};
    ///
    /// let reports = Rc::new(RefCell::new(Vec::new()));
    /// let (clock, heard) = (Clock::new_virtual(), reports.clone());
    /// let builder = Runtime::builder().clock(clock.clone()).debug(true);
    /// let runtime = builder.on_report(move |report| heard.borrow_mut().push(report.to_string())).build()?;
    /// runtime.block_on(async { clock.block_for(Duration::from_millis(150)) })?;
    /// assert!(reports.borrow()[0].starts_with(r#"glassloop: a poll of task 1 "main" took 150 ms"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn debug(mut self, on: bool) -> Builder {
        self.debugging.on = Some(on);
        self
    }

    /// Debug mode as the environment variable `GLASSLOOP_DEBUG` says, unless [`debug`](Builder::debug) was called: on, if it is set and neither empty nor `0`
    /// (asyncio's `PYTHONASYNCIODEBUG`). [`run`](crate::run) calls this.
    pub fn debug_from_env(mut self) -> Builder {
        let set = || std::env::var_os("GLASSLOOP_DEBUG").is_some_and(|value| !value.is_empty() && value != "0");
        self.debugging.on.get_or_insert_with(set);
        self
    }

    /// From which duration on debug mode reports a poll: 100 ms unless this is called (asyncio's `slow_callback_duration`).
    pub fn slow_poll(mut self, at_least: Duration) -> Builder {
        self.debugging.slow_poll = Some(at_least);
        self
    }

    /// In debug mode, and while a trace is recorded: what knows of each task what came before.
    pub(crate) fn watch(&self) -> Option<Rc<Watch>> {
        let debug = self.debugging.on == Some(true);
        let clock = debug.then(|| self.clock.clone());
        (debug || self.tracing.records()).then(|| Rc::new(Watch::new(clock)))
    }

    /// In debug mode, the builder with the observer that makes it up, and that observer.
    pub(crate) fn debugged(self, watch: Option<&Rc<Watch>>) -> (Builder, Option<Rc<Debug>>) {
        let Some(watch) = watch.filter(|_| self.debugging.on == Some(true)) else { return (self, None) };
        let slow_poll = self.debugging.slow_poll.unwrap_or(SLOW_POLL);
        let debug = Rc::new(Debug {
            clock: self.clock.clone(),
            on_report: self.on_report.clone(),
            slow_poll,
            watch: watch.clone(),
            busy: Busy::new(self.clock.clone(), slow_poll),
            alive: RefCell::default(),
            poll_began: Cell::default(),
            told_of_deadlock: Cell::default(),
            ended_in_deadlock: Cell::default(),
        });
        (self.observer(debug.clone()), Some(debug))
    }
}

/// What debug mode knows of a loop, from nothing but its events.
pub(crate) struct Debug {
    clock: Clock,
    on_report: OnReport,
    slow_poll: Duration,
    watch: Rc<Watch>,
    busy: Busy,
    alive: RefCell<BTreeMap<TaskId, Alive>>,
    poll_began: Cell<Instant>,
    told_of_deadlock: Cell<bool>,
    ended_in_deadlock: Cell<bool>,
}

/// A task, or a gather with children that have not ended.
struct Alive {
    name: Option<String>,
    location: &'static Location<'static>,
    /// Which task created it, in words.
    by: Option<String>,
    /// It was to have a turn. What is born asleep is a callback whose moment has not come.
    queued: bool,
    polled: bool,
    is_callback: bool,
    /// It was reported that nothing can wake it.
    is_lost: bool,
    gather: Option<Gather>,
}

/// The children of a gather.
#[derive(Default)]
struct Gather {
    all: u32,
    all_started: bool,
    running: u32,
}

impl Gather {
    fn left(&self) -> LeftChildren {
        let pending = if self.all_started { self.running } else { self.all };
        LeftChildren { pending, all: self.all }
    }
}

impl Alive {
    fn name(&self, task: TaskRef) -> String {
        match (&self.gather, task.child) {
            (Some(_), None) => format!("gather-{task}"),
            _ => name_of(task, &self.name),
        }
    }
}

impl Debug {
    /// A callback that is never called is no mistake.
    pub(crate) fn is_callback(&self, task: TaskId) {
        if let Some(alive) = self.alive.borrow_mut().get_mut(&task) {
            alive.is_callback = true;
        }
    }

    /// The loop ends: reports whom it leaves behind, in the order of their creation.
    pub(crate) fn report_left(&self, context: &Context) {
        // After a deadlock everybody is left, and the report of it has named them all.
        let told = self.ended_in_deadlock.get();
        let wanted = |alive: &Alive| alive.queued && !alive.is_callback && !(alive.polled && (told || alive.is_lost));
        let mut alive = self.alive.take();
        alive.retain(|_, alive| wanted(alive));
        if alive.is_empty() {
            return;
        }
        let left = Left::of(context, &self.watch);
        for (id, alive) in alive {
            let task = TaskRef { task: id, child: None };
            let (name, location) = (alive.name(task), alive.location);
            let children = alive.gather.as_ref().map(Gather::left);
            (self.on_report)(&if alive.polled {
                Report::PendingAtEnd { task, name, location, children, waits: left.lines(id) }
            } else {
                Report::NeverPolled { task, name, location, children, by: alive.by }
            });
        }
    }

    /// Whether a possible deadlock would be reported: it is said once.
    pub(crate) fn awaits_deadlock(&self) -> bool {
        !self.told_of_deadlock.get()
    }

    /// The loop has waited for a while, for nothing that it knows of: reports that, the first time.
    pub(crate) fn report_possible_deadlock(&self, context: &Context) {
        if self.told_of_deadlock.replace(true) {
            return;
        }
        let picture = Picture::of(context);
        (self.on_report)(&Report::PossibleDeadlock { tasks: picture.lines(), wakers: picture.strangers() });
    }

    fn of_the_loop(&self, event: &LoopEvent<'_>) {
        match event {
            LoopEvent::RunBegin => self.ended_in_deadlock.set(false),
            LoopEvent::RunEnd(RunEnding::Deadlock) => self.ended_in_deadlock.set(true),
            LoopEvent::Report { report: Report::LostWake { task, .. }, .. } => {
                self.change(*task, |alive| alive.is_lost = true);
            }
            _ => {}
        }
    }

    fn poll_ended(&self, task: TaskRef) {
        let took = self.clock.now() - self.poll_began.get();
        if took < self.slow_poll {
            return;
        }
        let known = self.alive.borrow().get(&task.task).map(|alive| (alive.name(task), alive.location));
        if let (Some((name, location)), Some((times, after))) = (known, self.watch.stalled(task)) {
            (self.on_report)(&Report::SlowPoll { task, name, location, took, times, after });
        }
    }

    fn title(&self, task: TaskId) -> String {
        let task = TaskRef { task, child: None };
        match self.alive.borrow().get(&task.task) {
            Some(alive) => words::title(task, &alive.name(task), alive.gather.is_some()),
            None => format!("task {task}"),
        }
    }

    /// Calls `change` with what is known of a task.
    fn change(&self, task: TaskRef, change: impl FnOnce(&mut Alive)) {
        if let Some(alive) = self.alive.borrow_mut().get_mut(&task.task) {
            change(alive);
        }
    }

    /// A task has ended, or a child of a gather, or a gather as a whole: its children may still run.
    fn ended(&self, task: TaskRef, ending: Ending) {
        let mut alive = self.alive.borrow_mut();
        let gather = alive.get_mut(&task.task).and_then(|alive| alive.gather.as_mut());
        if let Some(gather) = gather {
            gather.running -= u32::from(task.child.is_some());
            gather.all_started |= ending == Ending::Started;
            if gather.running > 0 || !gather.all_started {
                return;
            }
        }
        alive.remove(&task.task);
    }
}

impl Observer for Debug {
    fn event(&self, event: &trace::Event<'_>) {
        self.busy.event(event);
        let event = match event {
            trace::Event::Executor(event) => event,
            trace::Event::Loop(event) => return self.of_the_loop(event),
            _ => return,
        };
        match **event {
            Event::Spawn { task, name, location, children, parent, .. } => {
                let by = parent.map(|parent| self.title(parent));
                let (name, gather) = (name.map(str::to_owned), children.map(|all| Gather { all, ..Gather::default() }));
                let (queued, polled, is_callback, is_lost) = Default::default();
                let alive = Alive { name, location, by, queued, polled, is_callback, is_lost, gather };
                self.alive.borrow_mut().insert(task, alive);
            }
            Event::ChildStart(child) => self.change(child, |alive| {
                if let Some(gather) = &mut alive.gather {
                    gather.running += 1;
                }
            }),
            Event::Enqueue(task) => self.change(task, |alive| alive.queued = true),
            Event::Rename { task, name } => {
                self.change(TaskRef { task, child: None }, |alive| alive.name = Some(name.to_owned()));
            }
            Event::PollBegin(task) => {
                self.change(task, |alive| alive.polled = true);
                self.poll_began.set(self.clock.now());
            }
            Event::PollEnd { task, .. } => self.poll_ended(task),
            Event::Done { task, ending } => self.ended(task, ending),
            _ => {}
        }
    }
}
