//! The certain deadlock: found when the loop would otherwise wait for ever, and told instead.

use std::fmt;

use crate::context::Context;
use crate::diagnosis::picture::Picture;

/// Every task waits, and nothing can ever wake one of them. Its `Display` is the report: each task, what it waits for
/// and where, and the circle in which they wait, if locks and ends of tasks make up one.
///
/// It is reported only when it is *certain*: each live task left a waker with a primitive of this crate and with
/// nobody else; no timer is armed, no socket waited on, no thread or child process at work, no
/// [`Handle`](crate::Handle) alive. A future that is pending without having taken a waker at all is beyond this rule.
///
/// ```
/// use glassloop::{Clock, Lock, Runtime, RunError};
///
/// let runtime = Runtime::builder().clock(Clock::new_virtual()).build()?;
/// let result = runtime.block_on(async {
///     let lock = Lock::new().named("till");
///     let _guard = lock.acquire().await;
///     lock.acquire().await; // it is not reentrant
/// });
/// let Err(RunError::Deadlock(deadlock)) = result else { panic!("no deadlock") };
/// let report = deadlock.to_string();
/// assert!(report.contains(r#"task 1 "main" waits for Lock "till" (held by itself) at "#));
/// assert!(report.ends_with("cycle: 1 -> till -> 1"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deadlock {
    picture: Picture,
}

impl Deadlock {
    /// To be asked when no timer is armed, no socket waited on, no job at work, and nothing was sent from other
    /// threads.
    pub(crate) fn find(context: &Context) -> Option<Deadlock> {
        // Cheap, and true in most loops that other threads wake: those are not looked through each time they park.
        if context.executor.has_escaped() {
            return None;
        }
        let picture = Picture::of(context);
        picture.is_complete().then_some(Deadlock { picture })
    }

    /// Tells observers.
    pub(crate) fn tell(&self, context: &Context) {
        #[cfg(feature = "trace")]
        if context.is_observed() {
            let report = crate::Report::Deadlock(self.clone());
            context.hub.tell_loop(crate::trace::LoopEvent::Report { report: &report, text: &self.to_string() });
        }
        #[cfg(not(feature = "trace"))]
        let _ = context;
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.picture.len();
        let (tasks, them) = if count == 1 { ("task", "it") } else { ("tasks", "them") };
        write!(f, "glassloop: deadlock: {count} {tasks} alive, nothing can wake {them}")?;
        self.picture.lines().iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
