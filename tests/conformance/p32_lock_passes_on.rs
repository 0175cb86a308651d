//! Lock: the chosen waiter is cancelled; release by another task; misuse.

use glassloop::{Lock, create_task, gather, sleep, wait_for, yield_now};

use crate::trace::{T, Trace};

async fn user(out: Trace, name: &str, lock: Lock) {
    let finally = out.unless_finished(format!("{name} dropped"));
    {
        let _guard = lock.acquire().await;
        out.log(format!("{name} in"));
        sleep(T(1)).await;
    }
    out.log(format!("{name} out"));
    finally.finish();
}

pub(crate) async fn main(out: &Trace) {
    let lock = Lock::new();
    let guard = lock.acquire().await;
    let ts = ["u1", "u2", "u3", "u4"].map(|n| create_task(user(out.clone(), n, lock.clone())));
    sleep(T(1)).await;
    drop(guard);
    ts[0].cancel();
    out.log("main: released, cancelled u1, which was chosen");
    out.log(format!("locked: {}", lock.locked()));
    yield_now().await;
    yield_now().await;
    ts[2].cancel();
    gather(ts).await;
    out.log(format!("locked: {}", lock.locked()));
    out.log("release of what nobody holds: error"); // does not compile
    let l = lock.clone();
    let guard = create_task(async move { l.acquire().await }).await.unwrap();
    out.log(format!("another task took it, locked: {}", lock.locked()));
    let u = create_task(user(out.clone(), "u5", lock.clone()));
    sleep(T(1)).await;
    drop(guard);
    u.await.unwrap();
    let _guard = lock.acquire().await;
    if wait_for(lock.acquire(), Some(T(1))).await.is_err() {
        out.log("not reentrant");
    }
}
