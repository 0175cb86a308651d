//! An event loop you can see through: asyncio's surface on a single-threaded runtime built from scratch.
//!
//! ```
//! use std::time::Duration;
//! use glassloop::{create_task, gather, sleep};
//!
//! glassloop::run(async {
//!     let background = create_task(async {
//!         sleep(Duration::from_millis(20)).await;
//!         "from the background"
//!     });
//!     let (two, three) = gather!(async { 2 }, async { 3 }).await;
//!     assert_eq!(two + three, 5);
//!     assert_eq!(background.await.unwrap(), "from the background");
//! });
//! ```
//!
//! Three crates: `glassloop-executor` has the tasks and the order they run in, `glassloop-reactor` has sockets and time. They
//! never import each other; all that passes between them is [`std::task::Waker`]. This crate joins them: the loop is one
//! short function in `src/runtime.rs`, and each asyncio name has a file of its own beside it.

#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, missing_docs, unreachable_pub)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

mod as_completed;
mod blocking;
mod callbacks;
mod cancel_on_drop;
mod cancel_token;
mod context;
mod cycles;
mod deadlock;
#[cfg(feature = "trace")]
mod debug;
mod diagnosis;
mod ends;
pub mod gather;
mod handle;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "hyper")]
pub mod hyper;
#[doc(hidden)]
pub mod join;
pub mod net;
#[cfg(unix)]
mod process;
pub mod queue;
mod report;
mod runtime;
#[doc(hidden)]
pub mod select;
mod shield;
mod signals;
mod streams;
mod sync;
mod task;
mod task_group;
mod task_local;
mod time;
#[cfg(feature = "trace")]
pub mod trace;
mod wait;
mod waiters;

pub use as_completed::{AsCompleted, as_completed};
pub use blocking::{PoolCall, ThreadPool, ThreadPoolError, ToThread, ZeroWorkers, run_in_executor, to_thread};
pub use callbacks::{CallbackHandle, call_at, call_later, call_soon};
pub use cancel_on_drop::{CancelOnDrop, cancel_on_drop};
pub use cancel_token::{CancelToken, Cancelled};
pub use diagnosis::{LastWait, LeftChildren};
pub use ends::AsTask;
pub use gather::{gather, gather_results, try_gather};
pub use glassloop_executor::{
    AwaitCycle, CancelReason, CycleMember, JoinError, PanicPayload, Task, TaskHandle, TaskId, TaskRef,
};
pub use glassloop_reactor::{Clock, Instant};
pub use handle::{Handle, LoopGone, RemoteError, RemoteTask};
#[cfg(unix)]
pub use process::{Process, SpawnError, Subprocess, create_subprocess_exec, create_subprocess_shell};
pub use queue::{GetNowaitError, LifoQueue, PriorityQueue, PutNowaitError, Queue, QueueShutDown, TaskDoneTooOften};
pub use report::Report;
pub use runtime::{Builder, Deadlock, RunError, Runtime, run};
pub use shield::{Shield, shield};
#[cfg(unix)]
pub use signals::{Signal, signal};
pub use streams::{
    Lines, ReadError, Server, StreamReader, StreamWriter, open_connection, start_server, start_server_on, streams_over,
};
#[cfg(unix)]
pub use streams::{open_unix_connection, start_unix_server};
pub use sync::{
    Barrier, BarrierWait, BoundedSemaphore, BrokenBarrier, Condition, ConditionWait, Event, EventWait, InvalidState,
    Lock, LockAcquire, LockGuard, Permit, Promise, PromiseCancelled, ReleasedTooOften, Semaphore, SemaphoreAcquire,
    SharedFuture, ZeroParties, oneshot,
};
pub use task::{
    CurrentTask, YieldNow, all_tasks, create_task, create_task_named, current_task, try_create_task, yield_now,
};
pub use task_group::{ChildFailed, GroupClosed, GroupError, TaskGroup};
pub use task_local::TaskLocal;
pub use time::{
    Elapsed, Interval, InvalidSeconds, MissedTicks, ScopeOver, Sleep, Tick, TimeoutScope, interval, interval_at, now,
    seconds, sleep, sleep_forever, sleep_secs, sleep_until, timeout, timeout_at, timeout_scope, wait_for,
};
pub use wait::{ReturnWhen, Wait, Waited, wait};
