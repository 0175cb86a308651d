//! `memory_parked`: what a process grows by (its resident set) for each of 200,000 tasks that sleep for an hour.
//!
//! Equal for all: the future is the runtime's own sleep, whose size counts. Not equal: what a runtime keeps of a task besides. LocalPool has no timers, so it is left out. It can be read on Linux only.
//!
//! The limit: a box around three words and a deadline, in a vector.

use std::time::Instant;

use crate::contender::{Contender, LIMIT, Metric, Unit, Workload};
use crate::memory::{self, Memory};
use crate::peers::*;
use crate::workloads::HOUR;

const METRICS: &[Metric] = &[Metric { name: "", unit: Unit::Bytes, noise: 0.1 }];
const TASKS: u64 = 200_000;

fn resident_bytes() -> u64 {
    memory::of_this_process(Memory::Now).expect("Linux tells how much memory a process has")
}

fn each(before: u64) -> Vec<f64> {
    vec![resident_bytes().saturating_sub(before) as f64 / TASKS as f64]
}

macro_rules! parked {
    ($peer:ident) => {
        $peer::PEER.whole(|_| {
            $peer::Runtime::new().block_on(async {
                // What a loop needs for its first task and its first timer is not a task's.
                $peer::join($peer::spawn(async { $peer::sleep(std::time::Duration::from_millis(1)).await })).await;
                let before = resident_bytes();
                for _ in 0..TASKS {
                    $peer::detach($peer::spawn($peer::sleep(HOUR)));
                }
                // First in, first out: when this one has run, the others are asleep.
                $peer::join($peer::spawn(async {})).await;
                each(before)
            })
        })
    };
}

fn limit() -> Contender {
    LIMIT.whole(|_| {
        let before = resident_bytes();
        let state = [1_u64, 2, 3];
        let waits = |deadline: Instant| move || state.iter().sum::<u64>() == 6 && deadline > Instant::now();
        let parked: Vec<(Instant, Box<dyn Fn() -> bool>)> = (0..TASKS)
            .map(|_| Instant::now() + HOUR)
            .map(|deadline| (deadline, Box::new(waits(deadline)) as _))
            .collect();
        let figures = each(before);
        assert!(parked.iter().all(|(_, waits)| waits()));
        figures
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let mut contenders = on_every_peer_with_drivers!(parked);
    contenders.push(limit());
    vec![Workload {
        group: "memory",
        name: "memory_parked".into(),
        step: "a task asleep",
        metrics: METRICS,
        contenders,
    }]
}
