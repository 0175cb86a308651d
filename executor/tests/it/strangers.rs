//! Our futures inside a stranger's combinator, which polls with wakers of its own and only what was woken.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use glassloop_executor::Never;

use crate::common::{Counts, Gate, drain, executor, outcome, spawn, tick, yield_times};
use crate::gather::{ended, group};

/// What the wakers of an [`Unordered`] share: who was woken, and who polls the whole.
#[derive(Default)]
struct Woken {
    indices: Mutex<VecDeque<usize>>,
    parent: Mutex<Option<Waker>>,
}

struct Child {
    index: usize,
    woken: Arc<Woken>,
}

impl Wake for Child {
    fn wake(self: Arc<Self>) {
        self.woken.indices.lock().unwrap().push_back(self.index);
        let parent = self.woken.parent.lock().unwrap().clone();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

/// As `FuturesUnordered`: gives the outputs of all, in the order in which they came.
struct Unordered<F: Future> {
    futures: Vec<Option<Pin<Box<F>>>>,
    woken: Arc<Woken>,
    outputs: Vec<F::Output>,
}

impl<F: Future> Unordered<F> {
    fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let futures: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
        let woken = Woken { indices: Mutex::new((0..futures.len()).collect()), parent: Mutex::default() };
        Unordered { futures, woken: Arc::new(woken), outputs: Vec::new() }
    }
}

impl<F: Future<Output: Unpin>> Future for Unordered<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        *this.woken.parent.lock().unwrap() = Some(cx.waker().clone());
        loop {
            let Some(index) = this.woken.indices.lock().unwrap().pop_front() else { break };
            let waker = Waker::from(Arc::new(Child { index, woken: this.woken.clone() }));
            if let Some(future) = &mut this.futures[index]
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                this.futures[index] = None;
                this.outputs.push(output);
            }
        }
        if this.futures.iter().all(Option::is_none) {
            Poll::Ready(std::mem::take(&mut this.outputs))
        } else {
            Poll::Pending
        }
    }
}

#[test]
fn pitfall_18_tasks_under_a_foreign_combinator() {
    let executor = executor();
    let tasks = [3, 1, 2].map(|steps| {
        spawn(&executor, async move {
            yield_times(steps).await;
            steps
        })
    });
    let mut all = spawn(&executor, Unordered::new(tasks));
    drain(&executor);
    let values: Vec<usize> = outcome(&executor, &mut all).unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn pitfall_18_groups_under_a_foreign_combinator() {
    let executor = executor();
    let groups = [2, 1].map(|steps| ended(group::<Never, _>(&executor, [yield_times(steps), yield_times(steps)])));
    let mut all = spawn(&executor, Unordered::new(groups));
    drain(&executor);
    assert_eq!(outcome(&executor, &mut all).unwrap().len(), 2);
}

/// The stranger's waker is kept by our waiter node and woken from another thread: only the one that was woken is polled.
#[test]
fn pitfall_18_a_foreign_combinator_woken_from_another_thread() {
    let executor = executor();
    let gates: Vec<Gate> = (0..3).map(|_| Gate::default()).collect();
    let counts: Vec<Counts> = (0..3).map(|_| Counts::default()).collect();
    let futures = gates.iter().zip(&counts).map(|(gate, counts)| counts.of(gate.wait()));
    let all = spawn(&executor, Unordered::new(futures));
    tick(&executor);
    let waker = gates[1].waker();
    thread::spawn(move || waker.wake()).join().unwrap();
    tick(&executor);
    assert_eq!(counts.iter().map(Counts::polls).collect::<Vec<_>>(), [1, 2, 1]);
    executor.enter(|| gates.iter().for_each(Gate::open));
    drain(&executor);
    assert!(all.is_done());
    // It was handed a clone of its task's waker: somebody unknown may hold one.
    let escaped = spawn(&executor, Unordered::new([Gate::default().wait()]));
    tick(&executor);
    assert!(executor.snapshot().tasks[0].escaped);
    drop(escaped);
}

/// The combinator goes, and its children's wakers stay: woken later, they wake nothing of ours.
#[test]
fn a_foreign_combinator_dropped_while_it_waits() {
    let executor = executor();
    let gate = Gate::default();
    let inner = spawn(&executor, gate.wait());
    let all = spawn(&executor, Unordered::new([inner]));
    tick(&executor);
    executor.enter(|| all.cancel());
    tick(&executor);
    assert!(all.is_cancelled());
    executor.enter(|| gate.open());
    assert_eq!(drain(&executor), 1);
    assert!(executor.snapshot().tasks.is_empty());
}
