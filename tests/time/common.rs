//! A loop on a virtual clock, a log, and chance.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use glassloop::trace::{self, reactor};
use glassloop::{Clock, Report, Runtime};

/// Runs a future on a virtual clock of its own. Nothing may be reported.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    run_with(|_| future)
}

/// As [`run`]; the future is given the clock.
pub(crate) fn run_with<F: Future>(future: impl FnOnce(Clock) -> F) -> F::Output {
    let (clock, reports) = (Clock::new_virtual(), Reports::default());
    let builder = Runtime::builder().clock(clock.clone()).on_report(reports.hear());
    let output = builder.build().unwrap().block_on(future(clock)).unwrap();
    assert_eq!(reports.take(), [], "a callback or a task that panics says so here only");
    output
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Milliseconds since the origin of the running loop's clock.
pub(crate) fn at() -> u64 {
    glassloop::now().as_nanos() / 1_000_000
}

/// How many timers are armed.
pub(crate) fn armed() -> usize {
    let snapshot = trace::snapshot().unwrap();
    snapshot.reactor.iter().filter(|event| matches!(event, reactor::Event::TimerArm { .. })).count()
}

/// The text with which `f` panics.
pub(crate) fn panic_text(f: impl FnOnce()) -> String {
    let payload: Box<dyn Any + Send> = catch_unwind(AssertUnwindSafe(f)).expect_err("it did not panic");
    let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a text")
}

/// Words in the order in which they were said.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, word: impl Into<String>) {
        self.0.borrow_mut().push(word.into());
    }

    /// A callback that says a word.
    pub(crate) fn sayer<W: Into<String>>(&self, word: W) -> impl FnOnce() + use<W> + 'static {
        let (log, word) = (self.clone(), word.into());
        move || log.say(word)
    }

    /// All so far, joined by blanks; the log is empty afterwards.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }

    /// As [`sayer`](Log::sayer), to be called any number of times.
    pub(crate) fn sayer_mut<W: Into<String>>(&self, word: W) -> impl FnMut() + use<W> + 'static {
        let (log, word) = (self.clone(), word.into());
        move || log.say(word.clone())
    }
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// What a loop reported.
#[derive(Clone, Default)]
pub(crate) struct Reports(pub(crate) Rc<RefCell<Vec<Report>>>);

impl Reports {
    pub(crate) fn hear(&self) -> impl Fn(&Report) + use<> + 'static {
        let reports = self.0.clone();
        move |report| reports.borrow_mut().push(report.clone())
    }

    pub(crate) fn take(&self) -> Vec<Report> {
        self.0.take()
    }
}

/// Xorshift: the same numbers for the same seed.
pub(crate) struct Random(Cell<u64>);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1))
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        x % bound
    }
}
