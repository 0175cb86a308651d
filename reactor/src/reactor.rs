//! The reactor: one turn asks the system what is ready and wakes those who wait for it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::clock::{Clock, Instant};
use crate::observer::Event;
#[cfg(feature = "trace")]
use crate::observer::Observer;
use crate::sources::Sources;
use crate::timers::Timers;
use crate::unpark::Unparker;

/// How many events one turn takes from the system; the others stay there for the next.
const EVENTS_PER_TURN: usize = 1024;

/// Sockets and time (asyncio: the selector and the timer heap inside the event loop). A clone is the same reactor.
///
/// It wakes tasks and runs none. A loop calls [`Reactor::fire_due`] and [`Reactor::turn`] in turn with whatever runs
/// the tasks:
///
/// ```
/// use glassloop_reactor::{Clock, Reactor};
/// use std::time::Duration;
///
/// let reactor = Reactor::new(Clock::real())?;
/// let unparker = reactor.unparker();
/// std::thread::spawn(move || unparker.wake());
/// assert!(reactor.turn(None)?.unparked); // without limit, until another thread has news
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Reactor {
    pub(crate) shared: Rc<Shared>,
}

pub(crate) struct Shared {
    clock: Clock,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) sources: RefCell<Sources>,
    pub(crate) registry: mio::Registry,
    /// Borrowed from the beginning to the end of a turn, which is how a turn inside it is noticed.
    poller: RefCell<Poller>,
    unparker: Arc<Unparker>,
    next_waiter: Cell<u64>,
    waiting: Cell<usize>,
    /// When the last turn that somebody observed began to wait.
    parked_at: Cell<Instant>,
    #[cfg(feature = "trace")]
    observed: Cell<bool>,
    #[cfg(feature = "trace")]
    observer: RefCell<Option<Rc<dyn Observer>>>,
}

struct Poller {
    poll: mio::Poll,
    events: mio::Events,
}

/// What a turn found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Events of sources.
    pub ready: usize,
    /// Whether the unparker was woken since the last turn that said so.
    pub unparked: bool,
}

impl Reactor {
    /// A reactor on `clock`, with nothing registered.
    ///
    /// # Errors
    /// When the system has no file descriptors left (it takes three).
    pub fn new(clock: Clock) -> io::Result<Reactor> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let unparker = Arc::new(Unparker::new(mio::Waker::new(&registry, Sources::UNPARK)?));
        let events = mio::Events::with_capacity(EVENTS_PER_TURN);
        let shared = Shared {
            clock,
            timers: RefCell::new(Timers::new()),
            sources: RefCell::default(),
            registry,
            poller: RefCell::new(Poller { poll, events }),
            unparker,
            next_waiter: Cell::new(0),
            waiting: Cell::new(0),
            parked_at: Cell::default(),
            #[cfg(feature = "trace")]
            observed: Cell::new(false),
            #[cfg(feature = "trace")]
            observer: RefCell::new(None),
        };
        Ok(Reactor { shared: Rc::new(shared) })
    }

    /// The clock its timers go by.
    #[inline]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Ends the wait of [`Reactor::turn`], or makes the next one return at once. It can be woken from any thread at any
    /// time, also after the reactor is gone; it never blocks and never panics. A flood of wakes between two turns costs
    /// one system call.
    pub fn unparker(&self) -> Waker {
        Waker::from(Arc::clone(&self.shared.unparker))
    }

    /// Asks the system what is ready and wakes who waits for it. Blocks until there is something, the unparker is
    /// woken, `max_wait` is over (`None`: no limit) or, on a real clock, a timer is due; waits are rounded up to whole
    /// milliseconds, and zero stays zero. It fires no timers. A virtual clock stands still meanwhile, and its timers do
    /// not end the wait. A signal may end it early.
    ///
    /// # Errors
    /// What the system says, other than that a signal interrupted it.
    ///
    /// # Panics
    /// Inside a turn of the same reactor, that is, when a waker or an observer calls it.
    pub fn turn(&self, max_wait: Option<Duration>) -> io::Result<Turn> {
        let turn = if self.is_observed() { Reactor::turn_and_tell::<true> } else { Reactor::turn_and_tell::<false> };
        turn(self, max_wait, None)
    }

    /// A [`turn`](Reactor::turn) for a loop that knows whether somebody observes: then `TELL` must be true. And it may know what
    /// time it is: `now`, if the clock was read a moment ago.
    ///
    /// Errors and panics: as there.
    pub fn turn_and_tell<const TELL: bool>(
        &self,
        max_wait: Option<Duration>,
        now: Option<Instant>,
    ) -> io::Result<Turn> {
        debug_assert!(TELL || !self.is_observed(), "somebody observes, and would not be told");
        let Ok(mut poller) = self.shared.poller.try_borrow_mut() else {
            panic!("Reactor::turn inside a turn: a waker only puts its task in a queue, it runs nothing");
        };
        let Poller { poll, events } = &mut *poller;
        if TELL {
            self.tell_inline(&self.park_event(max_wait, now));
        }
        // Computed last: what was armed until now counts.
        let polled = poll.poll(events, self.wait_limit(max_wait));

        let (mut ready, mut unparked) = (0, false);
        for event in events.iter() {
            match event.token() {
                Sources::UNPARK => unparked = true,
                _ => ready += 1,
            }
        }
        if unparked {
            self.shared.unparker.heard();
        }
        if ready > 0 || max_wait != Some(Duration::ZERO) {
            self.clock().waited();
        }
        if TELL {
            self.tell_inline(&self.unpark_event(ready, unparked));
        }
        polled.or_else(|error| if error.kind() == ErrorKind::Interrupted { Ok(()) } else { Err(error) })?;
        for event in events.iter().filter(|event| event.token() != Sources::UNPARK) {
            self.source_event::<TELL>(event);
        }
        Ok(Turn { ready, unparked })
    }

    fn park_event(&self, max_wait: Option<Duration>, now: Option<Instant>) -> Event {
        let at = now.unwrap_or_else(|| self.clock().now());
        self.shared.parked_at.set(at);
        Event::Park { at, max_wait: self.wait_limit(max_wait) }
    }

    fn unpark_event(&self, ready: usize, unparked: bool) -> Event {
        let at = self.clock().now();
        Event::Unpark { at, ready, unparked, slept: at - self.shared.parked_at.get() }
    }

    /// How long a turn may block that is allowed `max_wait`.
    #[inline(always)]
    fn wait_limit(&self, max_wait: Option<Duration>) -> Option<Duration> {
        if self.clock().is_virtual() || max_wait == Some(Duration::ZERO) {
            return max_wait;
        }
        if self.armed_timers() == 0 {
            return max_wait;
        }
        let until_due = self.next_deadline().map(|deadline| deadline - self.clock().now());
        until_due.into_iter().chain(max_wait).min() // mio rounds up to what the system can count
    }

    /// Whether `other` is the same reactor.
    pub fn is(&self, other: &Reactor) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many waits are left with sources: tasks that only readiness can wake.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.get()
    }

    /// Shows all that there is, as the events that would lead to it: every armed timer, in the order of arming, then
    /// every source, in the order of registration, with its waiters, in the order in which they would be woken. Nothing
    /// of the reactor is borrowed while `visitor` runs.
    pub fn visit(&self, visitor: &mut dyn FnMut(&Event)) {
        let mut events = Vec::new();
        self.shared.timers.borrow().describe(&mut events);
        self.shared.sources.borrow().describe(&mut events);
        events.iter().for_each(visitor);
    }

    /// Has `observer` told every event from now on; `None`: nobody. An operation or a turn that has begun is told as it began. (With the
    /// feature `trace`.)
    ///
    /// # Panics
    /// If the present observer calls it while it is told of an event.
    #[cfg(feature = "trace")]
    pub fn set_observer(&self, observer: Option<Rc<dyn Observer>>) {
        let slot = self.shared.observer.try_borrow_mut();
        let mut slot = slot.expect("glassloop: a reactor was given another observer by the one that it has");
        self.shared.observed.set(observer.is_some());
        self.shared.sources.borrow().set_observed(observer.is_some());
        let _former = std::mem::replace(&mut *slot, observer);
        drop(slot); // the former one is dropped outside of the borrow
    }

    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        #[cfg(feature = "trace")]
        return self.shared.observed.get();
        #[cfg(not(feature = "trace"))]
        false
    }

    /// Tells the observer, if there is one. Comes after the change, and outside of any borrow.
    #[inline(always)]
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if self.is_observed() {
            self.tell(&event());
        }
    }

    /// Out of line, so that a site costs one branch while nobody looks.
    #[cold]
    #[inline(never)]
    fn tell(&self, event: &Event) {
        self.tell_inline(event);
    }

    /// For sites that are out of line themselves, and for a turn that is to tell.
    #[inline(always)]
    pub(crate) fn tell_inline(&self, event: &Event) {
        #[cfg(feature = "trace")]
        // Borrowed meanwhile: an observer cannot replace itself while it is told.
        if let Some(observer) = &*self.shared.observer.borrow() {
            observer.event(event);
        }
        #[cfg(not(feature = "trace"))]
        let _ = event;
    }

    /// A number for the next waiter; never used again.
    pub(crate) fn next_waiter(&self) -> u64 {
        let number = self.shared.next_waiter.get();
        self.shared.next_waiter.set(number + 1);
        number
    }

    pub(crate) fn count_waiting(&self, difference: isize) {
        self.shared.waiting.set(self.shared.waiting.get().wrapping_add_signed(difference));
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reactor = f.debug_struct("Reactor");
        reactor.field("clock", self.clock()).field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}
