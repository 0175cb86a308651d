//! One FIFO for callbacks and task steps. A callback scheduled from a callback runs in the next turn. A timer that is due
//! joins behind what is ready already.

use std::time::Duration;

use glassloop::{call_later, call_soon, create_task, sleep};

use crate::trace::Trace;

async fn task(out: Trace) {
    out.log("task step");
}

fn chain(out: Trace, n: u32) {
    out.log(format!("chain {n}"));
    if n < 3 {
        call_soon(move || chain(out, n + 1));
    }
}

pub(crate) async fn main(out: &Trace) {
    let log = |message: &'static str| {
        let out = out.clone();
        move || out.log(message)
    };

    out.log("main schedules");
    call_later(Duration::ZERO, log("timer 0"));
    call_soon(log("soon 1"));
    let first = out.clone();
    call_soon(move || chain(first, 1));
    let t = create_task(task(out.clone()));
    call_soon(log("soon 2"));
    let handle = call_soon(log("never: cancelled handle"));
    handle.cancel();
    sleep(Duration::ZERO).await;
    out.log("main: second step");
    t.await.unwrap();
    sleep(Duration::ZERO).await;
    out.log("main: third step");
    sleep(Duration::ZERO).await;
    out.log("main: fourth step");
}
