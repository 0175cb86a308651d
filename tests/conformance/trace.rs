//! What the programs print. Most lines are `[ ms] text`: the loop's clock since the first line, in whole ticks of (nominally) 50 ms.

use std::cell::{Cell, RefCell};
use std::fmt::{Display, Write};
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use glassloop::{Clock, Instant, now, seconds};

/// One tick. Whatever its length, it counts as 50 ms; a real one is twice as long, as other tests run at the same time and a line that is
/// half a tick late would be in the wrong place.
pub(crate) static TICK: LazyLock<Duration> = LazyLock::new(|| {
    let tick = std::env::var("CONF_TICK").map_or(0.1, |tick| tick.parse().expect("CONF_TICK is a number of seconds"));
    seconds(tick).expect("CONF_TICK is a number of seconds")
});

/// `n` ticks.
#[allow(non_snake_case, reason = "the programs' own name for it")]
pub(crate) fn T(n: u32) -> Duration {
    n * *TICK
}

/// The output of a program. A clone writes to the same.
#[derive(Clone)]
pub(crate) struct Trace {
    clock: Clock,
    text: Rc<RefCell<String>>,
    start: Rc<Cell<Option<Instant>>>,
}

impl Trace {
    pub(crate) fn new(clock: Clock) -> Trace {
        Trace { clock, text: Rc::default(), start: Rc::default() }
    }

    /// The clock of the program's loop, for those that block it.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A line without the time.
    pub(crate) fn print(&self, line: impl Display) {
        writeln!(self.text.borrow_mut(), "{line}").expect("a String takes all");
    }

    /// A line with the time.
    pub(crate) fn log(&self, message: impl Display) {
        let start = self.start.get().unwrap_or_else(now);
        self.start.set(Some(start));
        let ticks = (now() - start).div_duration_f64(*TICK).round();
        self.print(format_args!("[{:>4}] {message}", ticks * 50.0));
    }

    /// All that was printed.
    pub(crate) fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// Says `message` when it is dropped, unless [`Unfinished::finish`] was called first: `finally` around work that may be cancelled.
    pub(crate) fn unless_finished(&self, message: impl Into<String>) -> Unfinished {
        Unfinished { out: self.clone(), message: Some(message.into()) }
    }
}

pub(crate) struct Unfinished {
    out: Trace,
    message: Option<String>,
}

impl Unfinished {
    pub(crate) fn finish(mut self) {
        self.message = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(message) = &self.message {
            self.out.log(message);
        }
    }
}
