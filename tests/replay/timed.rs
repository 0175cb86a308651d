//! Steps with callbacks, timeout scopes and intervals.

use std::future::Future;
use std::time::Duration;

use glassloop::{MissedTicks, TimeoutScope, call_later, call_soon, interval, now, timeout, yield_now};

/// One step: `below` is chance, `time` the time it may take, `work` something to wait for.
pub(crate) async fn step(below: &dyn Fn(u64) -> u64, time: Duration, work: impl Future) {
    match below(4) {
        0 => {
            let cancelled = call_soon(|| unreachable!("it was cancelled"));
            call_soon(|| drop(call_soon(|| {})));
            cancelled.cancel();
            yield_now().await;
        }
        1 => {
            let handle = call_later(time, move || drop(call_later(time, || {})));
            let limited = timeout(time, work).await;
            if limited.is_ok() {
                handle.cancel();
            }
        }
        2 => {
            // Nearer, farther, away: from inside the work, which may be waiting in a queue.
            let scope = TimeoutScope::new((below(2) == 0).then_some(time));
            let moved = scope.run(async {
                yield_now().await;
                let deadline = (below(3) > 0).then(|| now() + Duration::from_millis(below(100)));
                scope.reschedule(deadline).expect("its work runs");
                timeout(time, work).await
            });
            drop(moved.await);
        }
        _ => {
            let missed = [MissedTicks::Burst, MissedTicks::Delay, MissedTicks::Skip][below(3) as usize];
            let mut beat = interval(time).missed_ticks(missed);
            for _ in 0..2 {
                let _ = timeout(Duration::from_millis(below(100)), beat.tick()).await;
            }
        }
    }
}
