//! What one thread does by itself, by criterion: `cargo bench -p glassloop-benches -- spawn`.
//!
//! What is measured is the CPU time of that thread: what else the machine is doing then matters less. Only the ratios of one run
//! say something: a time is that of one step, which each file in
//! `src/workloads` explains. The workloads that need a process of their own are in `whole.rs`.

#![forbid(unsafe_code)]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use glassloop_benches::contender::{Batches, Work};
use glassloop_benches::{cpu, workloads};

mod cpu_time;

use cpu_time::ThreadCpuTime;

fn configured() -> Criterion<ThreadCpuTime> {
    Criterion::default()
        .with_measurement(ThreadCpuTime)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(10)
}

fn all(criterion: &mut Criterion<ThreadCpuTime>) {
    for workload in workloads::all() {
        let mut group = criterion.benchmark_group(&workload.name);
        for contender in &workload.contenders {
            let Work::Batches(start) = &contender.work else { continue };
            if let Some(reason) = (contender.peer.missing)() {
                eprintln!("{}/{} does not run: {reason}", workload.name, contender.label());
                continue;
            }
            // Set up only if it is wanted, and gone before the next.
            let mut batches = None;
            group.bench_function(contender.label(), |bencher| {
                let Batches { steps, run } = batches.get_or_insert_with(start);
                bencher.iter_custom(|times| {
                    let before = cpu::of_this_thread();
                    (0..times).for_each(|_| run());
                    (cpu::of_this_thread() - before).div_f64(*steps as f64)
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = runtimes;
    config = configured();
    targets = all
}
criterion_main!(runtimes);
