//! Figures as text: a table for a group of workloads.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::child::Trouble;
use super::results::{LIMIT, Measured, OURS, Outcome, Results};

/// The workloads of a group, a row for each figure; under it what a cell cannot say.
pub(super) fn of(results: &Results, group: &str) -> String {
    let mut text = String::new();
    let mut notes = Notes::default();
    let workloads: Vec<&Measured> = results.of_group(group).collect();
    let Some(first) = workloads.first() else { return text };
    let mut columns = first.columns();
    for column in workloads.iter().flat_map(|workload| workload.columns()) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let _ = writeln!(text, "| | {} |", columns.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(columns.len()));
    for workload in &workloads {
        for metric in 0..workload.metrics.len() {
            let unit = workload.metrics[metric].unit;
            let cells: Vec<String> = columns.iter().map(|column| cell(workload, metric, column, &mut notes)).collect();
            let _ = writeln!(text, "| {}, {unit} | {} |", workload.row(metric), cells.join(" | "));
        }
    }
    text.push('\n');
    for workload in &workloads {
        let _ = writeln!(text, "- A step of `{}` is {}.", workload.name, workload.step);
    }
    text + &notes.text(&workloads)
}

fn cell(workload: &Measured, metric: usize, column: &str, notes: &mut Notes) -> String {
    let Some(best) = workload.best(column).filter(|best| !best.figure(metric).is_nan()) else {
        let mut troubles = workload.outcomes.iter().filter(|outcome| outcome.column == column);
        return match troubles.find_map(|outcome| outcome.failure.as_ref()) {
            Some(Trouble::Failed(_)) => "failed".into(),
            Some(Trouble::NotRun(_)) => "not run".into(),
            None => "–".into(),
        };
    };
    let mut text = number(best.figure(metric));
    if best.spread(metric) >= 0.005 {
        let _ = write!(text, " ±{:.0} %", best.spread(metric) * 100.0);
    }
    if column == OURS {
        return format!("**{text}**");
    }
    if let Some(ratio) = workload.ratio(metric, best).filter(|ratio| *ratio > 0.0) {
        let _ = write!(text, " ({})", times(ratio));
    }
    if let Some(reason) = best.not_counted {
        text.push_str(" \\*");
        notes.not_counted(column, workload, reason);
    }
    text
}

#[derive(Default)]
struct Notes {
    /// By column and reason, the workloads.
    not_counted: BTreeMap<(String, &'static str), Vec<String>>,
}

impl Notes {
    fn not_counted(&mut self, column: &str, workload: &Measured, reason: &'static str) {
        let workloads = self.not_counted.entry((column.to_owned(), reason)).or_default();
        if !workloads.contains(&workload.name) {
            workloads.push(workload.name.clone());
        }
    }

    fn text(&self, workloads: &[&Measured]) -> String {
        let mut text = String::new();
        for ((column, reason), names) in &self.not_counted {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(text, "- \\* {column} is not counted in {}: {reason}.", names.join(", "));
        }
        for workload in workloads {
            for column in workload.columns() {
                let variants = || workload.outcomes.iter().filter(|outcome| outcome.column == column);
                if variants().count() > 1 {
                    let all: Vec<String> = variants().map(variant).collect();
                    let _ = writeln!(
                        text,
                        "- {column} in `{}`, of which the best is shown: {}.",
                        workload.name,
                        all.join("; ")
                    );
                }
            }
            for outcome in &workload.outcomes {
                if let Some(failure) = &outcome.failure {
                    let _ = writeln!(text, "- {} in `{}` {failure}.", full_name(outcome), workload.name);
                }
            }
        }
        text
    }
}

fn variant(outcome: &Outcome) -> String {
    let name = if outcome.variant.is_empty() { "by itself" } else { &outcome.variant };
    match outcome.figure(0) {
        figure if figure.is_nan() => format!("{name} failed"),
        figure => format!("{name} {}", number(figure)),
    }
}

/// A contender's column and variant.
pub(super) fn full_name(outcome: &Outcome) -> String {
    match outcome.variant.as_str() {
        "" if outcome.column == LIMIT => "the limit".into(),
        "" => outcome.column.into(),
        variant => format!("{} ({variant})", outcome.column),
    }
}

/// Three digits that count, more before the point if need be; thousands are set apart.
pub(super) fn number(figure: f64) -> String {
    let size = figure.abs();
    if size == 0.0 {
        return "0".into();
    }
    if size < 100.0 {
        return if size < 10.0 { format!("{figure:.2}") } else { format!("{figure:.1}") };
    }
    let digits = format!("{size:.0}");
    let mut text = String::from(if figure < 0.0 { "-" } else { "" });
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many times as good.
pub(super) fn times(ratio: f64) -> String {
    if ratio < 9.95 {
        format!("{ratio:.1}×").replace("0.0×", "<0.1×")
    } else {
        format!("{}×", number(ratio.round()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{outcome, workload};
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, 0.046, 2.345, 23.45, 234.5, 28_978.4, 1_234_567.0, -1234.0];
        assert_eq!(numbers.map(number), ["0", "0.05", "2.35", "23.4", "234", "28,978", "1,234,567", "-1,234"]);
        assert_eq!([0.04, 0.94, 2.5, 10.0, 1234.0].map(times), ["<0.1×", "0.9×", "2.5×", "10.0×", "1,234×"]);
    }

    #[test]
    fn a_table_says_who_failed_and_why() {
        let mut failed = outcome("smol", "", &[]);
        failed.failure = Some(Trouble::Failed("it did not end within 60 s".into()));
        let mut absent = outcome("aiohttp", "", &[]);
        absent.failure = Some(Trouble::NotRun("there is no python3".into()));
        let slow = outcome("tokio", "spawn", &[300.0]);
        let results = Results {
            workloads: vec![workload(
                "spawn_x",
                vec![
                    outcome(OURS, "", &[100.0, 110.0, 90.0]),
                    slow,
                    outcome("tokio", "LocalSet", &[250.0]),
                    failed,
                    absent,
                ],
            )],
        };
        let table = of(&results, "spawn");
        assert!(table.contains("| spawn_x, ns | **100 ±10 %** | 250 (2.5×) | failed | not run |"), "{table}");
        assert!(
            table.contains("- tokio in `spawn_x`, of which the best is shown: spawn 300; LocalSet 250."),
            "{table}"
        );
        assert!(table.contains("- smol in `spawn_x` failed: it did not end within 60 s."), "{table}");
        assert!(table.contains("- aiohttp in `spawn_x` was not run: there is no python3."), "{table}");
    }
}
