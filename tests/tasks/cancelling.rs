//! Cancelling with a reason, asking about it, cancelling oneself, names, all tasks.

use std::future::pending;

use glassloop::{
    CancelToken, JoinError, all_tasks, create_task, create_task_named, current_task, gather, sleep, yield_now,
};

use crate::common::{Log, ms, run};

#[test]
fn t11_t13_cleanup_that_waits_goes_by_a_token_and_awaiting_tells_when_it_has_ended() {
    run(async {
        let (log, token) = (Log::default(), CancelToken::new());
        let (body, stop) = (log.clone(), token.clone());
        let task = create_task(async move {
            if stop.until_cancelled(pending::<()>()).await.is_none() {
                body.say("cleaning up");
                sleep(ms(100)).await;
                body.say("clean");
            }
        });
        sleep(ms(10)).await;
        token.cancel();
        task.await.unwrap();
        assert_eq!((log.take().as_str(), crate::common::at()), ("cleaning up clean", 110));
    });
}

#[test]
fn t12_a_request_by_token_may_be_ignored() {
    run(async {
        let token = CancelToken::new();
        let task = create_task({
            let token = token.clone();
            async move {
                token.cancelled().await;
                "done anyway"
            }
        });
        yield_now().await;
        token.cancel();
        yield_now().await;
        assert!(!task.is_cancelled());
        assert_eq!(task.await.unwrap(), "done anyway");
    });
}

#[test]
fn t14_t15_requests_are_not_counted_and_cannot_be_taken_back() {
    run(async {
        let task = create_task(pending::<()>());
        yield_now().await;
        assert!(!task.cancelling());
        assert!(task.cancel() && task.cancel());
        assert!(task.cancelling() && !task.is_done());
        yield_now().await;
        assert!(!task.cancelling() && task.is_cancelled());
    });
}

#[test]
fn t17_a_cancel_may_say_why_and_the_first_reason_stays() {
    run(async {
        let mut task = create_task(pending::<()>());
        assert!(task.cancel() && task.cancel_with("why") && task.cancel_with(String::from("too late")));
        for _ in 0..2 {
            let error = (&mut task).await.unwrap_err();
            assert!(error.is_cancelled());
            assert_eq!((error.reason(), error.to_string().as_str()), (Some("why"), "the task was cancelled: why"));
        }
        assert!(!task.cancel_with("ended"));
        let plain = create_task(pending::<()>());
        plain.cancel();
        assert_eq!(plain.await.unwrap_err().reason(), None);
        assert!(size_of::<JoinError>() <= 32);
    });
}

#[test]
fn t16_the_current_task_can_cancel_itself() {
    run(async {
        let value = create_task(async { current_task().unwrap().cancel().then_some(5) });
        assert_eq!(value.await.unwrap(), Some(5), "without another wait, the value counts");
        let waits = create_task(async {
            current_task().unwrap().cancel_with("enough");
            yield_now().await;
            unreachable!()
        });
        let ended: Result<(), JoinError> = waits.await;
        let error = ended.unwrap_err();
        assert_eq!(error.reason(), Some("enough"));
        assert!(!current_task().unwrap().cancel(), "main belongs to whoever runs the loop");
    });
}

#[test]
fn t16_a_child_of_a_gather_can_cancel_itself() {
    run(async {
        let mut children = glassloop::gather_results([true, false].map(|cancels| async move {
            if cancels {
                current_task().unwrap().cancel();
            }
            yield_now().await;
        }))
        .await
        .into_iter();
        assert!(children.next().unwrap().unwrap_err().is_cancelled());
        assert!(children.next().unwrap().is_ok());
    });
}

#[test]
fn t19_names_can_be_set_later() {
    run(async {
        let task = create_task(async { current_task().unwrap().name });
        let sibling = create_task(async { current_task().unwrap().name });
        task.set_name(7.to_string());
        assert_eq!(task.name(), "7");
        assert_eq!(sibling.name(), format!("Task-{}", sibling.id()), "its likes keep theirs");
        assert_eq!(task.await.unwrap(), "7");
        drop(sibling);
        current_task().unwrap().handle().set_name("principal");
        assert_eq!(current_task().unwrap().name, "principal");
    });
}

#[test]
fn t21_the_loop_holds_its_tasks_and_lists_them() {
    run(async {
        let names = || all_tasks().iter().map(|task| task.name()).collect::<Vec<_>>();
        create_task_named("b", sleep(ms(5))).detach();
        create_task_named("a", sleep(ms(1))).detach();
        let children = gather([sleep(ms(1)), sleep(ms(1))]);
        assert_eq!(names(), ["main", "b", "a"], "children of a gather are not in it");
        children.await;
        assert_eq!(names(), ["main", "b"]);
        for task in all_tasks() {
            task.cancel_with("all");
        }
        yield_now().await;
        assert_eq!(names(), ["main"]);
    });
}

#[test]
fn a_handle_keeps_no_task_and_knows_its_end() {
    run(async {
        let log = Log::default();
        let guard = log.on_drop("dropped");
        let task = create_task(async move {
            let _guard = guard;
            yield_now().await;
        });
        let handle = task.handle();
        assert_eq!(handle, all_tasks()[1]);
        task.detach();
        sleep(ms(1)).await;
        assert_eq!(log.take(), "dropped");
        assert!(handle.is_done() && !handle.is_cancelled() && !handle.has_failed() && !handle.cancel());
        assert_eq!(handle.location().file(), file!());
    });
}

#[test]
fn pitfall_24_a_cancel_of_a_deep_chain_of_awaits_does_not_recurse() {
    run(async {
        let mut task = create_task(pending::<()>());
        for _ in 0..10_000 {
            task = create_task(async move { task.await.unwrap_or_default() });
        }
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        // Plain handles detach: the others wait on.
        assert_eq!(all_tasks().len(), 10_001);
    });
}
