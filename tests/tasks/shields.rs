//! `shield`: the inner work runs on.

use glassloop::{create_task, shield, sleep, timeout, yield_now};

use crate::common::{Log, Reports, at, boom, ms, run};

#[test]
fn h1_h5_the_caller_is_cancelled_and_the_inner_task_runs_on() {
    run(async {
        let log = Log::default();
        let inner = log.clone();
        let outer = create_task(async move {
            let _ = shield(async move {
                sleep(ms(20)).await;
                inner.say("saved");
            })
            .await;
        });
        sleep(ms(10)).await;
        outer.cancel();
        assert!(outer.await.unwrap_err().is_cancelled());
        sleep(ms(20)).await;
        assert_eq!(log.take(), "saved", "nobody had to keep a reference to it");
    });
}

#[test]
fn h2_h3_after_a_timeout_the_inner_task_can_be_awaited_again() {
    run(async {
        let mut saving = shield(async {
            sleep(ms(20)).await;
            "saved"
        });
        assert!(timeout(ms(10), &mut saving).await.is_err());
        assert_eq!((saving.await.unwrap(), at()), ("saved", 20));
    });
}

#[test]
fn h4_the_inner_task_s_cancellation_comes_through() {
    run(async {
        let shielded = shield(sleep(ms(20)));
        shielded.task().cancel_with("inside");
        assert_eq!(shielded.await.unwrap_err().reason(), Some("inside"));
        assert!(shield(sleep(ms(1))).into_task().await.is_ok());
    });
}

#[test]
fn h6_an_inner_failure_after_the_caller_has_left_is_reported_at_once() {
    let reports = Reports::default();
    let said = reports.clone();
    let main = async move {
        let bad = shield(async {
            sleep(ms(20)).await;
            boom("inside")
        });
        let waited: Result<Result<(), _>, _> = timeout(ms(10), bad).await;
        assert!(waited.is_err());
        sleep(ms(20)).await;
        assert_eq!(said.take(), ["glassloop: task 2 \"Task-2\" panicked and nobody awaited it: inside"]);
        yield_now().await;
    };
    reports.runtime().block_on(main).unwrap();
}
