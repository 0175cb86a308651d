//! A producer, a queue, a consumer. The consumer loops for ever: `join` tells when it has done all, then it is cancelled.
//!
//! With `--endless` nobody cancels it, as in the tutorial's own program: the loop finds that the tasks left wait
//! for each other, says so on stderr, and the program ends with status 1.

use std::time::Duration;

use clap::Parser;
use glassloop::{Queue, create_task, gather, sleep};

#[path = "shared/options.rs"]
mod options;

#[derive(Parser)]
struct Cli {
    /// Never cancel the consumer
    #[arg(long)]
    endless: bool,
    #[command(flatten)]
    options: options::Options,
}

async fn producer(queue: Queue<u32>) {
    for i in 0..5 {
        sleep(Duration::from_secs(1)).await;
        queue.put(i).await.expect("nobody shuts it down");
        println!("item {i} produced");
    }
}

async fn consumer(queue: Queue<u32>) {
    while let Ok(item) = queue.get().await {
        println!("item {item} processed!");
        queue.task_done().expect("one call per item");
    }
}

async fn bounded() {
    let queue = Queue::new();
    let worker = create_task(consumer(queue.clone()));
    producer(queue.clone()).await;
    queue.join().await;
    worker.cancel();
    let _cancelled = worker.await;
    println!("all items processed");
}

async fn endless() {
    let queue = Queue::new();
    gather!(producer(queue.clone()), consumer(queue)).await;
}

pub fn main() {
    let Cli { endless: is_endless, options } = Cli::parse();
    if is_endless {
        options.run(&options.clock(), endless());
    } else {
        options.run(&options.clock(), bounded());
    }
}
