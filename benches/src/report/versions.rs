//! Who was measured, where and when.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// As it was when this program was built.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// What is measured, in the order in which it is told.
const PEERS: [&str; 20] = [
    "glassloop",
    "tokio",
    "async-executor",
    "async-io",
    "monoio",
    "compio",
    "glommio",
    "futures-executor",
    "futures-util",
    "async-channel",
    "flume",
    "local-sync",
    "async-lock",
    "event-listener",
    "futures-lite",
    "hyper",
    "hyper-util",
    "reqwest",
    "ureq",
    "mio",
];

/// The peers, each with its version.
pub(super) fn of_peers() -> Vec<(&'static str, String)> {
    let direct = direct_dependencies(LOCK, "glassloop-benches");
    PEERS.iter().filter_map(|name| Some((*name, direct.get(*name)?.clone()))).collect()
}

/// What a package of a lock file depends on, with the versions. A name of which the lock has several versions stands there with its own.
fn direct_dependencies(lock: &str, package: &str) -> BTreeMap<String, String> {
    let field = |entry: &str, field: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let entries: Vec<&str> = lock.split("[[package]]").collect();
    let version_of = |name: &str| {
        let entry = entries.iter().find(|entry| field(entry, "name").as_deref() == Some(name))?;
        field(entry, "version")
    };
    let Some(entry) = entries.iter().find(|entry| field(entry, "name").as_deref() == Some(package)) else {
        return BTreeMap::new();
    };
    let named = entry.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
    let with_version = |line: &str| match line.split_once(' ') {
        Some((name, version)) => Some((name.to_owned(), version.to_owned())),
        None => Some((line.to_owned(), version_of(line)?)),
    };
    named.filter_map(with_version).collect()
}

/// The machine, its system and its compiler, in one sentence each.
pub(super) fn of_machine() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let mut facts = vec![format!("{cores} × {}", model.map_or(std::env::consts::ARCH, |(_, model)| model))];
    let release = read("/proc/sys/kernel/osrelease");
    facts.push(format!("{} {}", std::env::consts::OS, release.trim()));
    let compiler = Command::new("rustc").arg("--version").output();
    if let Some(version) = compiler.ok().and_then(|output| String::from_utf8(output.stdout).ok()) {
        facts.push(version.trim().to_owned());
    }
    #[cfg(target_os = "linux")]
    facts.push(match crate::peers::monoio::PEER.missing {
        missing if missing().is_none() => "io_uring is permitted".to_owned(),
        _ => "io_uring is not permitted: monoio and compio run on epoll, glommio does not run".to_owned(),
    });
    facts
}

/// Year, month and day, in UTC.
pub(super) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    date((seconds / 86_400) as i64)
}

/// The date so many days after 1970-01-01. Years begin in March here, so that the leap day is the last one.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!([0, 59, 11_016, 19_782].map(date), ["1970-01-01", "1970-03-01", "2000-02-29", "2024-02-29"]);
        assert_eq!([20_818, 20_819].map(date), ["2026-12-31", "2027-01-01"]);
    }

    #[test]
    fn of_several_versions_the_one_that_is_used_is_told() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n\n\
            [[package]]\nname = \"b\"\nversion = \"3.0.0\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n\
            dependencies = [\n \"a 2.0.0\",\n \"b\",\n]\n";
        let direct = direct_dependencies(lock, "own");
        assert_eq!((direct["a"].as_str(), direct["b"].as_str()), ("2.0.0", "3.0.0"));
        assert!(of_peers().iter().any(|(name, _)| *name == "tokio"));
    }
}
