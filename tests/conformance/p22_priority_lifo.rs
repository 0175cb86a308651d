//! `PriorityQueue` gives the smallest first, `LifoQueue` the newest; both keep the waiting rules of `Queue`.

use glassloop::queue::{Buffer, QueueOver};
use glassloop::{LifoQueue, PriorityQueue, Queue, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn drain<B: Buffer<Item = u32>>(out: Trace, name: &str, q: QueueOver<B>, n: usize) {
    let mut drained = Vec::new();
    for _ in 0..n {
        drained.push(q.get().await.unwrap().to_string());
    }
    out.log(format!("{name}: {}", drained.join(" ")));
}

async fn late_put(out: Trace, q: PriorityQueue<u32>, items: [u32; 3]) {
    for i in items {
        sleep(T(1)).await;
        out.log(format!("put {i}"));
        q.put_nowait(i).unwrap();
    }
}

pub(crate) async fn main(out: &Trace) {
    let (p, l, f) = (PriorityQueue::new(), LifoQueue::new(), Queue::new());
    for i in [5, 1, 4, 2, 3] {
        p.put_nowait(i).unwrap();
        l.put_nowait(i).unwrap();
        f.put_nowait(i).unwrap();
    }
    drain(out.clone(), "priority", p.clone(), 5).await;
    drain(out.clone(), "lifo", l, 5).await;
    drain(out.clone(), "fifo", f, 5).await;
    // a waiter takes what is best when it runs, not what woke it
    let waiting = drain(out.clone(), "waiting priority", p.clone(), 3);
    gather!(waiting, late_put(out.clone(), p.clone(), [9, 8, 7])).await;
    let w = create_task(drain(out.clone(), "burst", p.clone(), 3));
    sleep(T(1)).await;
    for i in [3, 1, 2] {
        p.put_nowait(i).unwrap();
    }
    w.await.unwrap();
}
