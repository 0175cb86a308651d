//! Seed 2: one coroutine, run to its end.

use std::time::Duration;

use glassloop::sleep;

use crate::trace::Trace;

pub(crate) async fn main(out: &Trace) {
    out.print("task started");
    sleep(Duration::from_secs(2)).await;
    out.print("task done!");
}
