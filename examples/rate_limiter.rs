//! Ten requests, let through by a token bucket (four, then one each 250 ms), and at most two at a time.

use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use glassloop::{Semaphore, create_task_named, gather, interval, now, sleep};

#[path = "shared/options.rs"]
mod options;

/// Its tokens are a semaphore's permits: taken and never given back, but for one in each period.
struct TokenBucket {
    tokens: Semaphore,
    size: usize,
    period: Duration,
}

impl TokenBucket {
    fn new(size: usize, period: Duration) -> TokenBucket {
        TokenBucket { tokens: Semaphore::new(size).named("tokens"), size, period }
    }

    async fn take(&self) {
        self.tokens.acquire().await.forget();
    }

    /// For a task of its own: whoever has the bucket runs it and cancels it.
    async fn refill(&self) {
        let mut ticks = interval(self.period);
        ticks.tick().await; // the first comes at once, when the bucket is full
        loop {
            ticks.tick().await;
            if self.tokens.free() < self.size {
                self.tokens.add_permits(1);
            }
        }
    }
}

async fn ten_requests() {
    let start = now();
    let bucket = Rc::new(TokenBucket::new(4, Duration::from_millis(250)));
    let slots = Semaphore::new(2).named("slots");
    let refilled = bucket.clone();
    let refill = create_task_named("refill", async move { refilled.refill().await });
    let requests = (1..=10).map(|number| {
        let (bucket, slots) = (bucket.clone(), slots.clone());
        create_task_named(format!("request {number}"), async move {
            let _slot = slots.acquire().await; // until the request is done
            bucket.take().await;
            println!("{:>4} ms  request {number} is sent", (now() - start).as_millis());
            sleep(Duration::from_millis(100)).await;
        })
    });
    gather(requests).await;
    println!("{:>4} ms  all are answered", (now() - start).as_millis());
    refill.cancel();
    let _cancelled = refill.await;
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), ten_requests());
}
