//! asyncio's synchronisation primitives, for tasks of one loop. A clone of one is the same one; none of them is `Send`.
//!
//! | file | what tasks wait for |
//! | --- | --- |
//! | `lock.rs` | to be the only one: `Lock` |
//! | `semaphore.rs` | to be one of a few: `Semaphore`, `BoundedSemaphore` |
//! | `permits.rs` | what these two have in common: the turns |
//! | `event.rs` | that something has happened: `Event` |
//! | `condition.rs` | that what a lock guards has changed: `Condition` |
//! | `barrier.rs` | each other: `Barrier` |
//! | `promise.rs` | a value that is set once: `oneshot` (asyncio's `Future`) |

mod barrier;
mod condition;
mod event;
mod lock;
mod permits;
mod promise;
mod semaphore;

pub use barrier::{Barrier, BarrierWait, BrokenBarrier, ZeroParties};
pub use condition::{Condition, ConditionWait};
pub use event::{Event, EventWait};
pub use lock::{Lock, LockAcquire, LockGuard};
pub use promise::{InvalidState, Promise, PromiseCancelled, SharedFuture, oneshot};
pub use semaphore::{BoundedSemaphore, Permit, ReleasedTooOften, Semaphore, SemaphoreAcquire};
