//! Two jobs of two seconds: one after the other, then side by side under `gather`.

use std::time::Duration;

use clap::Parser;
use glassloop::{Clock, gather, sleep};

#[path = "shared/options.rs"]
mod options;

fn blocking_job(clock: &Clock, name: &str, seconds: u64) {
    clock.block_for(Duration::from_secs(seconds));
    println!("{name} done!");
}

async fn job(name: &str, seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
    println!("{name} done!");
}

pub fn main() {
    let options = options::Options::parse();
    let clock = options.clock();

    let start = clock.now();
    blocking_job(&clock, "task 1", 2);
    blocking_job(&clock, "task 2", 2);
    println!("all tasks done! ({:.0} s, one after the other)", (clock.now() - start).as_secs_f64());

    let start = clock.now();
    options.run(&clock, async {
        gather!(job("task 1", 2), job("task 2", 2)).await;
    });
    println!("all tasks done! ({:.0} s, concurrently)", (clock.now() - start).as_secs_f64());
}
