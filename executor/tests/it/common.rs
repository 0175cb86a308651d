//! Futures that count their polls and drops, and the few lines that drive an executor without a reactor.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use glassloop_executor::{Executor, JoinError, Judge, Outcome, Outcomes, Spawn, Task};

/// An executor that nobody unparks.
pub(crate) fn executor() -> Executor {
    Executor::new(Waker::noop().clone()).unwrap()
}

/// Ticks until nothing is ready; how many ticks it took.
pub(crate) fn drain(executor: &Executor) -> usize {
    executor.enter(|| {
        let mut ticks = 0;
        while executor.has_ready() {
            executor.tick(None);
            ticks += 1;
        }
        ticks
    })
}

pub(crate) fn tick(executor: &Executor) -> usize {
    executor.enter(|| executor.tick(None))
}

pub(crate) fn spawn<F: Future + 'static>(executor: &Executor, future: F) -> Task<F::Output> {
    executor.spawn(Spawn::here(), future)
}

/// What has come of each child of a gather.
pub(crate) fn all<F: Future, J: Judge<F::Output>>(outcomes: Outcomes<F, J>) -> Vec<Option<Outcome<F::Output>>> {
    (0..outcomes.count()).map(|child| outcomes.take(child)).collect()
}

/// What has come of a task that has ended; panics if it has not.
pub(crate) fn outcome<T>(executor: &Executor, task: &mut Task<T>) -> Result<T, JoinError> {
    let mut cx = Context::from_waker(Waker::noop());
    match executor.enter(|| Pin::new(task).poll(&mut cx)) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("the task is still running"),
    }
}

/// Unwinds without the panic hook: these tests panic on purpose, and say nothing of it.
pub(crate) fn boom(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

/// The text of a `Panicked`.
pub(crate) fn panic_text<T>(outcome: Result<T, JoinError>) -> String {
    match outcome {
        Err(JoinError::Panicked(payload)) => payload.to_string(),
        Err(other) => panic!("no panic but {other}"),
        Ok(_) => panic!("no panic but a value"),
    }
}

/// Lines in the order in which they were written.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// All lines so far, joined by blanks; the log is empty afterwards.
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

/// How often something was polled and dropped.
#[derive(Clone, Default)]
pub(crate) struct Counts(Rc<(Cell<usize>, Cell<usize>)>);

impl Counts {
    pub(crate) fn polls(&self) -> usize {
        self.0.0.get()
    }

    pub(crate) fn drops(&self) -> usize {
        self.0.1.get()
    }

    pub(crate) fn polls_and_drops(&self) -> (usize, usize) {
        (self.polls(), self.drops())
    }

    /// Counts its own drop.
    pub(crate) fn drop_counter(&self) -> OnDrop<impl FnMut() + use<>> {
        let counts = self.clone();
        OnDrop(move || counts.0.1.set(counts.drops() + 1))
    }

    /// `future`, with its polls and its one drop counted.
    pub(crate) fn of<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let (counts, alive) = (self.clone(), self.drop_counter());
        let mut future = Box::pin(future);
        poll_fn(move |cx| {
            let _ = &alive;
            counts.0.0.set(counts.polls() + 1);
            future.as_mut().poll(cx)
        })
    }
}

/// Puts itself at the back of the run queue once.
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

pub(crate) async fn yield_times(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// A gate that one task waits at and anybody opens, keeping the waker as primitives of the runtime do (no escape).
#[derive(Clone, Default)]
pub(crate) struct Gate(Rc<(Cell<bool>, RefCell<Option<Waker>>)>);

impl Gate {
    pub(crate) fn open(&self) {
        self.0.0.set(true);
        self.wake();
    }

    /// Wakes who waits, for nothing.
    pub(crate) fn wake(&self) {
        let waker = self.0.1.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The waker that waits here.
    pub(crate) fn waker(&self) -> Waker {
        self.0.1.borrow_mut().take().expect("nobody waits")
    }

    pub(crate) fn wait(&self) -> impl Future<Output = ()> + use<> {
        let gate = self.clone();
        poll_fn(move |cx| {
            if gate.0.0.get() {
                return Poll::Ready(());
            }
            *gate.0.1.borrow_mut() = Some(glassloop_executor::own_waker(cx));
            Poll::Pending
        })
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
