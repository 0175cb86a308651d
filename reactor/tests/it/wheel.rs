//! Timers against a model: a `BTreeMap` of (deadline, arming).

use std::collections::BTreeMap;
use std::panic::Location;
use std::time::Duration;

use glassloop_reactor::{Instant, Reactor, TimerKey};
use proptest::prelude::*;

use crate::support::{Log, virtual_};

const TICK: u64 = 1_000_000;

/// The reactor and the model side by side; every step compares them.
struct Bench {
    reactor: Reactor,
    log: Log,
    model: BTreeMap<(Instant, u64), usize>,
    /// By timer: its key and where it is in the model.
    timers: Vec<(TimerKey, (Instant, u64))>,
    armings: u64,
}

impl Bench {
    fn starting_at(nanos: u64) -> Bench {
        let reactor = virtual_();
        reactor.clock().advance(Duration::from_nanos(nanos));
        Bench { reactor, log: Log::default(), model: BTreeMap::new(), timers: Vec::new(), armings: 0 }
    }

    fn now(&self) -> u64 {
        self.reactor.clock().now().as_nanos()
    }

    fn place_in_model(&mut self, timer: usize, deadline: u64) -> (Instant, u64) {
        let place = (Instant::from_nanos(deadline), self.armings);
        self.armings += 1;
        self.model.insert(place, timer);
        place
    }

    fn arm(&mut self, deadline: u64) {
        let timer = self.timers.len();
        let place = self.place_in_model(timer, deadline);
        let key = self.reactor.arm(place.0, self.log.waker(timer as u64), Location::caller());
        self.timers.push((key, place));
        self.compare();
    }

    fn reset(&mut self, timer: usize, deadline: u64) {
        let was_armed = self.model.remove(&self.timers[timer].1).is_some();
        let reset = self.reactor.reset(&mut self.timers[timer].0, Instant::from_nanos(deadline));
        assert_eq!(reset, was_armed);
        if was_armed {
            self.timers[timer].1 = self.place_in_model(timer, deadline);
        }
        self.compare();
    }

    /// Disarms a timer; its number goes to the last one, as `swap_remove` does it.
    fn disarm(&mut self, timer: usize) {
        let (key, place) = self.timers.swap_remove(timer);
        self.model.remove(&place);
        self.reactor.disarm(key);
        if let Some((key, place)) = self.timers.get(timer) {
            self.model.entry(*place).and_modify(|there| *there = timer);
            self.reactor.set_waker(key, self.log.waker(timer as u64));
        }
        self.compare();
    }

    fn fire(&mut self) {
        let now = self.reactor.clock().now();
        let later = self.model.split_off(&(now, u64::MAX));
        let due: Vec<u64> = std::mem::replace(&mut self.model, later).into_values().map(|timer| timer as u64).collect();
        assert_eq!(self.reactor.fire_due(), due.len());
        assert_eq!(self.log.take(), due, "order, nothing early, nothing late");
        self.compare();
    }

    fn advance(&mut self, nanos: u64) {
        self.reactor.clock().advance(Duration::from_nanos(nanos));
        self.fire();
    }

    fn jump(&mut self) {
        let (before, first) = (self.reactor.clock().now(), self.model.keys().next().map(|&(deadline, _)| deadline));
        assert_eq!(self.reactor.jump_to_next_deadline(), first.is_some());
        assert_eq!(self.reactor.clock().now(), first.map_or(before, |first| first.max(before)));
        self.fire();
    }

    fn compare(&self) {
        assert_eq!(self.reactor.armed_timers(), self.model.len());
        for (key, place) in &self.timers {
            assert_eq!(self.reactor.is_armed(key), self.model.contains_key(place));
        }
        let first = self.model.keys().next().map(|&(deadline, _)| deadline);
        assert_eq!(self.reactor.next_deadline().is_some(), first.is_some());
        assert!(self.reactor.next_deadline() <= first, "a wait would be too long");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Arm(u64),
    Disarm(usize),
    Reset(usize, u64),
    Advance(u64),
    Fire,
    Jump,
}

/// Spans from nothing to beyond the wheel, crowded round the spans of the levels.
fn span() -> impl Strategy<Value = u64> {
    let near_a_level = (0..8u32, -2..=2i64, -1..=1i64).prop_map(|(level, ticks, nanos)| {
        let tick = 64u64.pow(level).saturating_add_signed(ticks);
        tick.saturating_mul(TICK).saturating_add_signed(nanos)
    });
    prop_oneof![
        2 => 0..3 * TICK,
        2 => (0..200u64).prop_map(|ticks| ticks * TICK),
        3 => near_a_level,
        1 => (0..44u32).prop_flat_map(|bits| 0..TICK << bits),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => span().prop_map(Step::Arm),
        1 => any::<usize>().prop_map(Step::Disarm),
        2 => (any::<usize>(), span()).prop_map(|(timer, span)| Step::Reset(timer, span)),
        2 => span().prop_map(Step::Advance),
        1 => Just(Step::Fire),
        2 => Just(Step::Jump),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn timers_do_what_the_model_does(start in span(), steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::starting_at(start);
        for step in steps {
            let now = bench.now();
            let timers = bench.timers.len();
            match step {
                Step::Arm(span) => bench.arm(now.saturating_add(span)),
                Step::Disarm(timer) if timers > 0 => bench.disarm(timer % timers),
                // Now and then a deadline that has passed.
                Step::Reset(timer, span) if timers > 0 && timer % 5 == 0 => {
                    bench.reset(timer % timers, now.saturating_sub(span));
                }
                Step::Reset(timer, span) if timers > 0 => bench.reset(timer % timers, now.saturating_add(span)),
                Step::Advance(span) => bench.advance(span),
                Step::Jump => bench.jump(),
                Step::Fire | Step::Disarm(_) | Step::Reset(..) => bench.fire(),
            }
        }
        while bench.reactor.armed_timers() > 0 {
            bench.jump();
        }
        prop_assert_eq!(bench.log.holders(), 1, "every waker is gone");
    }
}

#[test]
fn every_boundary_of_the_levels_and_beyond_the_wheel() {
    for level in 0..8 {
        let boundary = 64u64.pow(level) * TICK;
        for start in [0, boundary - TICK, boundary - 1, boundary, boundary + 1, boundary + TICK] {
            let mut bench = Bench::starting_at(start);
            for ticks in [1, 2] {
                for around in [-1, 0, 1] {
                    bench.arm((boundary * ticks).saturating_add_signed(around * TICK as i64));
                    bench.arm((boundary * ticks).saturating_add_signed(around));
                    bench.arm((start + boundary * ticks).saturating_add_signed(around));
                }
            }
            bench.fire();
            // One nanosecond before each deadline nothing fires, at the deadline it does: `fire` asks the model.
            while let Some(&(deadline, _)) = bench.model.keys().next() {
                let rest = deadline.as_nanos() - bench.now();
                bench.advance(rest - 1);
                bench.advance(1);
            }
        }
    }
}

#[test]
fn pitfall_33_far_timer_does_not_hide_near_one() {
    let days = 24 * 3600 * 1000 * TICK;
    let mut bench = Bench::starting_at(12 * days);
    let beyond = (1 << 36) * TICK;
    for far in [beyond - TICK, beyond, beyond + 12 * days, beyond + 13 * days, 3 * beyond] {
        bench.arm(12 * days + far);
    }
    let near = bench.now() + 50 * TICK;
    bench.arm(near);
    assert_eq!(bench.reactor.next_deadline(), Some(Instant::from_nanos(near)));
    while bench.reactor.armed_timers() > 0 {
        bench.jump();
    }
}

#[test]
fn pitfall_34_a_deadline_of_now_is_due() {
    let mut bench = Bench::starting_at(64 * TICK);
    bench.fire();
    // On insert.
    bench.arm(64 * TICK);
    bench.arm(64 * TICK - 1);
    bench.arm(64 * TICK + 1);
    bench.fire();
    assert_eq!(bench.reactor.armed_timers(), 1);
    // On removal.
    bench.arm(64 * TICK);
    bench.disarm(3);
    // On firing.
    bench.advance(1);
    assert_eq!(bench.reactor.armed_timers(), 0);
}

#[test]
fn pitfall_35_a_slot_that_cascades_loses_nothing_and_fires_nothing_twice() {
    let mut bench = Bench::starting_at(0);
    for timer in 0..300 {
        bench.arm((64 * 64 + timer % 100) * TICK); // one slot of level 2, which cascades into levels 1 and 0
    }
    bench.advance(64 * 64 * TICK - 1);
    for timer in 0..100 {
        bench.reset(timer, (64 * 64 + 64) * TICK); // into the slot that is next to cascade
    }
    for _ in 0..200 {
        bench.advance(TICK / 2);
    }
    assert_eq!(bench.reactor.armed_timers(), 0);
}

#[test]
fn equal_deadlines_fire_in_the_order_of_arming() {
    let mut bench = Bench::starting_at(0);
    for _ in 0..1000 {
        bench.arm(5000 * TICK);
    }
    bench.reset(0, 5000 * TICK); // now it is the last one armed
    bench.jump();
    assert_eq!(bench.reactor.armed_timers(), 0);
}

/// What becomes due while others of the same tick are left comes before, between and after them, and with their deadlines.
#[test]
fn due_timers_of_several_batches_fire_in_one_order() {
    let mut bench = Bench::starting_at(0);
    let mut random = 1u64;
    for round in 0..3000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let numbers = random >> 32;
        match numbers % 8 {
            0..4 => bench.arm(bench.now() + (numbers / 8 % 16) * 1000),
            4 if !bench.timers.is_empty() => bench.disarm(numbers as usize / 8 % bench.timers.len()),
            _ if round % 100 < 60 => bench.fire(),
            _ => bench.jump(),
        }
        // Only live ones are compared, or it would take all day.
        if round % 100 == 99 {
            while bench.reactor.armed_timers() > 0 {
                bench.jump();
            }
            bench.timers.clear();
        }
    }
}
