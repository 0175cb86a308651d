//! Runs what is broken on purpose.

use glassloop::{Clock, Runtime};

use crate::options::Options;

/// Runs a future on a loop in debug mode, which says on stderr what is wrong. `None` if the future came to no end.
#[track_caller]
pub fn run_broken<F: Future>(options: &Options, clock: &Clock, future: F) -> Option<F::Output> {
    println!("broken:");
    let runtime = options.runtime(Runtime::builder().clock(clock.clone()).debug(true));
    let result = runtime.block_on(future);
    result.inspect_err(|error| eprintln!("{error}")).ok()
}
