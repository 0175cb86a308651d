//! Awaits another thread awake, for a moment, where others were that quick before: to be put to sleep and woken again takes the system
//! longer than many an answer takes.
//!
//! What comes at once is no answer: the other thread sends whatever this one does. Then sleep is better, as all that is sent meanwhile is
//! taken in together, and the two do not get into each other's way.

use std::cell::Cell;
use std::hint;
use std::time::{Duration, Instant};

/// Some times as long as the system takes to wake the other thread, so that it can answer.
const MOMENT: Duration = Duration::from_micros(50);

/// In less, nobody is woken and answers.
const AT_ONCE: Duration = Duration::from_nanos(400);

/// Who has waited in vain again and again tries it once in so many sleeps that another thread has ended.
const SELDOM: u32 = 1024;

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Spin {
    /// It is worth a try.
    tries: Cell<bool>,
    /// After so many more sleeps that another thread has ended, it is again.
    rests: Cell<u32>,
    /// How many it had to let pass when it was last in vain: doubled each time.
    cost: Cell<u32>,
}

impl Spin {
    /// Another thread has ended the loop's sleep.
    pub(crate) fn was_woken(&self) {
        match self.rests.get() {
            0 => self.tries.set(true),
            rests => self.rests.set(rests - 1),
        }
    }

    /// The loop is about to sleep: whether it need not, as something has come while it waited awake.
    #[inline]
    pub(crate) fn finds(&self, has_come: impl Fn() -> bool) -> bool {
        self.tries.get() && self.waits(&has_come)
    }

    #[inline(never)]
    fn waits(&self, has_come: &dyn Fn() -> bool) -> bool {
        const LOOKS: u32 = 4;
        let begin = Instant::now();
        loop {
            let come = (0..LOOKS).any(|_| {
                hint::spin_loop();
                has_come()
            });
            let took = begin.elapsed();
            if come || took >= MOMENT {
                self.learn(come && took >= AT_ONCE);
                return come;
            }
        }
    }

    fn learn(&self, was_worth_it: bool) {
        if was_worth_it {
            self.cost.set(0);
        } else {
            let cost = (2 * self.cost.get()).clamp(1, SELDOM);
            self.cost.set(cost);
            self.rests.set(cost);
            self.tries.set(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_woken_by_another_thread_does_not_look() {
        let spin = Spin::default();
        assert!(!spin.finds(|| panic!("it does not look")));
        spin.was_woken();
        let looks = Cell::new(0);
        assert!(spin.finds(|| looks.replace(looks.get() + 1) == 2) && looks.get() == 3);
    }

    #[test]
    fn who_waits_in_vain_does_it_more_and_more_seldom() {
        let spin = Spin::default();
        spin.was_woken();
        for cost in (0..12).map(|times| SELDOM.min(1 << times)) {
            assert!(!spin.finds(|| false));
            for _ in 0..=cost {
                assert!(!spin.finds(|| panic!("it does not look")));
                spin.was_woken();
            }
        }
    }

    #[test]
    fn an_answer_is_a_new_beginning() {
        let spin = Spin::default();
        spin.was_woken();
        (0..5).for_each(|_| spin.learn(false));
        (0..=16).for_each(|_| spin.was_woken());
        spin.learn(true);
        assert!(spin.tries.get(), "it goes on");
        spin.learn(false);
        (0..2).for_each(|_| spin.was_woken());
        assert!(spin.tries.get());
    }
}
