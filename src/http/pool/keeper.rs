//! Who looks after idle connections while nobody uses the pool.

use std::rc::Rc;
use std::time::Duration;

use super::Pool;

/// How often: a connection that is of no more use is closed so long afterwards at most.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts a task that closes idle connections when their time is over, or when their server has closed them. It ends
/// when none idles any more, so it keeps no program awake for longer than connections may idle. The pool may go before.
///
/// It comes by once in a while: to have each connection wake it would cost something with every request, and what is
/// found here is only a socket that could have been closed sooner. Whoever takes a connection looks at it again.
pub(super) fn start(pool: &Rc<Pool>) {
    let pause = PAUSE.min(pool.limits.idle_timeout);
    let home = pool.home.get();
    let pool = Rc::downgrade(pool);
    let keep = async move {
        loop {
            crate::sleep(pause).await;
            // The pool may serve another loop by now, which then has a task of its own.
            let Some(pool) = pool.upgrade().filter(|pool| pool.home.get() == home) else { return };
            if !pool.close_useless(crate::now()) {
                pool.is_kept.set(false);
                return;
            }
        }
    };
    crate::create_task_named("http: idle connections", keep).detach();
}
