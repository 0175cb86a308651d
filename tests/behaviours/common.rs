//! A loop on a virtual clock, what it reports, and what its futures say.

use std::cell::RefCell;
use std::future::Future;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{Clock, Report, Runtime};

/// Runs a future on a virtual clock of its own: no test waits for time. Nothing may be reported.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let (runtime, reports) = reporting();
    let output = runtime.block_on(future).unwrap();
    drop(runtime);
    assert_eq!(*reports.borrow(), [], "a task that panics says so here only");
    output
}

/// What a loop has reported so far.
pub(crate) type Reports = Rc<RefCell<Vec<Report>>>;

pub(crate) fn reporting() -> (Runtime, Reports) {
    let reports = Reports::default();
    let heard = reports.clone();
    let builder = Runtime::builder().clock(Clock::new_virtual());
    let runtime = builder.on_report(move |report| heard.borrow_mut().push(report.clone())).build().unwrap();
    (runtime, reports)
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Milliseconds since the origin of the running loop's clock.
pub(crate) fn at() -> u64 {
    glassloop::now().as_nanos() / 1_000_000
}

/// Unwinds without the panic hook: these tests panic on purpose, and say nothing of it.
pub(crate) fn boom(text: &'static str) {
    resume_unwind(Box::new(text))
}

/// Words in the order in which they were said.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, word: impl Into<String>) {
        self.0.borrow_mut().push(word.into());
    }

    /// All so far, joined by blanks; the log is empty afterwards.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }

    /// Says `word` when it is dropped.
    pub(crate) fn on_drop(&self, word: impl Into<String>) -> SayOnDrop {
        SayOnDrop(self.clone(), word.into())
    }
}

pub(crate) struct SayOnDrop(Log, String);

impl Drop for SayOnDrop {
    fn drop(&mut self) {
        self.0.say(self.1.as_str());
    }
}
