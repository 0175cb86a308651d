//! What a process has used of the clock and of the CPU.

use std::ops::Sub;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::cpu;

/// Since some moment in the past, or between two moments.
#[derive(Clone, Copy, Debug)]
pub(in crate::workloads) struct Usage {
    /// The clock.
    pub(in crate::workloads) wall: Duration,
    /// CPU time in user code, of all threads.
    pub(super) user: Duration,
    /// CPU time in the system, of all threads.
    pub(super) system: Duration,
}

impl Usage {
    /// So far.
    pub(in crate::workloads) fn now() -> Usage {
        static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system tells");
        let time = |time: nix::sys::time::TimeVal| {
            Duration::from_secs(time.tv_sec() as u64) + Duration::from_micros(time.tv_usec() as u64)
        };
        let (user, system) = (time(usage.user_time()), time(usage.system_time()));
        // The sum is exact; how it is shared between the two is only sampled, by many systems.
        let total = cpu::of_this_process();
        let share = user.as_secs_f64() / (user + system).as_secs_f64().max(1e-9);
        let user = total.mul_f64(share.clamp(0.0, 1.0));
        Usage { wall: BEGIN.elapsed(), user, system: total.saturating_sub(user) }
    }

    /// CPU time of both kinds, of all threads.
    pub(in crate::workloads) fn cpu(self) -> Duration {
        self.user + self.system
    }
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, earlier: Usage) -> Usage {
        Usage {
            wall: self.wall - earlier.wall,
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}
