//! `ThreadPool`: threads of one's own for blocking work.

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use thiserror::Error;

use super::ToThread;
use super::call::Call;
use super::workers::{Job, Refused, Workers};
use crate::context;

/// Threads of one's own for blocking work, for instance one for all calls of a database (asyncio: a
/// `concurrent.futures.ThreadPoolExecutor`, given to `loop.run_in_executor`).
///
/// It can be shared between loops. Threads are started as they are needed, and stay. Dropping it lets it do what is in its queue, and waits for
/// nothing; nor does the end of a loop wait for its calls, unlike those of [`to_thread`](crate::to_thread).
///
/// ```
/// use glassloop::ThreadPool;
///
/// glassloop::run(async {
///     let pool = ThreadPool::new(2)?.thread_name_prefix("database");
///     let name = pool.run_in_executor(|| std::thread::current().name().map(String::from)).await?;
///     assert_eq!(name.as_deref(), Some("database_0"));
///     pool.shutdown().await;
///     assert!(pool.run_in_executor(|| 1).await.is_err());
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })
/// # .unwrap();
/// ```
pub struct ThreadPool {
    workers: Workers,
}

/// A pool of no threads was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("glassloop: a pool of 0 threads: it would do nothing")]
pub struct ZeroWorkers;

/// Why a [`ThreadPool`] has not called a function. It was dropped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ThreadPoolError {
    /// The pool was shut down before, or the call was cancelled in its queue.
    #[error("glassloop: the pool was shut down, or the call cancelled, before it began")]
    NotBegun,
    /// The system gave no thread, and the pool has none.
    #[error("glassloop: no thread could be started: {0}")]
    NoThread(#[source] io::Error),
}

impl ThreadPool {
    /// A pool of at most `max_workers` threads.
    ///
    /// # Errors
    /// [`ZeroWorkers`] if that is 0.
    pub fn new(max_workers: usize) -> Result<ThreadPool, ZeroWorkers> {
        if max_workers == 0 {
            return Err(ZeroWorkers);
        }
        Ok(ThreadPool { workers: Workers::new(max_workers, None, "glassloop-pool".into()) })
    }

    /// What the names of the threads begin with; a number follows. It counts for threads that start later.
    pub fn thread_name_prefix(self, prefix: impl Into<String>) -> ThreadPool {
        self.workers.set_prefix(prefix.into());
        self
    }

    /// How many threads it may have.
    pub fn max_workers(&self) -> usize {
        self.workers.max()
    }

    /// Calls a blocking function on a thread of the pool; awaiting gives its value (asyncio's `loop.run_in_executor(pool, f)`). The call is
    /// queued at once; calls begin in their order.
    ///
    /// # Errors
    /// [`ThreadPoolError`] if `f` was not called.
    ///
    /// # Cancel safety
    /// Dropping it frees the waiter; the function is called, or runs on, and its value is dropped on its thread.
    ///
    /// # Panics
    /// With no loop running on this thread. A panic of `f` resumes in whoever awaits this.
    #[track_caller]
    pub fn run_in_executor<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> PoolCall<T> {
        let pool = &context::expect("ThreadPool::run_in_executor()").pool;
        let (call, run) = Call::new(&pool.waiting, "run_in_executor", Location::caller(), f);
        let refused = match self.workers.submit(Job { run, open: pool.open.open(false) }) {
            Ok(()) | Err(Refused::Closed) => None, // the call says it
            Err(Refused::NoThread(error)) => Some(ThreadPoolError::NoThread(error)),
        };
        PoolCall { call, refused }
    }

    /// Drops the functions that have not begun, so that those who await them get an error; says how many there were
    /// (asyncio's `cancel_futures=True`, to be followed by [`shutdown`](ThreadPool::shutdown)).
    pub fn cancel_pending(&self) -> usize {
        self.workers.drop_jobs()
    }

    /// Takes no more calls, from now on; awaiting waits until those are done that it has, and its threads have ended
    /// (asyncio's `executor.shutdown()`, but only the task waits and not the loop).
    ///
    /// # Cancel safety
    /// May be dropped at any time: the pool is shut down all the same. It may be called again, to wait.
    ///
    /// # Panics
    /// When it is polled with no loop running on this thread.
    #[track_caller]
    pub fn shutdown(&self) -> impl Future<Output = ()> + use<> {
        self.workers.close();
        let (workers, location) = (self.workers.clone(), Location::caller());
        // One thread of the loop's waits for all of the pool's.
        async move { ToThread::at(location, "ThreadPool::shutdown()", false, move || workers.wait_for_end()).await }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.workers.close();
    }
}

/// See [`ThreadPool::run_in_executor`].
#[must_use = "the call is made anyway, but its value is lost"]
pub struct PoolCall<T> {
    call: Call<T>,
    refused: Option<ThreadPoolError>,
}

impl<T> Future for PoolCall<T> {
    type Output = Result<T, ThreadPoolError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.call.poll(cx).map(|outcome| match outcome {
            Some(outcome) => Ok(outcome.unwrap_or_else(|payload| resume_unwind(payload))),
            None => Err(self.refused.take().unwrap_or(ThreadPoolError::NotBegun)),
        })
    }
}

impl<T> fmt::Debug for PoolCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PoolCall {{ at {} }}", self.call.location)
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool").field("max_workers", &self.max_workers()).finish_non_exhaustive()
    }
}
