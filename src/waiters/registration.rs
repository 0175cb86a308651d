//! How a resource is made known to the loop it is used in, and what it tells there.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::{Rc, Weak};

use super::{About, Change, Seen, Waiters};
use crate::context::{self, Context};

/// Something tasks wait for, as a snapshot sees it.
pub(crate) trait Resource {
    fn look(&self) -> Seen;
}

/// A resource's name in the loop: given at its first use there.
#[derive(Default)]
pub(crate) struct Registration {
    id: Cell<u64>,
    pub(super) context: RefCell<Weak<Context>>,
    about: RefCell<About>,
    next_number: Cell<u64>,
    /// It is just being made known.
    new: Cell<bool>,
    /// Somebody listens to the loop: settled when the loop was made, and asked here as every change asks.
    observed: Cell<bool>,
}

impl Registration {
    /// Of a resource that the program makes, here.
    #[track_caller]
    pub(crate) fn here() -> Registration {
        let about = About { location: Some(Location::caller()), ..About::default() };
        let registration = Registration::default();
        *registration.about.borrow_mut() = about;
        registration
    }

    /// With a bound.
    pub(crate) fn bounded(mut self, cap: Option<usize>) -> Registration {
        self.about.get_mut().cap = cap;
        self
    }

    /// Gives the resource a name for people to read.
    pub(crate) fn set_name(&self, name: Rc<str>) {
        let former = self.about.borrow_mut().name.replace(name.clone());
        drop(former);
        self.tell(|| Change::Name(name));
    }

    /// Makes the resource known to the loop that runs on this thread, unless one knows it already. What it brings from before is
    /// told next: when `New` is told, it [shows](Registration::seen) nothing yet.
    #[inline]
    pub(crate) fn register(&self, kind: &'static str, this: impl FnOnce() -> Weak<dyn Resource>) {
        if !self.is_known() {
            self.make_known(kind, this);
        }
    }

    /// Whether the loop that it was made known to is still there.
    #[inline]
    fn is_known(&self) -> bool {
        self.context.borrow().strong_count() > 0
    }

    #[cold]
    fn make_known(&self, kind: &'static str, this: impl FnOnce() -> Weak<dyn Resource>) {
        let Some(context) = context::current() else { return };
        let this = this();
        self.id.set(context.add_resource(this.clone()));
        self.observed.set(context.is_observed());
        *self.context.borrow_mut() = Rc::downgrade(&context);
        self.new.set(true);
        self.tell(|| Change::New(kind, self.about.borrow().clone()));
        self.new.set(false);
        if let Some(Seen { len, unfinished, .. }) = this.upgrade().map(|this| this.look())
            && (len, unfinished) != (0, 0)
        {
            self.tell(|| Change::Len { op: "bring", len, unfinished });
        }
    }

    /// What a resource shows of itself; `line` is all who wait for it.
    pub(crate) fn seen(&self, kind: &'static str, len: usize, unfinished: usize, line: &Waiters) -> Seen {
        let about = self.about.borrow().clone();
        if self.new.get() {
            return Seen { kind, about, holder: None, len: 0, unfinished: 0, waits: Vec::new() };
        }
        let mut waits = Vec::new();
        line.look(&mut waits);
        Seen { kind, about, holder: None, len, unfinished, waits }
    }

    /// Whether whoever observes the loop is to be told of changes. Ask it first where it is often no, and where making a closure costs.
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        self.observed.get()
    }

    #[inline]
    pub(crate) fn tell(&self, change: impl FnOnce() -> Change) {
        if self.is_observed() {
            self.tell_observer(change);
        }
    }

    /// Out of line, so that a site costs one branch while nobody looks.
    #[cold]
    #[inline(never)]
    fn tell_observer(&self, change: impl FnOnce() -> Change) {
        let Some(context) = self.context.borrow().upgrade() else { return };
        let tell = || context.tell(self.id.get(), change());
        // Also if another loop runs in this one: its tasks are known by their wakers inside of it.
        if context.executor.is_entered() { tell() } else { context::enter(&context, tell) }
    }

    /// Panics with advice if no loop knows the resource.
    #[track_caller]
    pub(crate) fn expect_loop(&self, call: &'static str) {
        if !self.is_known() {
            context::expect(call);
        }
    }

    /// The loop is to know the resource no longer.
    pub(crate) fn forget(&self) {
        let known = self.context.borrow().upgrade();
        if let Some(context) = known {
            context.remove_resource(self.id.get());
            self.tell(|| Change::Gone);
            *self.context.borrow_mut() = Weak::new();
        }
    }

    pub(super) fn next_number(&self) -> u64 {
        self.next_number.replace(self.next_number.get() + 1)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.forget();
    }
}
