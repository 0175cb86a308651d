//! stdin and stdout block, so other threads read and write them; this knows whether one still does.

use std::sync::atomic::{AtomicUsize, Ordering};

use glassloop::{ToThread, to_thread};

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Calls a function on another thread.
pub fn call<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> ToThread<T> {
    UNDER_WAY.fetch_add(1, Ordering::Relaxed);
    to_thread(move || {
        let value = f();
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        value
    })
}

/// Whether a call has not come back.
pub fn is_under_way() -> bool {
    UNDER_WAY.load(Ordering::Relaxed) > 0
}
