//! `timer_arm_cancel`: a sleep that is polled once, so that its timer is armed, and then dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use criterion::{Criterion, Throughput};

use crate::cpu_time::ThreadCpuTime;
use crate::peers::{glassloop_runtime, tokio_runtime};

const TIMERS: u64 = 10_000;
const HOUR: Duration = Duration::from_secs(3600);

async fn arm_and_drop<F: Future>(sleep: F) {
    let mut sleep = pin!(sleep);
    poll_fn(|cx| {
        assert!(sleep.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

pub fn arm_and_cancel(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("timer_arm_cancel");
    group.throughput(Throughput::Elements(TIMERS));

    let runtime = glassloop_runtime();
    group.bench_function("glassloop", |b| {
        b.iter(|| {
            let all = async {
                for _ in 0..TIMERS {
                    arm_and_drop(glassloop::sleep(HOUR)).await;
                }
            };
            runtime.block_on(all).expect("no deadlock");
        });
    });

    let runtime = tokio_runtime();
    group.bench_function("tokio current_thread", |b| {
        b.iter(|| {
            runtime.block_on(async {
                for _ in 0..TIMERS {
                    arm_and_drop(tokio::time::sleep(HOUR)).await;
                }
            });
        });
    });

    // async-executor has no timers of its own: async-io's are what its users use.
    let executor = async_executor::LocalExecutor::new();
    group.bench_function("async-executor with async-io", |b| {
        b.iter(|| {
            let all = async {
                for _ in 0..TIMERS {
                    arm_and_drop(async_io::Timer::after(HOUR)).await;
                }
            };
            async_io::block_on(executor.run(all));
        });
    });
    group.finish();
}
