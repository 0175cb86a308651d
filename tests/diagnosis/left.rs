//! Whom a loop leaves behind, and what they waited for.

use std::future::pending;

use glassloop::net::TcpListener;
use glassloop::{
    Clock, Event, Lock, Queue, Report, create_task, create_task_named, gather, select, sleep, sleep_forever, yield_now,
};

use crate::common::{Reports, Slot, leave_waker, ms, place};

/// The texts of what is reported when the loop ends after `future`.
fn left_by(future: impl Future<Output = ()>) -> Vec<String> {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let runtime = reports.runtime(&clock);
    runtime.block_on(future).expect("no deadlock");
    drop(runtime);
    reports.take().iter().map(Report::to_string).collect()
}

/// What is left by a future that leaves one task behind: the lines under the head of the report.
fn waits_left_by(future: impl Future<Output = ()>) -> Vec<String> {
    let reports = left_by(future);
    let [report] = &reports[..] else { panic!("{reports:#?}") };
    let (head, waits) = report.split_once('\n').unwrap_or_else(|| panic!("no second line: {report}"));
    assert!(head.contains(" was pending when the loop ended"), "{head}");
    waits.lines().map(str::to_owned).collect()
}

/// That this is waited for, in this line of this file, for so long.
#[track_caller]
fn assert_waits(text: &str, what: &str, line: u32, lasts: &str) {
    let begin = format!("  {what}{}", place(file!(), line));
    assert!(
        text.starts_with(&begin) && text.ends_with(&format!(", for {lasts}")),
        "{text:?} is not {begin:?}, {lasts}"
    );
}

#[test]
fn a_wait_has_its_resource_its_operation_its_line_and_how_long_it_lasts() {
    const CREATED: u32 = line!() + 6;
    const GETS: u32 = CREATED + 2;
    const ACQUIRES: u32 = GETS + 3;
    let reports = left_by(async {
        let (jobs, till) = (Queue::<u8>::bounded(4).named("jobs"), Lock::new().named("till"));
        let (guard, till) = (till.acquire().await, till.clone());
        let waiter = create_task_named("waiter", async move {
            sleep(ms(3)).await;
            let _ = jobs.get().await;
        });
        let customer = create_task_named("customer", async move {
            drop(till.acquire().await);
        });
        sleep(ms(10)).await;
        drop((waiter, customer));
        std::mem::forget(guard);
    });
    let [waiter, customer] = &reports[..] else { panic!("{reports:#?}") };
    let [head, wait] = waiter.lines().collect::<Vec<_>>()[..] else { panic!("{waiter}") };
    let begin = r#"glassloop: task 2 "waiter" was pending when the loop ended (created"#;
    assert!(head.starts_with(&format!("{begin}{}", place(file!(), CREATED))), "{head}");
    assert_waits(wait, r#"it waited for get of Queue "jobs" 0/4"#, GETS, "7 ms");
    let [_, wait] = customer.lines().collect::<Vec<_>>()[..] else { panic!("{customer}") };
    assert_waits(
        wait,
        r#"it waited for Lock "till" (whoever took it is gone, and its guard is not)"#,
        ACQUIRES,
        "10 ms",
    );
}

#[test]
fn of_several_waits_each_has_a_line() {
    const LINE: u32 = line!() + 8;
    let waits = waits_left_by(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = create_task_named("other", async {});
        let go = Event::new().named("go");
        // All on one line, as it is one wait with several ends.
        #[rustfmt::skip]
        create_task(async move {
            select! { _ = sleep(ms(50)) => {} _ = go.wait() => {} _ = listener.accept() => {} }
        })
        .detach();
        other.await.unwrap();
        sleep(ms(10)).await;
    });
    let [event, timer, socket] = &waits[..] else { panic!("{waits:#?}") };
    assert_waits(event, r#"it waited for Event "go""#, LINE, "10 ms");
    assert_waits(timer, "  and for a timer (due in 40 ms)", LINE, "10 ms");
    assert_waits(socket, "  and for accept of source 0 (tcp listener)", LINE, "10 ms");
}

#[test]
fn the_end_of_another_is_a_wait_and_so_is_a_gather() {
    let reports = left_by(async {
        let inner = create_task_named("inner", async { gather([sleep(ms(20)), sleep(ms(30))]).await });
        create_task_named("outer", inner).detach();
        sleep(ms(5)).await;
    });
    let [inner, outer, group] = &reports[..] else { panic!("{reports:#?}") };
    assert!(inner.contains("\n  it waited for gather 4 at ") && inner.ends_with(", for 5 ms"), "{inner}");
    assert!(outer.contains("\n  it waited for the end of task 2 \"inner\" at "), "{outer}");
    let [_, first, second] = group.lines().collect::<Vec<_>>()[..] else { panic!("{group}") };
    assert!(first.starts_with("  child 0 waited for a timer (due in 15 ms) at "), "{first}");
    assert!(second.starts_with("  child 1 waited for a timer (due in 25 ms) at "), "{second}");
}

#[test]
fn of_a_large_gather_ten_children_are_told() {
    let waits = waits_left_by(async {
        drop(create_task(async {}));
        let mut group = Box::pin(gather((0..25).map(|_| sleep(ms(20)))));
        let _ = glassloop::timeout(ms(5), &mut group).await;
        std::mem::forget(group);
    });
    assert_eq!(waits.len(), 11, "{waits:#?}");
    assert!(waits[9].starts_with("  child 9 waited for ") && waits[10] == "  ... and 15 more", "{waits:#?}");
}

#[test]
fn who_was_about_to_go_on_had_what_it_waited_for() {
    const GETS: u32 = line!() + 5;
    let waits = waits_left_by(async {
        let jobs = Queue::new().named("jobs");
        let theirs = jobs.clone();
        create_task(async move {
            theirs.get().await.unwrap();
        })
        .detach();
        yield_now().await;
        // In the loop's last turn: what it wakes has none.
        create_task(async move { jobs.put(1).await.unwrap() }).detach();
    });
    let [wait] = &waits[..] else { panic!("{waits:#?}") };
    let begin = r#"  it was about to go on after its wait for get of Queue "jobs""#;
    assert!(wait.starts_with(&format!("{begin}{}", place(file!(), GETS))), "{wait}");

    let yields = waits_left_by(async {
        create_task(async {
            loop {
                yield_now().await;
            }
        })
        .detach();
    });
    assert_eq!(yields, ["  it was about to go on"]);
}

#[test]
fn what_the_loop_does_not_know_of_is_said_to_be_that() {
    let nothing = waits_left_by(async {
        create_task(sleep_forever()).detach();
        yield_now().await;
    });
    assert_eq!(nothing, ["  it was pending, for nothing that the loop knows of"]);

    let slot = Slot::default();
    let theirs = slot.clone();
    let strangers = waits_left_by(async {
        create_task(leave_waker(theirs)).detach();
        yield_now().await;
    });
    assert_eq!(strangers, ["  it was pending, and strangers hold a waker of it"]);
}

#[test]
fn who_was_never_polled_was_ready_and_was_created_by_somebody() {
    const UNBORN: u32 = line!() + 3;
    let reports = left_by(async {
        create_task_named("parent", async {
            create_task_named("unborn", pending::<()>()).detach();
        })
        .detach();
    });
    let [report] = &reports[..] else { panic!("{reports:#?}") };
    let begin = r#"glassloop: task 3 "unborn" was never polled: it was ready, and the loop ended first (created"#;
    assert!(report.starts_with(&format!("{begin}{}", place(file!(), UNBORN))), "{report}");
    assert!(report.ends_with(r#" by task 2 "parent")"#), "{report}");
}
