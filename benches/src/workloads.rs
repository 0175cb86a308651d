//! The work. Each file says in its head what it measures, what is equal for all contenders, what is not, and what its limit is.
//!
//! A limit is written by hand for one workload alone: the least that any runtime has to do for it. It has no wakers, no
//! cancelling, no panics to catch, and serves only to show how much of a figure is the work itself.

mod channels;
mod echo;
mod epoll;
mod flood;
mod floor;
mod gather;
mod handoff;
mod http;
mod memory;
pub(crate) mod opposite;
mod per_core;
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
        http::workloads(),
        per_core::workloads(),
        sync::workloads(),
        record::workloads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Builds and installs what some of these need besides this program. Done before anything is measured.
pub fn prepare(wanted: &[Workload]) {
    let any = |group: &str| wanted.iter().any(|workload| workload.group == group);
    if any("cores") {
        per_core::build();
    }
    if any("http") {
        http::install_aiohttp();
    }
}

/// The programs that some of these use, each with its version.
pub(crate) fn programs() -> Vec<String> {
    http::programs()
}

/// The thousand of `yield_1000_tasks` and of the gathers.
const THOUSAND: u64 = 1000;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
