//! The protocol of the remote half under [loom](https://docs.rs/loom): every interleaving, every stale value that the memory
//! model allows. A lost wake-up leaves the owner parked for ever, which loom reports as a deadlock.
//!
//! The parking word and the pending bits are the real ones. The queue is a counter with *relaxed* accesses: what is
//! pushed becomes visible through the protocol or not at all. (loom synchronises an `unpark` with the one it unparks, as an
//! `eventfd` does; so what is proved about orderings is proved by the runs in which nobody is parked.)
//!
//! ```sh
//! RUSTFLAGS='--cfg loom' cargo test -p glassloop-executor --release --lib model
//! # Each of these must fail:
//! for mutant in no_recheck relaxed_notify relaxed_take relaxed_set relaxed_clear; do
//!     RUSTFLAGS="--cfg loom --cfg mutant=\"$mutant\"" cargo test -p glassloop-executor --release --lib model
//! done
//! ```

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread::{self, Thread};

use super::parking::Parking;
use super::pending::Word;

/// The slots that are woken in these models: neighbours, whose bits stand in one word.
const SLOTS: usize = 2;

/// A remote half, with a counter a slot in place of the queue.
struct Half {
    parking: Parking,
    pending: Word,
    pushed: [AtomicUsize; SLOTS],
    owner: Thread,
}

impl Half {
    fn new() -> Arc<Half> {
        let (parking, pending) = (Parking::new(), Word::new());
        Arc::new(Half { parking, pending, pushed: Default::default(), owner: thread::current() })
    }

    /// As `RemoteHalf::send`.
    fn send(&self, slot: usize) {
        self.pushed[slot].fetch_add(1, Relaxed);
        if self.parking.notify() {
            self.owner.unpark();
        }
    }

    /// As `remote::wake`.
    fn wake(&self, slot: usize) {
        if !self.pending.set(slot as u32) {
            self.send(slot);
        }
    }

    /// As `Core::drain_messages`: takes out all there is, clears their bits together, and then each message gives its slot a turn.
    fn drain(&self, drained: &mut [usize; SLOTS], mut turn: impl FnMut(usize)) {
        let mut slots = Vec::new();
        for (slot, drained) in drained.iter_mut().enumerate() {
            let pushed = self.pushed[slot].load(Relaxed);
            slots.extend((*drained..pushed).map(|_| slot));
            *drained = pushed;
        }
        if !slots.is_empty() {
            self.pending.clear(slots.iter().fold(0, |bits, slot| bits | 1 << slot));
        }
        slots.into_iter().for_each(&mut turn);
    }

    /// As the loop that drives an executor: ticks, and sleeps when there is nothing to do.
    fn run_until(&self, mut turn: impl FnMut(usize), mut enough: impl FnMut(usize) -> bool, mut sleep: impl FnMut()) {
        let mut drained = [0; SLOTS];
        loop {
            if self.parking.take() {
                self.drain(&mut drained, &mut turn);
            }
            if enough(drained.iter().sum()) {
                return;
            }
            if self.parking.begin_park() {
                sleep();
                self.parking.unparked();
            }
        }
    }
}

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(4);
    builder.check(model);
}

/// The owner goes on only when it has seen all that `pushers` threads have pushed.
fn nothing_pushed_is_missed(pushers: usize, sleep: fn()) {
    check(move || {
        let half = Half::new();
        for _ in 0..pushers {
            let half = half.clone();
            thread::spawn(move || half.send(0));
        }
        half.run_until(|_| (), |drained| drained == pushers, sleep);
    });
}

#[test]
fn parking_with_one_pusher() {
    nothing_pushed_is_missed(1, thread::park);
}

#[test]
fn parking_with_two_pushers() {
    nothing_pushed_is_missed(2, thread::park);
}

/// A sleep that a timer or a socket ends may meet a notify at any point; the notify stays for the next `take`.
#[test]
fn parking_that_ends_for_another_reason() {
    check(|| {
        let half = Half::new();
        let pusher = half.clone();
        thread::spawn(move || pusher.send(0));
        let mut slept = false;
        let sleep = || {
            if std::mem::replace(&mut slept, true) {
                thread::park()
            }
        };
        half.run_until(|_| (), |drained| drained == 1, sleep);
    });
}

/// The first of two wakes to set the bit speaks for both: the turn that it brings about sees what either wrote before.
fn the_turn_sees_what_was_written(wakers: usize) {
    check(move || {
        let half = Half::new();
        let data = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        for waker in 0..wakers {
            let (half, data) = (half.clone(), data.clone());
            thread::spawn(move || {
                data[waker].store(1, Relaxed);
                half.wake(0);
            });
        }
        let seen = std::cell::Cell::new(0);
        let turn = |_| seen.set(data[0].load(Relaxed) + data[1].load(Relaxed));
        half.run_until(turn, |_| seen.get() == wakers, thread::park);
    });
}

#[test]
fn pending_bit_with_one_waker() {
    the_turn_sees_what_was_written(1);
}

#[test]
fn pending_bit_with_two_wakers() {
    the_turn_sees_what_was_written(2);
}

/// A flood of one thread: whether a wake sends or relies on the one before, the last one counts.
#[test]
fn pending_bit_with_one_waker_that_wakes_twice() {
    check(|| {
        let half = Half::new();
        let datum = Arc::new(AtomicUsize::new(0));
        let (waker, written) = (half.clone(), datum.clone());
        thread::spawn(move || {
            for value in 1..=2 {
                written.store(value, Relaxed);
                waker.wake(0);
            }
        });
        let seen = std::cell::Cell::new(0);
        half.run_until(|_| seen.set(datum.load(Relaxed)), |_| seen.get() == 2, thread::park);
    });
}

/// Their bits are cleared together: each turn sees what was written for it, whoever set a bit of the word last.
#[test]
fn pending_bits_of_two_slots_in_one_word() {
    check(|| {
        let half = Half::new();
        let data = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        for slot in 0..SLOTS {
            let (half, data) = (half.clone(), data.clone());
            thread::spawn(move || {
                data[slot].store(1, Relaxed);
                half.wake(slot);
            });
        }
        let seen = std::cell::RefCell::new([0; SLOTS]);
        let turn = |slot: usize| seen.borrow_mut()[slot] = data[slot].load(Relaxed);
        half.run_until(turn, |_| *seen.borrow() == [1; SLOTS], thread::park);
    });
}
