//! `to_thread`, `run_in_executor`: blocking work on a small bounded pool of threads, away from the loop.
//!
//! `blocking/workers.rs` has the threads, `blocking/call.rs` brings a value back from one, `blocking/thread_pool.rs` is a pool of the user's own.

use std::fmt;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::context;
use crate::waiters::{Registration, Resource, Seen, Waiters};

mod call;
mod thread_pool;
mod workers;

use call::Call;
pub use thread_pool::{PoolCall, ThreadPool, ThreadPoolError, ZeroWorkers};
use workers::{Job, OpenJobs, Refused, Workers};

/// Runs a blocking function on another thread; awaiting gives its value (asyncio's `to_thread`).
///
/// The call is queued at once. At most 32 threads serve a loop; each ends after ten idle seconds. `run` waits for the calls under way before it
/// returns, as asyncio does, but at most five minutes.
///
/// **Under a virtual clock** no timer fires while a call is under way, as nobody can tell how much time it takes. So a function that waits
/// for something that a task does after a `sleep` waits for ever, and the loop with it, without a report. Wait in the loop instead: await
/// the task or its timer first, and give its value to the function.
///
/// ```
/// use glassloop::{Clock, Runtime, create_task, sleep, to_thread};
/// use std::time::Duration;
///
/// let runtime = Runtime::builder().clock(Clock::new_virtual()).build()?;
/// let length = runtime.block_on(async {
///     let text = create_task(async {
///         sleep(Duration::from_secs(60)).await;
///         "after a minute"
///     });
///     // Not `to_thread(move || receiver.recv())`, with a task that sends after the sleep.
///     let text = text.await?;
///     Ok::<_, glassloop::JoinError>(to_thread(|| text.len()).await)
/// })??;
/// assert_eq!(length, 14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Under a real clock there is nothing to mind:
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
/// With no loop running on this thread; if the system gives no thread. A panic of `f` resumes in whoever awaits this.
#[track_caller]
pub fn to_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
    ToThread::new("to_thread()", true, f)
}

/// [`to_thread`] under the name of asyncio's `loop.run_in_executor(None, f)`: the executor is the loop's own pool of threads. For another one:
/// [`ThreadPool::run_in_executor`].
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
pub struct ToThread<T>(Call<T>);

impl<T: Send + 'static> ToThread<T> {
    /// `finish`: whether the end of the loop waits for this call.
    #[track_caller]
    pub(crate) fn new(call: &'static str, finish: bool, f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
        ToThread::at(Location::caller(), call, finish, f)
    }

    #[track_caller]
    fn at(
        location: &'static Location<'static>,
        call: &'static str,
        finish: bool,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> ToThread<T> {
        let pool = &context::expect(call).pool;
        let (call, run) = Call::new(&pool.waiting, "to_thread", location, f);
        match pool.workers.submit(Job { run, open: pool.open.open(finish) }) {
            Ok(()) => ToThread(call),
            Err(Refused::NoThread(error)) => panic!("glassloop: no thread could be started: {error}"),
            Err(Refused::Closed) => unreachable!("it is open as long as the loop"),
        }
    }
}

impl<T> Future for ToThread<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.poll(cx).map(|outcome| {
            let outcome = outcome.expect("every job of the loop's own pool is run");
            outcome.unwrap_or_else(|payload| resume_unwind(payload))
        })
    }
}

impl<T> fmt::Debug for ToThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToThread {{ at {} }}", self.0.location)
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

/// The threads of one loop, and what it waits for on these and others.
pub(crate) struct Pool {
    workers: Workers,
    open: Arc<OpenJobs>,
    waiting: Rc<Waiting>,
}

impl Pool {
    pub(crate) fn new(unparker: Waker) -> Pool {
        let workers = Workers::new(MAX_THREADS, Some(IDLE), "glassloop-worker".into());
        Pool { workers, open: OpenJobs::new(unparker), waiting: Rc::default() }
    }

    /// Whether a job is queued or running: one that may still wake somebody.
    pub(crate) fn is_busy(&self) -> bool {
        self.open.is_any()
    }

    /// The loop ends: whoever listens hears that nobody waits for its threads any more before it hears that the loop is gone.
    pub(crate) fn forget_waiting(&self) {
        self.waiting.registration.forget();
    }
}

impl Drop for Pool {
    /// Waits for what it has to, and lets go of the threads: a name lookup that hangs must not hang the loop's end.
    fn drop(&mut self) {
        self.workers.close();
        self.open.wait(FINISH);
    }
}
