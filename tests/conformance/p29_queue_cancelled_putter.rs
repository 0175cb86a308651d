//! A cancelled putter leaves no item; one that was chosen passes its turn on.

use glassloop::{Queue, create_task, gather, sleep, yield_now};

use crate::trace::{T, Trace};

async fn putter(out: Trace, name: &str, q: Queue<&'static str>, item: &'static str) {
    let finally = out.unless_finished(format!("{name} dropped"));
    q.put(item).await.unwrap();
    finally.finish();
    out.log(format!("{name} put"));
}

pub(crate) async fn main(out: &Trace) {
    let q = Queue::bounded(1);
    q.put_nowait("first").unwrap();
    let ps = [("p1", "1"), ("p2", "2"), ("p3", "3"), ("p4", "4")]
        .map(|(n, i)| create_task(putter(out.clone(), n, q.clone(), i)));
    sleep(T(1)).await;
    ps[0].cancel();
    sleep(T(1)).await;
    out.log(format!("main: size {}", q.len()));
    out.log(format!("main: took {}", q.get_nowait().unwrap()));
    ps[1].cancel();
    out.log("main: cancelled p2, which was chosen");
    sleep(T(1)).await;
    out.log(format!("main: size {}, full: {}", q.len(), q.is_full()));
    out.log(format!("main: got {}", q.get().await.unwrap()));
    yield_now().await;
    out.log(format!("main: got {}", q.get().await.unwrap()));
    out.log(format!("main: empty: {}", q.is_empty()));
    gather(ps).await;
}
