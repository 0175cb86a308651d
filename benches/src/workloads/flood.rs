//! `threads_flood`: another thread wakes 64 tasks in turn, a million times, while the loop runs. A step is a wake.
//!
//! Figures: CPU time of the thread that wakes, and CPU time of both threads. Equal for all: the tasks, which do nothing when polled. Not
//! equal: how often a task is polled for its wakes, as that depends on how the threads run. glommio is left out: its wakers must not be used on
//! another thread.
//!
//! The limit: one read-modify-write of a flag for each wake.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::contender::{Contender, Effort, LIMIT, Metric, Unit, Workload};
use crate::cpu;
use crate::peers::*;

const METRICS: &[Metric] = &[
    Metric { name: "who wakes", unit: Unit::Nanoseconds, noise: 0.4 },
    Metric { name: "both threads", unit: Unit::Nanoseconds, noise: 0.4 },
];

const TASKS: usize = 64;

fn wakes(effort: Effort) -> usize {
    effort.choose(20_000, 1_000_000)
}

#[derive(Default)]
struct Flood {
    wakers: Mutex<Vec<Waker>>,
    over: AtomicBool,
}

/// Leaves its waker once, and waits for the end. A task keeps its waker, on all runtimes here.
struct Woken {
    flood: Arc<Flood>,
    has_left_it: bool,
}

impl Future for Woken {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        if self.flood.over.load(Ordering::Acquire) {
            return Poll::Ready(1);
        }
        if !std::mem::replace(&mut self.has_left_it, true) {
            self.flood.wakers.lock().expect("nobody panics").push(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// The other thread's side: CPU time for a wake, its own and of both.
fn wake_all(flood: &Flood, wakes: usize) -> Vec<f64> {
    let wakers = loop {
        let there = flood.wakers.lock().expect("nobody panics").clone();
        if there.len() == TASKS {
            break there;
        }
        thread::yield_now();
    };
    let (own, both) = (cpu::of_this_thread(), cpu::of_this_process());
    for number in 0..wakes {
        wakers[number % TASKS].wake_by_ref();
    }
    let each = |time: Duration| time.as_nanos() as f64 / wakes as f64;
    let figures = vec![each(cpu::of_this_thread() - own), each(cpu::of_this_process() - both)];
    flood.over.store(true, Ordering::Release);
    wakers.into_iter().for_each(Waker::wake);
    figures
}

macro_rules! flood {
    ($peer:ident) => {
        $peer::PEER.whole(|effort| {
            let flood = Arc::new(Flood::default());
            let theirs = flood.clone();
            let other = thread::spawn(move || wake_all(&theirs, wakes(effort)));
            let ended: u64 = $peer::Runtime::new().block_on(async move {
                let woken = || Woken { flood: flood.clone(), has_left_it: false };
                let tasks: Vec<_> = (0..TASKS).map(|_| $peer::spawn(woken())).collect();
                let mut ended = 0;
                for task in tasks {
                    ended += $peer::join(task).await;
                }
                ended
            });
            assert_eq!(ended, TASKS as u64);
            other.join().expect("it does not panic")
        })
    };
}

/// One thread sets flags, the other clears them, as long as it takes.
fn limit() -> Contender {
    LIMIT.whole(|effort| {
        let flags: Arc<[AtomicBool; TASKS]> = Arc::new([const { AtomicBool::new(false) }; TASKS]);
        let over = Arc::new(AtomicBool::new(false));
        let (theirs, theirs_over) = (flags.clone(), over.clone());
        let other = thread::spawn(move || {
            while !theirs_over.load(Ordering::Acquire) {
                for flag in &*theirs {
                    flag.swap(false, Ordering::AcqRel);
                }
            }
        });
        let (own, both) = (cpu::of_this_thread(), cpu::of_this_process());
        for number in 0..wakes(effort) {
            flags[number % TASKS].swap(true, Ordering::AcqRel);
        }
        let each = |time: Duration| time.as_nanos() as f64 / wakes(effort) as f64;
        let figures = vec![each(cpu::of_this_thread() - own), each(cpu::of_this_process() - both)];
        over.store(true, Ordering::Release);
        other.join().expect("it does not panic");
        figures
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let mut contenders = of_each!(flood: glassloop tokio tokio_local smol local_pool ; monoio monoio_epoll compio);
    contenders.push(limit());
    vec![Workload { group: "threads", name: "threads_flood".into(), step: "a wake", metrics: METRICS, contenders }]
}
