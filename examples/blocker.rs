//! Broken: one task blocks the thread, and all others wait with it. Debug mode names the poll that took too long.
//!
//! `block_for` stands for whatever blocks: `thread::sleep`, a large file, a long computation. What can be awaited
//! should be awaited; for what cannot be, there is `to_thread`.

use std::time::Duration;

use clap::Parser;
use glassloop::{Clock, create_task_named, interval, now, sleep};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

/// Beats each 100 ms, if it is let.
async fn heartbeat() {
    let mut ticks = interval(Duration::from_millis(100));
    for beat in 0..5 {
        let due = ticks.tick().await;
        match (now() - due).as_millis() {
            0..30 => println!("  beat {beat} in time"),
            late => println!("  beat {beat} {late} ms late"),
        }
    }
}

async fn report_that_blocks(clock: Clock) {
    sleep(Duration::from_millis(150)).await;
    clock.block_for(Duration::from_millis(200)); // <- the mistake
}

async fn report_that_waits() {
    sleep(Duration::from_millis(150)).await;
    sleep(Duration::from_millis(200)).await;
}

pub fn main() {
    let options = options::Options::parse();
    let clock = options.clock();
    broken::run_broken(&options, &clock, async {
        let report = create_task_named("report", report_that_blocks(clock.clone()));
        heartbeat().await;
        report.await.expect("it does not panic");
    });
    println!("mended:");
    options.run(&clock, async {
        let report = create_task_named("report", report_that_waits());
        heartbeat().await;
        report.await.expect("it does not panic");
    });
}
