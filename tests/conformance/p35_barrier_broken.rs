//! `Barrier::abort` breaks it for those who wait and who come; reset mends it.

use glassloop::{Barrier, create_task, gather, sleep, yield_now};

use crate::trace::{T, Trace};

async fn runner(out: Trace, name: &str, bar: Barrier) {
    match bar.wait().await {
        Ok(_) => out.log(format!("{name} passes")),
        Err(_) => out.log(format!("{name}: broken")),
    }
}

pub(crate) async fn main(out: &Trace) {
    let bar = Barrier::new(3).unwrap();
    let runner = |n: &'static str| runner(out.clone(), n, bar.clone());
    let ts = ["A", "B"].map(|n| create_task(runner(n)));
    sleep(T(1)).await;
    bar.abort();
    out.log(format!("aborted, broken: {}", bar.is_broken()));
    gather(ts).await;
    runner("C").await;
    bar.reset();
    out.log(format!("reset, broken: {}, waiting {}", bar.is_broken(), bar.waiting()));
    let ts = ["D", "E"].map(|n| create_task(runner(n)));
    sleep(T(1)).await;
    bar.reset();
    out.log("reset with two inside");
    gather(ts).await;
    sleep(T(1)).await;
    out.log(format!("broken: {}, waiting {}", bar.is_broken(), bar.waiting()));
    gather(["F", "G", "H"].map(runner)).await;
    let [i, j] = ["I", "J"].map(|n| create_task(runner(n)));
    sleep(T(1)).await;
    i.cancel();
    yield_now().await;
    self::runner(out.clone(), "K", Barrier::new(1).unwrap()).await;
    out.log(format!("after cancel: waiting {}", bar.waiting()));
    let (_, _, j) = glassloop::gather!(runner("L"), runner("M"), j).await;
    j.unwrap();
}
