//! `shield`, `wait`, `as_completed`.

use std::future::pending;

use glassloop::{
    Report, ReturnWhen, Task, as_completed, create_task, shield, sleep, timeout, try_create_task, wait, wait_for,
};

use crate::common::{Log, at, boom, ms, reporting, run};

/// A task that gives its time after that time.
fn after(millis: u64) -> Task<u64> {
    create_task(async move {
        sleep(ms(millis)).await;
        millis
    })
}

#[test]
fn h1_h3_the_work_runs_on_when_its_caller_is_cancelled_and_can_be_awaited_later() {
    run(async {
        let work = shield(async {
            sleep(ms(5)).await;
            "saved"
        })
        .into_task();
        let handle = work.handle();
        let caller = create_task(async move { work.await.is_ok() });
        sleep(ms(1)).await;
        caller.cancel();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert!(!handle.is_done());
        sleep(ms(5)).await;
        assert!(handle.is_done() && !handle.is_cancelled());
    });
}

#[test]
fn h2_h3_wait_for_a_shield_times_out_and_the_work_lives() {
    run(async {
        let mut work = shield(async {
            sleep(ms(5)).await;
            "saved"
        });
        assert!(wait_for(&mut work, Some(ms(1))).await.is_err());
        assert_eq!((work.await.unwrap(), at()), ("saved", 5));
    });
}

#[test]
fn h4_a_cancel_of_the_inner_task_goes_through() {
    run(async {
        let work = shield(pending::<()>());
        work.task().cancel();
        assert!(work.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn h5_nobody_needs_to_keep_a_reference_to_the_inner_task() {
    run(async {
        let log = Log::default();
        let inside = log.clone();
        drop(shield(async move {
            sleep(ms(5)).await;
            inside.say("ended");
        }));
        sleep(ms(6)).await;
        assert_eq!(log.take(), "ended");
    });
}

#[test]
fn h6_a_panic_after_the_caller_has_left_is_reported() {
    let (runtime, reports) = reporting();
    runtime
        .block_on(async {
            let work = shield(async {
                sleep(ms(5)).await;
                boom("too late");
            });
            assert!(timeout(ms(1), work).await.is_err());
            sleep(ms(9)).await;
        })
        .unwrap();
    assert!(matches!(&reports.borrow()[..], [Report::TaskPanicked { panic, .. }] if panic == "too late"));
}

#[test]
fn a1_a3_wait_gives_what_has_ended_and_what_has_not() {
    run(async {
        let tasks = [after(3), after(1), after(2)];
        let waited = wait(tasks, ReturnWhen::FirstCompleted).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (1, 2, 1));
        let waited = wait(waited.pending, ReturnWhen::AllCompleted).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (2, 0, 3));
    });
}

#[test]
fn a2_when_the_time_of_wait_is_over_nobody_is_cancelled() {
    run(async {
        let tasks = [after(1), after(9)];
        let waited = wait(&tasks, ReturnWhen::AllCompleted).timeout(ms(5)).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (1, 1, 5));
        let [_, slow] = tasks;
        assert!(!slow.cancelling());
        assert_eq!(slow.await.unwrap(), 9);
    });
}

#[test]
fn a4_the_first_failure_ends_a_wait_for_it() {
    run(async {
        let job = |millis, fail| {
            try_create_task(async move {
                sleep(ms(millis)).await;
                if fail { Err("failed") } else { Ok(()) }
            })
        };
        let tasks = [job(1, false), job(2, true), job(9, false)];
        let waited = wait(&tasks, ReturnWhen::FirstException).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (2, 1, 2));
        assert_eq!(waited.done.iter().map(|task| task.has_failed()).collect::<Vec<_>>(), [false, true]);
        for task in tasks {
            let _ = task.await.unwrap();
        }
    });
}

#[test]
fn a5_a_wait_for_nobody_is_over_at_once() {
    run(async {
        let waited = wait(Vec::<Task<()>>::new(), ReturnWhen::FirstCompleted).await;
        assert!(waited.done.is_empty() && waited.pending.is_empty());
    });
}

#[test]
fn a6_as_completed_gives_tasks_as_they_end_and_errors_where_they_are_awaited() {
    run(async {
        let bad = create_task(async {
            sleep(ms(2)).await;
            boom("no value");
            0
        });
        let mut ended = as_completed([after(3), bad, after(1)]);
        let mut seen = Vec::new();
        while let Some(task) = ended.next().await {
            seen.push(task.await.ok());
        }
        assert_eq!(seen, [Some(1), None, Some(3)]);
    });
}

#[test]
fn a7_as_completed_gives_the_very_tasks_and_a_timeout_lets_the_rest_run_on() {
    run(async {
        let tasks = [after(1), after(9)];
        let mut ended = as_completed(&tasks);
        assert!(std::ptr::eq(ended.next().await.unwrap(), &tasks[0]));
        assert!(timeout(ms(2), ended.next()).await.is_err());
        drop(ended);
        let [_, slow] = tasks;
        assert!(!slow.is_done() && !slow.cancelling());
        assert_eq!(slow.await.unwrap(), 9);
    });
}
