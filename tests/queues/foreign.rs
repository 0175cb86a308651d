//! A queue as a `Stream`, and its futures under combinators that poll with wakers of their own.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::future::{Either, select};
use futures_util::stream::{FusedStream, FuturesUnordered, Stream, StreamExt};
use futures_util::{FutureExt, select_biased};
use glassloop::queue::{Buffer, Heap, QueueOver};
use glassloop::{LifoQueue, PriorityQueue, Queue, QueueShutDown, create_task, sleep, yield_now};

use crate::common::{ms, run};

#[test]
fn q18_a_stream_gives_what_is_inside_and_ends_at_the_shutdown() {
    run(async {
        let queue = PriorityQueue::new();
        let producer = queue.clone();
        create_task(async move {
            for number in [3, 1, 2] {
                producer.put(number).await.unwrap();
            }
            sleep(ms(5)).await;
            producer.put(0).await.unwrap();
            producer.shutdown(false);
        })
        .detach();
        let mut items = queue.stream();
        assert_eq!(items.next().await, Some(1));
        assert!(!items.is_terminated());
        assert_eq!(items.by_ref().collect::<Vec<_>>().await, [2, 3, 0]);
        assert!(items.is_terminated());
        assert_eq!(items.size_hint(), (0, Some(0)));
        assert_eq!(items.next().await, None, "and it stays at its end");
    });
}

#[test]
fn q20_a_stream_that_waits_wakes_and_ends() {
    run(async {
        let queue = Queue::<u8>::new();
        let streams = [(); 3].map(|()| create_task(queue.stream().collect::<Vec<_>>()));
        yield_now().await;
        queue.put_nowait(1).unwrap();
        queue.shutdown(false);
        let mut got = Vec::new();
        for stream in streams {
            got.push(stream.await.unwrap());
        }
        assert_eq!(got, [vec![1], vec![], vec![]]);
    });
}

#[test]
fn q08_a_woken_stream_that_is_dropped_passes_its_turn_on() {
    run(async {
        let queue = LifoQueue::new();
        let mut stream = queue.stream();
        let getter = queue.clone();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut stream).poll_next(&mut cx).is_pending());
        let second = create_task(async move { getter.get().await });
        yield_now().await;
        queue.put_nowait(1).unwrap(); // wakes the stream, whose waker wakes nobody
        drop(stream);
        assert_eq!(second.await.unwrap(), Ok(1));
    });
}

#[test]
fn a_stream_keeps_the_queue() {
    run(async {
        let queue = Queue::new();
        queue.put(1).await.unwrap();
        queue.shutdown(false);
        let stream = queue.stream();
        drop(queue);
        assert_eq!(stream.map(|item| item + 1).collect::<Vec<_>>().await, [2]);
    });
}

async fn unordered<B: Buffer<Item = u32>>() {
    let queue = QueueOver::<B>::bounded(2);
    let mut puts: FuturesUnordered<_> = (0..10).map(|item| queue.put(item)).collect();
    let mut gets: FuturesUnordered<_> = (0..9).map(|_| queue.get()).collect();
    let (mut stored, mut got) = (0, Vec::new());
    loop {
        select_biased! {
            put = puts.select_next_some() => stored += u32::from(put == Ok(())),
            item = gets.select_next_some() => got.push(item.unwrap()),
            complete => break,
        }
    }
    got.push(queue.get().await.unwrap());
    got.sort_unstable();
    assert_eq!((stored, got), (10, (0..10).collect()));

    let mut gets: FuturesUnordered<_> = (0..3).map(|_| queue.get_guard()).collect();
    let mut joined = Box::pin(queue.join().fuse());
    assert!((&mut joined).now_or_never().is_none());
    assert!(gets.next().now_or_never().is_none());
    queue.put(1).await.unwrap();
    drop(gets.next().await.unwrap().unwrap());
    queue.shutdown(false);
    for _ in 0..2 {
        assert!(matches!(gets.next().await, Some(Err(QueueShutDown(())))));
    }
    for _ in 0..10 {
        queue.task_done().unwrap();
    }
    joined.await;
}

#[test]
fn pitfall_18_every_future_works_under_futures_unordered() {
    run(async {
        unordered::<std::collections::VecDeque<u32>>().await;
        unordered::<Vec<u32>>().await;
        unordered::<Heap<u32>>().await;
    });
}

#[test]
fn pitfall_57_the_loser_of_a_select_has_taken_nothing() {
    run(async {
        let (left, right) = (Queue::new(), Queue::new());
        for round in 0..100 {
            let (l, r) = (left.clone(), right.clone());
            let both = create_task(async move {
                match select(l.get(), r.get()).await {
                    Either::Left((item, _)) | Either::Right((item, _)) => item.unwrap(),
                }
            });
            if round % 2 == 0 {
                yield_now().await; // it waits in both
            }
            left.put_nowait(round).unwrap();
            right.put_nowait(round).unwrap();
            assert_eq!(both.await.unwrap(), round);
            assert_eq!((left.len(), right.len()), (0, 1));
            assert_eq!(right.get_nowait(), Ok(round));
        }
    });
}

#[test]
fn pitfall_57_a_waker_that_is_replaced_is_the_one_that_counts() {
    run(async {
        let queue = Queue::new();
        let mut get = Box::pin({
            let queue = queue.clone();
            async move { queue.get().await }
        });
        // Once under a waker that wakes nobody, then in a task of its own.
        assert!(get.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let task = create_task(get);
        yield_now().await;
        queue.put_nowait(1).unwrap();
        assert_eq!(task.await.unwrap(), Ok(1));
    });
}

#[test]
fn a_put_polled_after_its_end_says_so() {
    run(async {
        let queue = Queue::new();
        let mut put = queue.put(1);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(Pin::new(&mut put).poll(&mut cx), Poll::Ready(Ok(())));
        let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Pin::new(&mut put).poll(&mut cx)));
        let payload = again.unwrap_err();
        assert!(payload.downcast_ref::<&str>().unwrap().contains("polled after it was done"));
    });
}
