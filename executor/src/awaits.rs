//! Awaits that are given up: who loses a `select!` or comes too late for a `timeout` is awaited no more.
//!
//! A future that is dropped there takes its waits with it. But of a `&mut Task` only the reference goes, and the task would go on
//! to hold the waker. So a combinator has it noted whose ends are awaited inside of it, and when it is done, these waits end.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use crate::cell::drop_quietly;
use crate::core::Core;
use crate::observer::Via;
use crate::remote::ExecutorId;
use crate::task::{NO_CHILD, Run};
use crate::ticket::Ticket;
use crate::waker::with_current;

/// The ends of tasks and gathers that are awaited inside of a combinator. When this is dropped, those waits are over.
///
/// It holds no pointer into the executor, so a combinator that may be sent stays one.
#[derive(Default)]
pub struct Awaits(Option<(ExecutorId, u64)>);

/// Whose end is awaited, and by whom.
type Noted = Vec<(Pin<Rc<dyn Run>>, Ticket)>;

/// What is noted, by the number of the combinator.
#[derive(Default)]
pub(crate) struct AwaitsInside {
    noted: BTreeMap<u64, Noted>,
    last: u64,
}

/// The combinator that is being polled, in [`Core::combinator`]: none, or one that has not noted anything yet, and so needs no number; else its number.
const NONE: u64 = 0;
const UNNUMBERED: u64 = u64::MAX;

/// So many may be noted before it is seen who is still awaited.
const FEW: usize = 8;

impl Awaits {
    /// Calls `poll`, and has it noted whose end is awaited in it; but not what a combinator inside of it has noted for itself.
    #[inline]
    pub fn within<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let mut poll = Some(poll);
        let polled = with_current(|core| {
            let poll = poll.take()?;
            let own = self.0.filter(|(executor, _)| *executor == core.id).map_or(UNNUMBERED, |(_, number)| number);
            let _inside = Inside { core, outer: core.combinator.replace(own), awaits: self };
            Some(poll())
        });
        match (polled.flatten(), poll) {
            (Some(polled), _) => polled,
            (None, Some(poll)) => poll(),
            (None, None) => unreachable!("who polls gives what came of it"),
        }
    }
}

/// While this lives, awaits are noted for one combinator; then, also after a panic, again for the one around it.
struct Inside<'a> {
    core: &'a Core,
    outer: u64,
    awaits: &'a mut Awaits,
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        let own = self.core.combinator.replace(self.outer);
        if own != UNNUMBERED {
            self.awaits.0 = Some((self.core.id, own));
        }
    }
}

impl Core {
    /// Whoever is polled has left its waker with a task or a gather, for its end.
    #[inline]
    pub(crate) fn note_await(&self, of: impl FnOnce() -> Pin<Rc<dyn Run>>) {
        if self.combinator.get() != NONE
            && let Some(by) = self.polling.get()
        {
            self.note_await_inside(of(), by);
        }
    }

    fn note_await_inside(&self, of: Pin<Rc<dyn Run>>, by: Ticket) {
        let over = {
            let inside = &mut *self.awaits.borrow_mut();
            if self.combinator.get() == UNNUMBERED {
                inside.last += 1;
                self.combinator.set(inside.last);
            }
            let noted = inside.noted.entry(self.combinator.get()).or_default();
            match noted.iter_mut().find(|(other, _)| std::ptr::eq(other.header(), of.header())) {
                Some((_, known)) => {
                    *known = by;
                    Noted::new()
                }
                None => {
                    // Of those whose end has come, nothing is to be kept.
                    let full = noted.len() >= FEW && noted.len().is_power_of_two();
                    let over = if full {
                        noted.extract_if(.., |(of, by)| !awaits(&**of, *by)).collect()
                    } else {
                        Noted::new()
                    };
                    noted.push((of, by));
                    over
                }
            }
        };
        over.into_iter().for_each(drop_quietly);
    }

    /// Ends what is awaited in a combinator that is over.
    fn end_awaits(&self, number: u64) {
        let noted = self.awaits.borrow_mut().noted.remove(&number);
        for (of, by) in noted.into_iter().flatten() {
            if awaits(&*of, by) {
                of.header().join.forget(of.header(), of.flags(NO_CHILD));
                // Another branch of that task may await the same end: then it has to ask again.
                self.wake(by, Via::Local);
            }
            // It may be the last owner, and what is dropped with it is the user's.
            drop_quietly(of);
        }
    }
}

fn awaits(of: &dyn Run, by: Ticket) -> bool {
    of.header().join.waiter_ticket().is_some_and(|(waiter, _)| waiter == by)
}

impl Drop for Awaits {
    #[inline]
    fn drop(&mut self) {
        let Some((executor, number)) = self.0 else { return };
        let here = with_current(|core| {
            if core.id == executor {
                core.end_awaits(number);
            }
            core.id == executor
        });
        if here != Some(true) {
            executor.call(move || _ = with_current(|core| core.end_awaits(number)));
        }
    }
}

impl fmt::Debug for Awaits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Awaits")
    }
}
