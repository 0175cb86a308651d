//! What is wrong with a program, found while it runs, and said with names and places in the source.
//!
//! | what | when | by |
//! | --- | --- | --- |
//! | a certain deadlock | always | [`deadlock`](crate::deadlock), with the [`picture`] of who waits for what |
//! | tasks that await each other | always | [`cycles`](crate::cycles) |
//! | a failure that nobody collects | always | the executor |
//! | a lost wake | in debug mode, and while a trace is recorded | `lost` |
//! | a poll that holds the loop up | in debug mode | [`debug`](crate::debug), with `known` for what came before it |
//! | a task that only wakes itself | in debug mode | `busy` |
//! | a task never polled, or pending at the end | in debug mode | [`debug`](crate::debug), with `left` for what it waited for |
//! | a possible deadlock | in debug mode | [`debug`](crate::debug) |
//!
//! Each is a fact, or it is not said. What cannot be known here: that a future was made and dropped without an await.
//! Most futures are the compiler's own, of which a loop first hears when they are polled; the compiler warns of those it
//! sees unused (`unused_must_use`).

use std::fmt;
use std::panic::Location;

#[cfg(feature = "trace")]
pub(crate) mod busy;
#[cfg(feature = "trace")]
pub(crate) mod known;
#[cfg(feature = "trace")]
pub(crate) mod left;
#[cfg(feature = "trace")]
mod lost;
pub(crate) mod picture;
mod resources;
#[cfg(feature = "trace")]
mod table;
mod waits;
#[cfg(feature = "trace")]
pub(crate) mod watch;
pub(crate) mod words;

/// The children of a gather that the loop leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeftChildren {
    /// How many of them have not ended.
    pub pending: u32,
    /// How many there are.
    pub all: u32,
}

/// A wait that a task has behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastWait {
    /// What it waited for.
    pub what: String,
    /// Where in the source.
    pub location: &'static Location<'static>,
}

impl fmt::Display for LastWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LastWait { what, location } = self;
        write!(f, "{what} at {location}")
    }
}
