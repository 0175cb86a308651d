//! `threads_handoff`: a number goes from another thread to a task and is answered. A step is there and back, by the clock on the wall.
//!
//! Equal for all: the thread (it parks until it is answered), the mailbox with the task's waker, that nothing else is to be done, so
//! that both sides fall asleep each time. Not equal: how a loop is woken, and whether it spins for a moment before it sleeps. glommio is left
//! out: its wakers must not be used on another thread.
//!
//! The limit: two threads that park and unpark each other. Two that spin are shown, too: that takes a core each.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use crate::contender::{Contender, Effort, LIMIT, Metric, Unit, Workload};
use crate::peers::*;

const METRICS: &[Metric] = &[Metric { name: "", unit: Unit::Microseconds, noise: 0.4 }];

/// Numbers begin at 1: none is 0.
#[derive(Default)]
struct Mailbox {
    number: AtomicU64,
    waker: Mutex<Option<Waker>>,
    answer: AtomicU64,
}

impl Mailbox {
    fn post(&self, number: u64) {
        self.number.store(number, Ordering::Release);
        let waker = self.waker.lock().expect("nobody panics").take();
        waker.into_iter().for_each(Waker::wake);
    }
}

struct Receive<'m>(&'m Mailbox);

impl Future for Receive<'_> {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        // Left before the look, so that no number comes between the two.
        *self.0.waker.lock().expect("nobody panics") = Some(cx.waker().clone());
        match self.0.number.swap(0, Ordering::Acquire) {
            0 => Poll::Pending,
            number => Poll::Ready(number),
        }
    }
}

fn warm_up(effort: Effort) -> u64 {
    effort.choose(10, 500)
}

fn rounds(effort: Effort) -> u64 {
    effort.choose(200, 10_000)
}

/// The other thread's side: `send` it, and park until it is answered. Gives microseconds for a round.
fn ask(effort: Effort, mailbox: &Mailbox, send: impl Fn(u64), wait: impl Fn()) -> f64 {
    let mut begin = Instant::now();
    for number in 1..=warm_up(effort) + rounds(effort) {
        if number == warm_up(effort) + 1 {
            begin = Instant::now();
        }
        send(number);
        while mailbox.answer.load(Ordering::Acquire) != number {
            wait();
        }
    }
    begin.elapsed().as_nanos() as f64 / 1e3 / rounds(effort) as f64
}

macro_rules! handoff {
    ($peer:ident) => {
        $peer::PEER.whole(|effort| {
            let mailbox = Arc::new(Mailbox::default());
            let theirs = mailbox.clone();
            let other = thread::spawn(move || ask(effort, &theirs, |number| theirs.post(number), thread::park));
            let asker = other.thread().clone();
            $peer::Runtime::new().block_on(async move {
                let answering = async move {
                    for expected in 1..=warm_up(effort) + rounds(effort) {
                        let number = Receive(&mailbox).await;
                        assert_eq!(number, expected);
                        mailbox.answer.store(number, Ordering::Release);
                        asker.unpark();
                    }
                };
                $peer::join($peer::spawn(answering)).await;
            });
            vec![other.join().expect("it does not panic")]
        })
    };
}

/// Two threads, each of which waits so, and wakes the other so.
fn two_threads(wait: fn(), wake: fn(&Thread)) -> Contender {
    LIMIT.whole(move |effort| {
        let mailbox = Arc::new(Mailbox::default());
        let (theirs, asker) = (mailbox.clone(), thread::current());
        let other = thread::spawn(move || {
            for expected in 1..=warm_up(effort) + rounds(effort) {
                while theirs.number.load(Ordering::Acquire) != expected {
                    wait();
                }
                theirs.answer.store(expected, Ordering::Release);
                wake(&asker);
            }
        });
        let answerer = other.thread().clone();
        let send = |number| {
            mailbox.number.store(number, Ordering::Release);
            wake(&answerer);
        };
        let each = ask(effort, &mailbox, send, wait);
        other.join().expect("it does not panic");
        vec![each]
    })
}

fn spin() {
    // With fewer cores than threads, the other one has to be let in.
    (0..100).for_each(|_| std::hint::spin_loop());
    thread::yield_now();
}

pub(super) fn workloads() -> Vec<Workload> {
    let mut contenders = of_each!(handoff: glassloop tokio tokio_local smol local_pool ; monoio monoio_epoll compio);
    contenders.push(two_threads(thread::park, Thread::unpark));
    contenders.push(two_threads(spin, |_| ()).with("spinning").not_counted("it takes a core for each side"));
    vec![Workload {
        group: "threads",
        name: "threads_handoff".into(),
        step: "a number to a task and its answer",
        metrics: METRICS,
        contenders,
    }]
}
