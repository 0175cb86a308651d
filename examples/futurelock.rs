//! Broken: a future holds a lock and is polled no more, while its own task waits for that lock. The loop reports it.
//!
//! `select!` on a `&mut future` keeps the loser for later: whatever it holds, it goes on holding, and nobody polls it.
//! Oxide's engineers, who met this in the field, named it a futurelock.

use std::pin::pin;
use std::time::Duration;

use clap::Parser;
use glassloop::{Lock, join, select, sleep};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

/// Writes with the door locked; that takes a while.
async fn write(door: &Lock, what: &str) {
    let _guard = door.acquire().await;
    sleep(Duration::from_millis(100)).await;
    println!("  {what} is written");
}

async fn impatient() {
    let door = Lock::new().named("door");
    let mut letter = pin!(write(&door, "the letter"));
    select! {
        () = &mut letter => {}
        () = sleep(Duration::from_millis(50)) => {
            println!("  the letter takes too long: a note first");
            write(&door, "a note").await; // <- the mistake: `letter` has the door, and nobody polls it
            letter.await;
        }
    }
}

async fn patient() {
    let door = Lock::new().named("door");
    let mut letter = pin!(write(&door, "the letter"));
    select! {
        () = &mut letter => {}
        () = sleep(Duration::from_millis(50)) => {
            println!("  the letter takes too long: a note as well");
            join!(letter, write(&door, "a note")).await; // both are polled
        }
    }
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), impatient());
    println!("mended:");
    options.run(&options.clock(), patient());
}
