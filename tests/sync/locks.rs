//! `Lock`.

use glassloop::{Lock, Task, create_task, gather, sleep, timeout, yield_now};

use crate::common::{Log, ms, poll_once, run};

/// A task that says its name while it holds the lock, for a tick.
fn holder(lock: &Lock, log: &Log, name: &'static str) -> Task<()> {
    let (lock, log) = (lock.clone(), log.clone());
    create_task(async move {
        let _guard = lock.acquire().await;
        log.say(name);
        yield_now().await;
    })
}

#[test]
fn k1_first_come_first_served() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        gather(["L1", "L2", "L3"].map(|name| holder(&lock, &log, name))).await;
        assert_eq!(log.take(), "L1 L2 L3");
    });
}

#[test]
fn k2_who_releases_and_asks_again_stands_behind_those_who_wait() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        let (own, said) = (lock.clone(), log.clone());
        let hog = create_task(async move {
            for turn in 0..2 {
                let _guard = own.acquire().await;
                said.say(format!("hog{turn}"));
                yield_now().await;
            }
        });
        gather([hog, holder(&lock, &log, "L1"), holder(&lock, &log, "L2")]).await;
        assert_eq!(log.take(), "hog0 L1 L2 hog1");
    });
}

#[test]
fn k2_between_release_and_turn_the_lock_is_free_and_meant_for_the_first() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        let guard = lock.acquire().await;
        let first = holder(&lock, &log, "first");
        yield_now().await;
        drop(guard);
        assert!(!lock.locked() && lock.try_acquire().is_none(), "no overtaking without waiting either");
        let second = holder(&lock, &log, "second");
        gather([first, second]).await;
        assert_eq!(log.take(), "first second");
    });
}

#[test]
fn k3_pitfall_55_a_chosen_waiter_that_is_cancelled_passes_the_lock_on() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        let guard = lock.acquire().await;
        let [first, second] = ["first", "second"].map(|name| holder(&lock, &log, name));
        yield_now().await;
        drop(guard);
        first.cancel();
        assert!(first.await.is_err());
        second.await.unwrap();
        assert_eq!((log.take().as_str(), lock.locked()), ("second", false));
    });
}

#[test]
fn k3_a_waiter_that_is_cancelled_in_the_line_is_forgotten() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        let guard = lock.acquire().await;
        assert!(timeout(ms(5), lock.acquire()).await.is_err());
        let last = holder(&lock, &log, "last");
        yield_now().await;
        drop(guard);
        last.await.unwrap();
        assert_eq!(log.take(), "last");
    });
}

#[test]
fn k4_only_the_guard_releases_and_only_once() {
    let lock = Lock::with_value(1);
    let mut guard = lock.try_acquire().unwrap();
    *guard += 1;
    assert!(lock.try_acquire().is_none());
    drop(guard); // it is gone: nothing is left to release with
    assert_eq!(*lock.try_acquire().unwrap(), 2);
}

#[test]
fn k5_locked() {
    run(async {
        let lock = Lock::new();
        assert!(!lock.locked());
        let guard = lock.acquire().await;
        assert!(lock.locked() && lock.clone().locked());
        drop(guard);
        assert!(!lock.locked());
    });
}

#[test]
fn k6_not_reentrant() {
    run(async {
        let lock = Lock::new();
        let _guard = lock.acquire().await;
        assert!(timeout(ms(100), lock.acquire()).await.is_err());
    });
}

#[test]
fn k7_an_acquire_that_need_not_wait_does_not_yield() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        let other = log.clone();
        let task = create_task(async move { other.say("other") });
        drop(lock.acquire().await);
        drop(lock.acquire().await);
        log.say("main");
        task.await.unwrap();
        assert_eq!(log.take(), "main other");
    });
}

#[test]
fn k8_any_task_may_release() {
    run(async {
        let lock = Lock::with_value("mine");
        let guard = lock.acquire().await;
        let releaser = create_task(async move {
            sleep(ms(1)).await;
            drop(guard);
        });
        assert_eq!(*lock.acquire().await, "mine");
        assert!(releaser.is_done());
    });
}

#[test]
fn a_panic_of_the_holder_releases_and_keeps_the_data() {
    run(async {
        let lock = Lock::with_value(vec![1]);
        let own = lock.clone();
        let task = create_task(async move {
            own.acquire().await.push(2);
            let _guard = own.acquire().await;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(task.await.is_err());
        assert_eq!(*lock.acquire().await, [1, 2]);
    });
}

#[test]
fn without_a_loop_it_is_a_lock_all_the_same() {
    let lock = Lock::with_value(String::from("a"));
    let guard = lock.try_acquire().unwrap();
    let mut waiting = lock.acquire();
    assert!(poll_once(&mut waiting).is_pending());
    drop(guard);
    drop(waiting); // it was chosen: the turn goes on, to nobody
    assert_eq!(format!("{lock:?} {:?}", lock.try_acquire().unwrap()), r#"Lock { locked: true } LockGuard("a")"#);
}

#[test]
fn one_lock_serves_a_loop_and_then_another() {
    let lock = Lock::with_value(0);
    for turn in 1..=3 {
        let lock = lock.clone();
        run(async move {
            gather((0..4).map(|_| {
                let lock = lock.clone();
                async move {
                    let mut count = lock.acquire().await;
                    yield_now().await;
                    *count += 1;
                }
            }))
            .await;
            assert_eq!(*lock.acquire().await, 4 * turn);
        });
    }
}
