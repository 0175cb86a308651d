//! What the limits are made of: a run queue of numbers, and one indirect call for each poll.

use std::collections::VecDeque;

/// Who is ready, first in, first out.
pub(super) type Ready = VecDeque<usize>;

/// A task without anything: called when it is its turn, it says who is ready next.
pub(super) type Job = Box<dyn FnMut(&mut Ready)>;

/// Gives everybody who is ready a turn, until nobody is.
pub(super) fn run(jobs: &mut [Job], ready: &mut Ready) {
    while let Some(number) = ready.pop_front() {
        jobs[number](ready);
    }
}
