//! Figures as text: a table for a group of workloads.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::child::Trouble;
use super::results::{LIMIT, Measured, OURS, Outcome, Results};

/// The workloads of a group, a row for each figure; under it what a cell cannot say.
pub(super) fn of(results: &Results, group: &str) -> String {
    let mut text = String::new();
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
            let cells: Vec<String> = columns.iter().map(|column| cell(workload, metric, column)).collect();
            let _ = writeln!(text, "| {}, {unit} | {} |", workload.row(metric), cells.join(" | "));
        }
    }
    text.push('\n');
    for workload in &workloads {
        let _ = writeln!(text, "- A step of `{}` is {}.", workload.name, workload.step);
    }
    text + &not_counted(&workloads) + &variants_and_failures(&workloads)
}

fn cell(workload: &Measured, metric: usize, column: &str) -> String {
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
    if best.not_counted.is_some() {
        text.push_str(STAR);
    }
    text
}

/// Stands behind what is shown and not counted.
const STAR: &str = " \\*";

/// What the stars are for: those of whom the same is to be said in the same workloads have one line.
fn not_counted(workloads: &[&Measured]) -> String {
    let mut starred: BTreeMap<(&'static str, String), Vec<String>> = BTreeMap::new();
    for workload in workloads {
        for outcome in workload.outcomes.iter().filter(|outcome| !outcome.rounds.is_empty()) {
            let Some(reason) = outcome.not_counted else { continue };
            // The whole column, unless another way of it counts.
            let whole = workload.best(outcome.column).is_some_and(|best| best.not_counted.is_some());
            let who = if whole { outcome.column.to_owned() } else { full_name(outcome) };
            let names = starred.entry((reason, who)).or_default();
            let name = format!("`{}`", workload.name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut lines: BTreeMap<(&'static str, String), Vec<String>> = BTreeMap::new();
    for ((reason, who), names) in starred {
        lines.entry((reason, names.join(", "))).or_default().push(who);
    }
    let line = |((reason, names), who): (&(&'static str, String), &Vec<String>)| {
        let (who, are) = (who.join(", "), if who.len() == 1 { "is" } else { "are" });
        format!("- \\* {who} {are} not counted in {names}: {reason}.\n")
    };
    lines.iter().map(line).collect()
}

fn variants_and_failures(workloads: &[&Measured]) -> String {
    let mut text = String::new();
    for workload in workloads {
        for column in workload.columns() {
            let variants = || workload.outcomes.iter().filter(|outcome| outcome.column == column);
            if variants().count() > 1 {
                let all = variants().map(variant).collect::<Vec<_>>().join("; ");
                let some_count = variants().any(|outcome| outcome.not_counted.is_none() && outcome.failure.is_none());
                let only_some = some_count && variants().any(|outcome| outcome.not_counted.is_some());
                let best = if only_some { "the best that counts" } else { "the best" };
                let _ = writeln!(text, "- {column} in `{}`, of which {best} is shown: {all}.", workload.name);
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

fn variant(outcome: &Outcome) -> String {
    let name = if outcome.variant.is_empty() { "by itself" } else { &outcome.variant };
    match outcome.figure(0) {
        figure if figure.is_nan() => format!("{name} failed"),
        figure if outcome.not_counted.is_some() => format!("{name} {}{STAR}", number(figure)),
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

    #[test]
    fn what_is_not_counted_has_a_star_and_does_not_hide_what_is() {
        let starred = |column, variant, figure: f64| {
            let mut outcome = outcome(column, variant, &[figure]);
            outcome.not_counted = Some("it does less");
            outcome
        };
        let outcomes = vec![
            outcome(OURS, "", &[100.0]),
            outcome("tokio", "flume", &[300.0]),
            starred("tokio", "a channel each", 50.0),
            starred("smol", "a channel each", 60.0),
            starred("glommio", "", 70.0),
        ];
        let results = Results { workloads: ["spawn_x", "spawn_y"].map(|name| workload(name, outcomes.clone())).into() };
        let table = of(&results, "spawn");
        assert!(table.contains(r"| spawn_x, ns | **100** | 300 (3.0×) | 60.0 (0.6×) \* | 70.0 (0.7×) \* |"), "{table}");
        let who = "glommio, smol, tokio (a channel each) are not counted in `spawn_x`, `spawn_y`: it does less.";
        assert!(table.contains(&format!(r"- \* {who}")), "{table}");
        let ways = r"of which the best that counts is shown: flume 300; a channel each 50.0 \*.";
        assert!(table.contains(&format!("- tokio in `spawn_x`, {ways}")), "{table}");
    }
}
