//! The run of the golden files. Where its lines stand is part of what they say: a change here is a change there.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{Clock, Queue, Runtime, create_task, sleep, trace};

pub fn record(path: &Path) {
    let builder = Runtime::builder().clock(Clock::new_virtual()).trace(path);
    // In boxes, as the compiler settles how large a future is.
    builder.build().expect("a loop").block_on(Box::pin(program())).expect("it ends");
}

async fn program() {
    let queue = Rc::new(Queue::bounded(1));
    let putter = queue.clone();
    let task = create_task(Box::pin(async move {
        for number in 0..2 {
            putter.put(number).await.expect("nobody shuts it down");
        }
    }));
    sleep(Duration::from_millis(70)).await;
    trace::mark("both wait");
    let _span = trace::span("taking");
    for _ in 0..2 {
        queue.get().await.expect("nobody shuts it down");
    }
    trace::println!("the format of traces");
    task.await.expect("it puts");
}
