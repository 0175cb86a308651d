//! `cancel()` is a request served at the task's next step, not at the call; a task cancelled before its first step never runs its body;
//! cancel on a finished task says false.

use std::time::Duration;

use glassloop::{JoinError, Task, create_task, sleep};

use crate::trace::{T, Trace};

async fn body(out: Trace, name: &'static str, n: u32) -> &'static str {
    out.log(format!("{name} start"));
    let finally = out.unless_finished(format!("{name} cleanup"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} end"));
    name
}

async fn outcome(out: &Trace, name: &str, task: &mut Task<&'static str>) {
    match task.await {
        Ok(value) => out.log(format!("{name}: ok {value}")),
        Err(JoinError::Cancelled { .. }) => out.log(format!("{name}: cancelled")),
        Err(error) => out.log(error),
    }
}

pub(crate) async fn main(out: &Trace) {
    let mut unborn = create_task(body(out.clone(), "unborn", 1));
    out.log(format!("main: cancel unborn -> {}", unborn.cancel()));
    outcome(out, "unborn", &mut unborn).await;

    let mut sleeper = create_task(body(out.clone(), "sleeper", 9));
    sleep(T(1)).await;
    out.log(format!("main: cancel sleeper -> {}", sleeper.cancel()));
    out.log(format!("main: sleeper done: {}", sleeper.is_done()));
    sleep(Duration::ZERO).await;
    out.log(format!("main: sleeper done: {}, cancelled: {}", sleeper.is_done(), sleeper.is_cancelled()));
    outcome(out, "sleeper", &mut sleeper).await;
    outcome(out, "sleeper again", &mut sleeper).await;

    let mut quick = create_task(body(out.clone(), "quick", 1));
    sleep(T(2)).await;
    out.log(format!("main: cancel quick -> {}", quick.cancel()));
    outcome(out, "quick", &mut quick).await;
}
