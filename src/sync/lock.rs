//! `Lock`: one task at a time (asyncio's `Lock`), with or without data that it guards.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::permits::{Permits, Turn};

/// Lets one task at a time go on, in the order in which they came (asyncio's `Lock`). A clone is the same lock.
///
/// It may guard data, which then is reached through the guard only; without, it is asyncio's bare lock. You need one only for what
/// must stay together across an `.await`: between two awaits, a task of a loop is alone anyway.
///
/// ```
/// use glassloop::{Lock, gather, yield_now};
///
/// glassloop::run(async {
///     let account = Lock::with_value(0);
///     let deposit = |amount: i64| {
///         let account = account.clone();
///         async move {
///             let mut balance = account.acquire().await;
///             let before = *balance;
///             yield_now().await; // nobody else gets in here
///             *balance = before + amount;
///         } // the guard goes, and the next in the line has its turn
///     };
///     gather([deposit(10), deposit(20), deposit(30)]).await;
///     assert_eq!(*account.acquire().await, 60);
///
///     let bare = Lock::new();
///     let guard = bare.acquire().await;
///     assert!(bare.locked());
///     drop(guard);
/// });
/// ```
///
/// An `acquire` that need not wait does not yield. Nobody overtakes: who releases the lock and asks again at once stands
/// behind those who wait. The lock is not reentrant: a task that holds it and acquires it again waits for ever, which is reported as
/// a deadlock if nothing else can happen.
///
/// A guard that is leaked (`mem::forget`) leaves the lock locked for ever, and its data in the guard.
pub struct Lock<T = ()> {
    inner: Rc<Inner<T>>,
}

struct Inner<T> {
    permits: Rc<Permits>,
    /// `None` while it is in a guard. Boxed, so that a pointer is all that moves.
    value: Cell<Option<Box<T>>>,
}

impl Lock<()> {
    /// A lock that guards nothing but a turn: asyncio's `Lock()`.
    ///
    /// ```
    /// assert!(!glassloop::Lock::new().locked());
    /// ```
    #[track_caller]
    pub fn new() -> Lock<()> {
        Lock::with_value(())
    }
}

impl<T> Lock<T> {
    /// A lock with the data that it guards.
    ///
    /// ```
    /// let names = glassloop::Lock::with_value(vec!["ann"]);
    /// names.try_acquire().unwrap().push("bob");
    /// assert_eq!(*names.try_acquire().unwrap(), ["ann", "bob"]);
    /// ```
    #[track_caller]
    pub fn with_value(value: T) -> Lock<T> {
        let value = Cell::new(Some(Box::new(value)));
        Lock { inner: Rc::new(Inner { permits: Permits::new("lock", 1), value }) }
    }

    /// Gives it a name, for reports and traces to call it by.
    ///
    /// ```
    /// let account = glassloop::Lock::new().named("account");
    /// # drop(account);
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> Self {
        self.inner.permits.set_name(name.into());
        self
    }

    /// Waits for the lock; the guard releases it when it is dropped. At once, if it is free and nobody waits.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it leaves the line; a turn it had been given goes to the next.
    ///
    /// ```
    /// glassloop::run(async {
    ///     let lock = glassloop::Lock::new();
    ///     let _guard = lock.acquire().await;
    ///     assert!(lock.locked());
    /// });
    /// ```
    #[track_caller]
    pub fn acquire(&self) -> LockAcquire<'_, T> {
        self.acquire_at(Location::caller())
    }

    pub(super) fn acquire_at(&self, location: &'static Location<'static>) -> LockAcquire<'_, T> {
        LockAcquire { lock: self, turn: self.inner.permits.turn(location) }
    }

    /// Takes the lock now; `None` if it is held, or if somebody waits for it. asyncio has no such call.
    ///
    /// ```
    /// let lock = glassloop::Lock::new();
    /// let guard = lock.try_acquire();
    /// assert!(guard.is_some() && lock.try_acquire().is_none());
    /// ```
    pub fn try_acquire(&self) -> Option<LockGuard<T>> {
        self.inner.permits.try_take().then(|| self.guard())
    }

    /// Whether somebody holds it (asyncio's `locked`). False also between its release and the turn of the next who waits.
    ///
    /// ```
    /// let lock = glassloop::Lock::new();
    /// let guard = lock.try_acquire();
    /// assert!(lock.locked());
    /// drop(guard); // asyncio's `release`
    /// assert!(!lock.locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.inner.permits.free() == 0
    }

    /// For who has taken the permit.
    fn guard(&self) -> LockGuard<T> {
        LockGuard { value: self.inner.value.take(), lock: self.clone() }
    }
}

impl<T> Clone for Lock<T> {
    fn clone(&self) -> Lock<T> {
        Lock { inner: self.inner.clone() }
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Lock<T> {
        Lock::with_value(T::default())
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock {{ locked: {} }}", self.locked())
    }
}

/// See [`Lock::acquire`].
#[must_use = "futures do nothing unless awaited"]
pub struct LockAcquire<'l, T = ()> {
    lock: &'l Lock<T>,
    turn: Turn<'l>,
}

impl<T> Future for LockAcquire<'_, T> {
    type Output = LockGuard<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LockGuard<T>> {
        ready!(Pin::new(&mut self.turn).poll(cx));
        Poll::Ready(self.lock.guard())
    }
}

impl<T> fmt::Debug for LockAcquire<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LockAcquire {{ {:?} at {} }}", self.lock, self.turn.location())
    }
}

/// Whoever has this holds the [`Lock`], and reaches the data in it; dropping it releases the lock.
///
/// It borrows nothing: it may be kept, and given to another task, which then is the one to release (asyncio lets any
/// task release). A panic of its holder releases too.
///
/// ```
/// use glassloop::{Lock, create_task};
///
/// glassloop::run(async {
///     let lock = Lock::with_value(1);
///     let mut guard = lock.acquire().await;
///     create_task(async move { *guard += 1 }).await.unwrap();
///     assert_eq!(*lock.acquire().await, 2);
/// });
/// ```
#[must_use = "the lock is released as soon as the guard is dropped"]
pub struct LockGuard<T = ()> {
    /// `None` only in `drop`.
    value: Option<Box<T>>,
    lock: Lock<T>,
}

impl<T> LockGuard<T> {
    /// Whether it holds this very lock.
    pub(super) fn is_of(&self, lock: &Lock<T>) -> bool {
        Rc::ptr_eq(&self.lock.inner, &lock.inner)
    }
}

impl<T> Deref for LockGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("taken in drop only")
    }
}

impl<T> DerefMut for LockGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("taken in drop only")
    }
}

impl<T> Drop for LockGuard<T> {
    fn drop(&mut self) {
        self.lock.inner.value.set(self.value.take());
        self.lock.inner.permits.give_back();
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockGuard").field(&**self).finish()
    }
}
