//! `echo_per_core`: the example of that name, with one runtime and with two, each on a thread of its own.
//!
//! Each thread has its own clients too, on the same loop, so two threads need two cores and no third one. Figures: requests a second, and
//! CPU time of the whole process for a request, its client's included.

use std::path::PathBuf;
use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::contender::{Contender, Effort, Metric, Peer, Unit, Workload};

const METRICS: &[Metric] = &[
    Metric { name: "requests", unit: Unit::PerSecond, noise: 0.4 },
    Metric { name: "CPU", unit: Unit::Microseconds, noise: 0.4 },
];

/// Its name.
const NAME: &str = "echo_per_core";

/// Where cargo puts what it builds.
pub(super) fn target() -> PathBuf {
    let this = std::env::current_exe().expect("this is a program");
    // It is in a folder named after its profile; a bench target is one folder deeper.
    let profile = this.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).expect("a folder of the profile");
    profile.parent().expect("a target folder").to_path_buf()
}

/// Builds the example. Done before anything is measured.
pub(super) fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--release", "--package", "glassloop", "--example", NAME, "--target-dir"]);
    build.arg(target()).current_dir(env!("CARGO_MANIFEST_DIR"));
    // If it fails, cargo has said why, and the report says that there is no such program.
    let _ = build.status();
}

/// The number before a word of what it printed.
fn number_before(text: &str, word: &str) -> f64 {
    let before = text.split_once(word).unwrap_or_else(|| panic!("it says {word:?}: {text}")).0;
    let number = before.split_whitespace().last().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("a number stands before {word:?}: {text}"))
}

/// CPU time of the processes that this one has waited for, in microseconds.
pub(super) fn cpu_of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells");
    let micros = |time: TimeVal| time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64;
    micros(usage.user_time()) + micros(usage.system_time())
}

fn threads(column: &'static str, threads: &'static str) -> Contender {
    Peer::new(column, "").whole(move |effort: Effort| {
        let millis: u32 = effort.choose(200, 1500);
        let file = target().join("release/examples").join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
        let mut program = Command::new(file);
        program.args(["--threads", threads, "--millis", &millis.to_string()]);
        let cpu = cpu_of_children();
        let output = program.output().unwrap_or_else(|error| panic!("{NAME}: {error}"));
        let cpu = cpu_of_children() - cpu;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let rate = number_before(&text, "requests a second");
        vec![rate, cpu / (rate * f64::from(millis) / 1e3)]
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    vec![Workload {
        group: "cores",
        name: NAME.into(),
        step: "64 bytes to a server and back",
        metrics: METRICS,
        contenders: vec![threads("1 thread", "1"), threads("2 threads", "2")],
    }]
}
