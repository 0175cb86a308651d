//! HTTP/1.1 on the loopback device: clients of one server (`get.rs`, `stream.rs`), and servers asked by one client (`hello.rs`).
//!
//! Who is measured has a process and a core to itself, with one thread for all connections. Opposite, in a process of its own on another core, is
//! a server or a client written by hand, which does less for a request than any contender can: nobody waits for it.

mod get;
mod hello;
pub(super) mod load;
pub(super) mod server;
mod stream;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::echo::usage::Usage;
use super::opposite::Opposite;
use crate::contender::{Effort, Metric, Unit, Workload};
use crate::cores::{self, Side};

pub(super) use get::install as install_aiohttp;

/// Bytes of a short body.
const SHORT: usize = 1024;
/// Bytes of a long one.
const LONG: usize = 100_000_000;

/// What `get.rs` and `hello.rs` find out.
const METRICS: &[Metric] = &[
    Metric { name: "CPU", unit: Unit::Microseconds, noise: 0.25 },
    Metric { name: "requests", unit: Unit::PerSecond, noise: 0.25 },
];

/// What a client is to ask.
#[derive(Clone, Copy)]
struct Target {
    server: SocketAddr,
    /// The whole URL.
    url: &'static str,
    /// How many requests are under way at any time.
    concurrency: usize,
    /// What the client has received so far: answers, or bytes of a body.
    received: &'static AtomicU64,
}

/// Runs a client on a thread of its own, and measures the process from this one. The client is left running: the process ends soon.
/// Gives what it received, and what it used meanwhile.
fn of_client(path: &str, concurrency: usize, effort: Effort, client: fn(Target)) -> (f64, Usage) {
    let server = start_server();
    let url = String::leak(format!("http://{server}{path}"));
    let received = Box::leak(Box::new(AtomicU64::new(0)));
    let target = Target { server, url, concurrency, received };
    thread::spawn(move || client(target));
    during(effort, || target.received.load(Ordering::Relaxed))
}

/// What is counted, and what is used, in the time after a warm-up. It takes longer on a machine that is so busy that nothing is counted.
fn during(effort: Effort, mut count: impl FnMut() -> u64) -> (f64, Usage) {
    let [warm_up, window] = effort.choose([50, 100], [250, 750]).map(Duration::from_millis);
    let mut sleep_until_more_than = |least, time| loop {
        thread::sleep(time);
        let (counted, usage) = (count(), Usage::now());
        if counted > least {
            break (counted, usage);
        }
    };
    let (before, usage_before) = sleep_until_more_than(0, warm_up);
    let (after, usage_after) = sleep_until_more_than(before, window);
    ((after - before) as f64, usage_after - usage_before)
}

/// The server that all clients ask, in a process of its own. From now on this thread is on the core that is measured.
fn start_server() -> SocketAddr {
    cores::move_to(Side::Opposite);
    // It ends with this process and not before: its clients would take that for a failure.
    let opposite = Box::leak(Box::new(Opposite::start("__http_server", &[])));
    cores::move_to(Side::Measured);
    opposite.ask().parse().expect("a server answers with its address")
}

/// CPU time for a request in microseconds, and requests a second.
fn cost_and_rate((requests, usage): (f64, Usage)) -> Vec<f64> {
    vec![usage.cpu().as_nanos() as f64 / 1e3 / requests, requests / usage.wall.as_secs_f64()]
}

/// Ends the process, which says why: an error in one of many tasks must not only make the others faster.
fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    })
}

/// The first line of what a program says of its version; nothing if there is no such program.
pub(crate) fn version_of(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next()?.to_owned())
}

/// A task for each slot on tokio's `current_thread`, until the last one ends.
fn on_tokio<F: Future<Output = ()> + Send + 'static>(slots: usize, slot: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    must(runtime).block_on(async {
        let tasks: Vec<_> = (0..slots).map(|_| tokio::spawn(slot())).collect();
        for task in tasks {
            must(task.await);
        }
    });
}

/// The programs of others that take part, each with its version.
pub(super) fn programs() -> Vec<String> {
    let first_words = |line: String, count: usize| line.split_whitespace().take(count).collect::<Vec<_>>().join(" ");
    let curl = version_of("curl", "--version").map(|line| first_words(line, 2));
    let wrk = version_of("wrk", "--version").map(|line| first_words(line, 2));
    [curl, wrk, get::version()].into_iter().flatten().collect()
}

pub(super) fn workloads() -> Vec<Workload> {
    [get::workloads(), stream::workloads(), hello::workloads()].into_iter().flatten().collect()
}
