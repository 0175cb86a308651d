//! What glassloop is to reach, in one table, and whether it does.

use super::results::{LIMIT, Measured, OURS, Outcome, Results};
use super::table::{full_name, number, times};

/// Something that is to be reached.
#[derive(Debug)]
struct Goal {
    workload: &'static str,
    /// Empty when the workload has only one.
    metric: &'static str,
    need: Need,
}

#[derive(Debug)]
enum Need {
    /// So many times as good.
    Times(f64, Rival),
    /// At most this part of the rival's figure.
    Part(f64, Rival),
    /// No worse than the noise of the metric allows.
    Level(Rival),
    /// A figure of at most this.
    AtMost(f64),
    /// At most this more than the limit's figure.
    OverLimit(f64),
}

#[derive(Clone, Copy, Debug)]
enum Rival {
    /// Of this column.
    Only(&'static str),
    /// The best of those that count: sound and fair.
    Best,
    /// The best of those by futures' `join_all`.
    JoinAll,
}

const TOKIO: Rival = Rival::Only("tokio");
const HYPER: Rival = Rival::Only("hyper");

const fn goal(workload: &'static str, metric: &'static str, need: Need) -> Goal {
    Goal { workload, metric, need }
}

const GOALS: &[Goal] = &[
    goal("spawn_join_100k", "", Need::Times(3.5, TOKIO)),
    goal("spawn_join_100k", "", Need::Times(1.0, Rival::Best)),
    goal("spawn_one_by_one_root", "", Need::Times(8.0, TOKIO)),
    goal("spawn_one_by_one_task", "", Need::Times(4.5, TOKIO)),
    goal("yield_1_task", "", Need::Times(2.5, TOKIO)),
    goal("yield_1_task", "", Need::Times(1.7, Rival::Best)),
    goal("yield_1000_tasks", "", Need::Times(2.3, TOKIO)),
    goal("yield_1000_tasks", "", Need::Times(1.7, Rival::Best)),
    goal("yield_now_1_task", "", Need::Times(20.0, TOKIO)),
    goal("ping_pong", "", Need::Times(3.0, Rival::Best)),
    goal("queue_128_4p4c", "", Need::Times(2.5, Rival::Best)),
    goal("queue_128_4p1c", "", Need::Times(1.5, Rival::Best)),
    goal("gather_ready", "", Need::Times(6.0, Rival::JoinAll)),
    goal("gather_yield_once", "", Need::Times(3.0, Rival::JoinAll)),
    goal("gather_one_woken", "", Need::Level(Rival::JoinAll)),
    goal("timer_create_cancel", "", Need::Times(1.6, Rival::Best)),
    goal("timer_create_cancel_100k_live", "", Need::Times(1.6, Rival::Best)),
    goal("timer_reset", "", Need::Level(Rival::Best)),
    goal("timer_timeout_ready", "", Need::Level(Rival::Best)),
    goal("sleeps_100k", "CPU, all", Need::Times(1.8, Rival::Best)),
    goal("sleeps_100k", "CPU, firing", Need::Times(1.5, Rival::Best)),
    goal("sleeps_100k", "late, p99", Need::OverLimit(2.0)),
    goal("sleeps_100k", "early", Need::AtMost(0.0)),
    goal("memory_parked", "", Need::AtMost(160.0)),
    goal("threads_flood", "who wakes", Need::Level(TOKIO)),
    goal("threads_handoff", "", Need::Level(Rival::Best)),
    goal("echo_50", "requests", Need::Level(Rival::Best)),
    goal("echo_50", "user CPU", Need::Part(0.8, TOKIO)),
    goal("echo_50", "system calls", Need::AtMost(2.05)),
    goal("http_get_1", "CPU", Need::Part(0.85, HYPER)),
    goal("http_get_1", "CPU", Need::Times(2.0, Rival::Only("reqwest"))),
    goal("http_get_1", "CPU", Need::Times(15.0, Rival::Only("aiohttp"))),
    goal("http_get_64", "CPU", Need::Part(0.85, HYPER)),
    goal("http_get_64", "CPU", Need::Times(2.0, Rival::Only("reqwest"))),
    goal("http_get_64", "CPU", Need::Times(15.0, Rival::Only("aiohttp"))),
    goal("http_stream_100mb", "speed", Need::Times(0.8, Rival::Only("curl"))),
    goal("http_stream_100mb", "memory", Need::AtMost(16.0)),
    goal("http_server_hello", "requests", Need::Times(0.9, HYPER)),
];

/// A goal, held against the results.
#[derive(Debug)]
pub(super) struct Judged {
    /// The workload, and the metric if it has several.
    pub(super) row: String,
    /// What was asked for.
    pub(super) asked: String,
    /// What is there.
    pub(super) reached: String,
    /// Whether that is enough; nothing if a figure is missing.
    pub(super) met: Option<bool>,
}

/// The goals of the workloads that were measured.
pub(super) fn judge(results: &Results) -> Vec<Judged> {
    let mut judged = Vec::new();
    for goal in GOALS {
        let Some(measured) = results.workloads.iter().find(|measured| measured.name == goal.workload) else { continue };
        let metric = measured.metrics.iter().position(|metric| metric.name == goal.metric);
        judged.push(held_against(measured, metric.expect("a goal names a metric of its workload"), &goal.need));
    }
    judged
}

fn held_against(measured: &Measured, metric: usize, need: &Need) -> Judged {
    let unit = measured.metrics[metric].unit;
    let ours = measured.best(OURS).map_or(f64::NAN, |ours| ours.figure(metric));
    let row = measured.row(metric);
    let ratio = |rival| {
        let rival: &Outcome = find(measured, metric, rival)?;
        let ratio = measured.ratio(metric, rival)?;
        Some((ratio, format!("{} {}", times(ratio), full_name(rival))))
    };
    let against = |rival, least: f64, asked: String| {
        let (met, reached) = match ratio(rival) {
            Some((ratio, reached)) => (Some(ratio >= least), reached),
            None => (None, "no figure".to_owned()),
        };
        Judged { row: row.clone(), asked, reached, met }
    };
    let at_most = |most: f64, asked: String| {
        let met = (!ours.is_nan() && !most.is_nan()).then_some(ours <= most);
        let reached = if ours.is_nan() { "no figure".into() } else { format!("{} {unit}", number(ours)) };
        Judged { row: row.clone(), asked, reached, met }
    };
    match *need {
        Need::Times(1.0, rival) => against(rival, 1.0, format!("no worse than {}", name(rival))),
        Need::Times(least, rival) => against(rival, least, format!("at least {least}× {}", name(rival))),
        Need::Part(part, rival) => {
            let judged = against(rival, 1.0 / part, format!("at most {part}× what {} takes", name(rival)));
            let taken = ratio(rival).map(|(ratio, _)| format!("{:.2}× what it takes", 1.0 / ratio));
            Judged { reached: taken.unwrap_or(judged.reached), ..judged }
        }
        Need::Level(rival) => {
            let noise = measured.metrics[metric].noise;
            let asked = format!("level with {}, give or take {:.0} %", name(rival), noise * 100.0);
            against(rival, 1.0 / (1.0 + noise), asked)
        }
        Need::AtMost(0.0) => at_most(0.0, "none".into()),
        Need::AtMost(most) => at_most(most, format!("at most {} {unit}", number(most))),
        Need::OverLimit(more) => {
            let limit = measured.best(LIMIT).map_or(f64::NAN, |limit| limit.figure(metric));
            at_most(limit + more, format!("at most {} {unit} (the limit + {more} {unit})", number(limit + more)))
        }
    }
}

fn name(rival: Rival) -> &'static str {
    match rival {
        Rival::Only(column) => column,
        Rival::Best => "the best that counts",
        Rival::JoinAll => "the best join_all",
    }
}

fn find(measured: &Measured, metric: usize, rival: Rival) -> Option<&Outcome> {
    match rival {
        Rival::Only(column) => measured.best_counted(metric, |outcome| outcome.column == column),
        Rival::Best => measured.best_counted(metric, |_| true),
        Rival::JoinAll => measured.best_counted(metric, |outcome| outcome.variant.contains("join_all")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{outcome, workload};
    use super::*;

    #[test]
    fn every_goal_is_about_something_that_is_measured() {
        let workloads = crate::workloads::all();
        for goal in GOALS {
            let workload = workloads.iter().find(|workload| workload.name == goal.workload);
            let metrics = workload.unwrap_or_else(|| panic!("there is no workload {}", goal.workload)).metrics;
            assert!(metrics.iter().any(|metric| metric.name == goal.metric), "{}: {}", goal.workload, goal.metric);
        }
    }

    #[test]
    fn a_goal_is_met_or_not_or_nobody_knows() {
        let ours_against = |ours: f64, tokio: &[f64], smol: &[f64]| {
            let outcomes = vec![outcome(OURS, "", &[ours]), outcome("tokio", "", tokio), outcome("smol", "", smol)];
            let judged = judge(&Results { workloads: vec![workload("spawn_join_100k", outcomes)] });
            judged.iter().map(|judged| judged.met).collect::<Vec<_>>()
        };
        assert_eq!(ours_against(100.0, &[350.0], &[99.0]), [Some(true), Some(false)]);
        assert_eq!(ours_against(101.0, &[350.0], &[102.0]), [Some(false), Some(true)]);
        assert_eq!(ours_against(101.0, &[], &[102.0]), [None, Some(true)]);
    }
}
