//! `glass`: tells, explains and compares what a loop recorded. `glass --help` says how.

#![forbid(unsafe_code)]

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

#[path = "glass/cli.rs"]
mod cli;

fn main() -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let colours = wanted && stdout.is_terminal();
    let mut out = io::BufWriter::new(stdout.lock());
    let code = cli::run(std::env::args_os(), &mut out, &mut stderr.lock(), colours);
    // Whoever reads may have had enough: that is no error.
    let _ = out.flush();
    ExitCode::from(code)
}
