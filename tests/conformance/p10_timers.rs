//! `call_later` and `call_at` fire in deadline order whatever the order of creation; a cancelled timer never fires.

use glassloop::{call_at, call_later, now, sleep};

use crate::trace::{T, Trace};

pub(crate) async fn main(out: &Trace) {
    let log = |message: &'static str| {
        let out = out.clone();
        move || out.log(message)
    };

    out.log("main: arming");
    call_later(T(3), log("timer 3"));
    call_later(T(1), log("timer 1"));
    let dead = call_later(T(2), log("never: cancelled timer"));
    call_at(now() + T(4), log("timer 4"));
    let later = log("timer 1+4");
    call_later(T(1), move || drop(call_later(T(4), later)));
    dead.cancel();
    out.log(format!("cancelled: {}", dead.cancelled()));
    // asyncio's sleep has a result to give; here the next line says it.
    sleep(T(6)).await;
    out.log("sleep gave hello");
}
