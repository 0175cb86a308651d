//! Counts the instructions that glassloop and its peers take for the same work. Needs valgrind.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use glassloop_benches::report;

/// Counts the instructions that glassloop and its peers take for the same work, with valgrind: exact, and the same on a busy machine
#[derive(Parser)]
#[command(name = "instructions")]
struct Cli {
    /// Only the workloads with this in their name or their group's
    #[arg(default_value = "")]
    filter: String,
}

fn main() -> ExitCode {
    if let Some(code) = report::be_a_child() {
        return code;
    }
    match report::instructions(&Cli::parse().filter) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}
