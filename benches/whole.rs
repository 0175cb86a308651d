//! What needs a process of its own, or several: sleeps, other threads, memory, TCP, HTTP. `cargo bench -p glassloop-benches -- echo`.
//!
//! One round, as the report measures it, written to the terminal.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use glassloop_benches::contender::Effort;
use glassloop_benches::report::{self, Results};
use glassloop_benches::workloads;

fn main() -> ExitCode {
    if let Some(code) = report::be_a_child() {
        return code;
    }
    // This target gets criterion's options too; of these, only `--test` means something here: run everything, and measure nothing.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let effort = if arguments.iter().any(|argument| argument == "--test") { Effort::Quick } else { Effort::Full };
    let filter = arguments.into_iter().find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let wanted = |name: &str| name.contains(&filter);
    let workloads = workloads::all().into_iter().filter(|workload| workload.is_whole() && wanted(&workload.name));
    let results = Results::measure(workloads.collect(), 1, effort);
    print!("{}", results.tables());
    ExitCode::SUCCESS
}
