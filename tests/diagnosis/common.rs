//! A loop in debug mode on a virtual clock, and what it reports.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use glassloop::{Clock, Report, RunError, Runtime};

#[derive(Clone, Default)]
pub(crate) struct Reports(Rc<RefCell<Vec<Report>>>);

impl Reports {
    /// A loop that tells them.
    pub(crate) fn runtime(&self, clock: &Clock) -> Runtime {
        let heard = self.clone();
        let builder = Runtime::builder().clock(clock.clone()).debug(true);
        builder.on_report(move |report| heard.add(report)).build().expect("a loop")
    }

    pub(crate) fn add(&self, report: &Report) {
        self.0.borrow_mut().push(report.clone());
    }

    pub(crate) fn take(&self) -> Vec<Report> {
        self.0.take()
    }

    /// A loop that tells them, and records in that file what happens, but is not in debug mode.
    pub(crate) fn recording_runtime(&self, clock: &Clock, file: &Path) -> Runtime {
        let heard = self.clone();
        let builder = Runtime::builder().clock(clock.clone()).trace(file);
        builder.on_report(move |report| heard.add(report)).build().expect("a loop")
    }

    /// The texts of those that are of lost wakes.
    pub(crate) fn lost(&self) -> Vec<String> {
        let reports = self.0.borrow();
        reports.iter().filter(|report| matches!(report, Report::LostWake { .. })).map(Report::to_string).collect()
    }
}

/// What a loop in debug mode reports of a future while it runs.
pub(crate) fn reports_of<F: Future>(future: impl FnOnce(Clock) -> F) -> Vec<Report> {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let runtime = reports.runtime(&clock);
    runtime.block_on(future(clock)).expect("no deadlock");
    reports.take()
}

/// The report of a future that cannot end, in debug mode or not.
pub(crate) fn deadlock_of<F: Future>(debug: bool, future: F) -> String {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).debug(debug).build().expect("a loop");
    match runtime.block_on(future) {
        Err(RunError::Deadlock(deadlock)) => deadlock.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("no deadlock"),
    }
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A place for one waker, as bad programs have it.
pub(crate) type Slot = Rc<RefCell<Option<Waker>>>;

/// Leaves its waker there, once, and waits for ever if nobody wakes it.
pub(crate) async fn leave_waker(slot: Slot) {
    let mut left = false;
    poll_fn(|cx| {
        if left {
            return Poll::Ready(());
        }
        left = true;
        let former = slot.borrow_mut().replace(cx.waker().clone());
        drop(former);
        Poll::Pending
    })
    .await;
}

/// A file of this test run's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

/// A place in a file of these tests.
pub(crate) fn place(file: &str, line: u32) -> String {
    format!(" at {file}:{line}:")
}
