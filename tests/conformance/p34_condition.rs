//! `Condition::wait_while` re-checks; a cancelled waiter that had been notified passes it on.

use glassloop::{Condition, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn consumer(out: Trace, name: String, cond: Condition<Vec<u32>>, need: usize) {
    let guard = cond.acquire().await;
    let mut items = cond.wait_while(guard, |items| items.len() < need).await;
    let taken: Vec<u32> = items.drain(..need).collect();
    out.log(format!("{name} took {taken:?}, {} left", items.len()));
}

async fn waiter(out: Trace, name: &str, cond: Condition<Vec<u32>>) {
    let finally = out.unless_finished(format!("{name} dropped"));
    let guard = cond.acquire().await;
    let _guard = cond.wait(guard).await;
    finally.finish();
    out.log(format!("{name} notified"));
}

pub(crate) async fn main(out: &Trace) {
    let cond = Condition::with_value(Vec::new());
    let ts =
        [(1, 3), (2, 1), (3, 2)].map(|(i, n)| create_task(consumer(out.clone(), format!("c{i}"), cond.clone(), n)));
    for i in 0..6 {
        sleep(T(1)).await;
        let mut items = cond.acquire().await;
        items.push(i);
        out.log(format!("produced {i}"));
        cond.notify_all(&items);
    }
    gather(ts).await;
    let [a, b, c] = ["a", "b", "c"].map(|n| create_task(waiter(out.clone(), n, cond.clone())));
    sleep(T(1)).await;
    {
        let guard = cond.acquire().await;
        cond.notify(&guard, 1);
        a.cancel();
        out.log("notified a and cancelled it");
    }
    sleep(T(1)).await;
    out.log(format!("b done: {}", b.is_done()));
    c.cancel();
    sleep(T(1)).await;
    out.log(format!("c done: {}, locked: {}", c.is_done(), cond.locked()));
    gather([a, b, c]).await;
}
