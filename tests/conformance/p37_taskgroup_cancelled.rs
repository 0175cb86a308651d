//! Who owns a `TaskGroup` is cancelled: the body, then the children, then the owner.

use glassloop::{TaskGroup, create_task, sleep, wait_for, yield_now};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32) -> Result<(), String> {
    out.log(format!("{name} start"));
    let finally = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} end"));
    Ok(())
}

async fn owner(out: Trace, wait: bool) {
    let left = out.unless_finished("owner left");
    TaskGroup::scope(async |tg| {
        tg.spawn(job(out.clone(), "A", 5)).unwrap().detach();
        yield_now().await;
        tg.spawn(job(out.clone(), "B", 1)).unwrap().detach();
        if wait {
            let _finally = out.unless_finished("body dropped");
            sleep(T(9)).await;
        } else {
            out.log("body ended");
        }
        Ok(())
    })
    .await
    .unwrap();
    left.finish();
}

pub(crate) async fn main(out: &Trace) {
    for wait in [false, true] {
        let t = create_task(owner(out.clone(), wait));
        sleep(T(2)).await;
        out.log("main: cancel");
        t.cancel();
        if t.await.is_err_and(|e| e.is_cancelled()) {
            out.log("main: owner was cancelled");
        }
        sleep(T(1)).await;
    }
    let t = create_task(wait_for(owner(out.clone(), false), Some(T(3))));
    if t.await.unwrap().is_err() {
        out.log("main: timed out");
    }
}
