//! Who looks after idle connections while nobody uses the pool.

use std::rc::{Rc, Weak};
use std::time::Duration;

use glassloop_executor::ExecutorId;

use super::Pool;

/// How often: a connection that is of no more use is closed so long afterwards at most.
const PAUSE: Duration = Duration::from_secs(1);

/// Sees to it that idle connections are closed when their time is over, or when their server has closed them: once in a while a callback
/// comes by. It is the last one when none idles any more, so a program is kept awake for no longer than connections may idle. The pool may go before.
///
/// To have each connection wake somebody would cost something with every request, and what is found here is only a socket that could have
/// been closed sooner. Whoever takes a connection looks at it again.
pub(super) fn start(pool: &Rc<Pool>) {
    come_by(Rc::downgrade(pool), pool.home.get(), PAUSE.min(pool.limits.idle_timeout));
}

fn come_by(pool: Weak<Pool>, home: Option<ExecutorId>, pause: Duration) {
    crate::call_later(pause, move || {
        // The pool may serve another loop by now, which then has a callback of its own.
        let Some(kept) = pool.upgrade().filter(|pool| pool.home.get() == home) else { return };
        if kept.close_useless(crate::now()) {
            come_by(pool, home, pause);
        } else {
            kept.is_kept.set(false);
        }
    });
}
