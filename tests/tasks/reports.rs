//! Failures that nobody collects: told once, and at once.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use glassloop::{
    Clock, Runtime, create_task, create_task_named, current_task, gather_results, sleep, try_create_task, try_gather,
    yield_now,
};

use crate::common::{Reports, boom, ms};

const BAD: &str = "glassloop: task 2 \"bad\" panicked and nobody awaited it: boom";

#[test]
fn t20_a_panic_is_reported_when_the_handle_goes() {
    let reports = Reports::default();
    let said = reports.clone();
    let runtime = reports.runtime();
    runtime
        .block_on(async move {
            let task = create_task_named("bad", async { boom("boom") });
            yield_now().await;
            assert_eq!(said.take(), [""; 0], "somebody may still ask");
            drop::<glassloop::Task<()>>(task);
            assert_eq!(said.take(), [BAD], "at once");
        })
        .unwrap();
    drop(runtime);
    assert_eq!(reports.take(), [""; 0], "once");
}

#[test]
fn t20_a_panic_is_reported_at_the_end_of_a_task_without_a_handle() {
    let reports = Reports::default();
    let said = reports.clone();
    let main = async move {
        drop::<glassloop::Task<()>>(create_task_named("bad", async { boom("boom") }));
        assert_eq!(said.take(), [""; 0]);
        yield_now().await;
        assert_eq!(said.take(), [BAD]);
    };
    reports.runtime().block_on(main).unwrap();
}

#[test]
fn t20_an_err_is_reported_where_the_type_shows_one() {
    let reports = Reports::default();
    let said = reports.clone();
    let main = async move {
        let fails = async || Err::<(), _>("no luck");
        drop(create_task(fails())); // a value like any other
        yield_now().await;
        assert_eq!(said.take(), [""; 0]);
        let task = try_create_task(fails());
        yield_now().await;
        assert!(task.has_failed());
        drop(task);
        assert_eq!(said.take(), ["glassloop: task 3 \"Task-3\" failed and nobody awaited it: no luck"]);
        assert_eq!(try_create_task(fails()).await.unwrap(), Err("no luck"));
        drop(try_create_task(async { Ok::<_, String>(1) }));
        let cancelled = try_create_task(async {
            sleep(ms(1)).await;
            Err::<(), _>("never")
        });
        cancelled.cancel();
        drop(cancelled);
        yield_now().await;
        assert_eq!(said.take(), [""; 0], "collected, succeeded, cancelled: nothing to report");
    };
    reports.runtime().block_on(main).unwrap();
}

#[test]
fn g07_an_error_after_the_end_of_its_gather_is_reported_if_it_is_a_panic() {
    let reports = Reports::default();
    let said = reports.clone();
    let main = async move {
        let ended = try_gather([1, 2].map(|n| async move {
            sleep(ms(n)).await;
            if n == 2 { boom("late") } else { Err::<(), _>("first") }
        }));
        assert_eq!(ended.await, Err("first"));
        sleep(ms(5)).await;
        assert_eq!(said.take(), ["glassloop: child 1 of gather 2 panicked and nobody awaited it: late"]);
        assert!(gather_results([async { boom("seen") }]).await.iter().all(|end: &Result<(), _>| end.is_err()));
        assert_eq!(said.take(), [""; 0]);
    };
    reports.runtime().block_on(main).unwrap();
}

#[test]
fn pitfall_21_a_report_comes_also_outside_of_the_loop_and_after_it() {
    let reports = Reports::default();
    let runtime = reports.runtime();
    let make = || {
        let mut kept = None;
        let made = async {
            kept = Some(create_task_named("bad", async { boom("boom") }));
            yield_now().await;
        };
        runtime.block_on(made).unwrap();
        kept.unwrap()
    };
    let outside: glassloop::Task<()> = make();
    drop(outside);
    assert_eq!(reports.take(), [BAD]);
    let late: glassloop::Task<()> = make();
    drop(runtime);
    drop(late);
    assert_eq!(reports.take().len(), 1);
}

#[test]
fn r9_a_panic_in_the_drop_of_a_leftover_is_reported() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            boom("in a drop");
        }
    }
    let reports = Reports::default();
    let runtime = reports.runtime();
    let leftover = async {
        let _bad = Bad;
        std::future::pending::<()>().await;
    };
    let main = async {
        create_task_named("left", leftover).detach();
        yield_now().await;
    };
    runtime.block_on(main).unwrap();
    drop(runtime);
    assert_eq!(reports.take(), ["glassloop: task 2 \"left\" panicked and nobody awaited it: in a drop"]);
}

#[test]
fn a_report_may_create_tasks_and_cancel() {
    let started = Rc::new(Cell::new(0));
    let count = started.clone();
    let clock = Clock::new_virtual();
    let builder = Runtime::builder().clock(clock.clone()).debug(true).on_report(move |_| {
        let count = count.clone();
        let _ = current_task();
        create_task(async move { count.set(count.get() + 1) }).detach();
        let other = create_task(pending::<()>());
        other.cancel();
    });
    let runtime = builder.build().unwrap();
    runtime
        .block_on(async move {
            clock.block_for(ms(200));
            create_task(async { boom("on purpose") }).detach();
            yield_now().await;
            yield_now().await;
            yield_now().await;
        })
        .unwrap();
    assert_eq!(started.get(), 2, "a slow poll and a panic");
}
