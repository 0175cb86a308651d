//! The reactor of glassloop: sockets and time.
//!
//! One of the two machines that an async runtime is made of. The other one, the executor, runs tasks; this one knows
//! when a task is worth running again, and says so by waking its [`Waker`](std::task::Waker). That is all the two have
//! to do with each other: neither imports the other.
//!
//! Read it in this order:
//!
//! - `reactor.rs`: the [`Reactor`]. One [`turn`](Reactor::turn) asks the system what is ready.
//! - `source.rs`: a [`Source`] of readiness. Try the I/O first, wait only when it would block.
//!   `readiness.rs` is one direction of it, `sources.rs` the table of them all, `waiting.rs` the line of those who share.
//! - `timers.rs`: arming and firing. `timers/wheel.rs` is the wheel, `timers/level.rs` its slots,
//!   `timers/entries.rs` the memory.
//! - `clock.rs`: the time, real or virtual. `unpark.rs`: how another thread ends a wait.
//! - `observer.rs`: all of it made visible.
//!
//! Everything here belongs to one thread, except what [`Reactor::unparker`] gives. There is no `unsafe`, and whatever is
//! not ours (a waker, an observer, a closure) is called while nothing is borrowed: it may call back, except for a turn
//! inside a turn.

#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, missing_docs, unreachable_pub)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("glassloop needs a 64-bit target: it packs an index and a generation into one word");

mod clock;
mod observer;
mod reactor;
mod readiness;
mod source;
mod sources;
mod timers;
mod unpark;
mod waiting;

pub use clock::{Clock, Instant};
pub use observer::{Event, Observer, Tried, WaitEnd, WakerId};
pub use reactor::{Reactor, Turn};
pub use readiness::{Direction, Wait};
pub use source::Source;
pub use timers::{Place, TimerKey};
pub use waiting::Waiting;
