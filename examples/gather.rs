//! Three sleepers under `gather`: they end in the order of their times, not of the arguments.

use std::time::Duration;

use clap::Parser;
use glassloop::{gather, sleep};

#[path = "shared/options.rs"]
mod options;

async fn task(name: &str, seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
    println!("{name} done! (after {seconds} s)");
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), async {
        gather!(task("task 1", 2), task("task 2", 3), task("task 3", 1)).await;
    });
}
