//! A loop that tells when it sleeps, and panics without noise.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::mpsc;

use glassloop::trace::{Event, Observer, reactor};
use glassloop::{Event as Flag, Runtime};

/// Told when the loop goes to sleep without limit.
struct Asleep(mpsc::Sender<()>);

impl Observer for Asleep {
    fn event(&self, event: &Event<'_>) {
        if let Event::Reactor(reactor::Event::Park { max_wait: None, .. }) = event {
            let _ = self.0.send(());
        }
    }
}

/// A loop that tells whenever it goes to sleep without limit.
pub(crate) fn watched_runtime() -> (Runtime, mpsc::Receiver<()>) {
    let (tell, asleep) = mpsc::channel();
    (Runtime::builder().observer(Rc::new(Asleep(tell))).build().unwrap(), asleep)
}

/// A loop, and the reports it makes.
pub(crate) fn reporting_runtime() -> (Runtime, Rc<RefCell<Vec<String>>>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let heard = reports.clone();
    let builder = Runtime::builder().on_report(move |report| heard.borrow_mut().push(report.to_string()));
    (builder.build().unwrap(), reports)
}

/// Unwinds without the panic hook: these tests panic on purpose, and say nothing of it.
pub(crate) fn boom(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

/// Waits for an event that nobody can set: a deadlock, if nothing else is alive.
pub(crate) async fn wait_in_vain() {
    Flag::new().wait().await;
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
