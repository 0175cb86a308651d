//! What is measured: a workload, its contenders, and the figures that each of them gives.

use std::fmt;

/// One piece of work, done by several contenders. A row of the report, or a few.
#[derive(Debug)]
pub struct Workload {
    /// The table that it stands in.
    pub group: &'static str,
    /// Its name, which a filter looks into.
    pub name: String,
    /// What one step of it is, for the reader of the report.
    pub step: &'static str,
    /// What each contender gives.
    pub metrics: &'static [Metric],
    /// Who does it.
    pub contenders: Vec<Contender>,
}

impl Workload {
    /// Whether its contenders measure themselves.
    pub fn is_whole(&self) -> bool {
        self.contenders.iter().any(|contender| matches!(contender.work, Work::Whole(_)))
    }
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Empty when the workload has only one.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// By how much two figures may differ and still be level: 0.25 is a quarter.
    pub noise: f64,
}

/// CPU time for one step, the only figure of most workloads.
pub const CPU: &[Metric] = &[Metric { name: "", unit: Unit::Nanoseconds, noise: 0.25 }];

/// What a figure is counted in. Of all but the rates, less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of CPU time, mostly.
    Nanoseconds,
    /// Of CPU time or of the clock on the wall.
    Microseconds,
    /// Of the clock on the wall.
    Milliseconds,
    /// Of memory.
    Bytes,
    /// Of memory, if it is a lot.
    Mebibytes,
    /// So many a second.
    Megabytes,
    /// So many times a second.
    PerSecond,
    /// So many times.
    Times,
}

impl Unit {
    /// Whether a greater figure is the better one.
    pub fn more_is_better(self) -> bool {
        matches!(self, Unit::PerSecond | Unit::Megabytes)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Nanoseconds => "ns",
            Unit::Microseconds => "µs",
            Unit::Milliseconds => "ms",
            Unit::Bytes => "B",
            Unit::Mebibytes => "MiB",
            Unit::Megabytes => "MB/s",
            Unit::PerSecond => "1/s",
            Unit::Times => "times",
        })
    }
}

/// A runtime, a client or a server, or one way to set it up.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The column that it stands in: of several ways to set a runtime up, the fastest is shown.
    pub column: &'static str,
    /// Which way this is; empty when there is one.
    pub variant: &'static str,
    /// Why it cannot run on this machine, if it cannot.
    pub missing: fn() -> Option<String>,
    /// Why nobody has to be faster than it, if nobody has to.
    pub not_counted: Option<&'static str>,
}

impl Peer {
    /// A runtime that runs everywhere.
    pub const fn new(column: &'static str, variant: &'static str) -> Peer {
        Peer { column, variant, missing: || None, not_counted: None }
    }

    /// This peer doing a batch of `steps` again and again on one thread. `start` sets all up, and gives the batch.
    pub fn batches(self, steps: u64, start: impl Fn() -> Batch + 'static) -> Contender {
        let start = move || Batches { steps, run: start() };
        Contender { peer: self, with: "", work: Work::Batches(Box::new(start)) }
    }

    /// This peer doing work that measures itself.
    pub fn whole(self, run: impl Fn(Effort) -> Vec<f64> + 'static) -> Contender {
        Contender { peer: self, with: "", work: Work::Whole(Box::new(run)) }
    }
}

/// The least that any runtime has to do. Not a runtime: it can do nothing but the one workload.
pub const LIMIT: Peer = Peer::new("limit", "");

/// One batch of steps. It checks its own output.
pub type Batch = Box<dyn FnMut()>;

/// Batches of steps, one after the other, on what has been set up for them.
pub struct Batches {
    /// How many steps a batch has.
    pub steps: u64,
    /// Runs one.
    pub run: Batch,
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("steps", &self.steps).finish_non_exhaustive()
    }
}

/// Who does a workload, and how.
pub struct Contender {
    /// The runtime.
    pub peer: Peer,
    /// What else it uses, such as another crate's channel; empty if nothing.
    pub with: &'static str,
    /// The work.
    pub work: Work,
}

impl Contender {
    /// The same, with the name of what else it uses.
    pub fn with(self, with: &'static str) -> Contender {
        Contender { with, ..self }
    }

    /// The same, shown but not counted, for this reason.
    pub fn not_counted(mut self, reason: &'static str) -> Contender {
        self.peer.not_counted.get_or_insert(reason);
        self
    }

    /// What tells it from the other contenders of its column.
    pub fn variant(&self) -> String {
        let parts = [self.peer.variant, self.with].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(", ")
    }

    /// What tells it from all other contenders of its workload.
    pub fn label(&self) -> String {
        match self.variant() {
            variant if variant.is_empty() => self.peer.column.to_owned(),
            variant => format!("{} ({variant})", self.peer.column),
        }
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("label", &self.label()).finish_non_exhaustive()
    }
}

/// How a contender is measured.
pub enum Work {
    /// By the CPU time of its thread, over many batches. The function sets all up.
    Batches(Box<dyn Fn() -> Batches>),
    /// By itself, in a process of its own: it gives one figure for each metric of its workload.
    Whole(Box<dyn Fn(Effort) -> Vec<f64>>),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Batches(_) => "Batches",
            Work::Whole(_) => "Whole",
        })
    }
}

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Only to see that it works.
    Quick,
    /// For figures.
    Full,
}

impl Effort {
    /// One of two values.
    pub fn choose<T>(self, quick: T, full: T) -> T {
        match self {
            Effort::Quick => quick,
            Effort::Full => full,
        }
    }
}
