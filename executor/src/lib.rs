//! Tasks and the order they run in: the executor of [glassloop](https://docs.rs/glassloop).
//!
//! It knows nothing of sockets and time. All that reaches a task from outside is a [`std::task::Waker`], and a waker
//! here is a *ticket*: 64 bits that name a slot, with no pointer and no count (`ticket.rs`).
//!
//! # Layout
//!
//! | question | file |
//! | --- | --- |
//! | what can I do with it? | `executor.rs` |
//! | what happens on a wake, a spawn, a turn? | `core.rs`, `core/turns.rs` |
//! | what is in a waker, and who has one? | `ticket.rs`, `waker.rs`, `escapes.rs` |
//! | where are tasks kept, in which order do they run? | `slots.rs`, `run_queue.rs` |
//! | what is a task, and how is it awaited? | `task.rs`, `cell.rs`, `flags.rs`, `join.rs`, `join_error.rs`, `watchers.rs` |
//! | its name, its origin, its task-locals? a task without its type? all of them? | `profile.rs`, `handle.rs`, `everyone.rs` |
//! | awaits that are given up? tasks that await each other? | `awaits.rs`, `cycles.rs` |
//! | the future of `block_on`? the children of `gather`? | `root.rs`, `group.rs` |
//! | how do other threads get in? | `remote.rs`, `remote/parking.rs`, `remote/pending.rs` |
//! | how can I watch it? | `observer.rs`, `snapshot.rs` |
//!
//! Public to read, unstable to build on: programs use the crate `glassloop`.

#![deny(unsafe_code)]
#![deny(missing_debug_implementations, missing_docs, unreachable_pub)]

mod awaits;
#[allow(unsafe_code, reason = "a future is pinned in its cell: argued there")]
mod cell;
mod core;
mod cycles;
mod escapes;
mod everyone;
mod executor;
mod flags;
mod group;
mod handle;
mod join;
mod join_error;
mod observer;
mod profile;
mod remote;
mod root;
mod run_queue;
mod slots;
mod snapshot;
mod sync;
mod task;
mod ticket;
#[allow(
    unsafe_code,
    reason = "a waker is built from a table, and finds its executor by the thread's pointer: argued there"
)]
mod waker;
mod watchers;

pub use awaits::Awaits;
pub use cell::{Children, FutureCell, Judge, Outcome, Outcomes};
pub use executor::{Executor, Spawn, Turns};
pub use group::{Ended, Group, Never, OnError, OnFailure, OnPanic, child};
pub use handle::TaskHandle;
pub use join::Task;
pub use join_error::{AwaitCycle, CancelReason, Complaint, CycleMember, JoinError, PanicPayload, Uncollected};
pub use observer::{Ending, Event, JoinState, Observer, Owners, Snapshot, TaskState, Via, WaitEnd, WakeEffect};
pub use profile::Locals;
pub use remote::{ExecutorId, OutOfExecutors};
pub use root::{Root, RunRoot};
pub use snapshot::tickets_taken;
pub use task::{TaskId, TaskRef};
pub use ticket::Ticket;
pub use waker::{own_ticket, own_waker, task_of, task_of_parts, task_of_ticket};
pub use watchers::OnEnd;
