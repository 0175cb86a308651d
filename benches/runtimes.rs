//! glassloop beside its peers, on the same work in one run: `cargo bench -p glassloop-benches -- spawn`.
//!
//! Everything here runs on one thread, so what is measured is that thread's CPU time: what else the machine is doing
//! then matters less. Only the ratios of one run say something.

#![forbid(unsafe_code)]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

mod cpu_time;
mod peers;
mod queues;
mod record;
mod spawn;
mod sync;
mod timers;
mod yields;

use cpu_time::ThreadCpuTime;

fn configured() -> Criterion<ThreadCpuTime> {
    Criterion::default()
        .with_measurement(ThreadCpuTime)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(20)
}

criterion_group! {
    name = runtimes;
    config = configured();
    targets = spawn::spawn_join, yields::yields, timers::arm_and_cancel, queues::queue, queues::ping_pong,
        sync::lock, sync::semaphore, sync::event, record::record
}
criterion_main!(runtimes);
