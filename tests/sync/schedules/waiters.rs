//! Primitives that are waited for: `Event`, `Condition`, `Barrier`, `oneshot`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use glassloop::{Barrier, Condition, Event, Promise, PromiseCancelled, SharedFuture, oneshot, timeout};

use super::{Count, Random, World};
use crate::common::{OnDrop, ms, waits};

/// An event that is set and cleared.
pub(super) struct Flag {
    event: Event,
    sets: Count,
    /// Who waits, and how often it had been set before.
    waiting: RefCell<BTreeMap<u64, u64>>,
    tickets: Count,
}

impl Flag {
    fn set(&self) {
        self.sets.next();
        self.event.set();
    }
}

impl World for Flag {
    fn new(_: &mut Random) -> Flag {
        Flag { event: Event::new(), sets: Count::default(), waiting: RefCell::default(), tickets: Count::default() }
    }

    async fn step(&self, random: &mut Random) {
        let ticket = self.tickets.next();
        self.waiting.borrow_mut().insert(ticket, self.sets.get());
        let _gone = OnDrop(|| assert!(self.waiting.borrow_mut().remove(&ticket).is_some()));
        match random.below(5) {
            0 => self.set(),
            1 => self.event.clear(),
            2 => drop(timeout(ms(random.below(3)), self.event.wait()).await),
            _ => {
                let before = self.sets.get();
                let was_set = self.event.is_set();
                self.event.wait().await;
                assert!(was_set || self.sets.get() > before, "woken, but never set");
            }
        }
    }

    fn stir(&self, random: &mut Random) {
        self.set();
        if random.one_in(2) {
            self.event.clear();
        }
    }

    fn settled(&self) {
        for (ticket, sets) in &*self.waiting.borrow() {
            assert_eq!(*sets, self.sets.get(), "{ticket} has slept through a set");
        }
    }

    fn help(&self) {
        self.set();
    }

    fn over(&self) {
        assert!(self.waiting.borrow().is_empty());
    }
}

/// A condition whose lock guards a number of tokens.
pub(super) struct Tokens {
    tokens: Condition<u64>,
    made: Count,
    taken: Count,
}

impl Tokens {
    async fn take(&self) {
        let tokens = self.tokens.acquire().await;
        let mut tokens = self.tokens.wait_while(tokens, |tokens| *tokens == 0).await;
        *tokens -= 1;
        self.taken.next();
    }

    async fn make(&self, random: &mut Random) {
        let mut tokens = self.tokens.acquire().await;
        random.pause().await;
        *tokens += 1;
        self.made.next();
        if random.one_in(4) {
            self.tokens.notify_all(&tokens);
        } else {
            self.tokens.notify(&tokens, 1);
        }
        random.pause().await; // whoever was notified has to wait for the lock
    }
}

impl World for Tokens {
    fn new(_: &mut Random) -> Tokens {
        Tokens { tokens: Condition::with_value(0), made: Count::default(), taken: Count::default() }
    }

    async fn step(&self, random: &mut Random) {
        match random.below(4) {
            0 | 1 => self.make(random).await,
            2 => drop(timeout(ms(random.below(4)), self.take()).await),
            _ => self.take().await,
        }
    }

    fn settled(&self) {
        let left = *self.tokens.lock().try_acquire().expect("nobody holds it for ever");
        assert_eq!(left, self.made.get() - self.taken.get());
        assert!(left == 0 || waits().is_empty(), "a notification was lost: {left} tokens beside {:?}", waits());
    }

    fn help(&self) {
        let mut tokens = self.tokens.lock().try_acquire().expect("nobody holds it for ever");
        *tokens += 1;
        self.made.next();
        self.tokens.notify(&tokens, 1);
    }

    fn over(&self) {
        self.settled();
    }
}

/// A barrier that breaks and is mended.
pub(super) struct Parties {
    barrier: Barrier,
    /// The numbers given since the barrier opened last.
    given: RefCell<BTreeSet<usize>>,
}

impl World for Parties {
    fn new(random: &mut Random) -> Parties {
        Parties { barrier: Barrier::new(1 + random.below(4) as usize).unwrap(), given: RefCell::default() }
    }

    async fn step(&self, random: &mut Random) {
        let passed = if random.one_in(3) {
            timeout(ms(random.below(4)), self.barrier.wait()).await.ok()
        } else {
            Some(self.barrier.wait().await)
        };
        if let Some(Ok(index)) = passed {
            let mut given = self.given.borrow_mut();
            if index == self.barrier.parties() - 1 {
                given.clear(); // the last to arrive is the first to pass
            }
            assert!(given.insert(index), "{index} comes twice");
        }
    }

    fn stir(&self, random: &mut Random) {
        match random.below(4) {
            0 => self.barrier.abort(),
            _ => self.barrier.reset(),
        }
    }

    fn settled(&self) {
        let barrier = &self.barrier;
        assert_eq!(waits().len(), barrier.waiting(), "{barrier:?}: somebody waits to come in");
        assert!(barrier.waiting() < barrier.parties(), "{barrier:?}: all are there");
        assert!(format!("{barrier:?}").contains(&format!("inside: {}", barrier.waiting())), "{barrier:?}");
    }

    fn help(&self) {
        self.barrier.abort();
    }

    fn over(&self) {
        self.barrier.reset();
        let parties = self.barrier.parties();
        assert_eq!(
            format!("{:?}", self.barrier),
            format!("Barrier {{ parties: {parties}, inside: 0, phase: Filling }}")
        );
    }
}

/// A promise that is kept, cancelled or dropped.
pub(super) struct Promised {
    promise: Cell<Option<Promise<u64>>>,
    future: SharedFuture<u64>,
    /// What whoever was told was told.
    told: RefCell<BTreeSet<Result<u64, ()>>>,
    callbacks: Count,
    called: Rc<RefCell<Vec<u64>>>,
}

impl Promised {
    fn tell(&self, result: Result<u64, PromiseCancelled>) {
        self.told.borrow_mut().insert(result.map_err(drop));
        assert_eq!(self.told.borrow().len(), 1, "one outcome");
    }
}

impl World for Promised {
    fn new(_: &mut Random) -> Promised {
        let (promise, future) = oneshot();
        Promised {
            promise: Cell::new(Some(promise)),
            future,
            told: RefCell::default(),
            callbacks: Count::default(),
            called: Rc::default(),
        }
    }

    async fn step(&self, random: &mut Random) {
        match random.below(8) {
            0 | 1 => {
                let (called, ticket) = (self.called.clone(), self.callbacks.next());
                self.future.on_done(move |_| called.borrow_mut().push(ticket));
            }
            2 if random.one_in(3) => drop(self.future.cancel()),
            3 | 4 => {
                if let Ok(result) = timeout(ms(random.below(3)), self.future.clone()).await {
                    self.tell(result);
                }
            }
            _ => self.tell(self.future.clone().await),
        }
    }

    fn stir(&self, random: &mut Random) {
        let Some(promise) = self.promise.take() else { return };
        match random.below(4) {
            0 => drop(promise),
            1 => drop(promise.set(7)),
            _ => self.promise.set(Some(promise)),
        }
    }

    fn settled(&self) {
        assert!(!self.future.is_done() || waits().is_empty(), "somebody has slept through it");
    }

    fn help(&self) {
        let promise = self.promise.take().expect("whoever waits, waits for it");
        promise.set(7).expect("it was pending");
    }

    fn finish(&self) {
        drop(self.promise.take());
    }

    fn over(&self) {
        let in_order: Vec<u64> = (0..self.callbacks.get()).collect();
        assert_eq!(*self.called.borrow(), in_order, "each callback once, in the order of their coming");
    }
}
