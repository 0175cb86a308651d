//! Lock and Semaphore hand over in FIFO order, and nobody overtakes a waiter; `Event::set` wakes all waiters in order.

use glassloop::{Event, Lock, Semaphore, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn locker(out: Trace, name: &str, lock: Lock, n: u32) {
    let guard = lock.acquire().await;
    out.log(format!("{name} has the lock"));
    sleep(T(n)).await;
    drop(guard);
    out.log(format!("{name} released"));
}

async fn hog(out: Trace, lock: Lock) {
    for i in 0..2 {
        let _guard = lock.acquire().await;
        out.log(format!("hog {i}"));
    } // releases and asks again at once: a waiter goes first
}

async fn sem_user(out: Trace, name: String, sem: Semaphore, n: u32) {
    let permit = sem.acquire().await;
    out.log(format!("{name} in"));
    sleep(T(n)).await;
    drop(permit);
    out.log(format!("{name} out"));
}

async fn waiter(out: Trace, name: String, ev: Event) {
    ev.wait().await;
    out.log(format!("{name} woke"));
}

pub(crate) async fn main(out: &Trace) {
    let lock = Lock::new();
    out.log("lock");
    glassloop::gather!(
        locker(out.clone(), "L1", lock.clone(), 2),
        locker(out.clone(), "L2", lock.clone(), 1),
        hog(out.clone(), lock.clone()),
        locker(out.clone(), "L3", lock.clone(), 1),
    )
    .await;
    out.log(format!("locked: {}", lock.locked()));
    out.log("semaphore of 2");
    let sem = Semaphore::new(2);
    let user = |(i, n)| sem_user(out.clone(), format!("S{i}"), sem.clone(), n);
    gather((1..).zip([2, 3, 2, 3, 1]).map(user)).await;
    out.log("event");
    let ev = Event::new();
    let tasks = [1, 2, 3].map(|i| create_task(waiter(out.clone(), format!("E{i}"), ev.clone())));
    sleep(T(1)).await;
    ev.set();
    out.log("main: set");
    gather(tasks).await;
    ev.wait().await;
    out.log(format!("main: a set event does not wait, is set: {}", ev.is_set()));
}
