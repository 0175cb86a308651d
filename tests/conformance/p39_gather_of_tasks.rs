//! gather over tasks: the awaiter is cancelled, and the tasks with it.

use glassloop::{ReturnWhen, cancel_on_drop, create_task, create_task_named, gather, sleep, wait, wait_for};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32) {
    let finally = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} end"));
}

pub(crate) async fn main(out: &Trace) {
    let ts = [("A", 4), ("B", 1), ("C", 3)].map(|(n, k)| create_task_named(n, job(out.clone(), n, k)));
    let handles = ts.each_ref().map(|t| t.handle());
    let all = gather(ts.map(cancel_on_drop));
    let left = out.clone();
    let o = create_task(async move {
        let left = left.unless_finished("owner left");
        all.await;
        left.finish();
    });
    sleep(T(2)).await;
    o.cancel();
    wait([&o], ReturnWhen::AllCompleted).await;
    out.log(handles.map(|t| format!("{}:{}", t.name(), t.is_cancelled())).join(" "));
    let t = create_task(job(out.clone(), "D", 5));
    let h = t.handle();
    if wait_for(cancel_on_drop(t), Some(T(2))).await.is_err() {
        out.log(format!("timeout, D cancelled: {}", h.is_cancelled()));
    }
    sleep(T(4)).await;
    out.log("nobody is left");
}
