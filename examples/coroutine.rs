//! One coroutine, run to its end: an `async fn` does nothing until the loop runs it.

use std::time::Duration;

use clap::Parser;
use glassloop::sleep;

#[path = "shared/options.rs"]
mod options;

async fn task() {
    println!("task started");
    sleep(Duration::from_secs(2)).await;
    println!("task done!");
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), task());
}
