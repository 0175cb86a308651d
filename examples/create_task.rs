//! A task in the background: it runs whenever `main` waits, and is awaited at the end.

use std::time::Duration;

use clap::Parser;
use glassloop::{create_task, sleep};

#[path = "shared/options.rs"]
mod options;

async fn background_task() {
    sleep(Duration::from_secs(2)).await;
    println!("background task done!");
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), async {
        let task = create_task(background_task());
        println!("main task running...");
        sleep(Duration::from_secs(1)).await;
        println!("main task done!");
        task.await.expect("the background task does not panic");
    });
}
