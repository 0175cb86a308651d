//! `yield`: tasks that wake themselves and give up their turn, by one task alone and by 1000 in turn.

use criterion::{Criterion, Throughput};

use crate::cpu_time::ThreadCpuTime;
use crate::peers::{glassloop_runtime, self_wake, tokio_runtime};

async fn give_up_turns(times: u64) {
    for _ in 0..times {
        self_wake().await;
    }
}

pub fn yields(criterion: &mut Criterion<ThreadCpuTime>) {
    for (tasks, turns) in [(1, 100_000), (1000, 100)] {
        let mut group = criterion.benchmark_group(format!("yield_{tasks}_tasks"));
        group.throughput(Throughput::Elements(tasks * turns));

        let runtime = glassloop_runtime();
        group.bench_function("glassloop", |b| {
            b.iter(|| {
                let all = async {
                    let tasks: Vec<_> = (0..tasks).map(|_| glassloop::create_task(give_up_turns(turns))).collect();
                    for task in tasks {
                        task.await.expect("no task panics");
                    }
                };
                runtime.block_on(all).expect("no deadlock");
            });
        });

        let runtime = tokio_runtime();
        group.bench_function("tokio current_thread", |b| {
            b.iter(|| {
                runtime.block_on(async {
                    let tasks: Vec<_> = (0..tasks).map(|_| tokio::spawn(give_up_turns(turns))).collect();
                    for task in tasks {
                        task.await.expect("no task panics");
                    }
                });
            });
        });

        let executor = async_executor::LocalExecutor::new();
        group.bench_function("async-executor", |b| {
            b.iter(|| {
                let all = async {
                    let tasks: Vec<_> = (0..tasks).map(|_| executor.spawn(give_up_turns(turns))).collect();
                    for task in tasks {
                        task.await;
                    }
                };
                futures_lite::future::block_on(executor.run(all));
            });
        });
        group.finish();
    }
}
