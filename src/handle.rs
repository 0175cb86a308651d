//! `Handle`: a loop, for other threads. What they ask for travels as a message and is done on the loop's thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Waker;

use glassloop_executor::{ExecutorId, Spawn, TaskHandle};
use thiserror::Error;

use crate::context;
use crate::report::{Report, panic_text};

mod remote_task;

pub use remote_task::{RemoteError, RemoteTask};

/// A loop, to be given to other threads: the one way to make it do something from there, besides waking its tasks.
///
/// All else of a loop stays on its thread, and the compiler sees to it (asyncio notices it in debug mode only):
///
/// ```compile_fail,E0277
/// glassloop::run(async {
///     let task = glassloop::create_task(async {});
///     std::thread::spawn(move || task.cancel());
/// });
/// ```
/// ```compile_fail,E0277
/// let runtime = glassloop::Runtime::new().unwrap();
/// std::thread::spawn(move || runtime.block_on(async {}));
/// ```
///
/// A handle may outlive its loop: its calls then say [`LoopGone`]. As long as one is alive, somebody may still bring work: no deadlock is
/// certain, and the loop waits instead of reporting one. It does not keep the loop running otherwise, and a virtual clock does not wait for it.
///
/// ```
/// use glassloop::Handle;
///
/// glassloop::run(async {
///     let handle = Handle::current();
///     glassloop::to_thread(move || {
///         let sum = handle.run_coroutine_threadsafe(|| async { 1 + 1 });
///         assert_eq!(sum.result().unwrap(), 2);
///     })
///     .await;
/// });
/// ```
pub struct Handle {
    door: Arc<Door>,
}

/// The loop has ended, and what it was to do then was dropped undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("glassloop: the loop has ended: nothing can be run in it any more")]
pub struct LoopGone;

impl Handle {
    /// The loop that runs on this thread (asyncio's `get_running_loop`).
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn current() -> Handle {
        context::expect("Handle::current()").door.handle()
    }

    /// Has `callback` called by the loop, behind what is ready (asyncio's `loop.call_soon_threadsafe`). A sleeping loop is woken for it.
    ///
    /// Calls of one thread come in their order. A callback that panics is [reported](Report::CallbackPanicked). A loop that stands between two
    /// calls of `block_on` does it in the next, or in its last round as it ends. What no round reads any more is dropped uncalled.
    ///
    /// ```
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let runtime = glassloop::Runtime::new()?;
    /// let handle = runtime.handle();
    /// std::thread::spawn(move || handle.call_soon_threadsafe(move || tell.send(1).unwrap())).join().unwrap()?;
    /// runtime.block_on(glassloop::yield_now())?;
    /// assert_eq!(told.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LoopGone`] if the loop has ended.
    #[track_caller]
    pub fn call_soon_threadsafe(&self, callback: impl FnOnce() + Send + 'static) -> Result<(), LoopGone> {
        let location = Location::caller();
        self.door.send(move || {
            let Some(context) = context::current() else { return };
            let call = async move {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(callback))
                    && let Some(context) = context::current()
                {
                    let (callback, panic) = ("call_soon_threadsafe", panic_text(&*payload));
                    context.report(&Report::CallbackPanicked { callback, panic, location });
                }
            };
            let task = context.executor.spawn(Spawn { name: None, location }, call);
            #[cfg(feature = "trace")]
            if let Some(debug) = context.debug.get() {
                debug.is_callback(task.id());
            }
            task.detach();
        })
    }

    /// Starts a task in the loop; what comes of it is brought back (asyncio's `run_coroutine_threadsafe`).
    ///
    /// It takes a closure that makes the future, since a future mostly cannot change threads, but what it is made of can. Dropping the
    /// [`RemoteTask`] lets the task run on alone.
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use glassloop::{Handle, sleep};
    ///
    /// glassloop::run(async {
    ///     let handle = Handle::current();
    ///     let other = thread::spawn(move || {
    ///         let task = handle.run_coroutine_threadsafe(|| async {
    ///             sleep(Duration::from_millis(1)).await;
    ///             "slept in the loop"
    ///         });
    ///         task.result()
    ///     });
    ///     while !other.is_finished() {
    ///         sleep(Duration::from_millis(1)).await;
    ///     }
    ///     assert_eq!(other.join().unwrap().unwrap(), "slept in the loop");
    /// });
    /// ```
    ///
    /// # Errors
    /// Come out of the [`RemoteTask`], also that the loop has ended.
    #[track_caller]
    pub fn run_coroutine_threadsafe<M, F>(&self, make: M) -> RemoteTask<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        RemoteTask::start(self.clone(), Location::caller(), make)
    }

    /// Whether the loop has ended.
    pub fn is_gone(&self) -> bool {
        !*self.door.open.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        self.door.handle()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.door.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            // That nobody can bring work any more may be what makes a deadlock certain.
            self.door.unparker.wake_by_ref();
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("executor", &self.door.executor).field("gone", &self.is_gone()).finish()
    }
}

/// What a loop shares with its handles.
pub(crate) struct Door {
    executor: ExecutorId,
    unparker: Waker,
    handles: AtomicUsize,
    /// Until the loop ends. Held by whoever sends: so nothing is sent too late to be read or dropped by the loop.
    open: RwLock<bool>,
    next_key: AtomicU64,
}

impl Door {
    pub(crate) fn new(executor: ExecutorId, unparker: Waker) -> Arc<Door> {
        let (handles, next_key) = Default::default();
        Arc::new(Door { executor, unparker, handles, open: RwLock::new(true), next_key })
    }

    pub(crate) fn handle(self: &Arc<Door>) -> Handle {
        self.handles.fetch_add(1, Ordering::Relaxed);
        Handle { door: self.clone() }
    }

    /// Whether a handle is alive. What was sent before the last one went is seen by whoever looks for messages after this.
    pub(crate) fn has_handles(&self) -> bool {
        self.handles.load(Ordering::Acquire) > 0
    }

    /// The loop ends: from here on nothing can be sent.
    pub(crate) fn close(&self) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = false;
    }

    /// Has `call` run on the loop's thread, inside the loop.
    fn send(&self, call: impl FnOnce() + Send + 'static) -> Result<(), LoopGone> {
        let sent = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            // What is not sent is dropped after the lock: its drop is the user's.
            if *open { Ok(self.executor.call(call)) } else { Err(call) }
        };
        if let Ok(true) = sent { Ok(()) } else { Err(LoopGone) }
    }
}

/// The tasks that other threads have started here, by the numbers they know them by.
#[derive(Default)]
pub(crate) struct RemoteTasks(RefCell<BTreeMap<u64, TaskHandle>>);

impl RemoteTasks {
    fn add(&self, key: u64, task: TaskHandle) {
        self.0.borrow_mut().insert(key, task);
    }

    fn remove(&self, key: u64) -> Option<TaskHandle> {
        self.0.borrow_mut().remove(&key)
    }

    fn get(&self, key: u64) -> Option<TaskHandle> {
        self.0.borrow().get(&key).cloned()
    }
}
