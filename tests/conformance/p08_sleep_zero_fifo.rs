//! `sleep(0)` yields exactly once; the ready queue is FIFO, so equal tasks rotate.

use std::time::Duration;

use glassloop::{create_task, sleep};

use crate::trace::Trace;

async fn worker(out: Trace, name: &str, steps: u32) {
    for i in 0..steps {
        out.log(format!("{name}{i}"));
        sleep(Duration::ZERO).await;
    }
    out.log(format!("{name} out"));
}

pub(crate) async fn main(out: &Trace) {
    let tasks = [("a", 3), ("b", 1), ("c", 2)].map(|(name, steps)| create_task(worker(out.clone(), name, steps)));
    for i in 0..2 {
        out.log(format!("main{i}"));
        sleep(Duration::ZERO).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    out.log("main out");
    sleep(Duration::ZERO).await; // a Duration is never negative
    out.log("after negative sleep");
}
