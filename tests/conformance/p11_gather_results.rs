//! `gather` gives results in argument order, runs each argument as a task started in argument order, accepts tasks too; of nothing it
//! gives an empty list.

use std::future::Ready;

use glassloop::{create_task, gather, sleep};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32) -> &'static str {
    out.log(format!("{name} start"));
    sleep(T(n)).await;
    out.log(format!("{name} end"));
    name
}

pub(crate) async fn main(out: &Trace) {
    let early = create_task(job(out.clone(), "early", 2));
    let both = gather!(job(out.clone(), "x", 3), early, job(out.clone(), "y", 1));
    out.log("main: gather called, nothing has run yet");
    let (x, early, y) = both.await;
    out.log(format!("main: results {x} {} {y}", early.unwrap()));
    out.log(format!("main: empty gather has {} results", gather::<[Ready<()>; 0]>([]).await.len()));
}
