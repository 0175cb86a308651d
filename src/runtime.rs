//! The loop: where the executor and the reactor meet. Start reading at [`Runtime::block_on`].

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{Location, resume_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use glassloop_executor::{Executor, Root, Spawn};
use glassloop_reactor::{Clock, Turn};
use thiserror::Error;

use crate::context::{self, Context};
use crate::cycles;
pub use crate::deadlock::Deadlock;
use crate::handle::Handle;
use crate::signals::CtrlC;
#[cfg(feature = "trace")]
use crate::trace::{self, LoopEvent};

mod builder;
mod glance;
mod spin;

use glance::LastTurn;
use spin::Spin;

pub use builder::Builder;

/// Runs a future to its end on a loop of its own, on this thread (asyncio's `run`). Tasks that are left then are cancelled, in
/// the order of their creation.
///
/// The first Ctrl-C cancels: `future` is dropped where it waits, then the tasks that are left, in order; destructors run, and the
/// process exits with status 130. A second one ends it at once. For other manners: [`Builder::handle_ctrl_c`].
///
/// With `GLASSLOOP_TRACE=file.ndjson` in the environment, it records what happens there; with `GLASSLOOP_DEBUG=1` it is in [debug mode](Builder::debug).
///
/// ```
/// assert_eq!(glassloop::run(async { 6 * 7 }), 42);
/// ```
///
/// # Panics
/// Inside a running loop; when the system has no file descriptors for a loop; with a report, when the tasks certainly wait for
/// each other for ever. A panic of the future resumes here.
#[track_caller]
pub fn run<F: Future>(future: F) -> F::Output {
    let location = Location::caller();
    if context::current().is_some() {
        panic!(
            "glassloop: run() was called inside a running loop; await the future instead, or give it to create_task()"
        );
    }
    let builder = Runtime::builder().handle_ctrl_c(true);
    #[cfg(feature = "trace")]
    let builder = builder.trace_from_env().debug_from_env();
    let runtime = builder.build().unwrap_or_else(|error| panic!("glassloop: no loop could be made: {error}"));
    match runtime.block_on_at(future, location) {
        Ok(output) => output,
        Err(RunError::Interrupted) => {
            drop(runtime); // and with it the tasks that are left
            std::process::exit(EXIT_INTERRUPTED)
        }
        Err(error) => panic!("{error}"),
    }
}

/// What a shell says of a program that Ctrl-C ended.
const EXIT_INTERRUPTED: i32 = 130;

/// A loop: an executor, a reactor, a clock, and a pool of threads for what blocks (asyncio's `Runner`).
///
/// Its tasks live as long as it does, also between two calls of [`block_on`](Runtime::block_on). Dropping it cancels them, in the order of
/// their creation.
///
/// ```
/// use glassloop::{Clock, Runtime};
/// use std::time::Duration;
///
/// let runtime = Runtime::builder().clock(Clock::new_virtual()).build()?;
/// runtime.block_on(async { glassloop::sleep(Duration::from_secs(3600)).await })?; // takes no time
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runtime {
    context: Rc<Context>,
    event_interval: u32,
    handle_ctrl_c: bool,
    last_turn: LastTurn,
    spin: Spin,
}

/// Why [`Runtime::block_on`] gave no output.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// Every task waits, and nothing can ever wake one.
    #[error("{0}")]
    Deadlock(Deadlock),
    /// The system refused to say what is ready.
    #[error("glassloop: waiting for readiness failed: {0}")]
    Reactor(#[from] io::Error),
    /// Ctrl-C was pressed; the future was dropped where it waited ([`Builder::handle_ctrl_c`]).
    #[error("glassloop: interrupted by Ctrl-C")]
    Interrupted,
}

impl Runtime {
    /// A loop with the defaults of [`Builder`].
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new() -> io::Result<Runtime> {
        Runtime::builder().build()
    }

    /// To set what is not as usual.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs the loop until `future` is done. Tasks that it leaves behind stay, and go on at the next `block_on`.
    ///
    /// # Errors
    /// [`RunError::Deadlock`] if it is certain that the future can never be done; [`RunError::Interrupted`] at a Ctrl-C, if the loop
    /// [handles](Builder::handle_ctrl_c) it.
    ///
    /// # Panics
    /// If this runtime is running already. A panic of the future resumes here; a panic of another task does not.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        self.block_on_at(future, Location::caller())
    }

    fn block_on_at<F: Future>(&self, future: F, location: &'static Location<'static>) -> Result<F::Output, RunError> {
        let Context { executor, reactor, .. } = &*self.context;
        assert!(
            !executor.has_root(),
            "glassloop: block_on() was called on a runtime that is running already; await the future instead"
        );
        // Outlives the future: while it is dropped, a Ctrl-C is still ours.
        let ctrl_c = self.handle_ctrl_c.then(|| CtrlC::listen(reactor.unparker())).flatten();
        context::enter(&self.context, || {
            // Pinned in here, so that it is also dropped inside the loop.
            let future = pin!(future);
            #[cfg(feature = "trace")]
            let running = trace::Running::begin(&self.context.hub);
            let root = executor.root(Spawn { name: Some("main".into()), location }, future);
            // Who listens was settled when the loop was made: so it is asked once, not at every turn.
            let result = if self.context.is_observed() {
                self.drive::<true, F>(root, ctrl_c.as_ref())
            } else {
                self.drive::<false, F>(root, ctrl_c.as_ref())
            };
            #[cfg(feature = "trace")]
            running.end(&result);
            result.map(|output| output.unwrap_or_else(|payload| resume_unwind(payload)))
        })
    }

    /// The loop itself; `TELL` if somebody listens.
    fn drive<const TELL: bool, F: Future>(
        &self,
        mut root: Root<'_, F>,
        ctrl_c: Option<&CtrlC>,
    ) -> Result<thread::Result<F::Output>, RunError> {
        let Context { executor, reactor, .. } = &*self.context;
        let mut turns = executor.begin_turns("block_on");
        self.begin_turn::<TELL>();
        loop {
            turns.tick_and_tell::<TELL>(Some(&mut root));
            if root.has_ended()
                && let Some(output) = root.take_output()
            {
                return Ok(output);
            }
            if ctrl_c.is_some_and(CtrlC::came) {
                return Err(RunError::Interrupted);
            }
            if executor.has_ready() {
                if reactor.armed_timers() == 0 && reactor.waiting() == 0 {
                    // Nobody waits for time or for a socket: so a tick of one task, which yields, is not much more than its turn.
                    if TELL {
                        self.context.tell_turn();
                    }
                    continue;
                }
                self.glance_at_the_world::<TELL>()?;
            } else if self.spin.finds(|| executor.has_messages()) {
                // It has waited, as if it had slept: others may have come, too.
                if reactor.waiting() > 0 {
                    self.turn::<TELL>(Some(Duration::ZERO))?;
                }
            } else if executor.begin_park() {
                let _parked = Parked(executor);
                self.wait_for_the_world::<TELL>()?;
            }
            self.begin_turn::<TELL>();
        }
    }

    /// What a turn of the loop begins with, before the tick: due timers wake their tasks, behind those that are ready.
    fn begin_turn<const TELL: bool>(&self) {
        if TELL {
            self.context.tell_turn();
        }
        self.context.reactor.fire_due();
    }

    /// Nothing is ready: waits for a socket, a timer or another thread.
    fn wait_for_the_world<const TELL: bool>(&self) -> Result<(), RunError> {
        let Context { executor, reactor, .. } = &*self.context;
        if executor.suspects_cycles() && cycles::break_them(&self.context) {
            return Ok(());
        }
        // A job wakes before it is over, and a handle sends before it is dropped: whoever finds none can rely on the messages it then looks for.
        let has_handles = self.context.door.has_handles();
        let outside = reactor.waiting() > 0 || self.context.works_outside() || executor.has_messages();
        let idle = !outside && reactor.armed_timers() == 0;
        if TELL {
            self.context.report_lost_wakes(idle && !has_handles);
        }
        if idle {
            self.look_for_deadlock(has_handles)?;
        }
        if executor.has_ready() {
            return Ok(()); // whoever heard of what is wrong has woken somebody
        }
        if !reactor.clock().is_virtual() || reactor.armed_timers() == 0 {
            return Ok(self.wait_without_limit::<TELL>(idle)?);
        }
        // Virtual time moves when nothing else can happen first. What two sockets of this process say to each other may be under way in the
        // system for a moment, so they get one of real time.
        let grace = if reactor.waiting() > 0 { Duration::from_millis(1) } else { Duration::ZERO };
        let found = self.turn::<TELL>(Some(grace))?;
        let busy = self.context.works_outside();
        if found.ready > 0 || executor.has_ready() || executor.has_messages() {
            return Ok(()); // there may be more to come
        }
        if busy {
            self.turn::<TELL>(None)?;
        } else {
            reactor.jump_to_next_deadline();
        }
        Ok(())
    }

    /// Nothing that the loop knows of can wake a task.
    fn look_for_deadlock(&self, has_handles: bool) -> Result<(), RunError> {
        if !has_handles && let Some(deadlock) = Deadlock::find(&self.context) {
            deadlock.tell(&self.context);
            return Err(RunError::Deadlock(deadlock));
        }
        Ok(())
    }

    /// `idle`: only somebody outside can wake a task. In debug mode that is said, once, if nobody has done so for a while: a program
    /// in which another thread is at work is no deadlock.
    fn wait_without_limit<const TELL: bool>(&self, idle: bool) -> io::Result<()> {
        #[cfg(feature = "trace")]
        if let Some(debug) = self.context.debug.get().filter(|debug| idle && debug.awaits_deadlock()) {
            const A_WHILE: Duration = Duration::from_secs(1);
            let before = std::time::Instant::now();
            let Turn { ready, unparked } = self.turn::<TELL>(Some(A_WHILE))?;
            let executor = &self.context.executor;
            let nobody_came = ready == 0 && !unparked && !executor.has_ready() && !executor.has_messages();
            // A signal ends a wait early, and says nothing of who may come.
            if nobody_came && before.elapsed() >= A_WHILE {
                debug.report_possible_deadlock(&self.context);
            }
            return Ok(());
        }
        let _ = idle;
        self.turn::<TELL>(None)?;
        Ok(())
    }

    fn turn<const TELL: bool>(&self, max_wait: Option<Duration>) -> io::Result<Turn> {
        let Context { executor, reactor, .. } = &*self.context;
        let now = if TELL { self.context.just_read() } else { None };
        let found = reactor.turn_and_tell::<TELL>(max_wait, now)?;
        // Under a virtual clock nothing is to be won.
        if found.unparked && !reactor.clock().is_virtual() {
            self.spin.was_woken();
        }
        self.last_turn.was_at(executor.polls());
        Ok(found)
    }

    /// The loop, for other threads.
    ///
    /// ```
    /// let runtime = glassloop::Runtime::new()?;
    /// let handle = runtime.handle();
    /// assert!(!handle.is_gone());
    /// drop(runtime);
    /// assert_eq!(handle.call_soon_threadsafe(|| unreachable!()), Err(glassloop::LoopGone));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn handle(&self) -> Handle {
        self.context.door.handle()
    }

    /// The loop's clock.
    pub fn clock(&self) -> &Clock {
        self.context.reactor.clock()
    }

    /// Everything that is alive in the loop, and what it waits for.
    #[cfg(feature = "trace")]
    pub fn snapshot(&self) -> crate::trace::Snapshot {
        // Inside, as the tasks that wait are known by their wakers there.
        self.context.executor.enter(|| crate::trace::Snapshot::of(&self.context))
    }
}

/// The loop sleeps while this lives, also if a stranger's waker makes it unwind.
struct Parked<'e>(&'e Executor);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.end_park();
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let Context { executor, reactor, door, .. } = &*self.context;
        // As in asyncio: what main has started last takes its first step, so that it has something to clean up.
        context::enter(&self.context, || (reactor.fire_due(), executor.tick(None)));
        door.close();
        // Inside the loop, so that destructors find it.
        context::enter(&self.context, || {
            #[cfg(feature = "trace")]
            if let Some(debug) = self.context.debug.get() {
                debug.report_left(&self.context);
            }
            executor.shutdown();
            self.context.pool.forget_waiting();
            #[cfg(feature = "trace")]
            self.context.hub.tell_loop(LoopEvent::LoopEnd);
        });
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Context { executor, reactor, .. } = &*self.context;
        f.debug_struct("Runtime").field("executor", executor).field("reactor", reactor).finish_non_exhaustive()
    }
}
