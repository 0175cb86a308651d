//! A queue that is shut down refuses, gives out what it has, and lets nobody sleep.

use std::cell::Cell;
use std::rc::Rc;

use glassloop::queue::{Buffer, QueueOver};
use glassloop::{
    GetNowaitError, LifoQueue, PriorityQueue, PutNowaitError, Queue, QueueShutDown, create_task, join, sleep, timeout,
    yield_now,
};

use crate::common::{Log, OnDrop, ms, run};

#[test]
fn q17_put_fails_and_gives_the_item_back() {
    run(async {
        let queue = Queue::bounded(1);
        assert!(!queue.is_shut_down());
        queue.shutdown(false);
        assert!(queue.is_shut_down());
        assert_eq!(queue.put("item".to_string()).await, Err(QueueShutDown("item".to_string())));
        let refused = queue.put_nowait("item".to_string());
        assert_eq!(refused, Err(PutNowaitError::ShutDown("item".to_string())), "not `Full`: that would pass");
        assert_eq!(refused.unwrap_err().into_inner(), "item");
        assert_eq!(queue.len(), 0);
    });
}

async fn drains<B: Buffer<Item = u32>>(order: [u32; 3]) {
    let queue = QueueOver::<B>::bounded(3);
    for number in [2, 1, 3] {
        queue.put(number).await.unwrap();
    }
    queue.shutdown(false);
    assert_eq!(queue.len(), 3);
    assert_eq!(queue.get().await, Ok(order[0]));
    assert_eq!(queue.get_nowait(), Ok(order[1]));
    assert_eq!(queue.get().await, Ok(order[2]));
    for _ in 0..2 {
        assert_eq!(queue.get().await, Err(QueueShutDown(())));
        assert_eq!(queue.get_nowait(), Err(GetNowaitError::ShutDown));
        assert!(queue.get_guard().await.is_err());
    }
}

#[test]
fn q18_what_is_inside_can_be_got_then_get_fails() {
    run(async {
        drains::<std::collections::VecDeque<u32>>([2, 1, 3]).await;
        drains::<Vec<u32>>([3, 1, 2]).await;
        drains::<glassloop::queue::Heap<u32>>([1, 2, 3]).await;
    });
}

#[test]
fn q19_blocked_putters_wake_and_fail_and_nothing_is_stored() {
    run(async {
        let (queue, log) = (LifoQueue::bounded(1), Log::default());
        queue.put(0).await.unwrap();
        let putters = [1, 2].map(|item| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move { log.say(format!("put {:?}", queue.put(item).await.unwrap_err().0)) })
        });
        yield_now().await;
        queue.shutdown(false);
        for putter in putters {
            putter.await.unwrap();
        }
        assert_eq!(log.text(), "[   0] put 1\n[   0] put 2\n");
        assert_eq!((queue.get().await, queue.get().await), (Ok(0), Err(QueueShutDown(()))));
        queue.task_done().unwrap();
        assert!(queue.task_done().is_err(), "what was refused is not counted");
    });
}

#[test]
fn q19_a_putter_woken_by_room_before_the_shutdown_fails_too() {
    run(async {
        let queue = Queue::bounded(1);
        queue.put(0).await.unwrap();
        let put = {
            create_task({
                let queue = queue.clone();
                async move { queue.put(1).await }
            })
        };
        yield_now().await;
        assert_eq!(queue.get_nowait(), Ok(0)); // wakes it ...
        queue.shutdown(false); // ... but this comes before its turn
        assert_eq!(put.await.unwrap(), Err(QueueShutDown(1)));
        assert!(queue.is_empty());
    });
}

#[test]
fn q20_getters_that_wait_wake_and_fail_in_their_order() {
    run(async {
        let (queue, log) = (PriorityQueue::<u32>::new(), Log::default());
        let getters = ["g1", "g2", "g3"].map(|name| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move { log.say(format!("{name} {}", queue.get().await.unwrap_err())) })
        });
        yield_now().await;
        queue.shutdown(false);
        for getter in getters {
            getter.await.unwrap();
        }
        let lines = ["g1", "g2", "g3"].map(|name| format!("[   0] {name} the queue was shut down\n"));
        assert_eq!(log.text(), lines.concat());
    });
}

#[test]
fn q20_a_getter_woken_by_an_item_before_the_shutdown_gets_it() {
    run(async {
        let queue = Queue::new();
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            create_task(async move { queue.get().await })
        });
        yield_now().await;
        queue.put_nowait(1).unwrap();
        queue.shutdown(false);
        let [first, second] = getters;
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(1), Err(QueueShutDown(()))));
    });
}

#[test]
fn q21_immediate_drops_the_content_and_counts_it_done() {
    run(async {
        let dropped = Rc::new(Cell::new(0));
        let queue = Queue::bounded(2);
        for _ in 0..2 {
            let dropped = dropped.clone();
            queue.put(OnDrop(move || dropped.set(dropped.get() + 1))).await.unwrap();
        }
        let joiner = queue.clone();
        let join = create_task(async move { joiner.join().await });
        yield_now().await;
        queue.shutdown(true);
        assert_eq!((dropped.get(), queue.len()), (2, 0));
        timeout(ms(1), join).await.expect("join ends").unwrap();
        assert!(queue.task_done().is_err());
        assert!(matches!(queue.get_nowait(), Err(GetNowaitError::ShutDown)));
    });
}

#[test]
fn q21_an_item_may_use_the_queue_in_its_drop() {
    type Item = OnDrop<Box<dyn FnMut()>>;
    run(async {
        let queue = Queue::<Item>::new();
        let (inside, log) = (queue.clone(), Log::default());
        let said = log.clone();
        let look = move || said.say(format!("{inside:?} {}", inside.get_nowait().is_err()));
        queue.put(OnDrop(Box::new(look))).await.unwrap();
        queue.shutdown(true);
        assert_eq!(log.text(), "[   0] Queue { len: 0, maxsize: 0, unfinished: 0, is_shut_down: true } true\n");
    });
}

#[test]
fn q22_items_in_processing_still_need_task_done() {
    run(async {
        let queue = Queue::new();
        queue.put('a').await.unwrap();
        queue.put('b').await.unwrap();
        assert_eq!(queue.get().await, Ok('a'));
        queue.shutdown(true); // drops `b` only
        assert!(timeout(ms(1), queue.join()).await.is_err());
        queue.task_done().unwrap();
        queue.join().await;
    });
}

#[test]
fn q23_twice_is_fine_and_without_immediate_join_waits_for_what_is_inside() {
    run(async {
        let queue = Queue::new();
        queue.put(1).await.unwrap();
        queue.shutdown(false);
        queue.shutdown(false);
        assert_eq!(queue.len(), 1);
        assert!(timeout(ms(1), queue.join()).await.is_err());
        queue.shutdown(true); // and now at once
        queue.shutdown(true);
        queue.shutdown(false);
        assert_eq!(queue.len(), 0);
        queue.join().await;
    });
}

#[test]
fn q21_with_task_done_called_before_get_nothing_is_counted_twice() {
    run(async {
        let queue = Queue::new();
        for number in 0..3 {
            queue.put(number).await.unwrap();
        }
        queue.task_done().unwrap(); // allowed: the count does not ask what was got
        queue.shutdown(true);
        queue.join().await;
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn a_shutdown_wakes_joiners_then_getters_then_putters() {
    run(async {
        let (queue, log) = (Queue::bounded(1), Log::default());
        queue.put(0).await.unwrap();
        let spawn = |name: &'static str| (queue.clone(), log.clone(), name);
        let (q, l, name) = spawn("putter");
        create_task(async move { l.say(format!("{name} {:?}", q.put(1).await.map_err(|_| ()))) }).detach();
        let (q, l, name) = spawn("joiner");
        create_task(async move { l.say(format!("{name} {:?}", q.join().await)) }).detach();
        yield_now().await;
        queue.shutdown(true);
        sleep(ms(1)).await;
        assert_eq!(log.text(), "[   0] joiner ()\n[   0] putter Err(())\n");
    });
}

#[test]
fn one_who_waits_to_get_and_to_put_at_once_wakes_once_for_both() {
    run(async {
        let (empty, full) = (Queue::<u8>::new(), Queue::bounded(1));
        full.put(1).await.unwrap();
        let (e, f) = (empty.clone(), full.clone());
        let both = create_task(async move { join!(e.get(), f.put(2)).await });
        yield_now().await;
        empty.shutdown(true);
        full.shutdown(true);
        assert_eq!(both.await.unwrap(), (Err(QueueShutDown(())), Err(QueueShutDown(2))));
    });
}
