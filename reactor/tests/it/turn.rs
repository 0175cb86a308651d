//! Turns: how long they wait and what ends them.

use std::cell::RefCell;
use std::panic::Location;
use std::task::Waker;
use std::time::Duration;

use glassloop_reactor::{Reactor, Turn};

use crate::support::{Log, acting_waker, real, send, stream, virtual_};

const HOUR: Duration = Duration::from_secs(3600);

fn arm(reactor: &Reactor, after: Duration, waker: Waker) {
    drop(reactor.arm(reactor.clock().now() + after, waker, Location::caller()));
}

fn quiet(reactor: &Reactor) -> bool {
    reactor.turn(Some(Duration::ZERO)).unwrap() == Turn { ready: 0, unparked: false }
}

#[test]
fn pitfall_03_any_number_of_unparks_end_one_turn() {
    let reactor = real();
    let unparker = reactor.unparker();
    (0..1000).for_each(|_| unparker.wake_by_ref());
    assert_eq!(reactor.turn(None).unwrap(), Turn { ready: 0, unparked: true });
    assert!(quiet(&reactor), "it was told once, and has said so");
    unparker.wake();
    assert!(reactor.turn(None).unwrap().unparked, "and it listens again");
}

#[test]
fn another_thread_ends_the_wait() {
    let reactor = real();
    for _ in 0..100 {
        let unparker = reactor.unparker();
        let thread = std::thread::spawn(move || unparker.wake());
        assert!(reactor.turn(None).unwrap().unparked);
        thread.join().unwrap();
    }
}

#[test]
fn the_unparker_outlives_the_reactor() {
    let unparker = real().unparker();
    unparker.wake_by_ref();
    std::thread::spawn(move || unparker.wake()).join().unwrap();
}

#[test]
fn pitfall_27_the_unparker_works_while_its_thread_ends() {
    struct WakeOnExit(Waker);
    impl Drop for WakeOnExit {
        fn drop(&mut self) {
            self.0.wake_by_ref();
        }
    }
    thread_local!(static LAST: RefCell<Option<WakeOnExit>> = const { RefCell::new(None) });

    let reactor = real();
    let unparker = reactor.unparker();
    std::thread::spawn(move || LAST.set(Some(WakeOnExit(unparker)))).join().unwrap();
    assert!(reactor.turn(None).unwrap().unparked);
}

#[test]
fn pitfall_38_a_sleep_takes_no_second_turn() {
    let (reactor, log) = (real(), Log::default());
    for micros in [100, 1000, 1500, 9999, 70_001] {
        arm(&reactor, Duration::from_micros(micros), log.waker(micros));
        let mut turns = 0;
        while reactor.fire_due() == 0 {
            reactor.turn(None).unwrap();
            turns += 1;
        }
        // None at all if the machine was so slow that the time was over before the turn.
        assert!(turns <= 1, "{turns} turns for {micros} µs");
        assert_eq!(log.take(), [micros]);
    }
}

#[test]
fn pitfall_38_no_wait_is_no_wait() {
    let (reactor, log) = (real(), Log::default());
    arm(&reactor, HOUR, log.waker(1));
    assert!(quiet(&reactor));
    arm(&reactor, Duration::ZERO, log.waker(2));
    assert_eq!(reactor.turn(None).unwrap(), Turn { ready: 0, unparked: false }, "something is due: no wait either");
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![2]));
}

#[test]
fn max_wait_ends_a_turn_before_the_timer_does() {
    let (reactor, log) = (real(), Log::default());
    arm(&reactor, HOUR, log.waker(1));
    assert_eq!(reactor.turn(Some(Duration::from_millis(2))).unwrap(), Turn { ready: 0, unparked: false });
    assert_eq!(reactor.fire_due(), 0);
}

#[test]
fn a_wait_longer_than_the_system_can_count() {
    let reactor = real();
    reactor.unparker().wake();
    assert!(reactor.turn(Some(Duration::MAX)).unwrap().unparked);
}

#[test]
fn virtual_time_stands_still_in_a_turn() {
    let (reactor, log) = (virtual_(), Log::default());
    arm(&reactor, Duration::from_nanos(1), log.waker(1));
    let before = reactor.clock().now();
    assert_eq!(reactor.turn(Some(Duration::from_millis(1))).unwrap(), Turn { ready: 0, unparked: false });
    assert_eq!((reactor.clock().now(), reactor.fire_due()), (before, 0));
}

#[test]
fn an_hour_of_virtual_sleeps() {
    let (reactor, log) = (virtual_(), Log::default());
    let mut rounds = 0;
    for second in 1..=3600 {
        arm(&reactor, Duration::from_secs(1), log.waker(second));
        while log.take().is_empty() {
            // What a loop does: fire, look at the sockets, and only then let time pass.
            if reactor.fire_due() == 0 && quiet(&reactor) {
                assert!(reactor.jump_to_next_deadline());
            }
            rounds += 1;
        }
    }
    assert_eq!(rounds, 2 * 3600, "one round to find nothing, one to fire");
    assert_eq!(reactor.clock().now().as_nanos(), HOUR.as_nanos() as u64);
}

#[test]
fn a_turn_inside_a_turn_panics_and_leaves_the_reactor_whole() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    let inner = reactor.clone();
    let mut waker = Some(acting_waker(move || {
        let _ = inner.turn(None);
    }));
    let wait =
        || glassloop_reactor::Wait { waker: waker.take().unwrap(), operation: "test", location: Location::caller() };
    assert!(source.poll_read(wait, &mut [0; 8]).is_pending());
    send(&peer, b"x");
    let turns = std::panic::AssertUnwindSafe(|| {
        while reactor.waiting() > 0 {
            reactor.turn(None).unwrap();
        }
    });
    let panic = std::panic::catch_unwind(turns).unwrap_err();
    assert!(panic.downcast_ref::<&str>().unwrap().contains("inside a turn"));

    assert!(crate::support::read(&source, &log, 1, 8).is_ready(), "its bit was set before");
    reactor.unparker().wake();
    assert!(reactor.turn(None).unwrap().unparked);
}
