//! Broken: a full queue, its producer stuck, its consumer idle elsewhere. The loop says what each of them waits for.
//!
//! Each of the two looks right: the consumer begins once all jobs are in, and the producer says when that is. But there
//! are five jobs, and the queue takes four.

use clap::Parser;
use glassloop::{Event, Queue, create_task_named};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

async fn produce(jobs: Queue<u32>, all_in: Event) {
    for job in 1..=5 {
        jobs.put(job).await.expect("only the producer shuts it down"); // the fifth has to wait
        println!("  job {job} is in the queue");
    }
    all_in.set();
    jobs.shutdown(false);
}

async fn consume_once_all_are_in(jobs: Queue<u32>, all_in: Event) -> u32 {
    all_in.wait().await; // <- the mistake: nobody makes room meanwhile
    consume(jobs).await
}

async fn consume(jobs: Queue<u32>) -> u32 {
    let mut done = 0;
    while let Ok(job) = jobs.get().await {
        println!("  job {job} is done");
        done += 1;
    }
    done
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), async {
        let (jobs, all_in) = (Queue::bounded(4).named("jobs"), Event::new().named("all in"));
        create_task_named("producer", produce(jobs.clone(), all_in.clone())).detach();
        let consumer = create_task_named("consumer", consume_once_all_are_in(jobs, all_in));
        println!("  {} jobs", consumer.await.expect("it does not panic"));
    });
    println!("mended:");
    options.run(&options.clock(), async {
        let (jobs, all_in) = (Queue::bounded(4).named("jobs"), Event::new().named("all in"));
        create_task_named("producer", produce(jobs.clone(), all_in)).detach();
        let consumer = create_task_named("consumer", consume(jobs));
        println!("  {} jobs", consumer.await.expect("it does not panic"));
    });
}
