//! Primitives that are held: `Lock`, `Semaphore`, `BoundedSemaphore`.

use std::cell::Cell;
use std::rc::Rc;

use glassloop::{BoundedSemaphore, Lock, LockGuard, Permit, Semaphore, timeout};

use super::{Count, Random, World};
use crate::common::{OnDrop, ms, waits};

/// A lock that guards the number of the last who held it.
pub(super) struct Locked {
    lock: Lock<u64>,
    is_held: Cell<bool>,
    tickets: Count,
}

impl Locked {
    async fn hold(&self, mut last: LockGuard<u64>, ticket: u64, random: &mut Random) {
        assert!(!self.is_held.replace(true), "two hold it");
        let _released = OnDrop(|| self.is_held.set(false));
        assert!(ticket > *last, "{ticket} was overtaken by {}", *last);
        *last = ticket;
        random.pause().await;
    }
}

impl World for Locked {
    fn new(_: &mut Random) -> Locked {
        let tickets = Count::default();
        Locked { lock: Lock::with_value(tickets.next()), is_held: Cell::new(false), tickets }
    }

    async fn step(&self, random: &mut Random) {
        let ticket = self.tickets.next();
        let guard = match random.below(4) {
            0 => self.lock.try_acquire(),
            1 => timeout(ms(random.below(3)), self.lock.acquire()).await.ok(),
            _ => Some(self.lock.acquire().await),
        };
        if let Some(guard) = guard {
            self.hold(guard, ticket, random).await;
        }
    }

    fn settled(&self) {
        assert_eq!(waits(), [], "nobody holds it for ever");
    }

    fn help(&self) {
        panic!("all should have ended");
    }

    fn over(&self) {
        assert!(!self.lock.locked() && self.lock.try_acquire().is_some());
    }
}

/// A semaphore whose permits become more and fewer.
pub(super) struct Permits {
    semaphore: Semaphore,
    /// How many there should be, held or not.
    total: Cell<usize>,
    held: Cell<usize>,
}

impl Permits {
    fn add(&self, count: usize) {
        self.total.set(self.total.get() + count);
        self.semaphore.add_permits(count);
    }
}

/// Holds a permit for a while, counted.
async fn hold(held: &Cell<usize>, at_most: usize, permit: &Permit, random: &mut Random) {
    held.set(held.get() + 1);
    assert!(held.get() <= at_most, "{} hold {permit:?} of {at_most}", held.get());
    let _released = OnDrop(|| held.set(held.get() - 1));
    random.pause().await;
}

impl World for Permits {
    fn new(random: &mut Random) -> Permits {
        let total = random.below(4) as usize;
        Permits { semaphore: Semaphore::new(total), total: Cell::new(total), held: Cell::new(0) }
    }

    async fn step(&self, random: &mut Random) {
        let permit = match random.below(4) {
            0 => self.semaphore.try_acquire(),
            1 => timeout(ms(random.below(3)), self.semaphore.acquire()).await.ok(),
            _ => Some(self.semaphore.acquire().await),
        };
        let Some(permit) = permit else { return };
        hold(&self.held, self.total.get(), &permit, random).await;
        if random.one_in(6) {
            self.total.set(self.total.get() - 1);
            permit.forget();
        }
    }

    fn stir(&self, random: &mut Random) {
        self.add(random.below(3) as usize);
    }

    fn settled(&self) {
        assert!(waits().is_empty() || self.semaphore.free() == 0, "{:?} beside {:?}", self.semaphore, waits());
        assert_eq!(self.semaphore.free(), self.total.get());
    }

    fn help(&self) {
        self.add(1);
    }

    fn over(&self) {
        assert_eq!((self.semaphore.free(), self.held.get()), (self.total.get(), 0));
    }
}

/// A bounded semaphore, released by guards and by hand.
pub(super) struct Bounded {
    semaphore: BoundedSemaphore,
    bound: usize,
    held: Rc<Cell<usize>>,
    forgotten: Cell<usize>,
}

impl World for Bounded {
    fn new(random: &mut Random) -> Bounded {
        let bound = 1 + random.below(3) as usize;
        Bounded { semaphore: BoundedSemaphore::new(bound), bound, held: Rc::default(), forgotten: Cell::new(0) }
    }

    async fn step(&self, random: &mut Random) {
        let permit = match random.below(4) {
            0 => self.semaphore.try_acquire(),
            1 => timeout(ms(random.below(3)), self.semaphore.acquire()).await.ok(),
            _ => Some(self.semaphore.acquire().await),
        };
        let Some(permit) = permit else { return };
        hold(&self.held, self.bound - self.forgotten.get(), &permit, random).await;
        if random.one_in(3) {
            self.forgotten.set(self.forgotten.get() + 1);
            permit.forget();
        }
    }

    fn stir(&self, _: &mut Random) {
        let forgotten = self.forgotten.get();
        assert_eq!(self.semaphore.release().is_ok(), forgotten > 0);
        self.forgotten.set(forgotten.saturating_sub(1));
    }

    fn settled(&self) {
        assert!(waits().is_empty() || self.semaphore.free() == 0);
        assert_eq!(self.semaphore.free() + self.forgotten.get(), self.bound);
    }

    fn help(&self) {
        assert!(self.forgotten.get() > 0, "who waits, waits for a permit that was forgotten");
        self.stir(&mut Random(1));
    }

    fn over(&self) {
        assert_eq!(self.semaphore.free() + self.forgotten.get(), self.bound);
    }
}
