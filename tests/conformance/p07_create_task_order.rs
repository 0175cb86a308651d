//! A task starts in the next round, not inside `create_task`; tasks start in creation order; awaiting a finished task returns at once.

use glassloop::{create_task_named, sleep, yield_now};

use crate::trace::{T, Trace};

async fn worker(out: Trace, name: &str, n: u32) -> u32 {
    out.log(format!("{name} start"));
    sleep(T(n)).await;
    out.log(format!("{name} end"));
    n
}

pub(crate) async fn main(out: &Trace) {
    out.log("main: before create");
    let a = create_task_named("A", worker(out.clone(), "A", 2));
    let b = create_task_named("B", worker(out.clone(), "B", 1));
    out.log(format!("main: created {} and {}, done: {} {}", a.name(), b.name(), a.is_done(), b.is_done()));
    yield_now().await;
    out.log("main: after one yield");
    out.log(format!("main: A gave {}", a.await.unwrap()));
    out.log(format!("main: B was finished: {}", b.is_done()));
    // A value is taken once: who needs it again keeps it.
    let b = b.await.unwrap();
    out.log(format!("main: B gave {b}"));
    out.log(format!("main: and again {b}"));
}
