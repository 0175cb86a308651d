//! `spawn_*`: tasks that give their number at once.
//!
//! - `spawn_join_100k`: 100,000 are created by the root, then each is awaited.
//! - `spawn_one_by_one_root`: each is awaited before the next is created, by the root.
//! - `spawn_one_by_one_task`: the same, by a task.
//!
//! Equal for all: the future, its number, and that the outputs are added up. Not equal: what a runtime keeps of a task
//! besides (a name, a place, a list of all), and whether it catches a panic.
//!
//! The limit: one allocation for a closure and its output, shared by the queue and by who awaits it; one turn of a queue;
//! one indirect call.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;

const TASKS: u64 = 100_000;
const ONE_BY_ONE: u64 = 20_000;

const fn sum(tasks: u64) -> u64 {
    tasks * (tasks - 1) / 2
}

macro_rules! all_at_once {
    ($peer:ident) => {
        $peer::PEER.batches(TASKS, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                let added = runtime.block_on(async {
                    let tasks: Vec<_> = (0..TASKS).map(|number| $peer::spawn(async move { number })).collect();
                    let mut added = 0;
                    for task in tasks {
                        added += $peer::join(task).await;
                    }
                    added
                });
                assert_eq!(added, sum(TASKS));
            })
        })
    };
}

macro_rules! one_by_one {
    ($peer:ident) => {
        async {
            let mut added = 0;
            for number in 0..ONE_BY_ONE {
                added += $peer::join($peer::spawn(async move { number })).await;
            }
            added
        }
    };
}

macro_rules! by_the_root {
    ($peer:ident) => {
        $peer::PEER.batches(ONE_BY_ONE, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || assert_eq!(runtime.block_on(one_by_one!($peer)), sum(ONE_BY_ONE)))
        })
    };
}

macro_rules! by_a_task {
    ($peer:ident) => {
        $peer::PEER.batches(ONE_BY_ONE, || {
            let mut runtime = $peer::Runtime::new();
            Box::new(move || {
                let added = runtime.block_on(async { $peer::join($peer::spawn(one_by_one!($peer))).await });
                assert_eq!(added, sum(ONE_BY_ONE));
            })
        })
    };
}

trait Job {
    fn run(&self);
    fn output(&self) -> u64;
}

struct Numbered<F> {
    work: F,
    output: Cell<Option<u64>>,
}

impl<F: Fn() -> u64> Job for Numbered<F> {
    fn run(&self) {
        self.output.set(Some((self.work)()));
    }

    fn output(&self) -> u64 {
        self.output.take().expect("it ran")
    }
}

fn spawn_job(queue: &mut VecDeque<Rc<dyn Job>>, number: u64) -> Rc<dyn Job> {
    let job: Rc<dyn Job> = Rc::new(Numbered { work: move || number, output: Cell::new(None) });
    queue.push_back(job.clone());
    job
}

fn run_all(queue: &mut VecDeque<Rc<dyn Job>>) {
    while let Some(job) = queue.pop_front() {
        job.run();
    }
}

fn limit_all_at_once() -> Contender {
    LIMIT.batches(TASKS, || {
        let mut queue = VecDeque::new();
        Box::new(move || {
            let jobs: Vec<_> = (0..TASKS).map(|number| spawn_job(&mut queue, number)).collect();
            run_all(&mut queue);
            assert_eq!(jobs.into_iter().map(|job| job.output()).sum::<u64>(), sum(TASKS));
        })
    })
}

fn limit_one_by_one() -> Contender {
    LIMIT.batches(ONE_BY_ONE, || {
        let mut queue = VecDeque::new();
        Box::new(move || {
            let mut added = 0;
            for number in 0..ONE_BY_ONE {
                let job = spawn_job(&mut queue, number);
                run_all(&mut queue);
                added += job.output();
            }
            assert_eq!(added, sum(ONE_BY_ONE));
        })
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let workload = |name: &str, limit, mut contenders: Vec<Contender>| {
        contenders.push(limit);
        Workload {
            group: "spawn",
            name: name.into(),
            step: "a task, from its creation to its output",
            metrics: CPU,
            contenders,
        }
    };
    vec![
        workload("spawn_join_100k", limit_all_at_once(), on_every_peer!(all_at_once)),
        workload("spawn_one_by_one_root", limit_one_by_one(), on_every_peer!(by_the_root)),
        workload("spawn_one_by_one_task", limit_one_by_one(), on_every_peer!(by_a_task)),
    ]
}
