//! What the runtime promises, one file a situation. A name begins with the behaviours it holds to (asyncio's, by the ids of the
//! conformance list), or with `pitfall_NN`, a bug that another runtime had.

#![cfg(feature = "trace")] // snapshots and observers are how a test sees inside

mod busy;
mod combinators;
mod common;
mod deadlocks;
#[cfg(unix)]
mod descriptors;
mod gathering;
mod queue_schedules;
mod queues;
mod reviewed;
mod running;
mod sleeping;
mod sockets;
mod tasks;
mod threads;
mod timeouts;
mod wakers;
