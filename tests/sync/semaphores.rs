//! `Semaphore` and `BoundedSemaphore`.

use glassloop::{BoundedSemaphore, ReleasedTooOften, Semaphore, Task, create_task, gather, sleep, timeout, yield_now};

use crate::common::{Log, ms, panic_text, run};

fn holder(semaphore: &Semaphore, log: &Log, name: &'static str, time: u64) -> Task<()> {
    let (semaphore, log) = (semaphore.clone(), log.clone());
    create_task(async move {
        let _permit = semaphore.acquire().await;
        log.say(name);
        sleep(ms(time)).await;
    })
}

#[test]
fn m1_first_come_first_served_and_who_waits_goes_first() {
    run(async {
        let (semaphore, log) = (Semaphore::new(1), Log::default());
        let permit = semaphore.acquire().await;
        let waiting = holder(&semaphore, &log, "waiting", 0);
        yield_now().await;
        drop(permit);
        assert!(semaphore.free() == 1 && semaphore.locked() && semaphore.try_acquire().is_none());
        let _permit = semaphore.acquire().await;
        log.say("main");
        waiting.await.unwrap();
        assert_eq!(log.take(), "waiting main");
    });
}

#[test]
fn m1_who_joined_the_line_beside_a_free_permit_is_woken_by_the_one_before() {
    run(async {
        let (semaphore, log) = (Semaphore::new(0), Log::default());
        let first = holder(&semaphore, &log, "first", 10);
        yield_now().await;
        let second = holder(&semaphore, &log, "second", 1);
        semaphore.add_permits(2); // its turn comes first: a permit is free then, but somebody is before it
        yield_now().await;
        second.await.unwrap();
        assert!(!first.is_done());
        assert_eq!(log.take(), "first second");
    });
}

#[test]
fn m2_as_many_as_there_are_permits() {
    run(async {
        let (semaphore, log) = (Semaphore::new(2), Log::default());
        let tasks = [("S1", 2), ("S2", 3), ("S3", 2), ("S4", 3), ("S5", 1)];
        let all = gather(tasks.map(|(name, time)| holder(&semaphore, &log, name, time)));
        yield_now().await;
        assert_eq!(log.take(), "S1 S2");
        sleep(ms(2)).await;
        yield_now().await; // S3 was woken in this very tick
        assert_eq!(log.take(), "S3");
        all.await;
        assert_eq!((log.take().as_str(), semaphore.free()), ("S4 S5", 2));
    });
}

#[test]
fn m3_pitfall_55_a_chosen_waiter_that_is_cancelled_passes_the_permit_on() {
    run(async {
        let (semaphore, log) = (Semaphore::new(1), Log::default());
        let permit = semaphore.acquire().await;
        let [first, second] = ["first", "second"].map(|name| holder(&semaphore, &log, name, 0));
        yield_now().await;
        drop(permit);
        first.cancel();
        second.await.unwrap();
        assert_eq!((log.take().as_str(), semaphore.free()), ("second", 1));
    });
}

#[test]
fn m4_one_release_too_many_is_an_error_and_changes_nothing() {
    run(async {
        let semaphore = BoundedSemaphore::new(2);
        let error = semaphore.release().unwrap_err();
        assert_eq!(error, ReleasedTooOften { permits: 2 });
        assert!(error.to_string().ends_with("on a BoundedSemaphore of 2"), "{error}");
        let permit = semaphore.acquire().await;
        assert!(semaphore.release().is_err(), "a permit in somebody's hands goes back by itself");
        semaphore.acquire().await.forget();
        assert!(semaphore.locked() && semaphore.try_acquire().is_none());
        assert!(semaphore.release().is_ok() && semaphore.release().is_err());
        drop(permit);
        assert_eq!(format!("{semaphore:?}"), "BoundedSemaphore { free: 2, bound: 2 }");
    });
}

#[test]
fn m4_a_bounded_semaphore_released_by_hand_wakes_who_waits() {
    run(async {
        let semaphore = BoundedSemaphore::new(1);
        semaphore.acquire().await.forget();
        let releaser = semaphore.clone();
        create_task(async move { releaser.release().unwrap() }).detach();
        assert!(timeout(ms(1), semaphore.acquire()).await.is_ok());
    });
}

#[test]
fn m5_locked_is_true_also_when_somebody_is_before_us() {
    run(async {
        let semaphore = Semaphore::new(0); // a negative number of permits cannot be written
        assert!(semaphore.locked());
        let own = semaphore.clone();
        let task = create_task(async move { own.acquire().await.forget() });
        yield_now().await;
        semaphore.add_permits(2);
        assert!(semaphore.locked() && semaphore.free() == 2);
        task.await.unwrap();
        assert!(!semaphore.locked() && semaphore.free() == 1);
    });
}

#[test]
fn permits_added_wake_as_many_as_they_are() {
    run(async {
        let (semaphore, log) = (Semaphore::new(0), Log::default());
        let tasks = ["a", "b", "c"].map(|name| holder(&semaphore, &log, name, 5));
        yield_now().await;
        semaphore.add_permits(0);
        semaphore.add_permits(2);
        yield_now().await;
        assert_eq!(log.take(), "a b");
        gather(tasks).await;
        assert_eq!((log.take().as_str(), semaphore.free()), ("c", 2));
    });
}

#[test]
fn more_permits_than_can_be_counted_are_refused() {
    let semaphore = Semaphore::new(usize::MAX);
    assert!(panic_text(|| semaphore.add_permits(1)).starts_with("glassloop: more permits than"));
    assert_eq!(semaphore.free(), usize::MAX);
}
