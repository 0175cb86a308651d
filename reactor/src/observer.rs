//! What the reactor reports of itself: an event after every change of its state.
//!
//! Replaying the events rebuilds the state, after each of them: [`Reactor::visit`](crate::Reactor::visit) shows the same
//! state as the shortest series of events that leads to it. So a record that begins late begins with those.

use std::panic::Location;
use std::task::{RawWakerVTable, Waker};
use std::time::Duration;

use crate::clock::Instant;
use crate::readiness::Direction;
use crate::timers::Place;

/// Is told everything that happens in a reactor; see [`Reactor::set_observer`](crate::Reactor::set_observer).
///
/// An observer may look at anything; it should change nothing.
pub trait Observer {
    /// Something has just changed, as `event` says. No part of the reactor is borrowed meanwhile.
    fn event(&self, event: &Event);
}

/// Which waker it was: its data word and its table of functions, two words to compare and to keep.
///
/// It stands for the waker without being one: a `&Waker` into the reactor would keep part of it borrowed while
/// strangers' code runs, and a clone is something the owner of the task can notice.
#[derive(Clone, Copy, Debug)]
pub struct WakerId {
    /// What [`Waker::data`] gives.
    pub data: *const (),
    /// What [`Waker::vtable`] gives.
    pub vtable: &'static RawWakerVTable,
}

/// By address, as [`Waker::will_wake`] compares.
impl PartialEq for WakerId {
    fn eq(&self, other: &WakerId) -> bool {
        self.data == other.data && std::ptr::eq(self.vtable, other.vtable)
    }
}

impl Eq for WakerId {}

impl WakerId {
    /// Whether `waker` wakes the same task, as [`Waker::will_wake`] tells it.
    pub fn is(&self, waker: &Waker) -> bool {
        *self == WakerId::from(waker)
    }
}

impl From<&Waker> for WakerId {
    fn from(waker: &Waker) -> WakerId {
        WakerId { data: waker.data(), vtable: waker.vtable() }
    }
}

/// Why a waiter no longer waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitEnd {
    /// It was woken: the source is ready, or gone, or it was passed its turn.
    Woken,
    /// It gave up, or did not need to wait after all.
    Dropped,
    /// Another took its place (and it was woken, unless it was the same task).
    Replaced,
}

/// What came of a try at input or output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It was done. So many bytes went through, where it is bytes; none at the end of a stream.
    Done(Option<usize>),
    /// It failed; [`WouldBlock`](std::io::ErrorKind::WouldBlock) is no failure: the task will wait.
    Failed(std::io::ErrorKind),
}

/// One change of state. Timers, sources and waiters are named by numbers that are never used for another; a timer's
/// number counts the armings. A reset is a [`Event::TimerCancel`] and a [`Event::TimerArm`].
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs, reason = "the fields of an event say what the event's own line says")]
pub enum Event {
    /// A timer was armed.
    TimerArm { timer: u64, waker: WakerId, deadline: Instant, place: Place, location: &'static Location<'static> },
    /// The wheel turned and moved a timer: a cascade, or to [`Place::Due`].
    TimerMove { timer: u64, from: Place, to: Place },
    /// A timer's waker is about to be woken, `late` after its deadline. The timer is gone.
    TimerFire { timer: u64, deadline: Instant, late: Duration },
    /// A timer was disarmed.
    TimerCancel { timer: u64 },
    /// A timer's waker was replaced by another.
    TimerWaker { timer: u64, waker: WakerId },
    /// A virtual clock moved to the next deadline.
    ClockJump { from: Instant, to: Instant },
    /// A source was registered. Both directions start ready.
    SourceAdd { source: u64, kind: &'static str },
    /// A source was deregistered. Nobody waits on it any more.
    SourceDrop { source: u64 },
    /// The system reported readiness: the bits that were not set before.
    Ready { source: u64, readable: bool, writable: bool, read_closed: bool, write_closed: bool },
    /// A ready bit was cleared: the operation would block, or took less than it could.
    NotReady { source: u64, direction: Direction },
    /// An operation was tried: the system was asked, and has answered.
    Tried { source: u64, direction: Direction, result: Tried },
    /// A task waits for a source to become ready. A waiter that was woken in vain waits again under the same number.
    WaitOn {
        source: u64,
        direction: Direction,
        waiter: u64,
        waker: WakerId,
        operation: &'static str,
        location: &'static Location<'static>,
    },
    /// A waiter waits no longer. If it is to be woken, that comes after.
    WaitOff { source: u64, direction: Direction, waiter: u64, why: WaitEnd },
    /// The reactor is about to ask the system for readiness, and to block at most this long (`None`: without limit).
    Park { at: Instant, max_wait: Option<Duration> },
    /// The system answered, after `slept` by the reactor's clock.
    Unpark { at: Instant, ready: usize, unparked: bool, slept: Duration },
}
