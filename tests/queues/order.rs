//! What comes out first, and that nothing else depends on it.

use std::cmp::{Ordering, Reverse};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use glassloop::queue::{Buffer, QueueOver};
use glassloop::{
    GetNowaitError, LifoQueue, PriorityQueue, PutNowaitError, Queue, TaskDoneTooOften, create_task, sleep, yield_now,
};

use crate::common::{ms, run};

fn drain<B: Buffer>(queue: &QueueOver<B>) -> Vec<B::Item> {
    std::iter::from_fn(|| queue.get_nowait().ok()).collect()
}

#[test]
fn p01_the_smallest_first() {
    let queue = PriorityQueue::new();
    for number in [5, 1, 4, 2, 3] {
        queue.put_nowait(number).unwrap();
    }
    assert_eq!(drain(&queue), [1, 2, 3, 4, 5]);

    let greatest_first = PriorityQueue::new();
    for number in [5, 1, 4] {
        greatest_first.put_nowait(Reverse(number)).unwrap();
    }
    assert_eq!(drain(&greatest_first), [Reverse(5), Reverse(4), Reverse(1)]);
}

#[test]
fn p02_the_newest_first() {
    let queue = LifoQueue::new();
    queue.put_nowait(1).unwrap();
    queue.put_nowait(2).unwrap();
    assert_eq!(queue.get_nowait(), Ok(2));
    queue.put_nowait(3).unwrap();
    assert_eq!(drain(&queue), [3, 1]);
}

/// Compared by its priority only.
#[derive(Clone, Copy, Debug)]
struct Job {
    priority: u32,
    name: usize,
}

impl Ord for Job {
    fn cmp(&self, other: &Job) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Job) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Job {
    fn eq(&self, other: &Job) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Job {}

#[test]
fn p03_equal_priorities_come_out_as_they_went_in() {
    let queue = PriorityQueue::new();
    for name in 0..100 {
        queue.put_nowait(Job { priority: (name % 3) as u32, name }).unwrap();
        if name % 7 == 6 {
            // A heap that is only stable while it grows would not do.
            let first = queue.get_nowait().unwrap();
            queue.put_nowait(Job { priority: first.priority + 3, ..first }).unwrap();
        }
    }
    let jobs = drain(&queue);
    assert_eq!(jobs.len(), 100);
    for pair in jobs.windows(2) {
        assert!(pair[0].priority <= pair[1].priority, "{pair:?}");
    }
    let fresh = |priority| jobs.iter().filter(move |job| job.priority == priority).map(|job| job.name);
    for priority in 0..3 {
        assert!(fresh(priority).is_sorted(), "{priority}: {:?}", fresh(priority).collect::<Vec<_>>());
    }
}

async fn waits_and_counts<B: Buffer<Item = u32>>() {
    let queue = QueueOver::<B>::bounded(1);
    assert_eq!((queue.maxsize(), queue.len(), queue.is_empty(), queue.is_full()), (1, 0, true, false));
    assert_eq!(queue.get_nowait(), Err(GetNowaitError::Empty));
    assert_eq!(queue.task_done(), Err(TaskDoneTooOften));
    queue.put(1).await.unwrap();
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, true));
    assert_eq!(queue.put_nowait(2), Err(PutNowaitError::Full(2)));

    let putter = queue.clone();
    let put = create_task(async move { putter.put(3).await });
    yield_now().await;
    assert!(!put.is_done(), "there is no room");
    assert_eq!(queue.get().await, Ok(1));
    assert_eq!(put.await.unwrap(), Ok(()));
    assert_eq!(queue.get().await, Ok(3));

    let getters = [(); 2].map(|()| {
        let queue = queue.clone();
        create_task(async move { queue.get().await })
    });
    let joiner = queue.clone();
    let join = create_task(async move { joiner.join().await });
    sleep(ms(1)).await;
    queue.put(10).await.unwrap();
    queue.put(11).await.unwrap();
    let [first, second] = getters;
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(10), Ok(11)), "in the order of arrival");
    for _ in 0..4 {
        yield_now().await;
        assert!(!join.is_done());
        queue.task_done().unwrap();
    }
    join.await.unwrap();
    assert_eq!(queue.task_done(), Err(TaskDoneTooOften));
}

#[test]
fn p04_the_same_rules_for_waiting_and_counting() {
    run(async {
        waits_and_counts::<std::collections::VecDeque<u32>>().await;
        waits_and_counts::<Vec<u32>>().await;
        waits_and_counts::<glassloop::queue::Heap<u32>>().await;
    });
}

#[test]
fn p05_a_waiter_takes_the_best_there_is_when_it_runs() {
    run(async {
        let (best, newest) = (PriorityQueue::new(), LifoQueue::new());
        let (of_best, of_newest) = (best.clone(), newest.clone());
        let waiter = create_task(async move { (of_best.get().await.unwrap(), of_newest.get().await.unwrap()) });
        yield_now().await;
        for number in [3, 1, 2] {
            best.put_nowait(number).unwrap();
            newest.put_nowait(number).unwrap();
        }
        assert_eq!(waiter.await.unwrap(), (1, 2));
    });
}

/// Comparisons with it panic.
struct Incomparable(bool);

impl Ord for Incomparable {
    fn cmp(&self, other: &Incomparable) -> Ordering {
        if self.0 || other.0 {
            resume_unwind(Box::new("cannot be compared")); // as a panic, but without its text on stderr
        }
        Ordering::Equal
    }
}

impl PartialOrd for Incomparable {
    fn partial_cmp(&self, other: &Incomparable) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Incomparable {
    fn eq(&self, other: &Incomparable) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Incomparable {}

#[test]
fn a_comparison_that_panics_leaves_the_counts_right() {
    run(async {
        let queue = PriorityQueue::new();
        queue.put_nowait(Incomparable(false)).unwrap();
        let put = catch_unwind(AssertUnwindSafe(|| queue.put_nowait(Incomparable(true))));
        assert!(put.is_err());
        // What is inside and what is counted agree, so `join` can end.
        queue.shutdown(true);
        assert!(queue.is_empty());
        queue.join().await;
    });
}

#[test]
fn debug_tells_which_queue_and_its_state() {
    let queue = LifoQueue::bounded(3);
    queue.put_nowait('a').unwrap();
    assert_eq!(format!("{queue:?}"), "LifoQueue { len: 1, maxsize: 3, unfinished: 1, is_shut_down: false }");
    let get = format!("{:?}", queue.get());
    assert!(get.starts_with("Get { LifoQueue {") && get.contains("order.rs:"), "{get}");
    assert!(format!("{:?}", Queue::<u8>::default()).starts_with("Queue {"));
    assert!(format!("{:?}", PriorityQueue::<u8>::default()).starts_with("PriorityQueue {"));
}
