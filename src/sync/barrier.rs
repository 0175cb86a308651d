//! `Barrier`: tasks wait for each other (asyncio's `Barrier`).

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use thiserror::Error;

use crate::waiters::{Change, Place, Registration, Resource, Seen, Waiters};

/// A place that tasks pass together, as soon as so many have arrived (asyncio's `Barrier`). A clone is the same barrier.
///
/// ```
/// use glassloop::{Barrier, gather};
///
/// glassloop::run(async {
///     let start = Barrier::new(3)?;
///     let ranks = gather((0..3).map(|_| {
///         let start = start.clone();
///         async move { start.wait().await }
///     }))
///     .await;
///     assert_eq!(ranks, [Ok(0), Ok(1), Ok(2)]);
///     # Ok::<(), glassloop::ZeroParties>(())
/// })?;
/// # Ok::<(), glassloop::ZeroParties>(())
/// ```
///
/// It is used again and again: who comes while others are leaving waits until they have left.
#[derive(Clone)]
pub struct Barrier {
    inner: Rc<Inner>,
}

struct Inner {
    registration: Registration,
    parties: usize,
    phase: Cell<Phase>,
    /// Who has arrived and not left.
    inside: Cell<usize>,
    /// Of both kinds: inside, and those who may not come in yet.
    waiters: Waiters,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// They arrive.
    Filling,
    /// All were there, and leave. Nobody comes in.
    Draining,
    /// It was reset: who is inside leaves with an error. Nobody comes in.
    Resetting,
    /// It was aborted: who is inside leaves with an error, and so does who comes.
    Broken,
}

/// A barrier of nobody, which nobody could ever pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a barrier needs at least one party, and was made for 0")]
pub struct ZeroParties;

/// The barrier was aborted, or it was reset while this task waited (asyncio's `BrokenBarrierError`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the barrier was aborted or reset")]
pub struct BrokenBarrier;

impl Barrier {
    /// A barrier for so many tasks.
    ///
    /// # Errors
    /// For none.
    ///
    /// ```
    /// use glassloop::{Barrier, ZeroParties};
    ///
    /// assert_eq!(Barrier::new(2)?.parties(), 2);
    /// assert_eq!(Barrier::new(0).unwrap_err(), ZeroParties);
    /// # Ok::<(), ZeroParties>(())
    /// ```
    #[track_caller]
    pub fn new(parties: usize) -> Result<Barrier, ZeroParties> {
        if parties == 0 {
            return Err(ZeroParties);
        }
        let inner = Rc::new(Inner {
            registration: Registration::here(),
            parties,
            phase: Cell::new(Phase::Filling),
            inside: Cell::new(0),
            waiters: Waiters::default(),
        });
        inner.register();
        Ok(Barrier { inner })
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let start = glassloop::Barrier::new(2)?.named("start");
    /// # drop(start);
    /// # Ok::<(), glassloop::ZeroParties>(())
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.inner.registration.set_name(name.into());
        self
    }

    /// Waits until all parties have arrived; gives each another number from 0 on, in the order in which they arrived. The last does not
    /// wait: it goes on at once, with the highest.
    ///
    /// # Errors
    /// If the barrier is [aborted](Barrier::abort), or [reset](Barrier::reset) while this waits.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it leaves: another must come in its stead. If all had arrived already, they pass without it; its
    /// number is given to nobody.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let alone = glassloop::Barrier::new(1).unwrap();
    ///     assert_eq!(alone.wait().await, Ok(0));
    /// });
    /// ```
    #[track_caller]
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait { barrier: self, place: None, is_inside: false, location: Location::caller() }
    }

    /// Breaks it: who waits, and who comes from now on, gets an error (asyncio's `abort`).
    ///
    /// ```
    /// glassloop::run(async {
    ///     let barrier = glassloop::Barrier::new(2).unwrap();
    ///     barrier.abort();
    ///     assert_eq!(barrier.wait().await, Err(glassloop::BrokenBarrier));
    /// });
    /// ```
    pub fn abort(&self) {
        self.inner.enter(Phase::Broken, "abort");
    }

    /// Makes it as new: who waits gets an error, who comes from now on does not (asyncio's `reset`).
    ///
    /// ```
    /// let barrier = glassloop::Barrier::new(2).unwrap();
    /// barrier.abort();
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// ```
    pub fn reset(&self) {
        let empty = self.inner.inside.get() == 0;
        self.inner.enter(if empty { Phase::Filling } else { Phase::Resetting }, "reset");
    }

    /// For how many it is.
    ///
    /// ```
    /// assert_eq!(glassloop::Barrier::new(2).unwrap().parties(), 2);
    /// ```
    pub fn parties(&self) -> usize {
        self.inner.parties
    }

    /// How many have arrived and wait for the others (asyncio's `n_waiting`).
    ///
    /// ```
    /// assert_eq!(glassloop::Barrier::new(2).unwrap().waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        if self.inner.phase.get() == Phase::Filling { self.inner.inside.get() } else { 0 }
    }

    /// Whether it was aborted, and not reset since (asyncio's `broken`).
    ///
    /// ```
    /// assert!(!glassloop::Barrier::new(2).unwrap().is_broken());
    /// ```
    pub fn is_broken(&self) -> bool {
        self.inner.phase.get() == Phase::Broken
    }
}

impl Inner {
    fn register(self: &Rc<Self>) {
        self.registration.register("barrier", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Inner>;
            this
        });
    }

    /// Everybody looks again in the new phase.
    fn enter(&self, phase: Phase, op: &'static str) {
        self.phase.set(phase);
        self.tell(op);
        self.waiters.wake_all(&self.registration);
    }

    /// Says whether all are there.
    fn arrive(&self) -> bool {
        self.inside.set(self.inside.get() + 1);
        let complete = self.inside.get() == self.parties;
        if complete {
            self.enter(Phase::Draining, "arrive");
        } else {
            self.tell("arrive");
        }
        complete
    }

    /// One leaves; the last one lets others in.
    fn leave(&self) {
        self.inside.set(self.inside.get() - 1);
        match self.phase.get() {
            Phase::Draining | Phase::Resetting if self.inside.get() == 0 => self.enter(Phase::Filling, "leave"),
            _ => self.tell("leave"),
        }
    }

    /// How many have still to arrive.
    fn missing(&self) -> usize {
        if self.phase.get() == Phase::Filling { self.parties - self.inside.get() } else { 0 }
    }

    fn tell(&self, op: &'static str) {
        self.registration.tell(|| Change::Len { op, len: self.inside.get(), unfinished: self.missing() });
    }
}

impl Resource for Inner {
    fn look(&self) -> Seen {
        self.registration.seen("barrier", self.inside.get(), self.missing(), &self.waiters)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { parties, phase, inside, .. } = &*self.inner;
        write!(f, "Barrier {{ parties: {parties}, inside: {}, phase: {:?} }}", inside.get(), phase.get())
    }
}

/// See [`Barrier::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct BarrierWait<'b> {
    barrier: &'b Barrier,
    place: Place,
    /// It has arrived, and not left.
    is_inside: bool,
    location: &'static Location<'static>,
}

impl Future for BarrierWait<'_> {
    type Output = Result<usize, BrokenBarrier>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let inner = &this.barrier.inner;
        if !this.is_inside {
            match inner.phase.get() {
                Phase::Draining | Phase::Resetting => return this.wait(cx),
                Phase::Broken => {
                    inner.waiters.leave(&inner.registration, &mut this.place);
                    return Poll::Ready(Err(BrokenBarrier));
                }
                Phase::Filling => {
                    inner.waiters.leave(&inner.registration, &mut this.place);
                    this.is_inside = true;
                    if inner.arrive() {
                        this.leave();
                        return Poll::Ready(Ok(inner.parties - 1));
                    }
                }
            }
        }
        let index = match inner.phase.get() {
            Phase::Filling => return this.wait(cx),
            // The last to arrive has left first; the others follow in the order of their arrival.
            Phase::Draining => Ok(inner.parties - 1 - inner.inside.get()),
            Phase::Resetting | Phase::Broken => Err(BrokenBarrier),
        };
        this.leave();
        Poll::Ready(index)
    }
}

impl BarrierWait<'_> {
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        let inner = &self.barrier.inner;
        inner.register();
        inner.waiters.wait(&inner.registration, &mut self.place, cx, "wait", self.location);
        Poll::Pending
    }

    fn leave(&mut self) {
        let inner = &self.barrier.inner;
        inner.waiters.leave(&inner.registration, &mut self.place);
        if std::mem::take(&mut self.is_inside) {
            inner.leave();
        }
    }
}

impl Drop for BarrierWait<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for BarrierWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BarrierWait {{ {:?} at {} }}", self.barrier, self.location)
    }
}
