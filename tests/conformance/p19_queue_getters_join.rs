//! Waiting getters are served in arrival order; the nowait errors; `task_done` and `join`; `task_done` too many times.

use glassloop::{GetNowaitError, PutNowaitError, Queue, TaskDoneTooOften, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn getter(out: Trace, name: &str, q: Queue<u32>) {
    out.log(format!("{name} waits"));
    let item = q.get().await.unwrap();
    out.log(format!("{name} got {item}"));
    sleep(T(item)).await;
    q.task_done().unwrap();
    out.log(format!("{name} done"));
}

async fn joiner(out: Trace, q: Queue<u32>) {
    q.join().await;
    out.log("join returned");
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::bounded(3);
    if let Err(GetNowaitError::Empty) = q.get_nowait() {
        out.log("get_nowait: empty");
    }
    let tasks = ["g1", "g2", "g3"].map(|name| create_task(getter(out.clone(), name, q.clone())));
    sleep(T(1)).await;
    for i in [3, 1, 2] {
        q.put_nowait(i).unwrap();
    }
    out.log(format!("main: put three, size {}", q.len()));
    if let Err(PutNowaitError::Full(4)) = q.put_nowait(4) {
        out.log("put_nowait: full");
    }
    let j = create_task(joiner(out.clone(), q.clone()));
    gather(tasks).await;
    j.await.unwrap();
    q.join().await;
    out.log("join on an idle queue returns at once");
    if let Err(TaskDoneTooOften) = q.task_done() {
        out.log("task_done: called too many times");
    }
}
