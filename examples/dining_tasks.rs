//! Broken: tasks at a round table each hold one fork and wait for the next. The loop reports the circle.

use std::time::Duration;

use clap::Parser;
use glassloop::{Lock, create_task_named, sleep};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

async fn dine(name: &str, first: Lock, second: Lock) {
    let _one = first.acquire().await;
    sleep(Duration::from_millis(10)).await; // time enough for the neighbour
    let _two = second.acquire().await;
    println!("  {name} eats");
}

fn forks() -> [Lock; 3] {
    ["fork A", "fork B", "fork C"].map(|name| Lock::new().named(name))
}

async fn all_reach_left_first() {
    let [a, b, c] = forks();
    let diners = [
        create_task_named("Plato", dine("Plato", a.clone(), b.clone())),
        create_task_named("Hypatia", dine("Hypatia", b, c.clone())),
        create_task_named("Laozi", dine("Laozi", c, a)), // <- the mistake: this closes the circle
    ];
    for diner in diners {
        diner.await.expect("nobody panics");
    }
}

/// If everybody takes the forks in one order, nobody can wait in a circle.
async fn all_keep_one_order() {
    let [a, b, c] = forks();
    let diners = [
        create_task_named("Plato", dine("Plato", a.clone(), b.clone())),
        create_task_named("Hypatia", dine("Hypatia", b, c.clone())),
        create_task_named("Laozi", dine("Laozi", a, c)),
    ];
    for diner in diners {
        diner.await.expect("nobody panics");
    }
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), all_reach_left_first());
    println!("mended:");
    options.run(&options.clock(), all_keep_one_order());
}
