//! What of a loop is not as usual.

use std::fmt;
use std::io;
use std::rc::Rc;

use glassloop_executor::Executor;
use glassloop_reactor::{Clock, Reactor};

use super::{LastTurn, Runtime, Spin};
#[cfg(doc)]
use super::{RunError, run};
use crate::context::Context;
use crate::report::{self, OnReport, Report};

/// Sets up a [`Runtime`].
///
/// ```
/// let runtime = glassloop::Runtime::builder().event_interval(31).build()?;
/// assert_eq!(runtime.block_on(async { 1 })?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder builds nothing until `build`"]
pub struct Builder {
    pub(crate) clock: Clock,
    event_interval: u32,
    handle_ctrl_c: bool,
    pub(crate) on_report: OnReport,
    #[cfg(feature = "trace")]
    pub(crate) tracing: crate::trace::Setup,
    #[cfg(feature = "trace")]
    pub(crate) debugging: crate::debug::Setup,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            clock: Clock::real(),
            event_interval: 256,
            handle_ctrl_c: false,
            on_report: report::to_stderr(),
            #[cfg(feature = "trace")]
            tracing: Default::default(),
            #[cfg(feature = "trace")]
            debugging: Default::default(),
        }
    }
}

impl Builder {
    /// The clock the loop goes by: [`Clock::real`] unless this is called.
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.clock = clock;
        self
    }

    /// After how many polls a busy loop looks at its sockets, at the latest: 256 unless this is called; 0 counts as 1.
    pub fn event_interval(mut self, polls: u32) -> Builder {
        self.event_interval = polls.max(1);
        self
    }

    /// Whether a Ctrl-C ends `block_on` in good order: off unless this is called, on in [`run`] (in asyncio also in a `Runner`).
    ///
    /// If on, the first Ctrl-C while the loop runs makes [`Runtime::block_on`] drop its future and return [`RunError::Interrupted`]; a
    /// task that blocks the loop delays it. Other tasks stay until the runtime is dropped. The second one, and each while the loop does not run,
    /// ends the process as it does without us. One loop of the process has the signal at a time: the first that runs.
    ///
    /// Nothing is done on Windows, nor, on Linux, if the process ignores Ctrl-C or has a handler of its own when the first such loop runs.
    pub fn handle_ctrl_c(mut self, on: bool) -> Builder {
        self.handle_ctrl_c = on;
        self
    }

    /// Where the loop's [`Report`]s go: to stderr unless this is called. `report` may use the loop, and if it panics, the loop goes on.
    pub fn on_report(mut self, report: impl Fn(&Report) + 'static) -> Builder {
        self.on_report = report::to(report);
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    /// When the system has no file descriptors left, when 1,024 loops are alive, or when the trace file cannot be written.
    pub fn build(self) -> io::Result<Runtime> {
        #[cfg(feature = "trace")]
        let watch = self.watch();
        #[cfg(feature = "trace")]
        let (builder, debug) = self.reports_are_told().debugged(watch.as_ref());
        #[cfg(not(feature = "trace"))]
        let builder = self;
        let Builder { clock, event_interval, handle_ctrl_c, on_report, .. } = builder;
        let reactor = Reactor::new(clock)?;
        let executor = Executor::new(reactor.unparker()).map_err(io::Error::other)?;
        let context = Rc::new(Context::new(executor, reactor, on_report.clone()));
        #[cfg(feature = "trace")]
        {
            if let Some(debug) = debug {
                context.debug.get_or_init(|| debug);
            }
            if let Some(watch) = watch {
                context.watch.get_or_init(|| watch);
            }
            builder.tracing.attach(&context, on_report)?;
        }
        Ok(Runtime { context, event_interval, handle_ctrl_c, last_turn: LastTurn::default(), spin: Spin::default() })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Builder { clock, event_interval, .. } = self;
        f.debug_struct("Builder").field("clock", clock).field("event_interval", event_interval).finish_non_exhaustive()
    }
}
