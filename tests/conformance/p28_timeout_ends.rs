//! What leaves a timeout scope: an error of the body, zero limits, the end disarms.

use std::time::Duration;

use glassloop::{TimeoutScope, now, sleep, yield_now};

use crate::trace::{T, Trace};

pub(crate) async fn main(out: &Trace) {
    let s = TimeoutScope::new(Some(T(2)));
    let r = s
        .run(async {
            sleep(T(1)).await;
            Err::<(), _>("own")
        })
        .await;
    if let Ok(Err(e)) = r {
        out.log(format!("error {e}, expired: {}", s.expired()));
    }
    sleep(T(3)).await;
    out.log(format!("later, expired: {}", s.expired()));
    let s = TimeoutScope::new(Some(Duration::ZERO));
    let r = s
        .run(async {
            out.log("zero: body runs");
            yield_now().await;
            out.log("never here");
        })
        .await;
    if r.is_err() {
        out.log(format!("zero: timed out, expired: {}", s.expired()));
    }
    let s = TimeoutScope::new(Some(Duration::ZERO));
    s.run(async { out.log("zero: no wait") }).await.unwrap();
    out.log(format!("zero: through, expired: {}", s.expired()));
    let n = now();
    let s = TimeoutScope::at(Some(n - Duration::from_secs(1)));
    let r = s
        .run(async {
            out.log(format!("past: when is before now: {}", s.when().unwrap() < n));
            sleep(T(1)).await;
        })
        .await;
    if r.is_err() {
        out.log(format!("past: timed out, expired: {}", s.expired()));
    }
    let s = TimeoutScope::at(Some(n + T(3)));
    s.run(sleep(T(1))).await.unwrap();
    out.log("in time");
    if s.reschedule(Some(n + T(9))).is_err() {
        out.log("reschedule after the end: error");
    }
}
