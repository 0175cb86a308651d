//! `Condition`: what a lock guards has changed (asyncio's `Condition`).

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use super::lock::{Lock, LockAcquire, LockGuard};
use crate::waiters::{Place, Registration, Resource, Seen, Waiters, Was};

/// A lock, and a line of tasks that wait for what it guards to change (asyncio's `Condition`). A clone is the same condition.
///
/// ```
/// use glassloop::{Condition, create_task};
///
/// glassloop::run(async {
///     let basket = Condition::with_value(Vec::new());
///     let full = basket.clone();
///     let task = create_task(async move {
///         let apples = full.acquire().await;
///         let apples = full.wait_while(apples, |apples| apples.len() < 2).await;
///         apples.len()
///     });
///     for apple in ["red", "green"] {
///         let mut apples = basket.acquire().await;
///         apples.push(apple);
///         basket.notify(&apples, 1);
///     }
///     assert_eq!(task.await.unwrap(), 2);
/// });
/// ```
///
/// Waiting and notifying take the guard, so nobody can do either without holding the lock (asyncio's `RuntimeError`). Several
/// conditions may share [one lock](Condition::with_lock).
///
/// # Panics
/// A guard of another lock is refused with a panic, by every call that takes one.
pub struct Condition<T = ()> {
    lock: Lock<T>,
    line: Rc<Line>,
}

/// Those who wait to be notified.
struct Line {
    registration: Registration,
    waiters: Waiters,
}

impl Condition<()> {
    /// A condition with a lock of its own that guards no data: asyncio's `Condition()`.
    ///
    /// ```
    /// assert!(!glassloop::Condition::new().locked());
    /// ```
    #[track_caller]
    pub fn new() -> Condition<()> {
        Condition::with_value(())
    }
}

impl<T> Condition<T> {
    /// A condition with a lock of its own, and the data that it guards.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let level = glassloop::Condition::with_value(7);
    ///     assert_eq!(*level.acquire().await, 7);
    /// });
    /// ```
    #[track_caller]
    pub fn with_value(value: T) -> Condition<T> {
        Condition::with_lock(Lock::with_value(value))
    }

    /// A condition for what this lock guards (asyncio's `Condition(lock)`).
    ///
    /// ```
    /// use glassloop::{Condition, Lock};
    ///
    /// let lock = Lock::with_value(Vec::<u32>::new());
    /// let (not_empty, not_full) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock));
    /// # drop((not_empty, not_full));
    /// ```
    #[track_caller]
    pub fn with_lock(lock: Lock<T>) -> Condition<T> {
        let line = Rc::new(Line { registration: Registration::here(), waiters: Waiters::default() });
        line.register();
        Condition { lock, line }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let level = glassloop::Condition::new().named("level");
    /// # drop(level);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.line.registration.set_name(name.into());
        self
    }

    /// Its lock.
    ///
    /// ```
    /// let condition = glassloop::Condition::new();
    /// let guard = condition.lock().try_acquire();
    /// assert!(guard.is_some());
    /// ```
    pub fn lock(&self) -> &Lock<T> {
        &self.lock
    }

    /// [`Lock::acquire`] of its lock, with the same cancel safety.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let condition = glassloop::Condition::new();
    ///     let _guard = condition.acquire().await;
    ///     assert!(condition.locked());
    /// });
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> LockAcquire<'_, T> {
        self.lock.acquire_at(Location::caller())
    }

    /// [`Lock::locked`] of its lock.
    ///
    /// ```
    /// assert!(!glassloop::Condition::new().locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.lock.locked()
    }

    /// Gives the lock up, waits for a notification, and takes the lock again. Without a loop around it, use
    /// [`wait_while`](Condition::wait_while): between the notification and the lock, another may have changed things back.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it holds no lock (asyncio takes the lock again first). A notification it had been given goes
    /// to the next who waits.
    ///
    /// # Panics
    /// With the guard of another lock.
    ///
    /// ```
    /// use glassloop::{Condition, create_task};
    ///
    /// glassloop::run(async {
    ///     let condition = Condition::new();
    ///     let guard = condition.acquire().await;
    ///     let other = condition.clone();
    ///     create_task(async move { other.notify_all(&other.acquire().await) }).detach();
    ///     let _guard = condition.wait(guard).await;
    /// });
    /// ```
    #[track_caller]
    pub fn wait(&self, guard: LockGuard<T>) -> ConditionWait<'_, T> {
        self.wait_at(guard, Location::caller())
    }

    #[track_caller]
    fn wait_at(&self, guard: LockGuard<T>, location: &'static Location<'static>) -> ConditionWait<'_, T> {
        self.check(&guard);
        ConditionWait { condition: self, state: State::Holding(guard), location }
    }

    /// Waits as long as `predicate` is true, looking at it first and after every notification (asyncio's `wait_for`, whose
    /// predicate says the opposite: until when).
    ///
    /// # Cancel safety
    /// As [`wait`](Condition::wait).
    ///
    /// # Panics
    /// With the guard of another lock. A panic of `predicate` releases the lock.
    ///
    /// ```
    /// use glassloop::{Condition, create_task};
    ///
    /// glassloop::run(async {
    ///     let count = Condition::with_value(0);
    ///     let counting = count.clone();
    ///     create_task(async move {
    ///         for _ in 0..3 {
    ///             let mut count = counting.acquire().await;
    ///             *count += 1;
    ///             counting.notify_all(&count);
    ///         }
    ///     })
    ///     .detach();
    ///     let guard = count.acquire().await;
    ///     assert_eq!(*count.wait_while(guard, |count| *count < 3).await, 3);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_while<F>(
        &self,
        guard: LockGuard<T>,
        mut predicate: F,
    ) -> impl Future<Output = LockGuard<T>> + use<'_, T, F>
    where
        F: FnMut(&mut T) -> bool,
    {
        self.check(&guard);
        let location = Location::caller();
        async move {
            let mut guard = guard;
            while predicate(&mut guard) {
                guard = self.wait_at(guard, location).await;
            }
            guard
        }
    }

    /// Wakes the first `count` of those who wait, or all if there are fewer. Each goes on when it has got the lock, so not before the caller
    /// has released it.
    ///
    /// # Panics
    /// With the guard of another lock.
    ///
    /// ```
    /// let condition = glassloop::Condition::new();
    /// let guard = condition.lock().try_acquire().unwrap();
    /// condition.notify(&guard, 1); // nobody waits: nothing happens
    /// ```
    #[track_caller]
    pub fn notify(&self, guard: &LockGuard<T>, count: usize) {
        self.check(guard);
        self.line.notify(count);
    }

    /// Wakes all who wait, as [`notify`](Condition::notify) does.
    ///
    /// # Panics
    /// With the guard of another lock.
    ///
    /// ```
    /// let condition = glassloop::Condition::new();
    /// let guard = condition.lock().try_acquire().unwrap();
    /// condition.notify_all(&guard);
    /// ```
    #[track_caller]
    pub fn notify_all(&self, guard: &LockGuard<T>) {
        self.check(guard);
        self.line.waiters.wake_all(&self.line.registration);
    }

    #[track_caller]
    fn check(&self, guard: &LockGuard<T>) {
        assert!(guard.is_of(&self.lock), "glassloop: a condition was given the guard of another lock than its own");
    }
}

impl Line {
    fn register(self: &Rc<Self>) {
        self.registration.register("condition", || {
            let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Line>;
            this
        });
    }

    fn notify(&self, count: usize) {
        for _ in 0..count {
            if !self.waiters.wake_first(&self.registration) {
                break;
            }
        }
    }
}

impl Resource for Line {
    fn look(&self) -> Seen {
        self.registration.seen("condition", 0, 0, &self.waiters)
    }
}

impl<T> Clone for Condition<T> {
    fn clone(&self) -> Condition<T> {
        Condition { lock: self.lock.clone(), line: self.line.clone() }
    }
}

impl<T: Default> Default for Condition<T> {
    fn default() -> Condition<T> {
        Condition::with_value(T::default())
    }
}

impl<T> fmt::Debug for Condition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition {{ locked: {} }}", self.locked())
    }
}

/// See [`Condition::wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct ConditionWait<'c, T = ()> {
    condition: &'c Condition<T>,
    state: State<'c, T>,
    location: &'static Location<'static>,
}

/// In this order.
enum State<'c, T> {
    /// Not polled yet.
    Holding(LockGuard<T>),
    /// For a notification.
    Waiting(Place),
    /// Notified, and on the way to the lock.
    Locking(LockAcquire<'c, T>),
    Done,
}

impl<T> Future for ConditionWait<'_, T> {
    type Output = LockGuard<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LockGuard<T>> {
        let ConditionWait { condition, state, location } = &mut *self;
        let Line { registration, waiters } = &*condition.line;
        if let State::Locking(acquire) = state {
            let polled = Pin::new(acquire).poll(cx);
            if polled.is_ready() {
                *state = State::Done;
            }
            return polled;
        }
        match mem::replace(state, State::Done) {
            State::Waiting(mut place) if waiters.is_woken(place) => {
                waiters.leave(registration, &mut place);
                *state = State::Locking(condition.lock.acquire_at(location));
                return self.poll(cx);
            }
            State::Holding(guard) => {
                condition.line.register();
                let mut place = None;
                waiters.wait(registration, &mut place, cx, "wait", location);
                *state = State::Waiting(place);
                drop(guard);
            }
            State::Waiting(mut place) => {
                waiters.wait(registration, &mut place, cx, "wait", location);
                *state = State::Waiting(place);
            }
            State::Locking(_) | State::Done => panic!("glassloop: `wait` was polled after it was done"),
        }
        Poll::Pending
    }
}

impl<T> Drop for ConditionWait<'_, T> {
    fn drop(&mut self) {
        let Line { registration, waiters } = &*self.condition.line;
        let was_notified = match &mut self.state {
            State::Waiting(place) => waiters.leave(registration, place) == Was::Woken,
            State::Locking(_) => true,
            State::Holding(_) | State::Done => false,
        };
        if was_notified {
            self.condition.line.notify(1);
        }
    }
}

impl<T> fmt::Debug for ConditionWait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConditionWait {{ {:?} at {} }}", self.condition, self.location)
    }
}
