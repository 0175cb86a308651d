//! Who runs on which core, where that can be said.
//!
//! Two who send each other bytes wake each other all the time, and a system may take that for a reason to have them share a core: or not, a
//! second later. So the one that is measured has a core to itself.

/// One of the two who talk to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Has one core, and nobody else on it.
    Measured,
    /// Has all the others.
    Opposite,
}

/// Moves the calling thread there, with all threads and processes that it starts from now on. Where there is only one core, nothing changes.
#[cfg(target_os = "linux")]
pub(crate) fn move_to(side: Side) {
    use std::sync::LazyLock;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Those that this process had in the beginning.
    static CORES: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let allowed = sched_getaffinity(None).unwrap_or_default();
        (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect()
    });
    let Some((last, others @ [_, ..])) = CORES.split_last() else { return };
    let mut cores = CpuSet::new();
    match side {
        Side::Measured => cores.set(*last),
        Side::Opposite => others.iter().for_each(|core| cores.set(*core)),
    }
    // If it is not permitted, the figures are as good as they can be.
    let _ = sched_setaffinity(None, &cores);
}

/// Nobody can be moved here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn move_to(_side: Side) {}
