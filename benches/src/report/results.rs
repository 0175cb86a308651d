//! What the rounds gave.

use super::child::{self, Trouble};
use super::measure::median;
use super::table;
use crate::contender::{Effort, Metric, Workload};
use crate::workloads;

/// The column of whom all this is about.
pub(super) const OURS: &str = "glassloop";

/// The column of the hand-written limits.
pub(super) const LIMIT: &str = "limit";

/// All workloads, measured.
#[derive(Debug)]
pub struct Results {
    /// In the order of the report.
    pub(super) workloads: Vec<Measured>,
}

/// A workload, measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) step: &'static str,
    pub(super) metrics: &'static [Metric],
    pub(super) outcomes: Vec<Outcome>,
}

/// A contender, measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) column: &'static str,
    pub(super) variant: String,
    pub(super) not_counted: Option<&'static str>,
    /// For each round, a figure for each metric.
    pub(super) rounds: Vec<Vec<f64>>,
    /// Why there is none of some round.
    pub(super) failure: Option<Trouble>,
}

impl Outcome {
    /// The median of all rounds; not a number if there is none.
    pub(super) fn figure(&self, metric: usize) -> f64 {
        median(&self.of_rounds(metric))
    }

    /// By what part of the median the rounds differ from it at most.
    pub(super) fn spread(&self, metric: usize) -> f64 {
        let middle = self.figure(metric);
        let off = self.of_rounds(metric).into_iter().map(|figure| (figure - middle).abs());
        off.fold(0.0, f64::max) / middle.abs().max(f64::MIN_POSITIVE)
    }

    fn of_rounds(&self, metric: usize) -> Vec<f64> {
        self.rounds.iter().map(|figures| figures[metric]).filter(|figure| !figure.is_nan()).collect()
    }
}

impl Measured {
    /// The best of a column, if it has any figures: by the first metric, of those that count, if any does.
    pub(super) fn best(&self, column: &str) -> Option<&Outcome> {
        let there = self.outcomes.iter().filter(|outcome| outcome.column == column && !outcome.rounds.is_empty());
        let rank = |outcome: &Outcome| (outcome.not_counted.is_some(), self.badness(outcome, 0));
        there.min_by(|one, other| {
            let ((one, badness), (other, of_other)) = (rank(one), rank(other));
            one.cmp(&other).then(badness.total_cmp(&of_other))
        })
    }

    /// The best of those that we have to be faster than, by this metric.
    pub(super) fn best_counted(&self, metric: usize, wanted: impl Fn(&Outcome) -> bool) -> Option<&Outcome> {
        let columns = self.columns().into_iter().filter(|column| ![OURS, LIMIT].contains(column));
        let all = columns.flat_map(|column| self.outcomes.iter().filter(move |outcome| outcome.column == column));
        let there = all.filter(|outcome| outcome.not_counted.is_none() && !outcome.figure(metric).is_nan());
        there
            .filter(|outcome| wanted(outcome))
            .min_by(|one, other| self.badness(one, metric).total_cmp(&self.badness(other, metric)))
    }

    /// Less is better.
    fn badness(&self, outcome: &Outcome, metric: usize) -> f64 {
        let figure = outcome.figure(metric);
        if self.metrics[metric].unit.more_is_better() { -figure } else { figure }
    }

    /// How many times as good as the other we are: above 1 we are better.
    pub(super) fn ratio(&self, metric: usize, other: &Outcome) -> Option<f64> {
        let (ours, theirs) = (self.best(OURS)?.figure(metric), other.figure(metric));
        let ratio = if self.metrics[metric].unit.more_is_better() { ours / theirs } else { theirs / ours };
        ratio.is_finite().then_some(ratio)
    }

    /// In the order of the tables.
    pub(super) fn columns(&self) -> Vec<&'static str> {
        const ORDER: [&str; 8] = [OURS, LIMIT, "tokio", "smol", "monoio", "compio", "glommio", "LocalPool"];
        let mut columns: Vec<&'static str> = Vec::new();
        for outcome in &self.outcomes {
            if !columns.contains(&outcome.column) {
                columns.push(outcome.column);
            }
        }
        // Stable: what has no place there keeps its order.
        columns.sort_by_key(|column| ORDER.iter().position(|known| known == column).unwrap_or(ORDER.len()));
        columns
    }

    /// Its name, and the metric's if there are several.
    pub(super) fn row(&self, metric: usize) -> String {
        match self.metrics[metric].name {
            "" => self.name.clone(),
            metric => format!("{}: {metric}", self.name),
        }
    }
}

impl Results {
    /// Runs every contender once in each round. Says on stderr how far it is.
    pub fn measure(wanted: Vec<Workload>, rounds: usize, effort: Effort) -> Results {
        let blank = |workload: &Workload| Measured {
            group: workload.group,
            name: workload.name.clone(),
            step: workload.step,
            metrics: workload.metrics,
            outcomes: workload.contenders.iter().map(blank_outcome).collect(),
        };
        let mut all: Vec<Measured> = wanted.iter().map(blank).collect();
        workloads::prepare(&wanted);
        for round in 0..rounds {
            for (workload, measured) in wanted.iter().zip(&mut all) {
                eprintln!("round {} of {rounds}: {}", round + 1, workload.name);
                let count = workload.contenders.len();
                for turn in 0..count {
                    // Another one begins in each round, so that nobody always runs after the same one.
                    let number = (turn + round * count / rounds) % count;
                    let outcome = &measured.outcomes[number];
                    if outcome.failure.is_some() && outcome.rounds.is_empty() {
                        continue; // who hangs takes long, and would again
                    }
                    match child::figures(workload, &workload.contenders[number], effort) {
                        Ok(figures) => measured.outcomes[number].rounds.push(figures),
                        Err(trouble) => {
                            eprintln!("  {} {trouble}", workload.contenders[number].label());
                            measured.outcomes[number].failure = Some(trouble);
                        }
                    }
                }
            }
        }
        Results { workloads: all }
    }

    /// In the order of the report.
    pub(super) fn groups(&self) -> Vec<&'static str> {
        let mut groups: Vec<_> = self.workloads.iter().map(|workload| workload.group).collect();
        groups.dedup();
        groups
    }

    /// The workloads of a group.
    pub(super) fn of_group(&self, group: &str) -> impl Iterator<Item = &Measured> {
        self.workloads.iter().filter(move |workload| workload.group == group)
    }

    /// All tables, for the terminal.
    pub fn tables(&self) -> String {
        self.groups().into_iter().map(|group| format!("\n{group}\n\n{}", table::of(self, group))).collect()
    }
}

fn blank_outcome(contender: &crate::contender::Contender) -> Outcome {
    Outcome {
        column: contender.peer.column,
        variant: contender.variant(),
        not_counted: contender.peer.not_counted,
        ..Outcome::default()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::contender::CPU;

    pub(in crate::report) fn outcome(column: &'static str, variant: &str, figures: &[f64]) -> Outcome {
        let rounds = figures.iter().map(|figure| vec![*figure]).collect();
        Outcome { column, variant: variant.into(), rounds, ..Outcome::default() }
    }

    pub(in crate::report) fn workload(name: &str, outcomes: Vec<Outcome>) -> Measured {
        Measured { group: "spawn", name: name.into(), step: "a step", metrics: CPU, outcomes }
    }

    #[test]
    fn the_fastest_of_a_column_is_shown_and_the_unsound_is_not_counted() {
        let mut unsound = outcome("glommio", "", &[10.0]);
        unsound.not_counted = Some("unsound");
        let measured = workload(
            "w",
            vec![
                outcome("tokio", "spawn", &[40.0, 41.0, 39.0]),
                outcome("tokio", "LocalSet", &[30.0, 33.0, 31.0]),
                unsound,
                outcome(LIMIT, "", &[1.0]),
                outcome(OURS, "", &[20.0]),
            ],
        );
        assert_eq!(measured.best("tokio").expect("figures").variant, "LocalSet");
        let best = measured.best_counted(0, |_| true).expect("figures");
        assert_eq!((best.column, best.figure(0)), ("tokio", 31.0));
        assert_eq!(measured.ratio(0, best), Some(1.55));
        assert_eq!(measured.columns(), [OURS, LIMIT, "tokio", "glommio"]);
    }
}
