//! The peers, each on one thread, and each as its own documentation says to run it.

use std::pin::Pin;
use std::task::{Context, Poll};

pub fn tokio_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a tokio runtime")
}

pub fn glassloop_runtime() -> glassloop::Runtime {
    glassloop::Runtime::new().expect("a glassloop runtime")
}

/// One turn given up: the same future on every runtime (their own `yield_now`s differ in what they promise).
pub struct SelfWake(pub bool);

pub fn self_wake() -> SelfWake {
    SelfWake(false)
}

impl Future for SelfWake {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
