//! `Condition`.

use glassloop::{Condition, Lock, Task, create_task, gather, sleep, timeout, yield_now};

use crate::common::{Log, ms, panic_text, run};

fn waiter(condition: &Condition, log: &Log, name: &'static str) -> Task<()> {
    let (condition, log) = (condition.clone(), log.clone());
    create_task(async move {
        let guard = condition.acquire().await;
        let _guard = condition.wait(guard).await;
        assert!(condition.locked());
        log.say(name);
    })
}

#[test]
fn c1_wait_gives_the_lock_up_and_takes_it_again() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let task = waiter(&condition, &log, "woke");
        yield_now().await;
        assert!(!condition.locked(), "it waits, and holds nothing");
        condition.notify(&condition.acquire().await, 1);
        task.await.unwrap();
        assert_eq!((log.take().as_str(), condition.locked()), ("woke", false));
    });
}

#[test]
fn c2_notify_wakes_so_many_in_order_and_more_than_wait_is_fine() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let tasks = ["W1", "W2", "W3"].map(|name| waiter(&condition, &log, name));
        yield_now().await;
        condition.notify(&condition.acquire().await, 2);
        sleep(ms(1)).await;
        assert_eq!(log.take(), "W1 W2");
        condition.notify(&condition.acquire().await, 0);
        condition.notify(&condition.acquire().await, 7);
        gather(tasks).await;
        assert_eq!(log.take(), "W3");
    });
}

#[test]
fn c2_notify_all() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let tasks = ["W1", "W2", "W3"].map(|name| waiter(&condition, &log, name));
        yield_now().await;
        condition.notify_all(&condition.acquire().await);
        gather(tasks).await;
        assert_eq!(log.take(), "W1 W2 W3");
    });
}

#[test]
fn c3_who_is_woken_runs_only_after_the_notifier_has_left_the_lock() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let task = waiter(&condition, &log, "woke");
        yield_now().await;
        let guard = condition.acquire().await;
        condition.notify_all(&guard);
        sleep(ms(5)).await;
        log.say("still mine");
        drop(guard);
        task.await.unwrap();
        assert_eq!(log.take(), "still mine woke");
    });
}

#[test]
fn c4_wait_while_looks_again_after_each_notification() {
    run(async {
        let (level, log) = (Condition::with_value(0), Log::default());
        let (own, said) = (level.clone(), log.clone());
        let task = create_task(async move {
            let guard = own.acquire().await;
            let guard = own
                .wait_while(guard, |level| {
                    said.say(format!("sees{level}"));
                    *level < 2
                })
                .await;
            *guard
        });
        for _ in 0..2 {
            yield_now().await;
            let mut guard = level.acquire().await;
            *guard += 1;
            level.notify_all(&guard);
        }
        assert_eq!(task.await.unwrap(), 2);
        assert_eq!(log.take(), "sees0 sees1 sees2");
        let guard = level.acquire().await;
        assert_eq!(*level.wait_while(guard, |_| false).await, 2, "it need not wait");
    });
}

/// In asyncio it takes the lock again before it raises; here there is nobody left to hold it.
#[test]
fn c5_a_cancelled_wait_holds_no_lock() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let task = waiter(&condition, &log, "never");
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
        assert!(!condition.locked());
        let guard = condition.acquire().await;
        assert!(timeout(ms(1), condition.wait(guard)).await.is_err());
        assert!(!condition.locked());
    });
}

#[test]
fn c6_the_guard_of_another_lock_is_refused() {
    run(async {
        let (condition, other) = (Condition::new(), Lock::new());
        let refused = "glassloop: a condition was given the guard of another lock than its own";
        assert_eq!(panic_text(|| condition.notify_all(&other.try_acquire().unwrap())), refused);
        assert_eq!(panic_text(|| condition.notify(&other.try_acquire().unwrap(), 1)), refused);
        assert_eq!(panic_text(|| drop(condition.wait(other.try_acquire().unwrap()))), refused);
        let wait_while = || drop(condition.wait_while(other.try_acquire().unwrap(), |_| false));
        assert_eq!(panic_text(wait_while), refused);
        assert!(!other.locked() && !condition.locked(), "both are as they were");
    });
}

#[test]
fn c7_a_notification_given_to_a_cancelled_waiter_goes_to_the_next() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let [a, b] = ["a", "b"].map(|name| waiter(&condition, &log, name));
        yield_now().await;
        condition.notify(&condition.acquire().await, 1);
        a.cancel();
        b.await.unwrap();
        assert_eq!(log.take(), "b");
    });
}

#[test]
fn c7_also_if_it_was_cancelled_on_its_way_to_the_lock() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let [a, b] = ["a", "b"].map(|name| waiter(&condition, &log, name));
        yield_now().await;
        let guard = condition.acquire().await;
        condition.notify(&guard, 1);
        yield_now().await; // a stands in the line of the lock now
        a.cancel();
        assert!(a.await.is_err());
        drop(guard);
        b.await.unwrap();
        assert_eq!(log.take(), "b");
    });
}

#[test]
fn two_conditions_share_a_lock() {
    run(async {
        let lock = Lock::with_value(Vec::new());
        let (not_empty, not_full) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock.clone()));
        let (filled, room) = (not_empty.clone(), not_full.clone());
        let producer = create_task(async move {
            for item in 0..5 {
                let items = room.acquire().await;
                let mut items = room.wait_while(items, |items| !items.is_empty()).await;
                items.push(item);
                filled.notify(&items, 1);
            }
        });
        for expected in 0..5 {
            let items = not_empty.acquire().await;
            let mut items = not_empty.wait_while(items, |items| items.is_empty()).await;
            assert_eq!(items.pop(), Some(expected));
            not_full.notify(&items, 1);
        }
        producer.await.unwrap();
        assert!(not_empty.lock().try_acquire().unwrap().is_empty());
    });
}
