//! glassloop beside its peers, on the same work.
//!
//! | where | what |
//! | --- | --- |
//! | [`workloads`] | the work, one file each: what it measures, what is equal for all and what is not |
//! | `peers` | the runtimes, one file each, all with the same few names: `spawn`, `join`, `sleep`, ... |
//! | [`contender`] | what a workload is made of |
//! | [`report`] | runs the workloads in rounds, each contender in a process of its own, and writes `docs/bench.md` |
//!
//! A workload is written once. `benches/runtimes.rs` gives it to criterion; the program `report` measures it by itself, because
//! criterion finishes one contender before it begins the next, and a machine that changes its pace in between would decide who wins.

#![forbid(unsafe_code)]
#![deny(missing_debug_implementations, missing_docs, unreachable_pub)]

pub mod contender;
mod cores;
pub mod cpu;
mod memory;
mod peers;
pub mod report;
pub mod workloads;
