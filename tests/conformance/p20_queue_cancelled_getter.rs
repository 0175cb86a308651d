//! An item handed over to a getter that is cancelled before it runs is not lost: the next getter, or the queue, has it.

use glassloop::{Queue, create_task, sleep, yield_now};

use crate::trace::{T, Trace};

async fn getter(out: Trace, name: &str, q: Queue<&'static str>) {
    let finally = out.unless_finished(format!("{name} dropped"));
    let item = q.get().await.unwrap();
    finally.finish();
    out.log(format!("{name} got {item}"));
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::new();
    let g1 = create_task(getter(out.clone(), "g1", q.clone()));
    let g2 = create_task(getter(out.clone(), "g2", q.clone()));
    sleep(T(1)).await;
    q.put_nowait("apple").unwrap(); // wakes g1 ...
    g1.cancel(); // ... which never gets to take it
    out.log("main: put apple, cancelled g1");
    sleep(T(1)).await;
    out.log(format!("main: size {}", q.len()));

    let g3 = create_task(getter(out.clone(), "g3", q.clone()));
    sleep(T(1)).await;
    g3.cancel(); // cancelled while the queue is empty: forgotten
    yield_now().await;
    q.put_nowait("pear").unwrap();
    sleep(T(1)).await;
    out.log(format!("main: size {}, holds {}", q.len(), q.get_nowait().unwrap()));
    g2.await.unwrap();
}
