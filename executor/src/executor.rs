//! The executor: who is alive, who is ready, and whose turn it is.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;

use crate::cell::Children;
use crate::core::{Core, FETCHED, Turn};
use crate::group::{Group, OnFailure, OnPanic};
use crate::handle::TaskHandle;
use crate::join::Task;
use crate::join_error::Uncollected;
#[cfg(feature = "trace")]
use crate::observer::Observer;
use crate::observer::{Event, Snapshot};
use crate::profile::Locals;
use crate::remote::{ExecutorId, OutOfExecutors};
use crate::root::{Root, RunRoot};
use crate::slots::Popped;
use crate::task::TaskRef;
use crate::waker;

/// A queue of tasks, and the machine that gives each its turn. It knows nothing of sockets and time.
///
/// [`tick`](Executor::tick) runs what is ready; whoever drives it decides what to do between ticks. All that reaches a task from
/// outside is its `Waker`, and all the executor asks of the outside is the plain `Waker` it is given, which
/// it wakes when another thread has sent something while it was [parked](Executor::begin_park).
///
/// ```
/// use std::task::Waker;
/// use glassloop_executor::{Executor, Spawn};
///
/// let executor = Executor::new(Waker::noop().clone()).unwrap();
/// let task = executor.spawn(Spawn::here(), async { 6 * 7 });
/// assert!(!task.is_done()); // created, not run
/// executor.enter(|| executor.tick(None));
/// assert!(task.is_done());
/// ```
pub struct Executor {
    core: Core,
}

/// What a task is created with.
#[derive(Clone, Debug)]
pub struct Spawn {
    /// A name for people to read; without one it is `Task-<id>`.
    pub name: Option<String>,
    /// Where in the source it was created.
    pub location: &'static Location<'static>,
}

impl Spawn {
    /// Without a name, created where this is called.
    #[track_caller]
    pub fn here() -> Spawn {
        Spawn { name: None, location: Location::caller() }
    }
}

impl Executor {
    /// A new executor. `unparker` is woken when another thread has sent something to a parked executor.
    ///
    /// # Errors
    /// When 1,024 executors are alive in this process.
    pub fn new(unparker: Waker) -> Result<Executor, OutOfExecutors> {
        Ok(Executor { core: Core::new(unparker)? })
    }

    /// Which executor this is.
    pub fn id(&self) -> ExecutorId {
        self.core.id
    }

    /// Makes this the executor of this thread while `f` runs: wakes on this thread then take the short way.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        waker::enter(&self.core, f)
    }

    /// Whether this executor runs on this thread right now.
    #[inline]
    pub fn is_entered(&self) -> bool {
        self.core.id.is_current()
    }

    /// Creates a task and queues it; it runs at the next tick. After [`shutdown`](Executor::shutdown) the future is dropped
    /// at once and the task is cancelled.
    ///
    /// # Panics
    /// With more than 67,108,864 live tasks.
    pub fn spawn<F: Future + 'static>(&self, spawn: Spawn, future: F) -> Task<F::Output> {
        self.core.spawn::<F, OnPanic>(spawn, future)
    }

    /// As [`spawn`](Executor::spawn): a task for which an `Err` is a failure, so that one which nobody collects is reported.
    pub fn spawn_fallible<F, T, E>(&self, spawn: Spawn, future: F) -> Task<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + 'static,
        E: fmt::Display,
    {
        self.core.spawn::<F, OnFailure>(spawn, future)
    }

    /// As [`spawn`](Executor::spawn), but the task is not queued: its first turn comes when the waker, given with it, is woken. The waker has not
    /// *escaped*: it is for a primitive of this project, such as a timer. After [`shutdown`](Executor::shutdown) it wakes nobody.
    pub fn spawn_parked<F: Future + 'static>(&self, spawn: Spawn, future: F) -> (Task<F::Output>, Waker) {
        let (task, ticket) = self.core.spawn_parked::<F, OnPanic>(spawn, future);
        (task, ticket.map_or_else(|| Waker::noop().clone(), waker::of_ticket))
    }

    /// Creates a group and queues it as one; its children start, in order, at the next tick.
    pub fn spawn_group<M: Children>(&self, spawn: Spawn, children: M) -> Group<M> {
        self.core.spawn_group(spawn, children)
    }

    /// The root future of a `block_on`: pinned by the caller, woken and queued like a task. One at a time.
    pub fn root<'f, F: Future>(&'f self, spawn: Spawn, future: Pin<&'f mut F>) -> Root<'f, F> {
        Root::new(&self.core, spawn, future)
    }

    /// Gives a turn to each task that was ready when the tick began, in order. What becomes ready meanwhile, also a
    /// task that wakes itself, has its turn in the next tick: asyncio's rule. Says how many turns were given.
    ///
    /// Wakes and calls from other threads are taken in first.
    ///
    /// # Panics
    /// When called from inside a task, as it would run the loop within itself.
    pub fn tick(&self, root: Option<&mut dyn RunRoot>) -> usize {
        let mut turns = self.begin_turns("tick");
        if self.core.is_observed() { turns.tick_and_tell::<true>(root) } else { turns.tick_and_tell::<false>(root) }
    }

    /// For a loop that ticks again and again: until the guard goes, nobody else gives turns, so that not each tick has to ask.
    ///
    /// # Panics
    /// If somebody gives turns already: `call`, as the text names it, was called from inside the loop.
    pub fn begin_turns(&self, call: &'static str) -> Turns<'_> {
        let nested = self.core.ticking.replace(true);
        assert!(!nested, "glassloop: {call}() was called from inside a task: a loop cannot run within itself");
        Turns { executor: self }
    }

    /// Whether a task is ready.
    #[inline]
    pub fn has_ready(&self) -> bool {
        self.core.ready() > 0
    }

    /// Whether a root future is in it: its `block_on` is running.
    pub fn has_root(&self) -> bool {
        self.core.root().is_some()
    }

    /// Whether another thread has sent something that no tick has taken in yet.
    pub fn has_messages(&self) -> bool {
        !self.core.half.queue.is_empty()
    }

    /// How many polls there were so far.
    #[inline]
    pub fn polls(&self) -> u64 {
        self.core.polls()
    }

    /// The owner is about to wait for the outside. False if another thread has sent something: then tick instead.
    pub fn begin_park(&self) -> bool {
        self.core.half.parking.begin_park()
    }

    /// The owner has stopped waiting.
    pub fn end_park(&self) {
        self.core.half.parking.unparked();
    }

    /// Whether strangers may hold a waker: of a live task, or, cloned where that could not be told, of any.
    pub fn has_escaped(&self) -> bool {
        self.core.has_escaped()
    }

    /// Has `observer` told of every step from now on; `None` ends it.
    ///
    /// # Panics
    /// From inside a task: a tick is told whole or not at all.
    #[cfg(feature = "trace")]
    pub fn set_observer(&self, observer: Option<Rc<dyn Observer>>) {
        self.core.set_observer(observer);
    }

    /// Who is being polled, the name it was given, and where it was created.
    pub fn polling(&self) -> Option<(TaskRef, Option<String>, &'static Location<'static>)> {
        let current = self.current()?;
        let profile = current.header().profile();
        Some((current.id(), profile.name.clone(), profile.location))
    }

    /// Who is being polled.
    pub fn current(&self) -> Option<TaskHandle> {
        let (ticket, _) = self.core.polling()?;
        self.core.handle_of(ticket)
    }

    /// The tasks that are alive and the root, in the order of creation; children of a `gather` are none.
    pub fn all_tasks(&self) -> Vec<TaskHandle> {
        self.core.all_tasks()
    }

    /// The task-locals of whoever is being polled.
    pub fn locals(&self) -> Option<Locals> {
        self.core.locals()
    }

    /// Gives whoever is being polled other task-locals; tasks that it has created keep what they have. False if nobody is polled.
    pub fn set_locals(&self, locals: Option<Locals>) -> bool {
        self.core.set_locals(locals)
    }

    /// Has `report` told of each task that failed while nobody will collect it: at its end, or when its handle is dropped.
    pub fn on_uncollected(&self, report: Rc<dyn Fn(&Uncollected)>) {
        self.core.reporter.set(report);
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// The whole state at this moment.
    pub fn snapshot(&self) -> Snapshot {
        // Inside, as the tasks that wait are known by their wakers there.
        self.enter(|| self.core.snapshot())
    }

    /// Ends all tasks, in the order of their creation: each future is dropped on this thread, inside the executor, so
    /// that its destructors may still wake, spawn (what they spawn is cancelled at once) and panic.
    ///
    /// # Panics
    /// When called from inside a task, which cannot be dropped while it runs.
    pub fn shutdown(&self) {
        let _turns = self.begin_turns("shutdown");
        self.enter(|| self.core.cancel_all());
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.shutdown();
        self.core.half.release(self.core.id);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("id", &self.core.id).field("ready", &self.core.ready()).finish_non_exhaustive()
    }
}

/// Whoever has it gives turns, and nobody else; see [`Executor::begin_turns`].
#[derive(Debug)]
#[must_use = "while it lives, nobody else gives turns"]
pub struct Turns<'e> {
    executor: &'e Executor,
}

impl Turns<'_> {
    /// A [`tick`](Executor::tick) of a loop that knows whether somebody observes: then `TELL` must be true. So neither a tick nor a poll
    /// that nobody is told of pays anything for it.
    #[inline(always)]
    pub fn tick_and_tell<const TELL: bool>(&mut self, mut root: Option<&mut dyn RunRoot>) -> usize {
        let core = &self.executor.core;
        debug_assert!(TELL || !core.is_observed(), "somebody observes, and would not be told");
        if core.half.parking.take() {
            core.drain_messages();
        }
        let ready = core.ready();
        if ready < FETCHED {
            self.give::<TELL>(ready, &mut root);
        } else {
            self.give_many::<TELL>(ready, root);
        }
        ready
    }

    /// A few at a time. Not inlined, so that a tick of one or two pays nothing for it.
    #[inline(never)]
    fn give_many<const TELL: bool>(&self, ready: usize, mut root: Option<&mut dyn RunRoot>) {
        let mut left = ready;
        while left > 0 {
            let turns = self.executor.core.fetch_next(left);
            self.give::<TELL>(turns, &mut root);
            left -= turns;
        }
    }

    /// The turns of those at the front of the run queue.
    #[inline(always)]
    fn give<const TELL: bool>(&self, turns: usize, root: &mut Option<&mut dyn RunRoot>) {
        let core = &self.executor.core;
        for _ in 0..turns {
            let Some(Popped { ticket, index, run }) = core.pop() else { break };
            let (told, ended) = if let Some(run) = run {
                let told = if TELL { core.tell_turn(&Turn { run: &*run, index, ticket }) } else { None };
                (told, run.turn(core, index, ticket))
            } else {
                let told = if TELL { core.tell_turn_of_root(ticket, root.is_some()) } else { None };
                (told, root.as_mut().is_none_or(|root| root.turn(ticket)))
            };
            if let Some(task) = told.filter(|_| !ended) {
                core.tell_inline(&Event::PollEnd { task, ready: false });
            }
        }
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        self.executor.core.ticking.set(false);
    }
}
