//! The item that counts itself as done.

use std::panic::resume_unwind;

use glassloop::{JoinError, PriorityQueue, Queue, QueueShutDown, create_task, sleep, timeout, yield_now};

use crate::common::{Log, ms, run};

#[test]
fn q15_dropping_the_job_is_task_done() {
    run(async {
        let queue = PriorityQueue::new();
        queue.put(vec![1]).await.unwrap();
        let mut job = queue.get_guard().await.unwrap();
        job.push(2); // it is the item
        assert_eq!(*job, [1, 2]);
        assert!(timeout(ms(1), queue.join()).await.is_err(), "not before it is dropped");
        drop(job);
        queue.join().await;
        assert!(queue.task_done().is_err(), "it was counted once");
    });
}

#[test]
fn q15_a_worker_that_panics_or_is_cancelled_does_not_keep_join_waiting() {
    run(async {
        let queue = Queue::new();
        queue.put(1).await.unwrap();
        queue.put(2).await.unwrap();
        let panics = queue.clone();
        let panicked = create_task(async move {
            let _job = panics.get_guard().await.unwrap();
            resume_unwind(Box::new("on purpose"));
        });
        let sleeps = queue.clone();
        let cancelled = create_task(async move {
            let _job = sleeps.get_guard().await.unwrap();
            sleep(ms(1000)).await;
        });
        yield_now().await;
        cancelled.cancel();
        queue.join().await;
        assert!(matches!(panicked.await, Err(JoinError::Panicked(_))));
        assert!(matches!(cancelled.await, Err(JoinError::Cancelled { .. })));
    });
}

#[test]
fn into_inner_leaves_task_done_to_the_caller() {
    run(async {
        let queue = Queue::new();
        queue.put("item".to_string()).await.unwrap();
        let item: String = queue.get_guard().await.unwrap().into_inner();
        assert_eq!(item, "item");
        assert!(timeout(ms(1), queue.join()).await.is_err());
        queue.task_done().unwrap();
        queue.join().await;
    });
}

#[test]
fn into_parts_gives_the_item_and_the_count_apart() {
    run(async {
        let queue = Queue::new();
        queue.put("item".to_string()).await.unwrap();
        let (item, done) = queue.get_guard().await.unwrap().into_parts();
        drop(item);
        assert!(timeout(ms(1), queue.join()).await.is_err());
        drop(done);
        queue.join().await;
    });
}

#[test]
fn the_item_is_dropped_before_it_counts_as_done() {
    run(async {
        let (queue, log) = (Queue::new(), Log::default());
        let (inside, said) = (queue.clone(), log.clone());
        let item = crate::common::OnDrop(move || {
            let too_early = format!("{inside:?}").contains("unfinished: 0");
            said.say(format!("dropped, done: {too_early}"));
        });
        let erased: Box<dyn std::any::Any> = Box::new(item);
        queue.put(erased).await.unwrap();
        drop(queue.get_guard().await.unwrap());
        assert_eq!(log.text(), "[   0] dropped, done: false\n");
        queue.join().await;
    });
}

#[test]
fn q16_a_job_counted_by_somebody_else_counts_nothing() {
    run(async {
        let queue = Queue::new();
        queue.put(1).await.unwrap();
        let job = queue.get_guard().await.unwrap();
        queue.task_done().unwrap();
        drop(job);
        queue.put(2).await.unwrap();
        assert!(timeout(ms(1), queue.join()).await.is_err(), "the count did not go below zero");
    });
}

#[test]
fn a_job_outlives_its_queue_and_its_loop() {
    let job = run(async {
        let queue = Queue::new();
        queue.put(7).await.unwrap();
        queue.get_guard().await.unwrap()
    });
    assert_eq!(*job, 7);
    drop(job);
}

#[test]
fn q08_a_woken_get_guard_that_is_dropped_passes_its_turn_on() {
    run(async {
        let queue = Queue::new();
        let (q1, q2) = (queue.clone(), queue.clone());
        let first = create_task(async move { q1.get_guard().await.map(|job| *job) });
        let second = create_task(async move { q2.get_guard().await.map(|job| *job) });
        yield_now().await;
        queue.put_nowait(1).unwrap();
        first.cancel();
        assert_eq!(second.await.unwrap(), Ok(1));
        queue.join().await;
        queue.shutdown(false);
        assert_eq!(queue.get_guard().await.map(|job| *job), Err(QueueShutDown(())));
    });
}
