//! `Queue`.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use glassloop::{
    GetNowaitError, PutNowaitError, Queue, TaskDoneTooOften, create_task, gather, sleep, timeout, yield_now,
};

use crate::common::{Log, at, ms, run, virtual_runtime};

#[test]
fn q01_q02_q03_first_in_first_out_and_a_full_queue_makes_the_producer_wait() {
    run(async {
        let (queue, log) = (Queue::bounded(2), Log::default());
        let (producer, produced) = (queue.clone(), log.clone());
        create_task(async move {
            for item in 0..4 {
                producer.put(item).await.unwrap();
                assert!(producer.len() <= producer.maxsize());
                produced.say(format!("put{item}"));
            }
        })
        .detach();
        yield_now().await;
        assert_eq!((queue.len(), queue.is_full(), log.take().as_str()), (2, true, "put0 put1"));
        for item in 0..4 {
            assert_eq!(queue.get().await.unwrap(), item);
            yield_now().await;
        }
        assert!(queue.is_empty());
        assert_eq!(log.take(), "put2 put3");
    });
}

#[test]
fn q04_waiting_getters_are_served_in_the_order_of_arrival() {
    run(async {
        let (queue, log) = (Queue::new(), Log::default());
        let getters = ["g1", "g2", "g3"].map(|name| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move { log.say(format!("{name}:{}", queue.get().await.unwrap())) })
        });
        yield_now().await;
        for item in ["a", "b", "c"] {
            queue.put_nowait(item).unwrap();
        }
        gather(getters).await;
        assert_eq!(log.take(), "g1:a g2:b g3:c");
    });
}

#[test]
fn q05_q06_q07_without_waiting() {
    let queue = Queue::bounded(1);
    assert_eq!(queue.get_nowait(), Err(GetNowaitError::Empty));
    queue.put_nowait('a').unwrap();
    assert_eq!(queue.put_nowait('b'), Err(PutNowaitError::Full('b')), "the item comes back");
    assert_eq!(queue.get_nowait(), Ok('a'));
    let unbounded = Queue::bounded(0);
    for item in 0..1000 {
        unbounded.put_nowait(item).unwrap();
    }
    assert_eq!((unbounded.is_full(), unbounded.maxsize(), Queue::<()>::new().maxsize()), (false, 0, 0));
}

#[test]
fn q08_pitfall_57_a_getter_cancelled_after_its_wake_up_passes_it_on() {
    run(async {
        let queue = Queue::new();
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            create_task(async move { queue.get().await.unwrap() })
        });
        yield_now().await;
        queue.put_nowait("apple").unwrap();
        let [first, second] = getters;
        first.cancel();
        assert!(first.await.is_err());
        assert_eq!(second.await.unwrap(), "apple");
    });
}

#[test]
fn q09_a_getter_cancelled_on_an_empty_queue_is_forgotten() {
    run(async {
        let queue = Queue::new();
        assert!(timeout(ms(5), queue.get()).await.is_err());
        queue.put_nowait(1).unwrap();
        assert_eq!((queue.len(), queue.get().await.unwrap()), (1, 1));
    });
}

#[test]
fn q10_q11_a_cancelled_putter_leaves_no_item_and_passes_its_turn_on() {
    run(async {
        let queue = Queue::bounded(1);
        queue.put(0).await.unwrap();
        let putters = [1, 2, 3].map(|item| {
            let queue = queue.clone();
            create_task(async move { queue.put(item).await.unwrap() })
        });
        yield_now().await;
        let [waiting, woken, next] = putters;
        waiting.cancel();
        yield_now().await;
        assert_eq!(queue.get_nowait(), Ok(0)); // wakes the second
        woken.cancel();
        next.await.unwrap();
        assert!(woken.await.is_err() && waiting.await.is_err());
        assert_eq!((queue.get_nowait(), queue.get_nowait()), (Ok(3), Err(GetNowaitError::Empty)));
    });
}

#[test]
fn q12_who_was_woken_in_vain_keeps_its_place_in_the_line() {
    run(async {
        let (queue, log) = (Queue::new(), Log::default());
        let getters = ["first", "second"].map(|name| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move { log.say(format!("{name}:{}", queue.get().await.unwrap())) })
        });
        yield_now().await;
        queue.put_nowait(1).unwrap();
        assert_eq!(queue.get_nowait(), Ok(1)); // faster than the one that was woken
        yield_now().await;
        queue.put_nowait(2).unwrap();
        queue.put_nowait(3).unwrap();
        gather(getters).await;
        assert_eq!(log.take(), "first:2 second:3");
    });
}

#[test]
fn q13_what_need_not_wait_does_not_yield() {
    run(async {
        let (queue, log) = (Queue::bounded(1), Log::default());
        let other = log.clone();
        create_task(async move { other.say("other") }).detach();
        queue.put(1).await.unwrap();
        queue.get().await.unwrap();
        queue.task_done().unwrap();
        queue.join().await;
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "main other");
    });
}

#[test]
fn q14_q15_join_waits_for_task_done_and_not_for_get() {
    run(async {
        let queue = Queue::new();
        queue.join().await;
        for item in 0..3 {
            queue.put(item).await.unwrap();
        }
        let worker = queue.clone();
        create_task(async move {
            while worker.get_nowait().is_ok() {
                sleep(ms(10)).await;
                worker.task_done().unwrap();
            }
        })
        .detach();
        queue.join().await;
        assert_eq!(at(), 30);
    });
}

#[test]
fn q14_a_join_that_was_woken_is_over_even_if_more_was_put() {
    run(async {
        let queue = Queue::new();
        queue.put(1).await.unwrap();
        let joining = queue.clone();
        let join = create_task(async move { joining.join().await });
        yield_now().await;
        queue.task_done().unwrap();
        queue.put(2).await.unwrap();
        yield_now().await;
        assert!(join.is_done());
    });
}

#[test]
fn q16_one_task_done_too_many() {
    let queue = Queue::new();
    assert_eq!(queue.task_done(), Err(TaskDoneTooOften));
    queue.put_nowait(1).unwrap();
    assert_eq!(queue.task_done(), Ok(()), "without a get, as in asyncio");
    assert_eq!(queue.task_done(), Err(TaskDoneTooOften));
    queue.put_nowait(1).unwrap();
    assert_eq!(queue.task_done(), Ok(()), "the count stayed as it was");
}

#[test]
fn an_operation_polled_for_nothing_keeps_its_place() {
    run(async {
        let queue = Queue::new();
        let other = queue.clone();
        let second = create_task(async move { other.get().await.unwrap() });
        let mut first = pin!(queue.get());
        poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        yield_now().await;
        poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        queue.put_nowait(1).unwrap();
        yield_now().await;
        assert!(!second.is_done());
        assert_eq!(first.await, Ok(1));
        queue.put_nowait(2).unwrap();
        assert_eq!(second.await.unwrap(), 2);
    });
}

#[test]
fn a_queue_outlives_its_loop_and_serves_the_next() {
    let queue = Queue::bounded(1);
    for round in 0..3 {
        let items = queue.clone();
        virtual_runtime()
            .block_on(async {
                let getter = items.clone();
                let got = create_task(async move { getter.get().await.unwrap() });
                yield_now().await;
                items.put(round).await.unwrap();
                assert_eq!(got.await.unwrap(), round);
                // Left behind, waiting, when the loop ends.
                create_task(async move { items.get().await.unwrap() }).detach();
                yield_now().await;
            })
            .unwrap();
    }
    assert!(queue.is_empty() && [(); 3].iter().all(|()| queue.task_done().is_ok()) && queue.task_done().is_err());
}

#[test]
fn items_and_futures_dropped_outside_of_the_loop() {
    let log = Log::default();
    let queue = Queue::bounded(1);
    assert!(queue.put_nowait(log.on_drop("inside")).is_ok());
    let runtime = virtual_runtime();
    let mut put = Box::pin(queue.put(log.on_drop("on its way")));
    runtime
        .block_on(poll_fn(|cx| {
            assert!(Pin::new(&mut put).poll(cx).is_pending());
            Poll::Ready(())
        }))
        .unwrap();
    drop(put);
    assert_eq!(log.take(), "on its way");
    drop(queue);
    assert_eq!(log.take(), "inside");
}
