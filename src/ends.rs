//! The ends of several tasks, counted as they come: behind `wait`, `as_completed` and `TaskGroup`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::Context;

use glassloop_executor::{OnEnd, Task, TaskHandle};

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters};

/// Something that stands for a task: the [`Task`] itself or a reference to it. What [`wait`](crate::wait) and
/// [`as_completed`](crate::as_completed) take many of.
pub trait AsTask: sealed::Ended {}

pub(crate) mod sealed {
    use super::*;

    pub trait Ended {
        fn tell_end(&self, end: &Rc<dyn OnEnd>, index: usize);
        fn untell_end(&self, end: &Rc<dyn OnEnd>);
        fn is_done(&self) -> bool;
        fn has_failed(&self) -> bool;
    }

    impl<T: 'static> Ended for Task<T> {
        fn tell_end(&self, end: &Rc<dyn OnEnd>, index: usize) {
            Task::tell_end(self, end, index);
        }

        fn untell_end(&self, end: &Rc<dyn OnEnd>) {
            Task::untell_end(self, end);
        }

        fn is_done(&self) -> bool {
            Task::is_done(self)
        }

        fn has_failed(&self) -> bool {
            Task::has_failed(self)
        }
    }

    macro_rules! by_reference {
        ($($reference:ty),+) => {$(
            impl<E: Ended> Ended for $reference {
                fn tell_end(&self, end: &Rc<dyn OnEnd>, index: usize) {
                    (**self).tell_end(end, index);
                }

                fn untell_end(&self, end: &Rc<dyn OnEnd>) {
                    (**self).untell_end(end);
                }

                fn is_done(&self) -> bool {
                    (**self).is_done()
                }

                fn has_failed(&self) -> bool {
                    (**self).has_failed()
                }
            }
        )+};
    }

    by_reference!(&E, &mut E);
}

impl<E: sealed::Ended> AsTask for E {}

/// When whoever waits for ends wants to be woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WakeAt {
    EachEnd,
    /// A failure, or the last end.
    Failure,
    LastEnd,
}

/// The ends so far of some tasks, and who waits for more.
pub(crate) struct Ends {
    kind: &'static str,
    wake_at: WakeAt,
    registration: Registration,
    waiters: Waiters,
    /// Tasks that have not ended.
    pending: Cell<usize>,
    failed: Cell<bool>,
    /// Those that have ended and were not taken yet, in that order.
    ended: RefCell<VecDeque<usize>>,
}

impl Ends {
    /// `kind` is what reports and traces call it.
    pub(crate) fn new(kind: &'static str, wake_at: WakeAt) -> Rc<Ends> {
        let (registration, waiters, pending, failed, ended) = Default::default();
        Rc::new(Ends { kind, wake_at, registration, waiters, pending, failed, ended })
    }

    /// Counts one more task, whose end is to be told under `index`.
    pub(crate) fn add(self: &Rc<Self>, task: &impl sealed::Ended, index: usize) {
        self.count();
        task.tell_end(&(self.clone() as Rc<dyn OnEnd>), index);
    }

    /// Counts one more task, of whose end somebody else hears and tells.
    pub(crate) fn count(self: &Rc<Self>) {
        self.registration.register(self.kind, || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Ends>;
            this
        });
        self.pending.set(self.pending.get() + 1);
        self.tell_len("add");
    }

    pub(crate) fn forget(self: &Rc<Self>, task: &impl sealed::Ended) {
        task.untell_end(&(self.clone() as Rc<dyn OnEnd>));
    }

    /// How many have not ended.
    pub(crate) fn pending(&self) -> usize {
        self.pending.get()
    }

    /// Whether one has failed.
    pub(crate) fn has_failure(&self) -> bool {
        self.failed.get()
    }

    /// The next to have ended.
    pub(crate) fn pop(&self) -> Option<usize> {
        let index = self.ended.borrow_mut().pop_front();
        if index.is_some() {
            self.tell_len("take");
        }
        index
    }

    pub(crate) fn wait(
        &self,
        place: &mut Place,
        cx: &Context<'_>,
        operation: &'static str,
        location: &'static Location<'static>,
    ) {
        self.waiters.wait(&self.registration, place, cx, operation, location);
    }

    pub(crate) fn leave(&self, place: &mut Place) {
        self.waiters.leave(&self.registration, place);
    }

    /// Wakes who waits.
    pub(crate) fn wake(&self) {
        self.waiters.wake_first(&self.registration);
    }

    fn tell_len(&self, op: &'static str) {
        let len = || self.ended.borrow().len();
        self.registration.tell(|| Change::Len { op, len: len(), unfinished: self.pending.get() });
    }
}

impl OnEnd for Ends {
    fn ended(&self, index: usize, task: &TaskHandle) {
        self.pending.set(self.pending.get() - 1);
        self.ended.borrow_mut().push_back(index);
        self.failed.set(self.failed.get() || task.has_failed());
        self.tell_len("end");
        let wanted = match self.wake_at {
            WakeAt::EachEnd => true,
            WakeAt::Failure => task.has_failed(),
            WakeAt::LastEnd => false,
        };
        if wanted || self.pending.get() == 0 {
            self.wake();
        }
    }
}

impl Resource for Ends {
    fn look(&self) -> Seen {
        self.registration.seen(self.kind, self.ended.borrow().len(), self.pending.get(), &self.waiters)
    }
}
