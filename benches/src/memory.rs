//! How much memory a process has in use, as Linux tells it.

use std::fs;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Its resident set.
    Now,
    /// The greatest that this has ever been.
    MostEver,
}

/// Of the calling process, in bytes; nothing where the system does not tell.
pub(crate) fn of_this_process(what: Memory) -> Option<u64> {
    read("self", what)
}

/// Of any process that is still there.
pub(crate) fn of_process(id: u32, what: Memory) -> Option<u64> {
    read(&id.to_string(), what)
}

fn read(process: &str, what: Memory) -> Option<u64> {
    let name = match what {
        Memory::Now => "VmRSS:",
        Memory::MostEver => "VmHWM:",
    };
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
