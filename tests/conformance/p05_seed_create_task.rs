//! Seed 5: a background task. `main` prints, sleeps 1 s, then awaits the 2 s task.

use std::time::Duration;

use glassloop::{create_task, sleep};

use crate::trace::Trace;

async fn background_task(out: Trace) {
    sleep(Duration::from_secs(2)).await;
    out.print("background task done!");
}

pub(crate) async fn main(out: &Trace) {
    let task = create_task(background_task(out.clone()));
    out.print("main task running...");
    sleep(Duration::from_secs(1)).await;
    out.print("main task done!");
    task.await.unwrap();
}
