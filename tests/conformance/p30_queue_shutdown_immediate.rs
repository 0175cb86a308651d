//! `shutdown(true)`: what is inside is dropped; joiners, getters and putters.

use glassloop::{GetNowaitError, Queue, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn joiner(out: Trace, q: Queue<&'static str>) {
    q.join().await;
    out.log("joiner: joined");
}

async fn putter(out: Trace, q: Queue<&'static str>, item: &'static str) {
    match q.put(item).await {
        Ok(()) => out.log(format!("put {item}")),
        Err(_) => out.log(format!("put {item}: shut down")),
    }
}

async fn worker(out: Trace, name: &str, q: Queue<&'static str>) {
    while let Ok(item) = q.get().await {
        out.log(format!("{name} works on {item}"));
        sleep(T(3)).await;
        out.log(format!("{name} did {item}"));
        q.task_done().unwrap();
    }
    out.log(format!("{name}: shut down"));
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::bounded(2);
    q.put_nowait("a").unwrap();
    q.put_nowait("b").unwrap();
    let j = create_task(joiner(out.clone(), q.clone()));
    let p = create_task(putter(out.clone(), q.clone(), "c"));
    sleep(T(1)).await;
    q.shutdown(true);
    out.log(format!("main: size {}", q.len()));
    gather([j, p]).await;
    if let Err(GetNowaitError::ShutDown) = q.get_nowait() {
        out.log("main: get says shut down");
    }

    let q = Queue::new();
    for x in ["x", "y", "z"] {
        q.put_nowait(x).unwrap();
    }
    let w = create_task(worker(out.clone(), "w", q.clone()));
    let j = create_task(joiner(out.clone(), q.clone()));
    sleep(T(1)).await;
    q.shutdown(true);
    q.shutdown(false);
    out.log("main: shut down while w works");
    j.await.unwrap();
    w.await.unwrap();
}
