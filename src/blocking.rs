//! `to_thread`, `run_in_executor`: blocking work on a small bounded pool of threads, away from the loop.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use glassloop_executor::own_waker;

use crate::context;
use crate::waiters::{Place, Registration, Resource, Seen, Waiters};

/// Runs a blocking function on another thread; awaiting gives its value (asyncio's `to_thread`).
///
/// The call is queued at once. At most 32 threads serve a loop; each ends after ten idle seconds. `run` waits for the calls under way before it
/// returns, as asyncio does, but at most five minutes.
///
/// ```
/// glassloop::run(async {
///     let sum: u64 = glassloop::to_thread(|| (1..=1000).sum()).await;
///     assert_eq!(sum, 500_500);
/// });
/// ```
///
/// # Cancel safety
/// Dropping it frees the waiter; the function runs on, and its value is dropped on its thread.
///
/// # Panics
/// With no loop running on this thread. A panic of `f` resumes in whoever awaits this.
#[track_caller]
pub fn to_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
    ToThread::new("to_thread()", true, f)
}

/// [`to_thread`] under the name of asyncio's `loop.run_in_executor(None, f)`: the executor is the loop's own pool of threads.
///
/// ```
/// glassloop::run(async {
///     assert_eq!(glassloop::run_in_executor(|| 6 * 7).await, 42);
/// });
/// ```
///
/// # Cancel safety
/// As [`to_thread`].
///
/// # Panics
/// As [`to_thread`].
#[track_caller]
pub fn run_in_executor<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
    ToThread::new("run_in_executor()", true, f)
}

/// See [`to_thread`].
#[must_use = "the call runs anyway, but its value is lost"]
pub struct ToThread<T> {
    shared: Arc<Mutex<Handover<T>>>,
    pool: Rc<Waiting>,
    place: Place,
    location: &'static Location<'static>,
}

struct Handover<T> {
    outcome: Option<thread::Result<T>>,
    waker: Option<Waker>,
}

impl<T: Send + 'static> ToThread<T> {
    /// `finish`: whether the end of the loop waits for this call.
    #[track_caller]
    pub(crate) fn new(call: &str, finish: bool, f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
        let context = context::expect(call);
        let shared = Arc::new(Mutex::new(Handover { outcome: None, waker: None }));
        let theirs = shared.clone();
        let job = move || {
            let outcome = catch_unwind(AssertUnwindSafe(f));
            let mut handover = lock(&theirs);
            handover.outcome = Some(outcome);
            let waker = handover.waker.take();
            drop(handover);
            // Given up before the wake: the loop's thread then drops the value, if it is still wanted there.
            drop(theirs);
            if let Some(waker) = waker {
                waker.wake();
            }
        };
        context.pool.submit(Job { run: Box::new(job), finish });
        ToThread { shared, pool: context.pool.waiting.clone(), place: None, location: Location::caller() }
    }
}

impl<T> Future for ToThread<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let outcome = {
            let mut handover = lock(&this.shared);
            if handover.outcome.is_none() {
                handover.waker = Some(own_waker(cx));
            }
            handover.outcome.take()
        };
        let Waiting { registration, waiters } = &*this.pool;
        match outcome {
            None => {
                this.pool.register();
                waiters.wait(registration, &mut this.place, cx, "to_thread", this.location);
                Poll::Pending
            }
            Some(outcome) => {
                waiters.leave(registration, &mut this.place);
                Poll::Ready(outcome.unwrap_or_else(|payload| resume_unwind(payload)))
            }
        }
    }
}

impl<T> Drop for ToThread<T> {
    fn drop(&mut self) {
        self.pool.waiters.leave(&self.pool.registration, &mut self.place);
    }
}

impl<T> fmt::Debug for ToThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToThread {{ at {} }}", self.location)
    }
}

/// Who waits for a call: for whoever looks. The waker that counts is in the handover.
#[derive(Default)]
pub(crate) struct Waiting {
    registration: Registration,
    waiters: Waiters,
}

impl Waiting {
    fn register(self: &Rc<Self>) {
        self.registration.register("threads", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Waiting>;
            this
        });
    }
}

impl Resource for Waiting {
    fn look(&self) -> Seen {
        self.registration.seen("threads", 0, 0, &self.waiters)
    }
}

const MAX_THREADS: usize = 32;
const IDLE: Duration = Duration::from_secs(10);
const FINISH: Duration = Duration::from_secs(300);

struct Job {
    run: Box<dyn FnOnce() + Send>,
    finish: bool,
}

/// The threads of one loop, started as they are needed.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    waiting: Rc<Waiting>,
}

struct Shared {
    state: Mutex<State>,
    /// Ends the loop's wait: that no job is left may be what it waits for.
    unparker: Waker,
    /// A job came, or the pool closed.
    work: Condvar,
    /// A job ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Jobs queued or running; and those of them that the end of the loop waits for.
    open: usize,
    to_finish: usize,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(unparker: Waker) -> Pool {
        let (state, work, ended) = Default::default();
        Pool { shared: Arc::new(Shared { state, unparker, work, ended }), waiting: Rc::default() }
    }

    /// Whether a job is queued or running: one that may still wake somebody.
    pub(crate) fn is_busy(&self) -> bool {
        lock(&self.shared.state).open > 0
    }

    fn submit(&self, job: Job) {
        let mut state = lock(&self.shared.state);
        if state.idle <= state.jobs.len() && state.threads < MAX_THREADS {
            let shared = self.shared.clone();
            let started = thread::Builder::new().name("glassloop-worker".into()).spawn(move || shared.work());
            match started {
                Ok(_) => state.threads += 1,
                // Those that run will come to it; without any, nobody ever would.
                Err(error) if state.threads == 0 => panic!("glassloop: no thread could be started: {error}"),
                Err(_) => {}
            }
        }
        state.open += 1;
        state.to_finish += usize::from(job.finish);
        state.jobs.push_back(job);
        drop(state);
        self.shared.work.notify_one();
    }
}

impl Drop for Pool {
    /// Waits for what it has to, and lets go of the threads: a name lookup that hangs must not hang the loop's end.
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        state.closed = true;
        self.shared.work.notify_all();
        let unfinished = |state: &mut State| state.to_finish > 0;
        drop(self.shared.ended.wait_timeout_while(state, FINISH, unfinished));
    }
}

impl Shared {
    /// The life of one thread.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                let finish = job.finish;
                // The job catches the function's panics; what is left are panics of drops.
                let _ = catch_unwind(AssertUnwindSafe(job.run));
                state = lock(&self.state);
                // Counted only now, after the wake: at no moment does the job look done and its wake not sent.
                state.open -= 1;
                state.to_finish -= usize::from(finish);
                self.ended.notify_all();
                if state.open == 0 {
                    self.unparker.wake_by_ref();
                }
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let (woken, timed_out) = self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if timed_out.timed_out() && state.jobs.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
