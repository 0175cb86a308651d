//! A million tasks asleep at once, and the memory that each of them takes.

use std::time::Duration;

use clap::Parser;
use glassloop::{create_task, sleep, yield_now};

#[path = "shared/options.rs"]
mod options;

#[derive(Parser)]
struct Cli {
    /// How many tasks
    #[arg(long, default_value_t = 1_000_000)]
    tasks: u32,
    #[command(flatten)]
    options: options::Options,
}

/// The memory of this process that is really in use ("resident set size"), in bytes.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?; // Linux only
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

async fn park(tasks: u32) {
    let before = resident_bytes();
    for _ in 0..tasks {
        create_task(sleep(Duration::from_secs(3600))).detach();
    }
    yield_now().await; // each has its first turn, and arms its timer
    match (before, resident_bytes()) {
        (Some(before), Some(after)) => {
            let each = after.saturating_sub(before) / u64::from(tasks.max(1));
            println!("{tasks} tasks asleep: {each} bytes of RSS each");
        }
        _ => println!("{tasks} tasks asleep (their memory can be read on Linux only)"),
    }
} // the loop ends with its main future, and takes the sleepers along

pub fn main() {
    let Cli { tasks, options } = Cli::parse();
    options.run(&options.clock(), park(tasks));
}
