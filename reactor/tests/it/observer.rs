//! What an observer is told, and what it may do.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use glassloop_reactor::{Direction, Event, Observer, Reactor};

use crate::support::{Log, real, stream, virtual_};

fn arm(reactor: &Reactor, after: Duration, waker: Waker) {
    drop(reactor.arm(reactor.clock().now() + after, waker, Location::caller()));
}

/// Arms a timer at the last moment: when the turn has said that it is about to wait.
struct ArmsWhenParked(Reactor, Cell<Option<Waker>>);

impl Observer for ArmsWhenParked {
    fn event(&self, event: &Event) {
        if let (Event::Park { .. }, Some(waker)) = (event, self.1.take()) {
            arm(&self.0, Duration::from_millis(3), waker);
        }
    }
}

#[test]
fn pitfall_37_an_earlier_timer_shortens_the_wait() {
    let (reactor, log) = (real(), Log::default());
    arm(&reactor, Duration::from_secs(3600), log.waker(1));
    reactor.set_observer(Some(Rc::new(ArmsWhenParked(reactor.clone(), Some(log.waker(2)).into()))));
    reactor.turn(None).unwrap();
    reactor.set_observer(None);
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![2]));
}

struct Lateness(Cell<Duration>);

impl Observer for Lateness {
    fn event(&self, event: &Event) {
        if let Event::TimerFire { late, .. } = event {
            self.0.set(*late);
        }
    }
}

#[test]
fn a_timer_says_how_late_it_fires() {
    let reactor = virtual_();
    let lateness = Rc::new(Lateness(Duration::ZERO.into()));
    reactor.set_observer(Some(lateness.clone()));
    arm(&reactor, Duration::from_millis(1), Waker::noop().clone());
    reactor.clock().block_for(Duration::from_millis(5));
    assert_eq!(reactor.fire_due(), 1);
    assert_eq!(lateness.0.get(), Duration::from_millis(4));
}

/// Panics when it is shown the move with this number.
struct PanicsAt(Cell<u32>);

impl Observer for PanicsAt {
    fn event(&self, event: &Event) {
        if let Event::TimerMove { .. } = event {
            self.0.set(self.0.get().wrapping_sub(1));
            if self.0.get() == 0 {
                resume_unwind(Box::new("on purpose"));
            }
        }
    }
}

/// The wheel stands with a slot half emptied. It goes on from there, unobserved, with timers that were armed and disarmed meanwhile.
#[test]
fn a_wheel_that_an_observer_has_interrupted_loses_nothing() {
    const FAR: u64 = 1 << 36;
    for (distance, span) in [(64, 64), (4096, 4096), (FAR, 128)] {
        for panics_at in 1..=12 {
            let (reactor, log) = (virtual_(), Log::default());
            let after = |name: u64| Duration::from_millis(distance + name * span / 16);
            let origin = reactor.clock().now();
            let arm = |name: u64| reactor.arm(origin + after(name), log.waker(name), Location::caller());
            let mut keys: Vec<_> = (0..10).map(arm).collect();
            reactor.set_observer(Some(Rc::new(PanicsAt(panics_at.into()))));
            reactor.clock().advance(after(5));
            let interrupted = catch_unwind(AssertUnwindSafe(|| reactor.fire_due())).is_err();
            assert!(interrupted || panics_at > 10, "there are ten moves at least");
            reactor.set_observer(None);
            let woken = log.take();
            reactor.disarm(keys.remove(8));
            reactor.disarm(keys.remove(2));
            let late = [arm(1), arm(7), arm(12)];
            // A jump for each that is left, at most.
            for _ in 0..keys.len() + late.len() {
                reactor.jump_to_next_deadline();
                reactor.fire_due();
            }
            let fired = [woken, log.take()].concat();
            let expected = if interrupted {
                &[0, 1, 1, 3, 4, 5, 6, 7, 7, 9, 12][..]
            } else {
                &[0, 1, 2, 3, 4, 5, 1, 6, 7, 7, 9, 12]
            };
            assert_eq!(fired, expected, "{distance} ms, interrupted at move {panics_at}");
            assert!(late.iter().chain(&keys).all(|key| !reactor.is_armed(key)));
            assert_eq!(reactor.armed_timers(), 0);
        }
    }
}

/// Counts the tries of sockets that it hears of.
#[derive(Default)]
struct Tries(Cell<u32>);

impl Observer for Tries {
    fn event(&self, event: &Event) {
        if let Event::Tried { .. } = event {
            self.0.set(self.0.get() + 1);
        }
    }
}

#[test]
fn whoever_comes_later_is_told_of_sources_that_are_there() {
    let (reactor, log, tries) = (real(), Log::default(), Rc::new(Tries::default()));
    let (source, _peer) = stream(&reactor);
    let try_it = |name| _ = source.poll_io(Direction::Write, log.wait(name), |_| Ok(()));
    for (observer, heard) in [(None, 0), (Some(tries.clone()), 1), (None, 1), (Some(tries.clone()), 2)] {
        reactor.set_observer(observer.map(|tries| -> Rc<dyn Observer> { tries }));
        try_it(1);
        assert_eq!(tries.0.get(), heard);
    }
    // One that comes while somebody observes is told of, and then no more.
    let (later, _peer) = stream(&reactor);
    _ = later.poll_io(Direction::Write, log.wait(2), |_| Ok(()));
    assert_eq!(tries.0.get(), 3);
    reactor.set_observer(None);
    _ = later.poll_io(Direction::Write, log.wait(2), |_| Ok(()));
    assert_eq!(tries.0.get(), 3);
}
