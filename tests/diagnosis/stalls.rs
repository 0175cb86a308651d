//! Polls that take too long, and what they come after.

use glassloop::{Lock, Queue, Report, call_later, create_task_named, gather, sleep, yield_now};

use crate::common::{ms, place, reports_of};

#[test]
fn the_wait_that_ended_right_before_is_named() {
    const SLEEPS: u32 = line!() + 7;
    const JOINS: u32 = SLEEPS + 7;
    let reports = reports_of(|clock| async move {
        let queue = Queue::bounded(1).named("jobs");
        let (items, slow) = (queue.clone(), clock.clone());
        let worker = create_task_named("worker", async move {
            slow.block_for(ms(100)); // no wait before this one
            sleep(ms(1)).await;
            slow.block_for(ms(200));
            items.get().await.unwrap();
            slow.block_for(ms(400));
        });
        sleep(ms(1000)).await;
        queue.put(1).await.unwrap();
        worker.await.unwrap();
        clock.block_for(ms(100));
    });
    let texts: Vec<String> = reports.iter().map(Report::to_string).collect();
    let [first, second, third] = &texts[..] else { panic!("{texts:#?}") };
    assert!(first.starts_with("glassloop: a poll of task 2 \"worker\" took 100 ms (created at "), "{first}");
    assert!(second.contains(" took 200 ms, right after its wait for a timer at "), "{second}");
    assert!(
        second.contains(&place(file!(), SLEEPS)) && second.contains("; that is its 2nd long one (created "),
        "{second}"
    );
    assert!(third.contains("task 1 \"main\" took 100 ms, right after its wait for the end of task 2 at "), "{third}");
    assert!(third.contains(&place(file!(), JOINS)), "{third}");
}

#[test]
fn of_a_resource_it_says_which() {
    const GETS: u32 = line!() + 7;
    let reports = reports_of(|clock| async move {
        let queue = Queue::new().named("jobs");
        let (items, lock) = (queue.clone(), Lock::new());
        let guard = lock.acquire().await;
        let (slow, theirs) = (clock.clone(), lock.clone());
        create_task_named("worker", async move {
            items.get().await.unwrap();
            slow.block_for(ms(100));
            drop(theirs.acquire().await);
            slow.block_for(ms(100));
        })
        .detach();
        yield_now().await;
        queue.put(1).await.unwrap();
        yield_now().await;
        drop(guard);
        yield_now().await;
    });
    let texts: Vec<String> = reports.iter().map(Report::to_string).collect();
    let [first, second] = &texts[..] else { panic!("{texts:#?}") };
    assert!(first.contains("right after its wait for get of Queue \"jobs\" at "), "{first}");
    assert!(first.contains(&place(file!(), GETS)), "{first}");
    assert!(second.contains("right after its wait for acquire of Lock 2 at "), "{second}");
}

#[test]
fn a_gather_is_no_task() {
    let reports = reports_of(|clock| async move {
        gather([sleep(ms(1)), sleep(ms(2))]).await;
        clock.block_for(ms(100));
        let slow = clock.clone();
        gather([async move { slow.block_for(ms(150)) }]).await;
    });
    let texts: Vec<String> = reports.iter().map(Report::to_string).collect();
    let [main, child] = &texts[..] else { panic!("{texts:#?}") };
    assert!(main.contains(" \"main\" took 100 ms, right after its wait for gather 2 at "), "{main}");
    let wanted = "glassloop: a poll of child 0 of gather 3 took 150 ms (gathered at tests/diagnosis/stalls.rs:";
    assert!(child.starts_with(wanted), "{child}");
}

#[test]
fn a_task_that_stalls_again_and_again_is_said_at_doubling_counts() {
    let reports = reports_of(|clock| async move {
        for _ in 0..100 {
            clock.block_for(ms(100));
            sleep(ms(1)).await;
        }
        let late = clock.clone();
        call_later(ms(1), move || late.block_for(ms(100)));
        sleep(ms(5)).await;
    });
    let said = reports.iter().map(|report| match report {
        Report::SlowPoll { task, times, .. } => (task.task, *times),
        other => panic!("{other}"),
    });
    let said: Vec<_> = said.collect();
    assert_eq!(said, [(1, 1), (1, 2), (1, 4), (1, 8), (1, 16), (1, 32), (1, 64), (2, 1)]);
}
