//! Seed 3: three sleepers of 2, 3 and 1 s; they complete in the order 3, 1, 2.

use std::time::Duration;

use glassloop::{gather, sleep};

use crate::trace::Trace;

async fn task(out: Trace, name: &str, delay: u64) {
    sleep(Duration::from_secs(delay)).await;
    out.print(format!("{name} done! (after {delay} s)"));
}

pub(crate) async fn main(out: &Trace) {
    let task = |name, delay| task(out.clone(), name, delay);
    gather!(task("task 1", 2), task("task 2", 3), task("task 3", 1)).await;
}
