//! What every example understands: `--virtual-time`, `--trace FILE` and `--keyframes N`.

use std::panic;
use std::path::PathBuf;
use std::process::exit;
use std::sync::Once;

use clap::Parser;
use glassloop::{Builder, Clock, Runtime};

#[derive(Parser, Clone, Debug)]
pub struct Options {
    /// Let time jump to the next deadline instead of waiting for it
    #[arg(long)]
    virtual_time: bool,
    /// Record every step of the loop in FILE: NAME.html (a page to step through it), NAME.glt (compact), NAME.ndjson
    /// (readable), NAME.json or NAME.pftrace (for Perfetto)
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Have FILE (NAME.glt) describe the whole state of the loop after every N steps
    #[arg(long, value_name = "N", requires = "trace")]
    keyframes: Option<u64>,
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
    /// The clock the example goes by: what it asks for before it does anything.
    pub fn clock(&self) -> Clock {
        end_with_the_reader();
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
        let builder = self.keyframes.into_iter().fold(builder, Builder::trace_keyframes);
        builder.build().unwrap_or_else(|error| {
            eprintln!("{error}");
            exit(2)
        })
    }
}

/// Lets `example | head` end when `head` does. `println!` panics when nobody reads any more; to the example, that is no
/// error, and there is nobody to tell.
fn end_with_the_reader() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
                let _ = glassloop::trace::save(); // what was recorded so far
                exit(0)
            }
            report(info);
        }));
    });
}
