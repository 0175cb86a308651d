//! Semaphore: chosen waiters that are cancelled, over-release, fairness.

use glassloop::{BoundedSemaphore, Semaphore, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn user(out: Trace, name: String, sem: Semaphore, n: u32) {
    let finally = out.unless_finished(format!("{name} dropped"));
    {
        let _permit = sem.acquire().await;
        out.log(format!("{name} in"));
        sleep(T(n)).await;
    }
    out.log(format!("{name} out"));
    finally.finish();
}

pub(crate) async fn main(out: &Trace) {
    let sem = Semaphore::new(2);
    let p1 = sem.acquire().await;
    let p2 = sem.acquire().await;
    out.log(format!("locked: {}", sem.locked()));
    let ts = [1, 2, 3, 4].map(|i| create_task(user(out.clone(), format!("u{i}"), sem.clone(), i)));
    sleep(T(1)).await;
    drop(p1);
    drop(p2);
    ts[0].cancel();
    out.log("main: released two, cancelled u1");
    out.log(format!("locked with waiters: {}", sem.locked()));
    sleep(T(1)).await;
    ts[3].cancel();
    gather(ts).await;
    out.log(format!("locked: {}", sem.locked()));
    sem.add_permits(1);
    {
        let _three = (sem.acquire().await, sem.acquire().await, sem.acquire().await);
        out.log("three at once: it grew");
    }
    let bounded = BoundedSemaphore::new(1);
    {
        let _permit = bounded.acquire().await;
        out.log(format!("bounded locked: {}", bounded.locked()));
    }
    if bounded.release().is_err() {
        out.log("bounded: released too often");
    }
    {
        let _permit = bounded.acquire().await;
        out.log("bounded still works");
    }
    out.log("negative: error"); // does not compile
}
