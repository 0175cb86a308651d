//! A run that is small enough to be read line by line. Its lines are quoted in `expected/`: what is added comes at the
//! end.

use std::time::Duration;

use glassloop::trace::{mark, span};
use glassloop::{Clock, Lock, Queue, Runtime, create_task_named, gather, sleep};

use super::recorded;

/// A worker takes jobs from a queue of one place, and each of them takes so many milliseconds.
async fn jobs(pause: u64) {
    let jobs = Queue::bounded(1).named("jobs");
    let (theirs, pause) = (jobs.clone(), Duration::from_millis(pause));
    let worker = create_task_named("worker", async move {
        while let Ok(job) = theirs.get().await {
            let _span = span("a job");
            sleep(pause).await;
            mark(&format!("job {job} is done"));
        }
    });
    for job in 1..=3 {
        jobs.put(job).await.expect("nobody shuts it down");
    }
    jobs.shutdown(false);
    worker.await.expect("it does not panic");
}

/// Two children want one lock, and a task is cancelled that nobody ever polled.
async fn lock() {
    let lock = Lock::new().named("door");
    let through = async |lock: &Lock| {
        let _guard = lock.acquire().await;
        sleep(Duration::from_millis(70)).await;
    };
    let (first, second) = (lock.clone(), lock.clone());
    gather!(async move { through(&first).await }, async move { through(&second).await }).await;
    let idler = create_task_named("idler", async {});
    idler.cancel();
    let _cancelled = idler.await;
}

/// Records the run, with so many milliseconds a job, and says in which format.
pub(crate) fn record(extension: &str, pause: u64) -> Vec<u8> {
    let path = recorded::scratch(&format!("small-{pause}.{extension}"));
    let runtime = Runtime::builder().clock(Clock::new_virtual()).trace(&path).build().expect("a loop");
    let result = runtime.block_on(async move {
        jobs(pause).await;
        lock().await;
    });
    result.expect("no deadlock");
    drop(runtime);
    recorded::take(&path)
}
