//! Threads that take jobs from one queue, started as they are needed.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Duration;

pub(super) struct Job {
    /// Called, or dropped if that is not to be: either way whoever waits hears of it.
    pub(super) run: Box<dyn FnOnce() + Send>,
    pub(super) open: Open,
}

/// Some threads, which live as long as they are needed. A clone is the same.
#[derive(Clone)]
pub(super) struct Workers {
    shared: Arc<Shared>,
}

struct Shared {
    max: usize,
    /// How long a thread stays that has nothing to do; `None` for ever.
    idle: Option<Duration>,
    state: Mutex<State>,
    /// A job came, or the queue was closed.
    work: Condvar,
    /// A thread ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    prefix: String,
    jobs: VecDeque<Job>,
    started: usize,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// Why a job was not taken.
pub(super) enum Refused {
    Closed,
    /// There is no thread, and none could be started.
    NoThread(io::Error),
}

impl Workers {
    /// At most `max` threads, whose names begin with `prefix`.
    pub(super) fn new(max: usize, idle: Option<Duration>, prefix: String) -> Workers {
        let state = Mutex::new(State { prefix, ..State::default() });
        Workers { shared: Arc::new(Shared { max, idle, state, work: Condvar::new(), ended: Condvar::new() }) }
    }

    pub(super) fn set_prefix(&self, prefix: String) {
        lock(&self.shared.state).prefix = prefix;
    }

    pub(super) fn max(&self) -> usize {
        self.shared.max
    }

    /// A refused job is dropped.
    pub(super) fn submit(&self, job: Job) -> Result<(), Refused> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.idle <= state.jobs.len() && state.threads < self.shared.max {
            let shared = self.shared.clone();
            let name = format!("{}_{}", state.prefix, state.started);
            match thread::Builder::new().name(name).spawn(move || shared.work()) {
                Ok(_) => {
                    state.threads += 1;
                    state.started += 1;
                }
                // Those that run will come to it; without any, nobody ever would.
                Err(error) if state.threads == 0 => return Err(Refused::NoThread(error)),
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// From now on no job is taken. Those in the queue are done, and then the threads end.
    pub(super) fn close(&self) {
        lock(&self.shared.state).closed = true;
        self.shared.work.notify_all();
    }

    /// Drops the jobs that have not begun; says how many.
    pub(super) fn drop_jobs(&self) -> usize {
        let jobs = std::mem::take(&mut lock(&self.shared.state).jobs);
        let count = jobs.len();
        // Each by itself, as a drop may panic.
        jobs.into_iter().for_each(|job| drop(catch_unwind(AssertUnwindSafe(|| drop(job)))));
        count
    }

    /// Blocks until no thread is left.
    pub(super) fn wait_for_end(&self) {
        let state = lock(&self.shared.state);
        drop(self.shared.ended.wait_while(state, |state| state.threads > 0));
    }
}

impl Shared {
    /// The life of one thread.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(Job { run, open }) = state.jobs.pop_front() {
                drop(state);
                // The job catches the function's panics; what is left are panics of drops.
                let _ = catch_unwind(AssertUnwindSafe(run));
                // Counted only now, after the wake: at no moment does the job look done and its wake not sent.
                drop(open);
                state = lock(&self.state);
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let timed_out;
            (state, timed_out) = self.wait_for_work(state);
            state.idle -= 1;
            if timed_out && state.jobs.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        drop(state);
        self.ended.notify_all();
    }

    fn wait_for_work<'s>(&'s self, state: MutexGuard<'s, State>) -> (MutexGuard<'s, State>, bool) {
        match self.idle {
            None => (self.work.wait(state).unwrap_or_else(PoisonError::into_inner), false),
            Some(idle) => {
                let (state, timeout) = self.work.wait_timeout(state, idle).unwrap_or_else(PoisonError::into_inner);
                (state, timeout.timed_out())
            }
        }
    }
}

/// The jobs of one loop, on whichever threads.
pub(super) struct OpenJobs {
    counts: Mutex<Counts>,
    ended: Condvar,
    /// Ends the loop's wait: that no job is left may be what it waits for.
    unparker: Waker,
}

#[derive(Default)]
struct Counts {
    /// Queued or running; and those of them that the end of the loop waits for.
    open: usize,
    to_finish: usize,
}

impl OpenJobs {
    pub(super) fn new(unparker: Waker) -> Arc<OpenJobs> {
        Arc::new(OpenJobs { counts: Mutex::default(), ended: Condvar::new(), unparker })
    }

    pub(super) fn is_any(&self) -> bool {
        lock(&self.counts).open > 0
    }

    /// One more; `finish`: whether the end of the loop waits for it.
    pub(super) fn open(self: &Arc<Self>, finish: bool) -> Open {
        let mut counts = lock(&self.counts);
        counts.open += 1;
        counts.to_finish += usize::from(finish);
        Open { jobs: self.clone(), finish }
    }

    /// Blocks until those are done that are to be waited for, but not longer than `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        let unfinished = |counts: &mut Counts| counts.to_finish > 0;
        drop(self.ended.wait_timeout_while(lock(&self.counts), limit, unfinished));
    }
}

/// A job that is queued or running.
pub(super) struct Open {
    jobs: Arc<OpenJobs>,
    finish: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        let OpenJobs { counts, ended, unparker } = &*self.jobs;
        let mut counts = lock(counts);
        counts.open -= 1;
        counts.to_finish -= usize::from(self.finish);
        let was_last = counts.open == 0;
        drop(counts);
        ended.notify_all();
        if was_last {
            unparker.wake_by_ref();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
