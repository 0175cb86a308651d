//! Plain functions in the loop's queue: `call_soon`, `call_later`, `call_at`.
//!
//! A callback is a task whose future is one call. So it has its place in the same line as the steps of tasks, a timer can wake
//! it, and it inherits the task-locals of whoever schedules it. Reports, traces and `all_tasks` show it as a task, and
//! inside of it `current_task` is that task; asyncio has none there.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use glassloop_executor::{ExecutorId, Spawn, Task};
use glassloop_reactor::{Instant, TimerKey};

use crate::context::{self, Context};
use crate::report::{Report, panic_text};
use crate::time::{NEVER, disarm};

/// Has `callback` called at the next turn of the loop, behind what is ready (asyncio's `loop.call_soon`). Nothing of it runs inside this call.
///
/// A callback that panics is [reported](Report::CallbackPanicked), and the loop goes on. Callbacks that are left when the
/// loop ends are dropped without being called.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use glassloop::{call_soon, yield_now};
///
/// glassloop::run(async {
///     let called = Rc::new(Cell::new(false));
///     let inside = called.clone();
///     call_soon(move || inside.set(true));
///     assert!(!called.get());
///     yield_now().await;
///     assert!(called.get());
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread. The handle stays on its thread:
///
/// ```compile_fail,E0277
/// fn is_send<T: Send>() {}
/// is_send::<glassloop::CallbackHandle>();
/// ```
#[track_caller]
pub fn call_soon(callback: impl FnOnce() + 'static) -> CallbackHandle {
    let (context, spawn) = (context::expect("call_soon()"), Spawn::here());
    let location = spawn.location;
    let task = context.executor.spawn(spawn, async move { call(callback, "call_soon", location) });
    CallbackHandle::new(&context, task, None)
}

/// Has `callback` called after a time, counted from this call (asyncio's `loop.call_later`): never earlier, and behind what is ready then. Those that are
/// due together are called by deadline, then in the order of the calls.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use glassloop::{call_later, sleep};
///
/// glassloop::run(async {
///     let called = Rc::new(Cell::new(0));
///     let (once, never) = (called.clone(), called.clone());
///     call_later(Duration::from_millis(1), move || once.set(once.get() + 1));
///     let handle = call_later(Duration::from_millis(1), move || never.set(99));
///     assert!(handle.cancel());
///     sleep(Duration::from_millis(2)).await;
///     assert_eq!(called.get(), 1);
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn call_later(delay: Duration, callback: impl FnOnce() + 'static) -> CallbackHandle {
    let context = context::expect("call_later()");
    let when = context.reactor.clock().now() + delay;
    call_by_timer(&context, "call_later", when, callback)
}

/// As [`call_later`], with the moment itself (asyncio's `loop.call_at`). One that has passed is as good as now.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use glassloop::{call_at, now, sleep};
///
/// glassloop::run(async {
///     let (when, called) = (now() + Duration::from_millis(1), Rc::new(Cell::new(None)));
///     let inside = called.clone();
///     let handle = call_at(when, move || inside.set(Some(now())));
///     assert_eq!(handle.when(), Some(when));
///     sleep(Duration::from_millis(2)).await;
///     assert!(called.get().is_some_and(|at| at >= when));
///     assert!(!handle.cancel(), "it has been called");
/// });
/// ```
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn call_at(when: Instant, callback: impl FnOnce() + 'static) -> CallbackHandle {
    call_by_timer(&context::expect("call_at()"), "call_at", when, callback)
}

#[track_caller]
fn call_by_timer(
    context: &Context,
    name: &'static str,
    when: Instant,
    callback: impl FnOnce() + 'static,
) -> CallbackHandle {
    let spawn = Spawn::here();
    let location = spawn.location;
    let alarm = Rc::new(Alarm { timer: Cell::new(None), executor: context.executor.id() });
    let held = DisarmOnDrop(alarm.clone());
    let (task, waker) = context.executor.spawn_parked(spawn, async move {
        // A waker may wake without a reason: only the clock says that it is time.
        poll_fn(|_| if crate::now() >= when { Poll::Ready(()) } else { Poll::Pending }).await;
        drop(held);
        call(callback, name, location);
    });
    // The end of time never comes, and no virtual clock is to jump there. In a loop that ends, the task is gone already.
    if when != NEVER && !task.is_done() {
        alarm.timer.set(Some(context.reactor.arm(when, waker, location)));
    }
    CallbackHandle::new(context, task, Some((when, alarm)))
}

/// The timer that is to wake a callback. Its handle can disarm it, and whoever drops the callback does: nobody is left to be woken.
struct Alarm {
    /// `None` also if no timer is to wake it.
    timer: Cell<Option<TimerKey>>,
    executor: ExecutorId,
}

impl Alarm {
    fn disarm(&self) {
        if let Some(timer) = self.timer.take() {
            disarm(timer, self.executor);
        }
    }
}

/// The callback's own share of its timer.
struct DisarmOnDrop(Rc<Alarm>);

impl Drop for DisarmOnDrop {
    fn drop(&mut self) {
        self.0.disarm();
    }
}

fn call(callback: impl FnOnce(), name: &'static str, location: &'static Location<'static>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(callback))
        && let Some(context) = context::current()
    {
        let panic = panic_text(&*payload);
        context.report(&Report::CallbackPanicked { callback: name, panic, location });
    }
}

/// A callback that is to be called (asyncio's `Handle` and `TimerHandle`). Dropping it changes nothing.
pub struct CallbackHandle {
    task: Task<()>,
    executor: ExecutorId,
    /// Of a callback that waits for a moment.
    timed: Option<(Instant, Rc<Alarm>)>,
    cancelled: Cell<bool>,
}

impl CallbackHandle {
    fn new(context: &Context, task: Task<()>, timed: Option<(Instant, Rc<Alarm>)>) -> CallbackHandle {
        #[cfg(feature = "trace")]
        if let Some(debug) = context.debug.get() {
            debug.is_callback(task.id());
        }
        let executor = context.executor.id();
        CallbackHandle { task, executor, timed, cancelled: Cell::new(false) }
    }

    /// Sees to it that the callback is not called; it is dropped at the loop's next turn, its timer at once. True if this call did that: false if the
    /// callback has been called, is being called, or was cancelled before.
    pub fn cancel(&self) -> bool {
        if self.cancelled.get() || self.task.is_done() || self.is_running() {
            return false;
        }
        self.cancelled.set(true);
        if let Some((_, alarm)) = &self.timed {
            alarm.disarm();
        }
        self.task.cancel()
    }

    /// Whether this is called from within the callback.
    fn is_running(&self) -> bool {
        let here = context::current().filter(|context| context.executor.id() == self.executor);
        here.and_then(|context| context.executor.polling()).is_some_and(|(who, ..)| who.task == self.task.id())
    }

    /// Whether it was cancelled before it was called (asyncio's `cancelled`).
    pub fn cancelled(&self) -> bool {
        self.cancelled.get()
    }

    /// When it is, or was, to be called; `None` for [`call_soon`] (asyncio's `TimerHandle.when`).
    pub fn when(&self) -> Option<Instant> {
        self.timed.as_ref().map(|(when, _)| *when)
    }
}

impl fmt::Debug for CallbackHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut handle = f.debug_struct("CallbackHandle");
        handle.field("when", &self.when()).field("cancelled", &self.cancelled());
        handle.field("done", &self.task.is_done()).finish()
    }
}
