//! monoio on epoll.

use ::monoio::time::TimeDriver;
use ::monoio::{LegacyDriver, RuntimeBuilder};

use crate::contender::Peer;

pub use super::monoio::{detach, join, serve, sleep, spawn, timeout};

/// Its name.
pub const PEER: Peer = Peer::new("monoio", "epoll");

/// With timers.
pub struct Runtime(::monoio::Runtime<TimeDriver<LegacyDriver>>);

impl Runtime {
    /// A new one.
    pub fn new() -> Runtime {
        Runtime(RuntimeBuilder::<LegacyDriver>::new().enable_timer().build().expect("epoll"))
    }

    /// Runs the root.
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
