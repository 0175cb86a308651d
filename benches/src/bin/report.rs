//! Measures glassloop beside its peers in rounds, and writes `docs/bench.md` with a chart for each group.

#![forbid(unsafe_code)]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use glassloop_benches::contender::Effort;
use glassloop_benches::report::{self, Request};

/// Measures glassloop beside its peers, in rounds in which they take turns, and writes a page with tables and charts.
#[derive(Parser)]
#[command(name = "report")]
struct Cli {
    /// How often everybody is measured; at least 3 for figures to quote
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: NonZeroUsize,
    /// Only the workloads with TEXT in their name or their group's
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// Where bench.md and charts/ go [default: docs, or target/bench with --filter or --quick]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only see that everything runs: the figures say nothing
    #[arg(long)]
    quick: bool,
}

impl Cli {
    fn request(self) -> Request {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        // What is not whole must not take the place of what is.
        let whole = self.filter.is_empty() && !self.quick;
        Request {
            rounds: self.rounds.get(),
            folder: self.out.unwrap_or_else(|| repository.join(if whole { "docs" } else { "target/bench" })),
            effort: if self.quick { Effort::Quick } else { Effort::Full },
            filter: self.filter,
        }
    }
}

fn main() -> ExitCode {
    if let Some(code) = report::be_a_child() {
        return code;
    }
    match report::write(&Cli::parse().request()) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}
