//! What a child process does: one contender, once.

use std::time::{Duration, Instant};

use crate::contender::{Batches, Contender, Effort, Work};
use crate::cpu;

/// One figure for each metric of the workload.
pub(super) fn measure(contender: &Contender, effort: Effort) -> Vec<f64> {
    match &contender.work {
        Work::Batches(start) => vec![nanoseconds_for_a_step(start(), effort)],
        Work::Whole(run) => run(effort),
    }
}

/// The median of many batches, after some that do not count.
fn nanoseconds_for_a_step(Batches { steps, mut run }: Batches, effort: Effort) -> f64 {
    let warm_up = Instant::now() + effort.choose(Duration::ZERO, Duration::from_millis(40));
    loop {
        run();
        if Instant::now() >= warm_up {
            break;
        }
    }
    let end = Instant::now() + effort.choose(Duration::from_millis(10), Duration::from_millis(200));
    let mut batches = Vec::new();
    while batches.len() < effort.choose(1, 3) || Instant::now() < end {
        let before = cpu::of_this_thread();
        run();
        batches.push((cpu::of_this_thread() - before).as_nanos() as f64 / steps as f64);
    }
    median(&batches)
}

/// The one in the middle, or the mean of the two there. None of none.
pub(super) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
