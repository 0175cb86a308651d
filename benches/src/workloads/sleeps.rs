//! `sleeps_100k`: 100,000 tasks, each asleep until a moment of its own; the moments are spread evenly over 100 ms, in no order.
//!
//! The first moment comes so late that all are asleep by then. So there are two parts: to create the tasks and to arm the timers, and to
//! fire them while the moments go by. Figures: CPU time of the whole process for each timer, in all and while they fire; how late a
//! task ran (median, 99th of a hundred, latest); and how many ran early, which must be none.
//!
//! Equal for all: the moments, and one reading of the clock by each task before and after its sleep. Not equal: how exact a timer is; wheels
//! count in milliseconds, ordered trees in nanoseconds.
//!
//! The limit: no tasks. A bucket for each millisecond, and a thread that sleeps from one to the next and reads the clock for each entry.

use std::cell::RefCell;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Contender, Effort, LIMIT, Metric, Unit, Workload};
use crate::cpu;
use crate::peers::*;

const METRICS: &[Metric] = &[
    Metric { name: "CPU, all", unit: Unit::Nanoseconds, noise: 0.25 },
    Metric { name: "CPU, firing", unit: Unit::Nanoseconds, noise: 0.25 },
    Metric { name: "late, p50", unit: Unit::Milliseconds, noise: 0.25 },
    Metric { name: "late, p99", unit: Unit::Milliseconds, noise: 0.25 },
    Metric { name: "late, most", unit: Unit::Milliseconds, noise: 0.25 },
    Metric { name: "early", unit: Unit::Times, noise: 0.0 },
];

const SPREAD: Duration = Duration::from_millis(100);
/// From the begin to the first moment.
const LEAD: Duration = Duration::from_millis(500);

fn how_many(effort: Effort) -> u32 {
    effort.choose(10_000, 100_000)
}

thread_local! {
    /// By how many nanoseconds each was late; less than none is early. Not in the tasks, as tokio's have to be `Send`.
    static LATE: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
}

/// The moments, in no order: steps of a stride that shares no factor with their number.
fn moments(begin: Instant, count: u32) -> impl Iterator<Item = Instant> {
    let moment = move |number: u32| {
        let place = u64::from(number) * 61_803 % u64::from(count);
        begin + LEAD + SPREAD.mul_f64(place as f64 / f64::from(count))
    };
    (0..count).map(moment)
}

fn awake(moment: Instant) {
    let now = Instant::now();
    let late = match now.checked_duration_since(moment) {
        Some(late) => late.as_nanos() as i64,
        None => -(moment.duration_since(now).as_nanos() as i64),
    };
    LATE.with_borrow_mut(|all| all.push(late));
}

/// The clocks at the begin, and when all were asleep.
struct Stages {
    begin: Instant,
    cpu_at_begin: Duration,
    cpu_when_asleep: Duration,
}

impl Stages {
    fn begin(count: u32) -> Stages {
        LATE.with_borrow_mut(|all| all.reserve_exact(count as usize));
        let cpu = cpu::of_this_process();
        Stages { begin: Instant::now(), cpu_at_begin: cpu, cpu_when_asleep: cpu }
    }

    fn asleep(&mut self) {
        assert!(self.begin.elapsed() < LEAD, "the first moment came before all were asleep");
        self.cpu_when_asleep = cpu::of_this_process();
    }

    fn figures(&self, count: u32) -> Vec<f64> {
        let cpu_at_end = cpu::of_this_process();
        let each = |time: Duration| time.as_nanos() as f64 / f64::from(count);
        let mut late = LATE.take();
        assert_eq!(late.len(), count as usize, "each runs once");
        late.sort_unstable();
        let millis = |part: usize| late[(late.len() - 1) * part / 100] as f64 / 1e6;
        let early = late.iter().filter(|late| **late < 0).count() as f64;
        let (all, firing) = (cpu_at_end - self.cpu_at_begin, cpu_at_end - self.cpu_when_asleep);
        vec![each(all), each(firing), millis(50), millis(99), millis(100), early]
    }
}

macro_rules! sleeps {
    ($peer:ident) => {
        $peer::PEER.whole(|effort| {
            let count = how_many(effort);
            let mut runtime = $peer::Runtime::new();
            // Warmed up by as many tasks that only begin and end.
            runtime.block_on(async {
                let tasks: Vec<_> = (0..count).map(|_| $peer::spawn(async {})).collect();
                for task in tasks {
                    $peer::join(task).await;
                }
            });
            runtime.block_on(async {
                let mut stages = Stages::begin(count);
                let sleeper = |moment: Instant| async move {
                    $peer::sleep(moment.saturating_duration_since(Instant::now())).await;
                    awake(moment);
                };
                let tasks: Vec<_> = moments(stages.begin, count).map(|moment| $peer::spawn(sleeper(moment))).collect();
                $peer::join($peer::spawn(async {})).await;
                stages.asleep();
                for task in tasks {
                    $peer::join(task).await;
                }
                stages.figures(count)
            })
        })
    };
}

fn limit() -> Contender {
    LIMIT.whole(|effort| {
        let count = how_many(effort);
        let mut stages = Stages::begin(count);
        let mut buckets = vec![Vec::new(); (LEAD + SPREAD).as_millis() as usize + 2];
        for moment in moments(stages.begin, count) {
            let after = moment.duration_since(stages.begin.min(Instant::now()));
            buckets[after.as_nanos().div_ceil(1_000_000) as usize].push(moment);
        }
        stages.asleep();
        for (millis, bucket) in (0..).zip(buckets).filter(|(_, bucket)| !bucket.is_empty()) {
            let due = stages.begin + Duration::from_millis(millis);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            bucket.into_iter().for_each(awake);
        }
        stages.figures(count)
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let mut contenders = on_every_peer_with_drivers!(sleeps);
    contenders.push(limit());
    vec![Workload {
        group: "sleeps",
        name: "sleeps_100k".into(),
        step: "a task that sleeps once",
        metrics: METRICS,
        contenders,
    }]
}
