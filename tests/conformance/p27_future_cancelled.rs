//! A future that is cancelled, fails, or is asked too early.

use glassloop::{PromiseCancelled, SharedFuture, call_later, create_task, oneshot, sleep};

use crate::trace::{T, Trace};

type Fut = SharedFuture<Result<i32, String>>;

async fn waiter(out: Trace, name: &str, fut: Fut) {
    match fut.await {
        Ok(Ok(v)) => out.log(format!("{name} got {v}")),
        Ok(Err(e)) => out.log(format!("{name}: error {e}")),
        Err(PromiseCancelled) => out.log(format!("{name}: future cancelled")),
    }
}

pub(crate) async fn main(out: &Trace) {
    let (promise, fut): (_, Fut) = oneshot();
    let tasks = ["a", "b"].map(|n| create_task(waiter(out.clone(), n, fut.clone())));
    sleep(T(1)).await;
    if fut.result().is_none() {
        out.log("result: not yet");
    }
    out.log(format!("cancel: {}", fut.cancel()));
    out.log(format!("cancelled: {}, again: {}", fut.is_cancelled(), fut.cancel()));
    if promise.set(Ok(1)).is_err() {
        out.log("set after cancel: invalid state");
    }
    for t in tasks {
        t.await.unwrap();
    }

    let (promise, fut): (_, Fut) = oneshot();
    let tasks = ["c", "d"].map(|n| create_task(waiter(out.clone(), n, fut.clone())));
    call_later(T(2), move || promise.set(Err("broken".into())).unwrap());
    for t in tasks {
        t.await.unwrap();
    }
    waiter(out.clone(), "late", fut).await;

    let (promise, fut) = oneshot();
    let o = out.clone();
    let t = create_task(async move { o.log(format!("e got {}", fut.await.unwrap())) });
    call_later(T(1), move || promise.set("x").unwrap());
    let o = out.clone();
    call_later(T(2), move || o.log("timer after"));
    t.await.unwrap();
}
