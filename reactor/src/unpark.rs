//! The unparker: how any thread ends the wait of [`Reactor::turn`](crate::Reactor::turn).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

/// Woken from anywhere, at any time, also after the reactor is gone: it owns its file descriptor and nothing else.
#[derive(Debug)]
pub(crate) struct Unparker {
    waker: mio::Waker,
    /// The system was told and the reactor has not heard of it yet: a flood of wakes costs one system call.
    pending: AtomicBool,
}

impl Unparker {
    pub(crate) fn new(waker: mio::Waker) -> Unparker {
        Unparker { waker, pending: AtomicBool::new(false) }
    }

    /// The reactor heard of it. Whoever found `pending` set before this published its news earlier still, and the
    /// read-modify-write makes that visible to the reactor's thread, which looks for news after the turn.
    pub(crate) fn heard(&self) {
        self.pending.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Unparker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.pending.swap(true, Ordering::AcqRel) && self.waker.wake().is_err() {
            self.pending.store(false, Ordering::Release); // let the next one try again
        }
    }
}
