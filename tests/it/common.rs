//! A loop on a virtual clock, and futures that tell what becomes of them.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use glassloop::trace::{Event, Observer, reactor};
use glassloop::{Clock, JoinError, Runtime};

pub(crate) fn virtual_runtime() -> Runtime {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap()
}

/// Runs a future on a virtual clock of its own: no test waits for time.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    virtual_runtime().block_on(future).unwrap()
}

/// Told when the loop goes to sleep without limit.
struct Asleep(mpsc::Sender<()>);

impl Observer for Asleep {
    fn event(&self, event: &Event<'_>) {
        if let Event::Reactor(reactor::Event::Park { max_wait: None, .. }) = event {
            let _ = self.0.send(());
        }
    }
}

/// A loop on a virtual clock that tells whenever it goes to sleep without limit, as only the world can wake it then.
pub(crate) fn watched_runtime() -> (Runtime, mpsc::Receiver<()>) {
    let (tell, asleep) = mpsc::channel();
    let builder = Runtime::builder().clock(Clock::new_virtual()).observer(Rc::new(Asleep(tell)));
    (builder.build().unwrap(), asleep)
}

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Milliseconds since the origin of the running loop's clock.
pub(crate) fn at() -> u64 {
    glassloop::now().as_nanos() / 1_000_000
}

/// Polls once, with a waker that wakes nobody.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Unwinds without the panic hook: these tests panic on purpose, and say nothing of it.
pub(crate) fn boom(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

/// The text with which `f` panics.
pub(crate) fn panic_text(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it did not panic");
    let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a text")
}

/// The text of a `Panicked`.
pub(crate) fn panicked<T>(outcome: Result<T, JoinError>) -> String {
    match outcome {
        Err(JoinError::Panicked(payload)) => payload.to_string(),
        Err(other) => panic!("no panic but {other}"),
        Ok(_) => panic!("no panic but a value"),
    }
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
    pub(crate) fn on_drop(&self, word: &'static str) -> OnDrop<impl FnMut() + use<>> {
        let log = self.clone();
        OnDrop(move || log.say(word))
    }
}

/// Does something when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A waker that counts its wakes.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), Waker::from(count))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
