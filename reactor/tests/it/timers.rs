//! Arming, disarming and firing.

use std::panic::Location;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use glassloop_reactor::{Clock, Event, Instant, Place, Reactor, TimerKey};

use crate::support::{Log, acting_waker, real, virtual_};

fn arm(reactor: &Reactor, after: Duration, waker: Waker) -> TimerKey {
    reactor.arm(reactor.clock().now() + after, waker, Location::caller())
}

fn places(reactor: &Reactor) -> Vec<Place> {
    let mut places = Vec::new();
    reactor.visit(&mut |event| {
        if let Event::TimerArm { place, .. } = event {
            places.push(*place);
        }
    });
    places
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn pitfall_31_no_duration_overflows() {
    let (reactor, log) = (virtual_(), Log::default());
    reactor.clock().advance(Duration::from_secs(1));
    let _never = arm(&reactor, Duration::MAX, log.waker(1));
    let _soon = arm(&reactor, MS, log.waker(2));
    assert!(reactor.jump_to_next_deadline());
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![2]));
    // The last moment there is; nothing comes after it, and nothing breaks there.
    assert!(reactor.jump_to_next_deadline());
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![1]));
    assert_eq!(reactor.clock().now(), Instant::from_nanos(u64::MAX));
    reactor.clock().advance(Duration::MAX);
    let _at_the_end = arm(&reactor, MS, log.waker(3));
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![3]));
    assert!(!reactor.jump_to_next_deadline());
}

#[test]
fn pitfall_36_a_timer_can_be_disarmed_in_every_state() {
    let (reactor, log) = (virtual_(), Log::default());
    let year = Duration::from_secs(365 * 24 * 3600);
    let spans = [Duration::ZERO, MS, 100 * MS, 10_000 * MS, year, 5 * year];
    let keys: Vec<_> = spans.iter().map(|&span| arm(&reactor, span, log.waker(0))).collect();
    let expected = [
        Place::Due,
        Place::Slot { level: 0, slot: 1 },
        Place::Slot { level: 1, slot: 1 },
        Place::Slot { level: 2, slot: 2 },
        Place::Slot { level: 5, slot: 29 },
        Place::Far,
    ];
    assert_eq!(places(&reactor), expected);
    for (gone, key) in keys.into_iter().enumerate() {
        assert_eq!(reactor.armed_timers(), spans.len() - gone);
        reactor.disarm(key);
        assert_eq!(places(&reactor), expected[gone + 1..]);
    }
    assert_eq!((reactor.armed_timers(), reactor.next_deadline()), (0, None));
    assert_eq!((reactor.fire_due(), log.holders()), (0, 1), "no waker is kept, none was woken");
}

#[test]
fn a_deadline_that_has_passed_when_armed_is_due_and_not_in_the_wheel() {
    let (reactor, log) = (virtual_(), Log::default());
    reactor.clock().advance(10 * MS); // and nothing was fired since
    drop(arm(&reactor, Duration::ZERO, log.waker(1)));
    drop(reactor.arm(Instant::from_nanos(7), log.waker(2), Location::caller()));
    assert_eq!(places(&reactor), [Place::Due; 2]);
    assert_eq!((reactor.fire_due(), log.take()), (2, vec![2, 1]));
}

#[test]
fn the_wheel_keeps_up_with_the_clock() {
    let (reactor, log) = (virtual_(), Log::default());
    drop(arm(&reactor, 3_600_000 * MS, log.waker(1)));
    reactor.clock().advance(1_000_000 * MS);
    assert_eq!(reactor.fire_due(), 0);
    drop(arm(&reactor, MS, log.waker(2)));
    assert_eq!(places(&reactor)[1], Place::Slot { level: 0, slot: (1_000_001 % 64) as u8 });
}

#[test]
fn disarmed_while_others_of_its_slot_have_cascaded() {
    let (reactor, log) = (virtual_(), Log::default());
    let keys: Vec<_> = (0..4).map(|nth| arm(&reactor, (64 + nth) * MS, log.waker(nth.into()))).collect();
    reactor.clock().advance(64 * MS);
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![0]));
    keys.into_iter().skip(2).for_each(|key| reactor.disarm(key));
    reactor.clock().advance(64 * MS);
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![1]));
}

#[test]
fn a_stale_or_foreign_key_does_no_harm() {
    let (reactor, other, log) = (virtual_(), virtual_(), Log::default());
    let mut stale = arm(&reactor, Duration::ZERO, log.waker(1));
    assert_eq!(reactor.fire_due(), 1);
    let alive = arm(&reactor, MS, log.waker(2)); // in the same entry
    let foreign = arm(&other, MS, log.waker(3));
    assert!(!reactor.is_armed(&stale) && !reactor.is_armed(&foreign) && !other.is_armed(&alive));
    assert!(!reactor.reset(&mut stale, Instant::from_nanos(0)));
    reactor.set_waker(&foreign, log.waker(4));
    reactor.disarm(stale);
    reactor.disarm(foreign);
    assert!(reactor.is_armed(&alive));
    assert!(reactor.jump_to_next_deadline());
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![1, 2]));
}

#[test]
fn another_waker_takes_the_place_of_the_first() {
    let (reactor, log) = (virtual_(), Log::default());
    let key = arm(&reactor, Duration::ZERO, log.waker(1));
    reactor.set_waker(&key, log.waker(2));
    assert_eq!(log.holders(), 2, "the first waker is dropped");
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![2]));
}

#[test]
fn what_is_armed_while_firing_waits_for_the_next_time() {
    let (reactor, log) = (virtual_(), Log::default());
    reactor.clock().advance(10 * MS);
    let (inner, inner_log) = (reactor.clone(), log.clone());
    let action = move || drop(inner.arm(Instant::from_nanos(1), inner_log.waker(7), Location::caller()));
    let _first = arm(&reactor, Duration::ZERO, acting_waker(action));
    let _second = arm(&reactor, Duration::ZERO, log.waker(2));
    assert_eq!((reactor.fire_due(), log.take()), (2, vec![2]));
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![7]));
}

#[test]
fn a_waker_may_disarm_what_would_fire_next() {
    let (reactor, log) = (virtual_(), Log::default());
    let second = Rc::new(std::cell::Cell::new(None));
    let (inner, key) = (reactor.clone(), Rc::clone(&second));
    let _first = arm(&reactor, Duration::ZERO, acting_waker(move || inner.disarm(key.take().unwrap())));
    second.set(Some(arm(&reactor, Duration::ZERO, log.waker(2))));
    assert_eq!(reactor.fire_due(), 1);
    assert_eq!((reactor.armed_timers(), log.take()), (0, vec![]));
}

#[test]
fn a_waker_that_panics_leaves_the_others_to_the_next_time() {
    let (reactor, log) = (virtual_(), Log::default());
    let _bad = arm(&reactor, Duration::ZERO, acting_waker(|| panic!("a waker should not")));
    let _good = arm(&reactor, MS, log.waker(1));
    reactor.clock().advance(MS);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reactor.fire_due())).is_err());
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![1]));
}

#[test]
fn virtual_time_lands_on_the_deadline_to_the_nanosecond() {
    let (reactor, log) = (virtual_(), Log::default());
    for micros in [1500, 1501, 900, 70_000] {
        drop(arm(&reactor, Duration::from_micros(micros), log.waker(micros)));
    }
    for micros in [900, 1500, 1501, 70_000] {
        assert!(reactor.jump_to_next_deadline());
        assert_eq!(reactor.clock().now().as_nanos(), micros * 1000);
        assert_eq!((reactor.fire_due(), log.take()), (1, vec![micros]));
    }
}

#[test]
fn virtual_time_does_not_stop_at_a_disarmed_timer() {
    let (reactor, log) = (virtual_(), Log::default());
    let first = arm(&reactor, 5000 * MS, log.waker(1));
    let _second = arm(&reactor, 5001 * MS, log.waker(2)); // in the same slot
    reactor.disarm(first);
    assert!(reactor.jump_to_next_deadline());
    assert_eq!((reactor.fire_due(), log.take()), (1, vec![2]));
}

#[test]
fn an_overdue_timer_does_not_turn_the_clock_back() {
    let (reactor, log) = (virtual_(), Log::default());
    let _overdue = arm(&reactor, MS, log.waker(1));
    reactor.clock().block_for(10 * MS); // a task that blocks
    assert!(reactor.jump_to_next_deadline());
    assert_eq!(reactor.clock().now().as_nanos(), 10_000_000);
    assert_eq!(reactor.fire_due(), 1);
}

#[test]
#[should_panic(expected = "this clock is real")]
fn a_real_clock_cannot_be_advanced() {
    Clock::real().advance(MS);
}

#[test]
#[should_panic(expected = "this clock is real")]
fn a_real_clock_cannot_jump() {
    real().jump_to_next_deadline();
}

#[test]
fn moments_saturate_at_both_ends() {
    let (first, last) = (Instant::from_nanos(0), Instant::from_nanos(u64::MAX));
    assert_eq!(first + Duration::MAX, last);
    assert_eq!(first.checked_add(Duration::MAX), None);
    assert_eq!(first.checked_add(MS), Some(Instant::from_nanos(1_000_000)));
    assert_eq!((first - last, last - first), (Duration::ZERO, Duration::from_nanos(u64::MAX)));
}

/// Entries are kept by the line that armed them, and used again for the same one only.
#[test]
fn each_timer_is_shown_with_the_line_that_armed_it() {
    let reactor = virtual_();
    let lines = [
        here(), //
        here(), //
        here(),
    ];
    let mut armed: Vec<(TimerKey, u32)> = Vec::new();
    for round in 0..200 {
        let location = lines[round * 7 % 3];
        let key = reactor.arm(reactor.clock().now() + MS, Waker::noop().clone(), location);
        armed.push((key, location.line()));
        if round % 3 > 0 {
            reactor.disarm(armed.swap_remove(round * 5 % armed.len()).0);
        }
    }
    let mut shown = Vec::new();
    reactor.visit(&mut |event| {
        if let Event::TimerArm { location, .. } = event {
            shown.push(location.line());
        }
    });
    let mut expected: Vec<_> = armed.iter().map(|(_, line)| *line).collect();
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(shown, expected);
    // A timer that is reset stays the one of its line.
    let (mut key, line) = armed.swap_remove(0);
    armed.into_iter().for_each(|(key, _)| reactor.disarm(key));
    assert!(reactor.reset(&mut key, Instant::from_nanos(5_000_000)));
    reactor.visit(&mut |event| {
        assert!(matches!(event, Event::TimerArm { location, .. } if location.line() == line), "{event:?}");
    });
}

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}
