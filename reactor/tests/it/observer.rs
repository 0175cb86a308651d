//! What an observer is told, and what it may do.

use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use glassloop_reactor::{Event, Observer, Reactor};

use crate::support::{Log, real, virtual_};

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
