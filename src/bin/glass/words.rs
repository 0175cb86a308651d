//! Durations, numbers and names as people read them.

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Model, Wait};
use glassloop::trace::reactor::Place;

/// `850 ns`, `12.3 µs`, `1.5 ms`, `2 s`, `5 min 3 s`, `2 h 5 min`.
pub(super) fn duration(nanos: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    match nanos {
        0 => "0 s".into(),
        1..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => three_digits(nanos, 1_000, "µs"),
        1_000_000..SECOND => three_digits(nanos, 1_000_000, "ms"),
        SECOND..60_000_000_000 => three_digits(nanos, SECOND, "s"),
        _ => {
            let seconds = nanos / SECOND;
            let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
            match (days, hours, minutes) {
                (0, 0, _) => two(minutes, "min", seconds % 60, "s"),
                (0, ..) => two(hours, "h", minutes, "min"),
                _ => two(days, "d", hours, "h"),
            }
        }
    }
}

fn three_digits(nanos: u64, unit: u64, name: &str) -> String {
    let value = nanos as f64 / unit as f64;
    let decimals = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{} {name}", trimmed(&format!("{value:.decimals$}")))
}

fn two(first: u64, name: &str, second: u64, of: &str) -> String {
    if second == 0 { format!("{first} {name}") } else { format!("{first} {name} {second} {of}") }
}

/// Without the zeros at the end of its decimals.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// What was found, and the text of the report, which may begin with it.
pub(super) fn finding(what: impl ToString, text: &str) -> String {
    let (what, text) = (what.to_string().replace('_', " "), text.strip_prefix("glassloop: ").unwrap_or(text));
    if text.starts_with(&what) { text.to_owned() } else { format!("{what}: {text}") }
}

/// A moment of a run, to the microsecond.
pub(super) fn moment(nanos: u64) -> String {
    const MS: u64 = 1_000_000;
    match (nanos / MS, nanos % MS / 1_000) {
        (ms, 0) if ms < 10_000 => format!("{ms} ms"),
        (ms, us) if ms < 10_000 => format!("{ms}.{us:03} ms"),
        (ms, us) => format!("{} s", trimmed(&format!("{}.{:03}{us:03}", ms / 1_000, ms % 1_000))),
    }
}

/// `1 task`, `2 tasks`; thousands are told apart.
pub(super) fn count(number: u64, one: &str) -> String {
    let several = if number == 1 { "" } else { "s" };
    format!("{} {one}{several}", thousands(number))
}

pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

/// `first`, `second`, ... `12th`
pub(super) fn ordinal(number: u64) -> String {
    const WORDS: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    match usize::try_from(number).ok().and_then(|number| WORDS.get(number.checked_sub(1)?)) {
        Some(word) => (*word).into(),
        None => {
            let ending = match (number % 10, number % 100 / 10) {
                (1, tens) if tens != 1 => "st",
                (2, tens) if tens != 1 => "nd",
                (3, tens) if tens != 1 => "rd",
                _ => "th",
            };
            format!("{}{ending}", thousands(number))
        }
    }
}

pub(super) fn place(place: Place) -> String {
    match place {
        Place::Due => "the due list".into(),
        Place::Slot { level, slot } => format!("level {level}, slot {slot}"),
        Place::Far => "beyond the wheel".into(),
    }
}

/// The names of a moment.
#[derive(Clone, Copy)]
pub(super) struct Names<'m>(pub(super) &'m Model);

impl Names<'_> {
    pub(super) fn task(self, task: Option<TaskRef>) -> String {
        task.map_or_else(|| "somebody unknown".into(), |task| self.0.past.title(task))
    }

    /// A task, or a gather as a whole: it may have started, and its children remain.
    pub(super) fn target(self, task: u64) -> String {
        self.0.past.title(TaskRef { task, child: None })
    }

    /// `timer 12 (50 ms)`
    pub(super) fn timer(self, timer: u64) -> String {
        let armed = self.0.state.timers.get(&timer).map(|armed| armed.deadline);
        match (armed, self.0.past.waits.get(&Wait::Timer(timer))) {
            (Some(deadline), Some(begun)) => {
                format!("timer {timer} ({})", duration(deadline.saturating_sub(begun.t)))
            }
            _ => format!("timer {timer}"),
        }
    }

    pub(super) fn source(self, source: u64) -> String {
        match self.0.state.sources.get(&source) {
            Some(known) => format!("source {source} ({})", known.label),
            None => format!("source {source}"),
        }
    }

    pub(super) fn resource(self, resource: u64) -> String {
        self.0.state.resource_title(resource)
    }

    /// `get of Queue "jobs"`
    pub(super) fn wanted(self, wait: Wait) -> String {
        let op = self.0.state.wait_site(wait).map_or("", |(op, _)| op);
        match wait {
            Wait::Timer(timer) => self.timer(timer),
            Wait::Source { source, .. } => format!("{op} of {}", self.source(source)),
            Wait::Resource { resource, .. } => format!("{op} of {}", self.resource(resource)),
            Wait::Join(target) => format!("the end of {}", self.target(target)),
        }
    }

    /// `get of Queue "jobs" at jobs.rs:12`
    pub(super) fn wait(self, wait: Wait) -> String {
        let loc = self.0.state.wait_site(wait).map_or("", |(_, loc)| loc);
        format!("{} at {loc}", self.wanted(wait))
    }

    /// All that a task waits for.
    pub(super) fn waits(self, task: TaskRef) -> Option<String> {
        let waits: Vec<String> = self.0.state.waits(task).map(|wait| self.wait(wait)).collect();
        (!waits.is_empty()).then(|| waits.join(" and for "))
    }
}
