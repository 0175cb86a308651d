//! Tasks: cleanup that waits, reasons, failures that nobody collects, tasks that await each other.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

use glassloop::{
    CancelToken, JoinError, Report, Task, create_task, create_task_named, sleep, try_create_task, yield_now,
};

use crate::common::{Log, at, boom, ms, reporting, run};

#[test]
fn t11_t13_cleanup_that_waits_listens_to_a_token_and_awaiting_the_task_tells_its_end() {
    run(async {
        let (token, log) = (CancelToken::new(), Log::default());
        let (stop, inside) = (token.clone(), log.clone());
        let task = create_task(async move {
            if stop.until_cancelled(sleep(ms(1000))).await.is_none() {
                inside.say("cleaning");
                sleep(ms(100)).await;
                inside.say("clean");
            }
        });
        yield_now().await;
        assert!(token.cancel());
        task.await.unwrap();
        assert_eq!((log.take().as_str(), at()), ("cleaning clean", 100));
    });
}

#[test]
fn t12_w16_r7_a_request_that_is_ignored_leads_to_a_normal_end() {
    run(async {
        let token = CancelToken::new();
        let stop = token.clone();
        let task = create_task(async move {
            stop.cancelled().await;
            "done anyway"
        });
        yield_now().await;
        token.cancel();
        assert_eq!(task.await.unwrap(), "done anyway");
    });
}

#[test]
fn t15_t17_requests_are_not_counted_and_the_first_reason_stays() {
    run(async {
        let task = create_task(pending::<()>());
        yield_now().await;
        assert!(!task.cancelling());
        assert!(task.cancel_with("why") && task.cancel_with("never mind") && task.cancelling());
        let error = task.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.reason(), Some("why"));
    });
}

#[test]
fn t20_a_failure_that_nobody_collects_is_reported_once_and_at_once() {
    let (runtime, reports) = reporting();
    let count = || reports.borrow().len();
    runtime
        .block_on(async {
            create_task_named("lone", async { boom("no luck") }).detach();
            yield_now().await;
            assert_eq!(count(), 1);
            let kept = try_create_task(async { Err::<(), _>("an error") });
            yield_now().await;
            assert_eq!(count(), 1, "somebody may still ask");
            drop(kept);
            yield_now().await;
            assert_eq!(count(), 2);
            let collected = try_create_task(async { Err::<(), _>("an error") });
            assert_eq!(collected.await.unwrap(), Err("an error"));
        })
        .unwrap();
    drop(runtime);
    let reports = reports.borrow();
    assert_eq!(reports.len(), 2);
    assert!(matches!(&reports[0], Report::TaskPanicked { name, panic, .. } if name == "lone" && panic == "no luck"));
    assert!(matches!(&reports[1], Report::TaskFailed { error, .. } if error.contains("an error")));
}

/// A task that awaits the one in `target`, and says how that ended.
fn waiter(target: &Rc<RefCell<Option<Task<()>>>>, log: &Log, name: &'static str) -> Task<()> {
    let (target, log) = (target.clone(), log.clone());
    create_task_named(name, async move {
        yield_now().await;
        let task = target.take().expect("a task to await");
        match task.await {
            Err(JoinError::Cycle(cycle)) => log.say(format!("{name}: a cycle of {}", cycle.tasks.len())),
            other => log.say(format!("{name}: {}", if other.is_ok() { "value" } else { "error" })),
        }
    })
}

#[test]
fn t23_a_task_that_awaits_itself_gets_an_error() {
    let (runtime, reports) = reporting();
    runtime
        .block_on(async {
            let (own, log) = (Rc::default(), Log::default());
            let task = waiter(&own, &log, "me");
            *own.borrow_mut() = Some(task);
            sleep(ms(1)).await;
            assert_eq!(log.take(), "me: a cycle of 1");
        })
        .unwrap();
    assert_eq!(reports.borrow().len(), 1);
}

#[test]
fn t24_tasks_that_await_each_other_get_an_error_that_names_them() {
    let (runtime, reports) = reporting();
    let log = Log::default();
    runtime
        .block_on(async {
            let (first, second) = (Rc::default(), Rc::default());
            let (a, b) = (waiter(&second, &log, "a"), waiter(&first, &log, "b"));
            (*first.borrow_mut(), *second.borrow_mut()) = (Some(a), Some(b));
            sleep(ms(1)).await;
        })
        .unwrap();
    assert_eq!(log.take(), "b: a cycle of 2 a: value");
    let reports = reports.borrow();
    let [Report::AwaitCycle(cycle)] = &reports[..] else { panic!("{reports:?}") };
    let names: Vec<&str> = cycle.tasks.iter().map(|member| member.name.as_str()).collect();
    assert!(names.contains(&"a") && names.contains(&"b"), "{names:?}");
}

#[test]
fn t24_a_task_that_others_await_in_a_row_is_cancelled_without_recursion() {
    run(async {
        let root = create_task(pending::<()>());
        let handle = root.handle();
        let mut last = create_task(async move { root.await.is_err() });
        for _ in 0..10_000 {
            last = create_task(async move { last.await.unwrap() });
        }
        yield_now().await;
        handle.cancel();
        assert!(last.await.unwrap());
    });
}
