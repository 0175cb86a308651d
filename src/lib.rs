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

mod blocking;
mod context;
mod deadlock;
pub mod gather;
#[cfg(feature = "http")]
pub mod http;
#[doc(hidden)]
pub mod join;
pub mod net;
mod queue;
mod report;
mod runtime;
mod task;
mod time;
#[cfg(feature = "trace")]
pub mod trace;
mod waiters;

pub use blocking::{ToThread, to_thread};
pub use gather::{gather, gather_results, try_gather};
pub use glassloop_executor::{JoinError, PanicPayload, Task, TaskId};
pub use glassloop_reactor::{Clock, Instant};
pub use queue::{Get, Join, Put, Queue, QueueEmpty, QueueFull, TaskDoneTooOften};
pub use report::Report;
pub use runtime::{Builder, Deadlock, RunError, Runtime, run};
pub use task::{CurrentTask, YieldNow, create_task, create_task_named, current_task, yield_now};
pub use time::{Elapsed, Sleep, now, sleep, sleep_until, timeout, timeout_at};
