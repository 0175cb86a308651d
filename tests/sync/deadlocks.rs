//! The report of a certain deadlock names what each task waits for.

use std::future::Future;

use glassloop::{Barrier, Condition, Event, Lock, RunError, Semaphore, create_task_named, oneshot};

use crate::common::virtual_runtime;

fn report(future: impl Future<Output = ()>) -> String {
    match virtual_runtime().block_on(future) {
        Err(RunError::Deadlock(report)) => report.to_string(),
        other => panic!("no deadlock: {other:?}"),
    }
}

#[test]
fn k6_a_task_that_acquires_its_own_lock_is_told_so() {
    let report = report(async {
        let lock = Lock::new();
        let _guard = lock.acquire().await;
        drop(lock.acquire().await);
    });
    assert!(report.contains("\"main\" waits for Lock 1 (held by itself, made at "), "{report}");
    assert!(report.contains(&format!(" at {}:", file!())), "{report}");
}

#[test]
fn two_locks_in_two_orders() {
    let report = report(async {
        let (a, b) = (Lock::new(), Lock::new());
        let (theirs_a, theirs_b) = (a.clone(), b.clone());
        let _a = a.acquire().await;
        let other = create_task_named("other", async move {
            let _b = theirs_b.acquire().await;
            drop(theirs_a.acquire().await);
        });
        glassloop::yield_now().await;
        drop(b.acquire().await);
        drop(other);
    });
    assert!(report.contains("\"main\"  waits for Lock 2 (held by task 2 \"other\", "), "{report}");
    assert!(report.contains("\"other\" waits for Lock 1 (held by task 1 \"main\", "), "{report}");
}

#[test]
fn each_primitive_is_named() {
    let cases: [(&str, String); 5] = [
        ("Event", report(async { Event::new().wait().await })),
        ("acquire of Semaphore", report(async { drop(Semaphore::new(0).acquire().await) })),
        ("Barrier", report(async { assert!(Barrier::new(2).unwrap().wait().await.is_ok()) })),
        (
            "Condition",
            report(async {
                let condition = Condition::new();
                drop(condition.wait(condition.acquire().await).await);
            }),
        ),
        (
            "Promise",
            report(async {
                let (promise, future) = oneshot::<()>();
                future.on_done(|_| {});
                assert!(future.await.is_ok());
                drop(promise);
            }),
        ),
    ];
    for (what, report) in cases {
        let number = if what == "Condition" { 2 } else { 1 }; // a condition comes after its lock
        assert!(
            report.contains(&format!(" waits for {what} {number} (")) && report.contains(&format!(") at {}:", file!())),
            "{what}: {report}"
        );
    }
}

#[test]
fn a_notified_waiter_that_finds_the_lock_held_waits_for_the_lock() {
    let report = report(async {
        let condition = Condition::new();
        let own = condition.clone();
        let waiter = create_task_named("waiter", async move {
            let guard = own.acquire().await;
            drop(own.wait(guard).await);
        });
        glassloop::yield_now().await;
        let guard = condition.acquire().await;
        condition.notify_all(&guard);
        drop(waiter.await);
        drop(guard);
    });
    assert!(report.contains("\"waiter\" waits for Lock 1 (held by task 1 \"main\", "), "{report}");
}
