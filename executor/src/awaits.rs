//! Awaits that are given up: who loses a `select!` or comes too late for a `timeout` is awaited no more.
//!
//! A future that is dropped there takes its waits with it. But of a `&mut Task` only the reference goes, and the task would go on
//! to hold the waker. So a combinator notes whose ends are awaited inside of it, and when it is done, these waits end.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use crate::cell::drop_quietly;
use crate::core::Core;
use crate::task::Run;
use crate::ticket::Ticket;
use crate::waker::with_current;

/// The ends of tasks and gathers that are awaited inside of a combinator. When this is dropped, those waits are over.
#[derive(Default)]
pub struct Awaits(Cell<Noted>);

/// Whose end is awaited, and by whom.
pub(crate) type Noted = Vec<(Pin<Rc<dyn Run>>, Ticket)>;

impl Awaits {
    /// Calls `poll`, and notes whose end is awaited in it; but not what a combinator inside of it notes for itself.
    pub fn within<R>(&self, poll: impl FnOnce() -> R) -> R {
        let outer = with_current(|core| core.awaits.replace(Some(self.0.take()))).flatten();
        let _inside = Inside(&self.0, outer);
        poll()
    }
}

/// While this lives, awaits are noted here; then, also after a panic, again where they were noted before.
struct Inside<'a>(&'a Cell<Noted>, Option<Noted>);

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(noted) = with_current(|core| core.awaits.replace(self.1.take())).flatten() {
            self.0.set(noted);
        }
    }
}

impl Core {
    /// Whoever is polled has left its waker with a task or a gather, for its end.
    pub(crate) fn note_await(&self, of: impl FnOnce() -> Pin<Rc<dyn Run>>) {
        let Some(mut noted) = self.awaits.take() else { return };
        let (of, by) = (of(), self.polling.get());
        let known = noted.iter().any(|(other, _)| std::ptr::eq(other.header(), of.header()));
        noted.extend(by.filter(|_| !known).map(|by| (of, by)));
        self.awaits.set(Some(noted));
    }
}

impl Drop for Awaits {
    #[inline]
    fn drop(&mut self) {
        for (of, by) in self.0.take() {
            let header = of.header();
            if header.join.waiter_ticket().is_some_and(|(waiter, _)| waiter == by) {
                header.join.forget(header);
            }
            // It may be the last owner, and what is dropped with it is the user's.
            drop_quietly(of);
        }
    }
}

impl fmt::Debug for Awaits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Awaits")
    }
}
