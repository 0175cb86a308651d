//! Three timers fall through the levels of the timer wheel until they fire. An observer shows each move.
//!
//! A tick is a millisecond, and a level has 64 slots. So write the tick that a timer is for in base 64: its digits are
//! the slots that the timer passes, from the highest level down to level 0.

use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use glassloop::trace::reactor::{Event as Reactor, Place};
use glassloop::trace::{Event, Observer};
use glassloop::{Clock, Instant, Runtime, gather, sleep};

#[path = "shared/options.rs"]
mod options;

/// Tells of each move of a timer.
struct Wheel {
    clock: Clock,
}

impl Observer for Wheel {
    fn event(&self, event: &Event<'_>) {
        let Event::Reactor(event) = event else { return };
        let (timer, what) = match event {
            Reactor::TimerArm { timer, deadline, place, .. } => {
                let tick = tick(*deadline);
                (timer, format!("is armed for tick {tick} (base 64: {}): {}", in_base_64(tick), name(place)))
            }
            Reactor::TimerMove { timer, from, to: Place::Due } => (timer, format!("leaves {}", name(from))),
            Reactor::TimerMove { timer, from, to } => (timer, format!("falls from {} to {}", name(from), name(to))),
            Reactor::TimerFire { timer, .. } => (timer, "fires".to_owned()),
            _ => return,
        };
        println!("{:>4} ms  timer {timer} {what}", self.clock.now().as_nanos() / 1_000_000);
    }
}

/// Deadlines are rounded up: no timer fires too early.
fn tick(deadline: Instant) -> u64 {
    deadline.as_nanos().div_ceil(1_000_000)
}

fn in_base_64(tick: u64) -> String {
    let mut digits = vec![tick % 64];
    let mut rest = tick / 64;
    while rest > 0 {
        digits.insert(0, rest % 64);
        rest /= 64;
    }
    digits.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

fn name(place: &Place) -> String {
    match place {
        Place::Due => "due".to_owned(),
        Place::Far => "beyond the wheel".to_owned(),
        Place::Slot { level, slot } => format!("level {level} slot {slot}"),
    }
}

pub fn main() {
    let options = options::Options::parse();
    let clock = options.clock();
    let wheel = Rc::new(Wheel { clock: clock.clone() });
    options.run(Runtime::builder().clock(clock).observer(wheel), async {
        gather([50, 1000, 4500].map(|millis| sleep(Duration::from_millis(millis)))).await;
    });
}
