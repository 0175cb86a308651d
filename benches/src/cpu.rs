//! CPU time: what a thread has used, however often the machine did something else in between.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What the calling thread has used so far.
pub fn of_this_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// What all threads of this process have used so far.
pub fn of_this_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
