//! Event: set then clear at once still wakes; who comes after clear waits.

use glassloop::{Event, create_task, gather, sleep, yield_now};

use crate::trace::{T, Trace};

async fn waiter(out: Trace, name: &'static str, ev: Event, again: bool) {
    ev.wait().await;
    out.log(format!("{name} woke, is set: {}", ev.is_set()));
    if again {
        ev.wait().await;
        out.log(format!("{name} woke again"));
    }
}

pub(crate) async fn main(out: &Trace) {
    let ev = Event::new();
    let start = |name, again| create_task(waiter(out.clone(), name, ev.clone(), again));
    let a = start("a", true);
    let b = start("b", false);
    sleep(T(1)).await;
    ev.set();
    ev.clear();
    out.log("main: set and clear");
    let c = start("c", false);
    sleep(T(1)).await;
    out.log(format!("a done: {}, b done: {}, c done: {}", a.is_done(), b.is_done(), c.is_done()));
    let d = start("d", false);
    yield_now().await;
    c.cancel();
    ev.set();
    ev.set();
    out.log("main: set twice, cancelled c");
    gather([a, b, d]).await;
    out.log(format!("c cancelled: {}", c.is_cancelled()));
    ev.clear();
    let e = start("e", false);
    sleep(T(1)).await;
    ev.set();
    e.cancel();
    sleep(T(1)).await;
    out.log(format!("e was woken and cancelled: {}", e.is_cancelled()));
}
