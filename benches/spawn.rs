//! `spawn_join`: 100,000 tasks created, then each awaited. Each gives its number, so that none can be left out.

use criterion::{Criterion, Throughput};

use crate::cpu_time::ThreadCpuTime;
use crate::peers::{glassloop_runtime, tokio_runtime};

const TASKS: u64 = 100_000;
const SUM: u64 = TASKS * (TASKS - 1) / 2;

pub fn spawn_join(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("spawn_join_100k");
    group.throughput(Throughput::Elements(TASKS));

    let runtime = glassloop_runtime();
    group.bench_function("glassloop", |b| {
        b.iter(|| {
            let all = async {
                let tasks: Vec<_> = (0..TASKS).map(|i| glassloop::create_task(async move { i })).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.expect("no task panics");
                }
                sum
            };
            assert_eq!(runtime.block_on(all).expect("no deadlock"), SUM);
        });
    });

    let runtime = tokio_runtime();
    group.bench_function("tokio current_thread", |b| {
        b.iter(|| {
            let all = async {
                let tasks: Vec<_> = (0..TASKS).map(|i| tokio::spawn(async move { i })).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.expect("no task panics");
                }
                sum
            };
            assert_eq!(runtime.block_on(all), SUM);
        });
    });

    let executor = async_executor::LocalExecutor::new();
    group.bench_function("async-executor", |b| {
        b.iter(|| {
            let all = async {
                let tasks: Vec<_> = (0..TASKS).map(|i| executor.spawn(async move { i })).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await;
                }
                sum
            };
            assert_eq!(futures_lite::future::block_on(executor.run(all)), SUM);
        });
    });
    group.finish();
}
