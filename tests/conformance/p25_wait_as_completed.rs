//! `wait` (first completed, timeout) never cancels anybody; `as_completed` gives results in completion order.

use glassloop::{ReturnWhen, Task, as_completed, sleep, try_create_task, wait};

use crate::trace::{T, Trace};

type Job = Task<Result<&'static str, &'static str>>;

async fn job(out: Trace, name: &'static str, n: u32, fail: bool) -> Result<&'static str, &'static str> {
    sleep(T(n)).await;
    out.log(format!("{name} {}", if fail { "raises" } else { "end" }));
    if fail { Err(name) } else { Ok(name) }
}

fn start(out: &Trace, name: &'static str, n: u32, fail: bool) -> Job {
    let task = try_create_task(job(out.clone(), name, n, fail));
    task.set_name(name);
    task
}

fn names(tasks: &[&Job]) -> String {
    let mut names: Vec<String> = tasks.iter().map(|task| task.name()).collect();
    names.sort();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}

pub(crate) async fn main(out: &Trace) {
    let log = |done: &[&Job], pending: &[&Job]| out.log(format!("done {}, pending {}", names(done), names(pending)));

    out.log("first completed");
    let ts = [("A", 3), ("B", 1), ("C", 5)].map(|(name, n)| start(out, name, n, false));
    let waited = wait(&ts, ReturnWhen::FirstCompleted).await;
    log(&waited.done, &waited.pending);
    let waited = wait(&ts, ReturnWhen::AllCompleted).timeout(T(3)).await;
    log(&waited.done, &waited.pending);
    let waited = wait(&ts, ReturnWhen::AllCompleted).await;
    log(&waited.done, &waited.pending);

    out.log("first exception");
    let mut ts = [("D", 1, false), ("E", 2, true), ("F", 3, false)].map(|(name, n, fail)| start(out, name, n, fail));
    let waited = wait(&ts, ReturnWhen::FirstException).await;
    log(&waited.done, &waited.pending);
    wait(&ts, ReturnWhen::AllCompleted).await;
    assert!(ts[1].try_take().unwrap().unwrap().is_err());

    out.log("as completed");
    let mut ended = as_completed([start(out, "G", 3, false), start(out, "H", 1, false), start(out, "I", 2, true)]);
    while let Some(task) = ended.next().await {
        match task.await.unwrap() {
            Ok(name) => out.log(format!("yielded {name}")),
            Err(error) => out.log(format!("yielded error {error}")),
        }
    }
}
