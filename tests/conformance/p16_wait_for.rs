//! `wait_for`: the value in time; on timeout the work is dropped first and the error comes after; the work's own error
//! passes; `None` means no timeout; a bound of zero never starts the work.

use std::time::Duration;

use glassloop::{Elapsed, create_task, sleep, wait_for};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32, fail: bool) -> Result<String, String> {
    out.log(format!("{name} start"));
    let dropped = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    dropped.finish();
    if fail {
        return Err(format!("{name} failed"));
    }
    Ok(format!("{name} value"))
}

fn tell(out: &Trace, label: &str, result: Result<Result<String, String>, Elapsed>) {
    match result {
        Ok(Ok(value)) => out.log(format!("{label}: ok {value}")),
        Ok(Err(error)) => out.log(format!("{label}: error {error}")),
        Err(Elapsed { .. }) => out.log(format!("{label}: timeout")),
    }
}

pub(crate) async fn main(out: &Trace) {
    let job = |name, n, fail| job(out.clone(), name, n, fail);
    tell(out, "in time", wait_for(job("a", 1, false), Some(T(3))).await);
    tell(out, "late", wait_for(job("b", 5, false), Some(T(2))).await);
    tell(out, "failing", wait_for(job("c", 1, true), Some(T(3))).await);
    tell(out, "unbounded", wait_for(job("d", 2, false), None).await);
    tell(out, "zero", wait_for(job("e", 1, false), Some(Duration::ZERO)).await);
    let t = create_task(job("f", 1, false));
    sleep(T(2)).await;
    let done = wait_for(t, Some(Duration::ZERO)).await;
    tell(out, "zero but done", done.map(|outcome| outcome.unwrap()));
}
