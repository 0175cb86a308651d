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
#[derive(Debug)]
pub(super) struct Spin {
    at_most: Duration,
    /// It is worth a try.
    tries: Cell<bool>,
    /// After so many more sleeps that another thread has ended, it is again.
    rests: Cell<u32>,
    /// How many it had to let pass when it was last in vain: doubled each time.
    cost: Cell<u32>,
}

impl Default for Spin {
    fn default() -> Spin {
        Spin::at_most(MOMENT)
    }
}

impl Spin {
    fn at_most(at_most: Duration) -> Spin {
        Spin { at_most, tries: Cell::default(), rests: Cell::default(), cost: Cell::default() }
    }

    /// Another thread has ended the loop's sleep.
    pub(super) fn was_woken(&self) {
        match self.rests.get() {
            0 => self.tries.set(true),
            rests => self.rests.set(rests - 1),
        }
    }

    /// The loop is about to sleep: whether it need not, as something has come while it waited awake.
    #[inline]
    pub(super) fn finds(&self, has_come: impl Fn() -> bool) -> bool {
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
            if come || took >= self.at_most {
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
    use std::io;
    use std::sync::mpsc;

    use super::*;
    use crate::runtime::Runtime;
    use crate::{Clock, create_task, net, to_thread, yield_now};

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
    /// It waits until something comes: so that comes while it is awake.
    fn waits_awake() -> io::Result<Runtime> {
        let mut runtime = Runtime::new()?;
        runtime.spin = Spin::at_most(Duration::from_secs(3600));
        runtime.spin.was_woken();
        Ok(runtime)
    }

    #[test]
    fn pitfall_15_who_does_not_sleep_looks_at_the_sockets_all_the_same() -> io::Result<()> {
        let runtime = waits_awake()?;
        let receiving = async {
            let socket = net::UdpSocket::bind("127.0.0.1:0").await?;
            let address = socket.local_addr()?;
            let received = create_task(async move { socket.recv_from(&mut [0]).await.map(|_| ()) });
            yield_now().await;
            std::net::UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", address)?;
            to_thread(|| ()).await;
            assert!(received.is_done(), "it was there before the other thread's message");
            io::Result::Ok(())
        };
        runtime.block_on(receiving).expect("no deadlock")
    }

    #[test]
    fn a_loop_tries_it_once_another_thread_has_ended_its_sleep() -> io::Result<()> {
        for clock in [Clock::real(), Clock::new_virtual()] {
            let runtime = Runtime::builder().clock(clock.clone()).build()?;
            let may_try = || runtime.spin.tries.get() || runtime.spin.cost.get() > 0;
            // The loop is asleep by then, nearly always.
            let (_open, never) = mpsc::channel::<()>();
            let mut never = Some(never);
            let learns = (0..20).any(|_| {
                let never_yet = never.take().expect("it came back");
                let late =
                    async { to_thread(move || (never_yet.recv_timeout(Duration::from_millis(1)), never_yet).1).await };
                never = Some(runtime.block_on(late).expect("no deadlock"));
                may_try()
            });
            assert_eq!(learns, !clock.is_virtual());
        }
        Ok(())
    }
}
