//! What whoever looks sees of a resource and of those who wait for it, and what is told of its changes.

use std::panic::Location;
use std::rc::Rc;

use glassloop_executor::TaskRef;

/// A resource at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// What it is: `"queue"`, `"threads"`, `"lock"`, `"semaphore"`, `"event"`, `"condition"`, `"barrier"` or `"promise"`.
    pub kind: &'static str,
    /// What it was made as.
    pub about: About,
    /// Who has a lock that is held: the task that took it.
    pub holder: Option<TaskRef>,
    /// How much is in it: a queue's items, the free permits of a semaphore (a lock has one), who has arrived at a barrier;
    /// 1 for an event that is set and a promise that has its outcome.
    pub len: usize,
    /// How much is still to come: a queue's items that are not done with, permits that are held, who is missing at a
    /// barrier; 1 for a promise without outcome.
    pub unfinished: usize,
    /// In the order of arrival.
    pub waits: Vec<SeenWait>,
}

/// What a resource was made as.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// The name it was given.
    pub name: Option<Rc<str>>,
    /// Where in the source it was made, if that is the program's and not ours.
    pub location: Option<&'static Location<'static>>,
    /// A queue's bound.
    pub cap: Option<usize>,
}

/// One waiter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenWait {
    /// Its place in the line.
    pub number: u64,
    /// Who it is; `None` once it has been woken, for a task that is gone, and behind a foreign combinator.
    pub task: Option<TaskRef>,
    /// What it wants.
    pub operation: &'static str,
    /// Where in the source.
    pub location: &'static Location<'static>,
    /// Woken, but it has not had its turn yet.
    pub woken: bool,
}

/// A change of a resource, told after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It came to be; what it is.
    New(&'static str, About),
    /// It was given a name.
    Name(Rc<str>),
    /// It is gone.
    Gone,
    /// What is in it, and what is unfinished, after something was done.
    Len {
        /// What was done: `"put"`, `"get"`, `"acquire"`, `"release"`, `"set"`, ...; by whoever is being polled. `"acquire outside"`: by no task of
        /// this loop.
        op: &'static str,
        /// As in [`Seen`].
        len: usize,
        /// As in [`Seen`].
        unfinished: usize,
    },
    /// Somebody waits; also one who comes back to its place, or with another waker.
    WaitOn(SeenWait),
    /// The waiter with this number was woken.
    Woken(u64),
    /// The waiter with this number waits no longer.
    WaitOff(u64),
}
