//! `gather`, `try_gather`, `gather_results`, and the macros of the same names.

use std::future::pending;

use glassloop::{JoinError, Task, create_task, gather, gather_results, join, sleep, timeout, try_gather, yield_now};

use crate::common::{Log, OnDrop, at, boom, ms, panic_text, run};

async fn after(millis: u64, log: Log, word: &'static str) -> u64 {
    sleep(ms(millis)).await;
    log.say(word);
    millis
}

#[test]
fn g01_results_come_in_the_order_of_the_arguments() {
    run(async {
        let log = Log::default();
        let results =
            gather([(2, "2"), (3, "3"), (1, "1")].map(|(millis, word)| after(millis, log.clone(), word))).await;
        assert_eq!((results, log.take().as_str()), (vec![2, 3, 1], "1 2 3"));
        let (number, text) = gather!(async { 1 }, async { "one" }).await;
        assert_eq!((number, text), (1, "one"));
    });
}

#[test]
fn g02_children_start_when_gather_is_called_in_order() {
    run(async {
        let log = Log::default();
        let child = |word: &'static str| {
            let log = log.clone();
            async move { log.say(word) }
        };
        let gathering = gather([child("A"), child("B")]);
        log.say("not awaited yet");
        yield_now().await;
        log.say("now");
        gathering.await;
        assert_eq!(log.take(), "not awaited yet A B now");
    });
}

#[test]
fn g03_tasks_and_futures_together() {
    run(async {
        let task = create_task(async { 1 });
        let (one, two) = gather!(task, async { 2 }).await;
        assert_eq!(one.unwrap() + two, 3);
    });
}

#[test]
fn g04_of_nothing_is_nothing_at_once() {
    run(async {
        let log = Log::default();
        let other = log.clone();
        create_task(async move { other.say("other") }).detach();
        let nothing: Vec<u8> = gather(std::iter::empty::<std::future::Ready<u8>>()).await;
        log.say("main");
        assert!(nothing.is_empty());
        yield_now().await;
        assert_eq!(log.take(), "main other");
    });
}

async fn fails(millis: u64, error: Result<u64, &'static str>, log: Log) -> Result<u64, &'static str> {
    sleep(ms(millis)).await;
    log.say(format!("{millis}"));
    error
}

#[test]
fn g05_g06_g07_pitfall_58_the_first_error_in_time_and_the_siblings_run_on() {
    run(async {
        let log = Log::default();
        let ends = [(30, Err("late")), (10, Err("first")), (20, Ok(1))];
        let result = try_gather(ends.map(|(millis, end)| fails(millis, end, log.clone()))).await;
        assert_eq!((result, at(), log.take().as_str()), (Err("first"), 10, "10"));
        sleep(ms(50)).await;
        assert_eq!(log.take(), "20 30", "they ran on, and the late error went nowhere");
        let both = try_gather!(fails(1, Ok(1), log.clone()), async { Err::<(), _>("macro") }).await;
        assert_eq!(both, Err("macro"));
    });
}

#[test]
fn g05_a_child_s_panic_resumes_in_the_awaiter_at_once() {
    run(async {
        let log = Log::default();
        let slow = after(20, log.clone(), "slow");
        let awaiter = create_task(async move {
            gather!(slow, async {
                sleep(ms(5)).await;
                boom("of a child")
            })
            .await
        });
        let outcome: Result<(u64, ()), JoinError> = awaiter.await;
        assert_eq!((crate::common::panicked(outcome), at()), ("of a child".into(), 5));
        sleep(ms(20)).await;
        assert_eq!(log.take(), "slow");
    });
}

#[test]
fn g08_g12_errors_as_values_waits_for_all() {
    run(async {
        let ends = gather_results([0, 1, 2].map(|n| async move {
            sleep(ms(n)).await;
            if n == 1 { boom("one") } else { Err::<(), _>(n) }
        }))
        .await;
        assert_eq!(at(), 2);
        assert!(matches!(ends[0], Ok(Err(0))) && matches!(ends[2], Ok(Err(2))));
        assert!(matches!(&ends[1], Err(JoinError::Panicked(payload)) if payload.to_string() == "one"));
        let cancelled = create_task(pending::<()>());
        cancelled.cancel();
        let (end,) = gather_results!(cancelled).await;
        assert!(matches!(end, Ok(Err(JoinError::Cancelled { .. }))));
    });
}

fn holding(log: &Log, word: &'static str) -> impl Future<Output = ()> + use<> {
    let guard = log.on_drop(word);
    async move {
        let _guard = guard;
        pending::<()>().await;
    }
}

#[test]
fn g09_dropping_it_cancels_the_children_in_order() {
    run(async {
        let log = Log::default();
        let children = [holding(&log, "A"), holding(&log, "B"), holding(&log, "C")];
        assert!(timeout(ms(5), gather_results(children)).await.is_err());
        assert_eq!(log.take(), "A B C", "they go with it");
        let outer = create_task(gather([holding(&log, "D"), holding(&log, "E")]));
        yield_now().await;
        outer.cancel();
        assert!(outer.await.is_err());
        yield_now().await;
        assert_eq!(log.take(), "D E");
    });
}

#[test]
fn g11_a_child_task_that_another_cancelled_is_an_error_and_not_one_s_own_cancellation() {
    run(async {
        let child = create_task(pending::<u8>());
        child.cancel();
        assert!(matches!(try_gather([child]).await, Err(JoinError::Cancelled { .. })));
    });
}

#[test]
fn g13_a_shared_task_runs_once() {
    // A task has one owner, so `gather([task, task])` does not compile: one child awaits it for both.
    run(async {
        let log = Log::default();
        let task: Task<u64> = create_task(after(1, log.clone(), "once"));
        let (value,) = gather!(async { task.await.unwrap() }).await;
        assert_eq!((value, log.take().as_str()), (1, "once"));
    });
}

#[test]
fn g14_nests() {
    run(async {
        let inner = |names: &'static [&'static str]| gather(names.iter().map(|name| async move { *name }));
        let all = gather([inner(&["C", "D"]), inner(&["E"])]).await;
        assert_eq!(all, [vec!["C", "D"], vec!["E"]]);
    });
}

#[test]
fn g15_over_finished_tasks_errors_are_found_in_the_order_of_the_arguments() {
    run(async {
        let failing = |error: &'static str| async move { Err::<(), _>(error) };
        let late = create_task(async move {
            sleep(ms(2)).await;
            failing("first argument").await
        });
        let early = create_task(failing("first in time"));
        sleep(ms(5)).await;
        let both = try_gather([late, early].map(|task| async move { task.await.unwrap() })).await;
        assert_eq!(both, Err("first argument"));
    });
}

#[test]
fn g16_cancelled_before_their_first_step_the_children_never_run() {
    run(async {
        let log = Log::default();
        let body = log.clone();
        drop(gather([async move { body.say("ran") }]));
        yield_now().await;
        yield_now().await;
        assert_eq!(log.take(), "");
        let body = log.clone();
        let outer = create_task(async move { gather([async move { body.say("ran") }]).await });
        outer.cancel();
        assert!(outer.await.is_err());
        yield_now().await;
        assert_eq!(log.take(), "");
    });
}

#[test]
fn tuples_too_drop_their_outcomes_before_a_panic_goes_on() {
    let text = panic_text(|| {
        run(async {
            gather!(async { OnDrop(|| boom("in the drop of an output")) }, async { boom("in a child") }).await
        });
    });
    assert!(text.starts_with("in "), "{text}");
}

#[test]
fn a_thousand_children_of_which_one_is_woken_at_a_time() {
    run(async {
        let log = Log::default();
        let results = gather((0..1000).map(|n| {
            let log = log.clone();
            async move {
                sleep(ms(1000 - n)).await;
                if n % 250 == 0 {
                    log.say(n.to_string());
                }
                n
            }
        }))
        .await;
        assert_eq!(results, (0..1000).collect::<Vec<_>>());
        assert_eq!(log.take(), "750 500 250 0");
    });
}

#[test]
fn join_borrows_and_polls_all_in_one_task() {
    run(async {
        let words = ["a".to_string(), "b".to_string()];
        let log = Log::default();
        let (first, second) = join!(
            async {
                sleep(ms(2)).await;
                log.say("slow");
                &words[0]
            },
            async {
                sleep(ms(1)).await;
                log.say("fast");
                &words[1]
            }
        )
        .await;
        assert_eq!((first.as_str(), second.as_str(), log.take().as_str()), ("a", "b", "fast slow"));
    });
}
