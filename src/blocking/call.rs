//! A function's call on another thread, and whoever waits for its value.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use glassloop_executor::own_waker;

use super::Waiting;
use crate::waiters::Place;

enum Handover<T> {
    Running(Option<Waker>),
    Ended(thread::Result<T>),
    /// It was dropped in the queue.
    NotBegun,
    Taken,
}

type Shared<T> = Arc<Mutex<Handover<T>>>;

/// The end of whoever waits.
pub(super) struct Call<T> {
    shared: Shared<T>,
    waiting: Rc<Waiting>,
    place: Place,
    operation: &'static str,
    pub(super) location: &'static Location<'static>,
}

impl<T: Send + 'static> Call<T> {
    /// The call, and what has to be run for it.
    pub(super) fn new(
        waiting: &Rc<Waiting>,
        operation: &'static str,
        location: &'static Location<'static>,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> (Call<T>, Box<dyn FnOnce() + Send>) {
        let shared = Arc::new(Mutex::new(Handover::Running(None)));
        let delivery = Delivery(Some(shared.clone()));
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(f));
            delivery.deliver(outcome);
        };
        (Call { shared, waiting: waiting.clone(), place: None, operation, location }, Box::new(run))
    }
}

impl<T> Call<T> {
    /// What came of it; `None` if it was dropped before it began.
    ///
    /// # Panics
    /// If that was taken before.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<thread::Result<T>>> {
        let mine = own_waker(cx);
        let mut handover = lock(&self.shared);
        if let Handover::Running(waker) = &mut *handover {
            let former = waker.replace(mine);
            drop(handover);
            drop(former); // it may be a stranger's
            self.waiting.register();
            let Waiting { registration, waiters } = &*self.waiting;
            waiters.wait(registration, &mut self.place, cx, self.operation, self.location);
            return Poll::Pending;
        }
        let ended = std::mem::replace(&mut *handover, Handover::Taken);
        drop(handover);
        self.leave();
        match ended {
            Handover::Ended(outcome) => Poll::Ready(Some(outcome)),
            Handover::NotBegun => Poll::Ready(None),
            _ => panic!("glassloop: a call on a thread was awaited again, but its value has been taken"),
        }
    }

    fn leave(&mut self) {
        self.waiting.waiters.leave(&self.waiting.registration, &mut self.place);
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The thread's end.
struct Delivery<T>(Option<Shared<T>>);

impl<T> Delivery<T> {
    fn deliver(mut self, outcome: thread::Result<T>) {
        self.hand_over(Handover::Ended(outcome));
    }

    fn hand_over(&mut self, end: Handover<T>) {
        let Some(shared) = self.0.take() else { return };
        let former = std::mem::replace(&mut *lock(&shared), end);
        // Given up before the wake: the loop's thread then drops the value, if it is still wanted there.
        drop(shared);
        if let Handover::Running(Some(waker)) = former {
            waker.wake();
        }
    }
}

impl<T> Drop for Delivery<T> {
    fn drop(&mut self) {
        self.hand_over(Handover::NotBegun);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
