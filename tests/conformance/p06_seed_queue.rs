//! Seed 6. The tutorial's own program has a consumer that loops for ever, so it prints the ten lines and then never ends. Here it is
//! bounded: join the queue after the producer, cancel the consumer.

use std::convert::Infallible;
use std::time::Duration;

use glassloop::{Queue, create_task, gather, sleep};

use crate::trace::Trace;

async fn producer(out: &Trace, queue: &Queue<u32>) {
    for i in 0..5 {
        sleep(Duration::from_secs(1)).await;
        queue.put(i).await.unwrap();
        out.print(format!("item {i} produced"));
    }
}

async fn consumer(out: Trace, queue: Queue<u32>) -> Infallible {
    loop {
        let item = queue.get().await.unwrap();
        out.print(format!("item {item} processed!"));
        queue.task_done().unwrap();
    }
}

pub(crate) async fn main(out: &Trace) {
    let queue = Queue::new();
    let worker = create_task(consumer(out.clone(), queue.clone()));
    producer(out, &queue).await;
    queue.join().await;
    worker.cancel();
    let (ended,) = gather!(worker).await;
    assert!(ended.is_err());
    out.print("all items processed");
}
