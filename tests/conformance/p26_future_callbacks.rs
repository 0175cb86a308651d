//! A future: callbacks and waiters in one order, none runs inside `set`.

use glassloop::{SharedFuture, create_task, oneshot, sleep, yield_now};

use crate::trace::{T, Trace};

async fn waiter(out: Trace, name: &str, fut: SharedFuture<i32>) {
    out.log(format!("{name} got {}", fut.await.unwrap()));
}

pub(crate) async fn main(out: &Trace) {
    let (promise, mut fut) = oneshot();
    let callback = |n: u32| {
        let out = out.clone();
        move |r: Result<i32, _>| out.log(format!("callback {n} sees {}", r.unwrap()))
    };
    let w1 = create_task(waiter(out.clone(), "w1", fut.clone()));
    yield_now().await;
    fut.on_done(callback(1));
    let w2 = create_task(waiter(out.clone(), "w2", fut.clone()));
    yield_now().await;
    fut.on_done(callback(2));
    out.log(format!("done: {}", fut.is_done()));
    sleep(T(1)).await;
    promise.set(42).unwrap();
    out.log("after set, nothing has run");
    out.log("second set: invalid state"); // does not compile
    out.log(format!("cancel when done: {}", fut.cancel()));
    yield_now().await;
    out.log("main: next turn");
    let o = out.clone();
    fut.on_done(move |_| o.log("late callback"));
    out.log("main: late callback added");
    yield_now().await;
    out.log(format!("again {} and again {}", (&mut fut).await.unwrap(), (&mut fut).await.unwrap()));
    w1.await.unwrap();
    w2.await.unwrap();
}
