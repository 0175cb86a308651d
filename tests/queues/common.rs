//! A loop on a virtual clock, and a log.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{Clock, Instant, Runtime};

/// Runs a future on a virtual clock of its own: no test waits for time.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().expect("a loop");
    runtime.block_on(future).expect("no deadlock")
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Lines as the Python programs print them: `[ ms] text`, counted from the first line.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Lines>>);

#[derive(Default)]
struct Lines {
    start: Option<Instant>,
    text: String,
}

impl Log {
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        let mut lines = self.0.borrow_mut();
        let now = glassloop::now();
        let since = now - *lines.start.get_or_insert(now);
        lines.text += &format!("[{:>4}] {}\n", since.as_millis(), line.as_ref());
    }

    /// All so far.
    pub(crate) fn text(&self) -> String {
        self.0.borrow().text.clone()
    }
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
