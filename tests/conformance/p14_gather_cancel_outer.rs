//! Cancelling the task that awaits `gather` cancels every child that is not done, in argument order; a child that had finished is
//! untouched.

use glassloop::{JoinError, create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &str, n: u32) {
    let finally = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} end"));
}

async fn group(out: Trace) {
    let _finally = out.unless_finished("group left");
    gather!(job(out.clone(), "A", 4), job(out.clone(), "B", 1), job(out.clone(), "C", 3)).await;
    out.log("never");
}

pub(crate) async fn main(out: &Trace) {
    let g = create_task(group(out.clone()));
    out.log("main: start");
    sleep(T(2)).await;
    g.cancel();
    out.log("main: cancel requested");
    if let Err(JoinError::Cancelled { .. }) = g.await {
        out.log("main: group was cancelled");
    }
    sleep(T(4)).await;
    out.log("main: nobody is left");
}
