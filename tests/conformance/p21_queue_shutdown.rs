//! `shutdown`: no more puts, what is in can still be got, then everybody gets the error; waiting getters and putters wake.

use glassloop::{GetNowaitError, Queue, QueueShutDown, create_task, gather, sleep, yield_now};

use crate::trace::{T, Trace};

async fn consumer(out: Trace, name: &str, q: Queue<u32>) {
    while let Ok(item) = q.get().await {
        out.log(format!("{name} got {item}"));
        sleep(T(1)).await;
        q.task_done().unwrap();
    }
    out.log(format!("{name}: shut down"));
}

async fn putter(out: Trace, q: Queue<u32>, item: u32) {
    match q.put(item).await {
        Ok(()) => out.log(format!("put {item}")),
        Err(QueueShutDown(item)) => out.log(format!("put {item}: shut down")),
    }
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::bounded(2);
    for i in [1, 2] {
        q.put_nowait(i).unwrap();
    }
    let blocked = create_task(putter(out.clone(), q.clone(), 3));
    sleep(T(1)).await;
    q.shutdown(false);
    out.log(format!("main: shut down with {} items inside", q.len()));
    yield_now().await;
    yield_now().await;
    putter(out.clone(), q.clone(), 4).await;
    let c = create_task(consumer(out.clone(), "c", q.clone()));
    blocked.await.unwrap();
    q.join().await;
    out.log("main: joined");
    c.await.unwrap();
    if let Err(GetNowaitError::ShutDown) = q.get_nowait() {
        out.log("get_nowait: shut down, not empty");
    }

    let idle = Queue::new();
    let waiting = ["w1", "w2"].map(|name| create_task(consumer(out.clone(), name, idle.clone())));
    sleep(T(1)).await;
    idle.shutdown(false);
    out.log("main: idle queue shut down");
    gather(waiting).await;
}
