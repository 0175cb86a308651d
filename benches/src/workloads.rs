//! The work. Each file says in its head what it measures, what is equal for all contenders, what is not, and what its limit is.
//!
//! A limit is written by hand for one workload alone: the least that any runtime has to do for it. It has no wakers, no
//! cancelling, no panics to catch, and serves only to show how much of a figure is the work itself.

mod channels;
pub mod echo;
mod flood;
mod floor;
mod gather;
mod handoff;
mod memory;
pub(crate) mod per_core;
mod ping_pong;
mod queue;
mod record;
mod sleeps;
mod spawn;
mod sync;
mod timers;
mod yields;

use crate::contender::Workload;

/// All of them, in the order of the report.
pub fn all() -> Vec<Workload> {
    [
        spawn::workloads(),
        yields::workloads(),
        ping_pong::workloads(),
        queue::workloads(),
        gather::workloads(),
        timers::workloads(),
        sleeps::workloads(),
        handoff::workloads(),
        flood::workloads(),
        memory::workloads(),
        echo::workloads(),
        per_core::workloads(),
        sync::workloads(),
        record::workloads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The thousand of `yield_1000_tasks` and of the gathers.
const THOUSAND: u64 = 1000;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
