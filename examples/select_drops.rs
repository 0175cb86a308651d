//! Broken: the loser of a `select!` is dropped, and what it had taken with it. The loop reports who waits for that.

use std::pin::pin;
use std::time::Duration;

use clap::Parser;
use glassloop::{Queue, create_task_named, select, sleep};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

struct Letter(&'static str);

impl Drop for Letter {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            println!("  the letter to {} is lost", self.0);
        }
    }
}

/// Takes a letter from the queue, and needs 30 ms to deliver it.
async fn deliver(letters: &Queue<Letter>) {
    let mut letter = letters.get().await.expect("nobody shuts it down");
    sleep(Duration::from_millis(30)).await; // if the future is dropped here, the letter is too
    println!("  the letter to {} is delivered", std::mem::take(&mut letter.0));
    letters.task_done().expect("one call per letter");
}

/// After each look at the clock, a new delivery begins.
async fn forgetful(letters: Queue<Letter>) {
    for _ in 0..4 {
        select! {
            () = deliver(&letters) => {} // <- the mistake: half a delivery is dropped when the other arm wins
            () = sleep(Duration::from_millis(50)) => println!("  (a look at the clock)"),
        }
    }
}

/// `&mut` lends the delivery to `select!`: it lives outside, and goes on after the look.
async fn careful(letters: Queue<Letter>) {
    let mut clock = pin!(sleep(Duration::from_millis(50)));
    for _ in 0..2 {
        let mut delivery = pin!(deliver(&letters));
        loop {
            select! {
                () = &mut delivery => break,
                () = &mut clock => {
                    println!("  (a look at the clock)");
                    clock.set(sleep(Duration::from_millis(50)));
                }
            }
        }
    }
}

async fn post_office<F: Future<Output = ()> + 'static>(postman: impl FnOnce(Queue<Letter>) -> F) {
    let letters = Queue::new().named("letters");
    let postman = create_task_named("postman", postman(letters.clone()));
    for name in ["Ann", "Bob"] {
        letters.put(Letter(name)).await.expect("nobody shuts it down");
        sleep(Duration::from_millis(60)).await;
    }
    letters.join().await;
    postman.await.expect("it does not panic");
    println!("  all is delivered");
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), post_office(forgetful));
    println!("mended:");
    options.run(&options.clock(), post_office(careful));
}
