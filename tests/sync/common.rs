//! A loop on a virtual clock, and a log.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use glassloop::trace::{self, SeenWait};
use glassloop::{Clock, Runtime};

pub(crate) fn virtual_runtime() -> Runtime {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap()
}

/// Runs a future on a virtual clock of its own: no test waits for time.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    virtual_runtime().block_on(future).unwrap()
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Polls once, with a waker that wakes nobody.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// All who wait for a primitive of the running loop.
pub(crate) fn waits() -> Vec<SeenWait> {
    trace::snapshot().unwrap().resources.into_iter().flat_map(|(_, seen)| seen.waits).collect()
}

/// The text with which `f` panics.
pub(crate) fn panic_text(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it did not panic");
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

    /// All so far, joined by blanks; the log is empty afterwards.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
