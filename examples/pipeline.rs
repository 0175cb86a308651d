//! Three stages with bounded queues between them: the slowest sets the pace, and the end runs through as a shutdown.

use std::time::Duration;

use clap::Parser;
use glassloop::{Instant, Queue, create_task_named, now, sleep};

#[path = "shared/options.rs"]
mod options;

fn say(start: Instant, what: &str) {
    println!("{:>3} ms  {what}", (now() - start).as_millis());
}

/// The first stage could do all at once; `put` makes it wait while the queue is full.
async fn number(numbers: Queue<u32>, start: Instant) {
    for n in 1..=6 {
        numbers.put(n).await.expect("only this stage shuts it down");
        say(start, &format!("number: {n} is in the queue"));
    }
    numbers.shutdown(false); // what is inside can still be taken
    say(start, "number: no more");
}

/// The slow one. Its input has ended when `get` fails; then so has its output.
async fn square(numbers: Queue<u32>, squares: Queue<u32>) {
    while let Ok(n) = numbers.get().await {
        sleep(Duration::from_millis(30)).await;
        squares.put(n * n).await.expect("only this stage shuts it down");
    }
    squares.shutdown(false);
}

async fn sum(squares: Queue<u32>, start: Instant) -> u32 {
    let mut sum = 0;
    while let Ok(square) = squares.get().await {
        sum += square;
        say(start, &format!("sum: {square} makes {sum}"));
    }
    sum
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), async {
        let start = now();
        let numbers = Queue::bounded(2).named("numbers");
        let squares = Queue::bounded(2).named("squares");
        create_task_named("number", number(numbers.clone(), start)).detach();
        create_task_named("square", square(numbers, squares.clone())).detach();
        let sum = create_task_named("sum", sum(squares, start));
        println!("1 + 4 + 9 + 16 + 25 + 36 = {}", sum.await.expect("no stage panics"));
    });
}
