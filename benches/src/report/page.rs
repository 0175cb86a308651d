//! The page `docs/bench.md`.

use std::fmt::Write;
use std::time::Duration;

use super::results::{LIMIT, OURS, Results};
use super::table::{self, full_name, number, times};
use super::{Request, goals, versions};
use crate::contender::Effort;

/// The whole page.
pub(super) fn of(results: &Results, request: &Request, took: Duration) -> String {
    let mut text = String::from("# Benchmark report\n\n");
    text += &origin(request, took);
    let _ = writeln!(text, "\n## Where glassloop is behind\n\n{}", losses(results));
    let _ = writeln!(text, "\n## What it is to reach\n\n{}", goals(results));
    for group in results.groups() {
        let _ = writeln!(text, "\n## {}\n", title(group));
        let _ = writeln!(text, "![A bar for each figure of the table](charts/{group}.svg)\n");
        text += &table::of(results, group);
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim_end().to_owned() + "\n"
}

fn origin(request: &Request, took: Duration) -> String {
    let mut command = format!("cargo run --release -p glassloop-benches --bin report -- --rounds {}", request.rounds);
    if !request.filter.is_empty() {
        let _ = write!(command, " --filter {}", request.filter);
    }
    let mut text = String::new();
    if request.effort == Effort::Quick {
        command += " --quick";
        text += "**Made with `--quick`, which only shows that everything runs. These figures say nothing.**\n\n";
    }
    let _ = writeln!(text, "This page is written by a program. [Performance](performance.md) says how to read it.\n");
    let _ = writeln!(text, "```sh\n{command}\n```\n");
    let _ =
        writeln!(text, "- Date: {}; rounds: {}; time taken: {} s", versions::today(), request.rounds, took.as_secs());
    let _ = writeln!(text, "- Machine: {}", versions::of_machine().join("; "));
    let peers = versions::of_peers().into_iter().map(|(name, version)| format!("{name} {version}"));
    let _ = writeln!(text, "- Versions: {}", peers.chain(crate::workloads::programs()).collect::<Vec<_>>().join(", "));
    text += "\nA figure is the median of the rounds; behind it, how far the round that is farthest off is from it. In brackets: how many \
        times as good as that glassloop is. Only ratios travel to other machines.\n";
    text
}

fn title(group: &str) -> String {
    if group == "http" {
        return "HTTP".into();
    }
    let mut letters = group.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Every figure in which somebody who counts is better than glassloop, beyond noise; the worst first.
pub(super) fn losses(results: &Results) -> String {
    let mut lost = Vec::new();
    for workload in &results.workloads {
        for (metric, kind) in workload.metrics.iter().enumerate() {
            let Some(best) = workload.best_counted(metric, |_| true) else { continue };
            let Some(ratio) = workload.ratio(metric, best) else { continue };
            if ratio < 1.0 / (1.0 + kind.noise) {
                let ours = workload.best(OURS).map_or(f64::NAN, |ours| ours.figure(metric));
                let limit = workload.best(LIMIT).map_or(f64::NAN, |limit| limit.figure(metric));
                let limit = if limit.is_nan() { "–".to_owned() } else { number(limit) };
                let figures =
                    format!("{} | {} | {limit} | {}", number(ours), number(best.figure(metric)), times(ratio));
                lost.push((
                    ratio,
                    format!("| {}, {} | {} | {figures} |", workload.row(metric), kind.unit, full_name(best)),
                ));
            }
        }
    }
    if lost.is_empty() {
        return "Nowhere, beyond noise, in what was measured.".into();
    }
    lost.sort_by(|one, other| one.0.total_cmp(&other.0));
    let rows: Vec<String> = lost.into_iter().map(|(_, row)| row).collect();
    let head = "| | the best that counts | glassloop | that one | limit | glassloop is |\n| --- | --- | ---: | ---: | ---: | ---: |";
    format!("{head}\n{}", rows.join("\n"))
}

/// The goals, first those that are not met.
pub(super) fn goals(results: &Results) -> String {
    let mut judged = goals::judge(results);
    if judged.is_empty() {
        return "What was measured has no goals.".into();
    }
    let met = judged.iter().filter(|goal| goal.met == Some(true)).count();
    let mut text = format!(
        "{met} of {} met. *2× tokio* is twice as good as tokio.\n\n| | asked for | reached | met |\n| --- | --- | --- | --- |",
        judged.len()
    );
    judged.sort_by_key(|goal| goal.met == Some(true));
    for goal in judged {
        let met = goal.met.map_or("unknown", |met| if met { "yes" } else { "**no**" });
        let _ = write!(text, "\n| {} | {} | {} | {met} |", goal.row, goal.asked, goal.reached);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{outcome, workload};
    use super::*;

    #[test]
    fn losses_come_first_and_the_worst_of_them_is_the_first() {
        let against = |name: &str, ours: f64, theirs: f64| {
            workload(name, vec![outcome(OURS, "", &[ours]), outcome("tokio", "spawn", &[theirs])])
        };
        let results = Results {
            workloads: vec![
                against("spawn_won", 10.0, 30.0),
                against("spawn_lost", 20.0, 10.0),
                against("spawn_level", 11.0, 10.0),
                against("spawn_worst", 90.0, 10.0),
            ],
        };
        let losses = losses(&results);
        let rows: Vec<&str> = losses.lines().skip(2).collect();
        assert_eq!(rows.len(), 2, "{losses}");
        assert_eq!(rows[0], "| spawn_worst, ns | tokio (spawn) | 90.0 | 10.0 | – | 0.1× |");
        assert!(rows[1].starts_with("| spawn_lost, ns |"), "{losses}");
    }
}
