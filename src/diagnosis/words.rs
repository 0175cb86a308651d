//! Tasks, durations and numbers as people read them.

use std::panic::Location;
use std::time::Duration;

use glassloop_executor::TaskRef;

/// `(created at jobs.rs:12:5)`, and of a gather and its children, `(gathered at jobs.rs:12:5)`.
pub(crate) fn born(is_of_gather: bool, location: &Location<'_>) -> String {
    born_by(is_of_gather, location, &None)
}

/// `(created at jobs.rs:12:5 by task 3 "foreman")`, if it is known by whom.
pub(crate) fn born_by(is_of_gather: bool, location: &Location<'_>, by: &Option<String>) -> String {
    let how = if is_of_gather { "gathered" } else { "created" };
    let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("({how} at {location}{by})")
}

/// A task, or a gather as a whole, which nobody gives a name.
pub(crate) fn title(task: TaskRef, name: &str, is_gather: bool) -> String {
    if is_gather { format!("gather {task}") } else { task.title(name) }
}

/// `2 s`, `1.5 s`, `150 ms`, `12.3 µs`: three digits that count.
pub(crate) fn duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 2] = [(1_000_000_000, "s"), (1_000_000, "ms")];
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0 ms".into();
    }
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| nanos >= *unit).unwrap_or((1_000, "µs"));
    let value = nanos as f64 / unit as f64;
    let decimals = if value >= 99.95 { 0 } else { 1 + usize::from(value < 9.995) };
    let number = format!("{value:.decimals$}");
    let number = if decimals > 0 { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    format!("{number} {name}")
}

/// `100,000`.
pub(crate) fn thousands(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_that_count() {
        let words = |nanos| duration(Duration::from_nanos(nanos));
        assert_eq!([0, 7, 12_345, 150_000_000].map(words), ["0 ms", "0.01 µs", "12.3 µs", "150 ms"]);
        assert_eq!(
            [100_001_485, 999_960_000, 2_000_000_000, 3_600_000_000_000].map(words),
            ["100 ms", "1000 ms", "2 s", "3600 s"]
        );
        assert_eq!([1_000_000, 1_049_000, 9_996_000, 1_500_000_000].map(words), ["1 ms", "1.05 ms", "10 ms", "1.5 s"]);
    }
}
