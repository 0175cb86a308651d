//! What every example understands: `--virtual-time` and `--trace FILE`.

use std::path::PathBuf;
use std::process::exit;

use clap::Parser;
use glassloop::{Clock, Runtime};

#[derive(Parser, Clone, Debug)]
pub struct Options {
    /// Let time jump to the next deadline instead of waiting for it
    #[arg(long)]
    virtual_time: bool,
    /// Record every step of the loop in FILE, one JSON object a line
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl Options {
    /// The clock the example goes by.
    pub fn clock(&self) -> Clock {
        if self.virtual_time { Clock::new_virtual() } else { Clock::real() }
    }

    /// Runs a future on a loop with this clock, as `glassloop::run` does on the real one.
    #[track_caller]
    pub fn run<F: Future>(&self, clock: &Clock, future: F) -> F::Output {
        let builder = Runtime::builder().clock(clock.clone()).debug_from_env();
        let builder = match &self.trace {
            Some(file) => builder.trace(file),
            None => builder.trace_from_env(),
        };
        let runtime = builder.build().unwrap_or_else(|error| {
            eprintln!("{error}");
            exit(2)
        });
        let result = runtime.block_on(future);
        result.unwrap_or_else(|error| {
            eprintln!("{error}");
            drop(runtime); // ends the trace file
            exit(1)
        })
    }
}
