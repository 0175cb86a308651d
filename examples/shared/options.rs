//! What every example understands: `--virtual-time` and `--trace FILE`.

use std::path::PathBuf;
use std::process::exit;

use clap::Parser;
use glassloop::{Builder, Clock, Runtime};

#[derive(Parser, Clone, Debug)]
pub struct Options {
    /// Let time jump to the next deadline instead of waiting for it
    #[arg(long)]
    virtual_time: bool,
    /// Record every step of the loop in FILE: NAME.html (a page to step through it), NAME.glt (compact), NAME.ndjson
    /// (readable) or NAME.json (for Perfetto)
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// What a loop is made from: a clock is enough.
pub trait Setup {
    fn builder(self) -> Builder;
}

impl Setup for &Clock {
    fn builder(self) -> Builder {
        Runtime::builder().clock(self.clone())
    }
}

impl Setup for Builder {
    fn builder(self) -> Builder {
        self
    }
}

impl Options {
    /// The clock the example goes by.
    pub fn clock(&self) -> Clock {
        if self.virtual_time { Clock::new_virtual() } else { Clock::real() }
    }

    /// Runs a future on a loop of its own, as `glassloop::run` does on the real clock.
    #[track_caller]
    pub fn run<F: Future>(&self, setup: impl Setup, future: F) -> F::Output {
        let runtime = self.runtime(setup);
        let result = runtime.block_on(future);
        result.unwrap_or_else(|error| {
            eprintln!("{error}");
            drop(runtime); // ends the trace file
            exit(1)
        })
    }

    /// A loop that records what it does, if that was asked for.
    pub fn runtime(&self, setup: impl Setup) -> Runtime {
        let builder = setup.builder().debug_from_env();
        let builder = match &self.trace {
            Some(file) => builder.trace(file),
            None => builder.trace_from_env(),
        };
        builder.build().unwrap_or_else(|error| {
            eprintln!("{error}");
            exit(2)
        })
    }
}
