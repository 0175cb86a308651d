//! A loop on a virtual clock that keeps its reports, and a log of words.

use std::cell::RefCell;
use std::future::Future;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{Builder, Clock, Report, Runtime};

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Milliseconds since the origin of the running loop's clock.
pub(crate) fn at() -> u64 {
    glassloop::now().as_nanos() / 1_000_000
}

/// Runs a future on a virtual clock of its own. Nothing may be reported.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let reports = Reports::default();
    let output = reports.runtime().block_on(future).unwrap();
    assert_eq!(reports.take(), [""; 0]);
    output
}

/// What a loop had to report.
#[derive(Clone, Default)]
pub(crate) struct Reports(Rc<RefCell<Vec<Report>>>);

impl Reports {
    pub(crate) fn runtime(&self) -> Runtime {
        self.builder().clock(Clock::new_virtual()).build().unwrap()
    }

    /// To set more than the reports.
    pub(crate) fn builder(&self) -> Builder {
        let reports = self.0.clone();
        Runtime::builder().on_report(move |report| reports.borrow_mut().push(report.clone()))
    }

    /// All so far, as texts without the place.
    pub(crate) fn take(&self) -> Vec<String> {
        let text = |report: &Report| {
            let text = report.to_string();
            let place = text.find(" (created at").or(text.find(" (gathered at"));
            text[..place.unwrap_or(text.len())].to_owned()
        };
        self.0.take().iter().map(text).collect()
    }
}

/// Unwinds without the panic hook: these tests panic on purpose, and say nothing of it.
pub(crate) fn boom(text: &'static str) -> ! {
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
    pub(crate) fn on_drop(&self, word: impl Into<String>) -> OnDrop {
        OnDrop(self.clone(), word.into())
    }
}

pub(crate) struct OnDrop(Log, String);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.say(std::mem::take(&mut self.1));
    }
}

/// The same numbers for the same seed, everywhere (xorshift).
pub(crate) struct Random(std::cell::Cell<u64>);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(std::cell::Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1))
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        (x >> 16) % bound
    }
}
