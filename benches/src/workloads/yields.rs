//! `yield_*`: tasks that give up their turn again and again, one task alone and 1000 in turn.
//!
//! - `yield_1_task`, `yield_1000_tasks`: by [`self_wake`], a future written by hand, the same on every runtime.
//! - `yield_now_1_task`, `yield_now_1000_tasks`: by the runtime's own `yield_now`, where it has one. What these promise differs:
//!   tokio's lets the system's events in first.
//!
//! Equal for all: the number of tasks and of turns. Not equal: monoio puts a task that wakes itself at the *front* of its queue,
//! so nobody else has a turn before it is done; that is shown and not counted.
//!
//! The limit: a number taken from a queue, one indirect call, and the number put back.

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;
use crate::workloads::THOUSAND;
use crate::workloads::floor::{self, Job, Ready};

const TURNS: u64 = 100_000;

macro_rules! tasks_that {
    ($give_up:path, $peer:ident, $tasks:ident) => {
        $peer::PEER.batches(TURNS, move || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                runtime.block_on(async {
                    let give_up_turns = || async move {
                        for _ in 0..TURNS / $tasks {
                            $give_up().await;
                        }
                        TURNS / $tasks
                    };
                    let tasks: Vec<_> = (0..$tasks).map(|_| $peer::spawn(give_up_turns())).collect();
                    let mut turns = 0;
                    for task in tasks {
                        turns += $peer::join(task).await;
                    }
                    assert_eq!(turns, TURNS);
                });
            })
        })
    };
}

fn limit(tasks: u64) -> Contender {
    LIMIT.batches(TURNS, move || {
        Box::new(move || {
            let task = |number: usize| -> Job {
                let mut left = TURNS / tasks;
                Box::new(move |ready: &mut Ready| {
                    if left > 0 {
                        left -= 1;
                        ready.push_back(number);
                    }
                })
            };
            let mut jobs: Vec<Job> = (0..tasks as usize).map(task).collect();
            floor::run(&mut jobs, &mut (0..tasks as usize).collect());
        })
    })
}

fn without_the_unfair(contenders: Vec<Contender>) -> Vec<Contender> {
    let marked = |contender: Contender| match contender.peer.column {
        "monoio" => contender.not_counted("who wakes itself goes to the front"),
        _ => contender,
    };
    contenders.into_iter().map(marked).collect()
}

fn by_hand(tasks: u64) -> Workload {
    macro_rules! yields {
        ($peer:ident) => {
            tasks_that!(self_wake, $peer, tasks)
        };
    }
    let mut contenders = without_the_unfair(on_every_peer!(yields));
    contenders.push(limit(tasks));
    Workload { group: "yield", name: named("yield", tasks), step: "a turn", metrics: CPU, contenders }
}

fn by_their_own(tasks: u64) -> Workload {
    macro_rules! yields {
        ($peer:ident) => {
            tasks_that!($peer::yield_now, $peer, tasks)
        };
    }
    // monoio, compio and `LocalPool` have none.
    let mut contenders = of_each!(yields: glassloop tokio tokio_local smol ; glommio);
    contenders.push(limit(tasks));
    let step = "a turn, given up by the runtime's own `yield_now`; tokio's asks the system for events before the next turn, \
        if nobody else is ready";
    Workload { group: "yield", name: named("yield_now", tasks), step, metrics: CPU, contenders }
}

fn named(kind: &str, tasks: u64) -> String {
    format!("{kind}_{tasks}_task{}", if tasks == 1 { "" } else { "s" })
}

pub(super) fn workloads() -> Vec<Workload> {
    vec![by_hand(1), by_hand(THOUSAND), by_their_own(1), by_their_own(THOUSAND)]
}
