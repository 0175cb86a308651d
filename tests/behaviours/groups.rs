//! `TaskGroup`.

use std::future::pending;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use glassloop::{GroupClosed, GroupError, TaskGroup, create_task, sleep, yield_now};

use crate::common::{Log, at, boom, ms, run};

type Outcome = Result<u64, String>;

/// Ends after so many milliseconds, with a failure if `fail`; says how it went.
fn job(log: &Log, name: &'static str, millis: u64, fail: bool) -> impl Future<Output = Outcome> + use<> {
    let log = log.clone();
    async move {
        let guard = log.on_drop(format!("{name}-dropped"));
        sleep(ms(millis)).await;
        std::mem::forget(guard);
        log.say(format!("{name}-{}", if fail { "failed" } else { "ended" }));
        if fail { Err(name.to_owned()) } else { Ok(millis) }
    }
}

#[test]
fn x1_x2_the_scope_ends_with_the_last_of_its_tasks_though_the_body_ends_first() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            group.spawn(job(&log, "A", 3, false)).unwrap().detach();
            group.spawn(job(&log, "B", 1, false)).unwrap().detach();
            log.say("body");
            Ok("value")
        });
        assert_eq!(scope.await, Ok("value"));
        assert_eq!((log.take().as_str(), at()), ("body B-ended A-ended", 3));
    });
}

#[test]
fn x3_x4_x5_x12_a_failure_cancels_the_siblings_in_their_order_then_the_body_and_comes_as_a_group() {
    run(async {
        let log = Log::default();
        let mut early = None;
        let scope = TaskGroup::scope(async |group| {
            early = Some(group.spawn(job(&log, "early", 1, false)).unwrap());
            group.spawn(job(&log, "A", 9, false)).unwrap().detach();
            group.spawn(job(&log, "bad", 2, true)).unwrap().detach();
            group.spawn(job(&log, "C", 9, false)).unwrap().detach();
            let _body = log.on_drop("body-dropped");
            pending::<Result<(), String>>().await
        });
        assert_eq!(scope.await.unwrap_err().errors, ["bad"]);
        assert_eq!(log.take(), "early-ended bad-failed A-dropped C-dropped body-dropped");
        assert_eq!(early.unwrap().await.unwrap(), Ok(1), "what had ended keeps its value");
    });
}

#[test]
fn x6_errors_come_in_the_order_in_which_tasks_ended_and_the_bodys_last() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            group.spawn(job(&log, "C", 2, true)).unwrap().detach();
            group.spawn(job(&log, "B", 2, true)).unwrap().detach();
            yield_now().await; // so that its timer is the last of three that fire together
            sleep(ms(2)).await;
            Err::<(), _>("body".to_owned())
        });
        assert_eq!(scope.await.unwrap_err().errors, ["C", "B", "body"]);
    });
}

#[test]
fn x7_x13_a_scope_that_is_cancelled_takes_its_tasks_with_it() {
    run(async {
        let log = Log::default();
        let inside = log.clone();
        let owner = create_task(async move {
            let scope = TaskGroup::scope(async |group| {
                group.spawn(job(&inside, "A", 9, false)).unwrap().detach();
                group.spawn(job(&inside, "B", 9, false)).unwrap().detach();
                pending::<Result<(), String>>().await
            });
            scope.await.map_err(|error| error.errors.len())
        });
        sleep(ms(1)).await;
        assert!(owner.cancel());
        assert!(owner.await.unwrap_err().is_cancelled());
        yield_now().await;
        assert_eq!(log.take(), "A-dropped B-dropped");
    });
}

#[test]
fn x8_what_a_child_starts_in_the_group_belongs_to_it() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            let (inner, log) = (group.clone(), log.clone());
            let child = async move {
                inner.spawn(job(&log, "grandchild", 5, false)).unwrap().detach();
                Ok(())
            };
            group.spawn(child).unwrap().detach();
            Ok(())
        });
        scope.await.unwrap();
        assert_eq!((log.take().as_str(), at()), ("grandchild-ended", 5));
    });
}

#[test]
fn x9_groups_nest_and_so_do_their_errors() {
    run(async {
        let log = Log::default();
        let outer = TaskGroup::<GroupError<String>>::scope(async |_| {
            TaskGroup::scope(async |inner| {
                inner.spawn(job(&log, "E", 1, true)).unwrap().detach();
                Ok(())
            })
            .await
        });
        let errors = outer.await.unwrap_err().errors;
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].errors, ["E"]);
    });
}

#[test]
fn x10_a_group_that_ends_takes_no_more_tasks_and_drops_the_future_unpolled() {
    run(async {
        let log = Log::default();
        let mut kept = None;
        let scope = TaskGroup::<String>::scope(async |group| {
            kept = Some(group.clone());
            Ok(())
        });
        scope.await.unwrap();
        let kept = kept.unwrap();
        assert!(matches!(kept.spawn(job(&log, "late", 1, false)), Err(GroupClosed::Finished)));

        let scope = TaskGroup::scope(async |group| {
            group.spawn(job(&log, "bad", 1, true)).unwrap().detach();
            let (group, log) = (group.clone(), log.clone());
            let retry = async move {
                let _late = OnDrop(Some(|| {
                    let refused = group.spawn(job(&log, "late", 1, false));
                    assert!(matches!(refused, Err(GroupClosed::ShuttingDown)));
                    log.say("refused");
                }));
                pending::<Outcome>().await
            };
            kept_alive(retry).await
        });
        assert_eq!(scope.await.unwrap_err().errors, ["bad"]);
        assert_eq!(log.take(), "bad-failed refused");
    });
}

async fn kept_alive(future: impl Future<Output = Outcome>) -> Outcome {
    future.await
}

struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(then) = self.0.take() {
            then();
        }
    }
}

#[test]
fn x11_a_child_that_is_cancelled_by_itself_is_no_failure() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            let child = group.spawn(job(&log, "A", 9, false)).unwrap();
            group.spawn(job(&log, "B", 5, false)).unwrap().detach();
            sleep(ms(1)).await;
            child.cancel();
            assert!(child.await.unwrap_err().is_cancelled());
            Ok(())
        });
        assert_eq!(scope.await, Ok(()));
        assert_eq!(log.take(), "A-dropped B-ended");
    });
}

#[test]
fn x14_a_panic_comes_out_bare_once_all_have_ended() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::<String>::scope(async |group| {
            group.spawn(job(&log, "A", 9, false)).unwrap().detach();
            let child = async {
                boom("no error but a panic");
                Ok(())
            };
            group.spawn(child).unwrap().detach();
            Ok(())
        });
        let payload = AssertUnwindSafe(scope).catch_unwind().await.unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"no error but a panic"));
        assert_eq!(log.take(), "A-dropped");
    });
}
