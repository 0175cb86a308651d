//! Seed 1: two jobs of 2 s each, first blocking one after the other (4 s), then under `gather` (2 s). The time that went by is printed in
//! whole seconds.

use std::time::Duration;

use glassloop::{gather, now, sleep};

use crate::trace::Trace;

fn sync_task(out: &Trace, name: &str, delay: Duration) {
    out.clock().block_for(delay);
    out.print(format!("{name} done!"));
}

async fn task(out: Trace, name: &str, delay: Duration) {
    sleep(delay).await;
    out.print(format!("{name} done!"));
}

pub(crate) async fn main(out: &Trace) {
    let two = Duration::from_secs(2);

    let start = now();
    sync_task(out, "task 1", two);
    sync_task(out, "task 2", two);
    out.print(format!("all tasks done! ({:.0} s, one after the other)", (now() - start).as_secs_f64()));

    let start = now();
    gather!(task(out.clone(), "task 1", two), task(out.clone(), "task 2", two)).await;
    out.print(format!("all tasks done! ({:.0} s, concurrently)", (now() - start).as_secs_f64()));
}
