//! A bounded queue makes the producer wait; FIFO items; the size is never over `maxsize`.

use glassloop::{Queue, gather, sleep};

use crate::trace::{T, Trace};

async fn producer(out: Trace, q: Queue<u32>) {
    for i in 0..6 {
        q.put(i).await.unwrap();
        out.log(format!("put {i}, size {}", q.len()));
    }
    out.log("producer out");
}

async fn consumer(out: Trace, q: Queue<u32>) {
    for _ in 0..6 {
        sleep(T(2)).await;
        out.log(format!("full before get: {}", q.is_full()));
        out.log(format!("got {}", q.get().await.unwrap()));
    }
    out.log(format!("consumer out, empty: {}", q.is_empty()));
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::bounded(2);
    gather!(producer(out.clone(), q.clone()), consumer(out.clone(), q)).await;
    out.log("main out");
}
