//! What there was at each moment of a recorded run, rebuilt from its records.
//!
//! A [`Model`] is given the records in order. Its [`State`] then equals what
//! [`trace::snapshot`](crate::trace::snapshot) said at that moment, described by
//! [`Snapshot::entries`](crate::trace::Snapshot::entries); the tests hold it to that after every event. Its [`Past`]
//! has what a state alone does not tell: since when a task waits, what woke it last, how often it was polled.
//! [`Causes`] goes further back: why each poll came to be.
//!
//! It is written to be ported: maps by number, no references, no clock.
//!
//! ```
//! use glassloop::trace::executor::TaskRef;
//! use glassloop::trace::model::Model;
//! use glassloop::trace::schema::{Entry, Record};
//!
//! let task = TaskRef { task: 1, child: None };
//! let mut model = Model::default();
//! let spawn = Entry::Spawn {
//!     task: Some(task),
//!     parent: None,
//!     children: None,
//!     name: Some("main".into()),
//!     loc: "main.rs:3".into(),
//!     size: 8,
//! };
//! model.apply(&Record { seq: 1, t: 0, entry: spawn.clone() })?;
//! assert_eq!(model.past.title(task), "task 1 \"main\"");
//!
//! let problem = model.apply(&Record { seq: 2, t: 0, entry: spawn }).unwrap_err();
//! assert_eq!(problem.to_string(), "event 2 (Spawn) is impossible: task 1 was born before");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::rc::Rc;

use thiserror::Error;

use super::schema::{Entry, Record};

mod causes;
mod past;
mod queue;
mod reactor;
mod resources;
mod state;
mod tasks;

pub use causes::{Cause, Causes, Link};
pub use past::{Begun, LastWake, Life, Past};
pub use queue::RunQueue;
pub use reactor::{Source, SourceWait, Timer};
pub use resources::{Resource, ResourceWait};
pub use state::{Doing, State, Wait, title_of};
pub use tasks::{Join, Task};

/// An event that cannot come after those before it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("event {seq} ({kind}) is impossible: {why}")]
pub struct Impossible {
    /// Its number.
    pub seq: u64,
    /// What it is.
    pub kind: &'static str,
    /// What speaks against it.
    pub why: String,
}

/// The state that the records so far lead to, and what they say of the past.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What there is.
    pub state: State,
    /// What there was.
    pub past: Past,
    /// The number of the last event; 0 before the first.
    pub seq: u64,
    /// Its time.
    pub t: u64,
}

/// Whether an entry is part of a description, or something that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tense {
    Is,
    Happens,
}

impl Model {
    /// The next record: one with the `seq` 0 describes the state that a recording begins with, the others are what
    /// happened then.
    ///
    /// # Errors
    /// If it cannot come after those before it. The model is of no use then.
    pub fn apply(&mut self, record: &Record<Rc<str>>) -> Result<(), Impossible> {
        let Record { seq, t, entry } = record;
        if *seq == 0 {
            return self.describe(entry, *t);
        }
        let fail = |why| Impossible { seq: *seq, kind: entry.kind(), why };
        if self.seq > 0 && self.seq.checked_add(1) != Some(*seq) {
            return Err(fail(format!("the one before is {}", self.seq)));
        }
        if *t < self.t {
            return Err(fail(format!("it is at {t} ns, the one before at {} ns", self.t)));
        }
        if let Entry::Dropped { count } = entry {
            return Err(fail(format!("{count} events are missing, and without them the state is not known")));
        }
        let woken = self.state.woken_by(entry);
        self.state.apply(entry, Tense::Happens).map_err(fail)?;
        (self.seq, self.t) = (*seq, *t);
        self.past.happened(record);
        if let Some((task, loc)) = woken {
            self.past.resumes(task, loc);
        }
        Ok(())
    }

    /// Part of the state at the time `t`: all parts together describe it.
    ///
    /// # Errors
    /// If it contradicts those before it.
    pub fn describe(&mut self, entry: &Entry<Rc<str>>, t: u64) -> Result<(), Impossible> {
        let fail = |why| Impossible { seq: 0, kind: entry.kind(), why };
        self.state.apply(entry, Tense::Is).map_err(fail)?;
        self.t = self.t.max(t);
        self.past.described(entry, t);
        Ok(())
    }
}
