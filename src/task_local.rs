//! `TaskLocal`: a value that follows the tasks (asyncio programs use `contextvars` for it).

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::context;

/// A variable of which each task has its own: Python's `ContextVar`.
///
/// A new task starts with what its creator has at that moment, be it made by `create_task`, `gather` or a task group; from then on what
/// either sets is its own business. A plain `.await` shares the variables of whoever awaits. Such a copy costs nothing: tasks share what
/// they have in common until one of them sets something.
///
/// ```
/// use glassloop::{TaskLocal, create_task};
///
/// static USER: TaskLocal<String> = TaskLocal::new();
///
/// glassloop::run(async {
///     USER.set("ann".into());
///     let task = create_task(async {
///         let inherited = USER.get();
///         USER.set("bob".into());
///         inherited
///     });
///     assert_eq!(task.await.unwrap().as_deref(), Some("ann"));
///     assert_eq!(USER.get().as_deref(), Some("ann"));
/// });
/// ```
///
/// While a cancelled task's future is being dropped, its destructors find the variables unset: they run in no task's turn.
pub struct TaskLocal<T: 'static> {
    /// Given at its first use; 0 before.
    id: AtomicU64,
    value: PhantomData<fn(T) -> T>,
}

/// The variables a task has set, with their numbers. Never changed: who sets one makes a new list.
type Variables = Vec<(u64, Rc<dyn Any>)>;

impl<T: 'static> TaskLocal<T> {
    /// A variable that is unset in all tasks; to be a `static`.
    #[expect(clippy::new_without_default, reason = "it is to be a `static`")]
    pub const fn new() -> TaskLocal<T> {
        TaskLocal { id: AtomicU64::new(0), value: PhantomData }
    }

    /// What it is in the running task: `None` if neither the task nor who created it has set it, and outside of all tasks.
    pub fn get(&'static self) -> Option<T>
    where
        T: Clone,
    {
        self.shared().map(|value| T::clone(&value))
    }

    /// Calls `look` with what [`get`](TaskLocal::get) would give, without cloning it.
    pub fn with<R>(&'static self, look: impl FnOnce(Option<&T>) -> R) -> R {
        look(self.shared().as_deref())
    }

    /// Sets it in the running task, and so for tasks that are created by it from now on.
    ///
    /// # Panics
    /// Outside of all tasks.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.replace(Some(Rc::new(value)));
    }

    /// Unsets it in the running task.
    ///
    /// # Panics
    /// Outside of all tasks.
    #[track_caller]
    pub fn unset(&'static self) {
        self.replace(None);
    }

    /// Runs `future` with the variable set to `value`; before and after, and between its polls, it is what it was (Python's `Token` and `reset`).
    ///
    /// ```
    /// use glassloop::TaskLocal;
    ///
    /// static DEPTH: TaskLocal<u32> = TaskLocal::new();
    ///
    /// glassloop::run(async {
    ///     assert_eq!(DEPTH.scope(1, async { DEPTH.get() }).await, Some(1));
    ///     assert_eq!(DEPTH.get(), None);
    /// });
    /// ```
    ///
    /// # Cancel safety
    /// Dropping it drops the future.
    ///
    /// # Panics
    /// Polled outside of all tasks.
    pub async fn scope<F: Future>(&'static self, value: T, future: F) -> F::Output {
        let mut inside = Some(Rc::new(value));
        let mut future = pin!(future);
        poll_fn(|cx| {
            let outside = self.replace(inside.take());
            let _leave = Leave { variable: self, inside: &mut inside, outside };
            future.as_mut().poll(cx)
        })
        .await
    }

    fn id(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = self.id.load(Ordering::Relaxed);
        if id != 0 {
            return id;
        }
        let new = NEXT.fetch_add(1, Ordering::Relaxed);
        match self.id.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => new,
            Err(faster) => faster,
        }
    }

    fn shared(&self) -> Option<Rc<T>> {
        let variables = variables()?;
        let id = self.id();
        let (_, value) = variables.iter().find(|(other, _)| *other == id)?;
        value.clone().downcast().ok()
    }

    /// Gives the running task a list in which the variable is `value`; says what it was.
    #[track_caller]
    fn replace(&self, value: Option<Rc<T>>) -> Option<Rc<T>> {
        let former = self.shared();
        let id = self.id();
        let mut list: Variables = variables().map(|variables| variables.to_vec()).unwrap_or_default();
        list.retain(|(other, _)| *other != id);
        list.extend(value.map(|value| (id, value as Rc<dyn Any>)));
        let list = (!list.is_empty()).then(|| Rc::new(list) as Rc<dyn Any>);
        let set = context::current().is_some_and(|context| context.executor.set_locals(list));
        assert!(set, "glassloop: a task-local is set in a task; none runs here");
        former
    }
}

fn variables() -> Option<Rc<Variables>> {
    context::current()?.executor.locals()?.downcast().ok()
}

/// At the end of a poll, also by a panic: the value of outside comes back, and that of inside is kept for the next poll.
struct Leave<'a, T: 'static> {
    variable: &'static TaskLocal<T>,
    inside: &'a mut Option<Rc<T>>,
    outside: Option<Rc<T>>,
}

impl<T> Drop for Leave<'_, T> {
    fn drop(&mut self) {
        *self.inside = self.variable.replace(self.outside.take());
    }
}

impl<T> fmt::Debug for TaskLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskLocal {{ id: {} }}", self.id())
    }
}
