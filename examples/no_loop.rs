//! Broken: a call that needs a loop, on a thread that has none. The panic names both, and says what to write.
//!
//! A loop belongs to one thread. A thread that the program starts has none, until it runs one of its own.

use std::thread;
use std::time::Duration;

use clap::Parser;
use glassloop::sleep;

#[path = "shared/options.rs"]
mod options;

fn on_a_thread_named_worker(work: impl FnOnce() + Send + 'static) -> thread::Result<()> {
    thread::Builder::new().name("worker".to_owned()).spawn(work).expect("a thread can be had").join()
}

pub fn main() {
    let options = options::Options::parse();
    println!("broken:");
    let result = on_a_thread_named_worker(|| {
        let _nap = sleep(Duration::from_millis(10)); // <- the mistake: in which loop is its timer to be?
        println!("  asleep");
    });
    println!("  {}", if result.is_err() { "the worker has panicked" } else { "the worker is done" });

    println!("mended:");
    let result = on_a_thread_named_worker(move || {
        options.run(&options.clock(), async {
            sleep(Duration::from_millis(10)).await;
            println!("  well rested");
        });
    });
    println!("  {}", if result.is_err() { "the worker has panicked" } else { "the worker is done" });
}
