//! `create_task` and its handle.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use glassloop::{JoinError, Task, create_task, create_task_named, current_task, sleep, yield_now};

use crate::common::{Log, OnDrop, at, boom, ms, panicked, run};

#[test]
fn t1_t2_creating_runs_nothing_and_tasks_start_in_order() {
    run(async {
        let log = Log::default();
        let tasks: Vec<Task<()>> = ["A", "B", "C"]
            .map(|name| {
                let log = log.clone();
                create_task(async move { log.say(name) })
            })
            .into();
        log.say("created");
        yield_now().await;
        assert_eq!(log.take(), "created A B C");
        assert!(tasks.iter().all(Task::is_done));
    });
}

#[test]
fn t3_t5_a_task_gives_its_value_and_at_once_if_it_has_ended() {
    run(async {
        assert_eq!(create_task(async { 5 }).await.unwrap(), 5);
        let done = create_task(async { "value" });
        yield_now().await;
        let log = Log::default();
        let other = log.clone();
        create_task(async move { other.say("other") }).detach();
        assert_eq!(done.await.unwrap(), "value");
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "main other");
    });
}

#[test]
fn t4_awaiting_a_future_runs_it_inline() {
    run(async {
        let log = Log::default();
        let other = log.clone();
        create_task(async move { other.say("other") }).detach();
        async { log.say("inline") }.await;
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "inline main other");
    });
}

#[test]
fn t6_cancelled_before_its_first_step_it_never_runs() {
    run(async {
        let log = Log::default();
        let (body, guard) = (log.clone(), log.on_drop("dropped"));
        let unborn = create_task(async move {
            let _guard = guard;
            body.say("ran");
        });
        assert!(unborn.cancel());
        assert!(matches!(unborn.await, Err(JoinError::Cancelled { .. })));
        assert_eq!(log.take(), "dropped");
    });
}

#[test]
fn t7_t8_t10_t14_a_cancel_is_a_request_that_lands_at_the_next_step() {
    run(async {
        let log = Log::default();
        let guard = log.on_drop("dropped");
        let task = create_task(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        yield_now().await;
        assert!(task.cancel() && task.cancel(), "twice is as good as once");
        assert!(!task.is_done() && !task.is_cancelled());
        assert_eq!(log.take(), "");
        yield_now().await;
        assert!(task.is_done() && task.is_cancelled() && !task.cancel());
        assert_eq!(log.take(), "dropped");
        let finished = create_task(async {});
        yield_now().await;
        assert!(finished.is_done() && !finished.is_cancelled() && !finished.cancel());
    });
}

#[test]
fn t9_a_cancelled_task_says_so_every_time_and_a_taken_value_panics() {
    run(async {
        let mut task = create_task(pending::<()>());
        task.cancel();
        for _ in 0..3 {
            assert!(matches!((&mut task).await, Err(JoinError::Cancelled { .. })));
        }
        let mut task = create_task_named("once", async { 1 });
        assert_eq!((&mut task).await.unwrap(), 1);
        let again = create_task(task).await;
        assert_eq!(panicked(again), "glassloop: once was awaited again, but its output has been taken");
    });
}

#[test]
fn t16_a_task_that_cancels_itself_and_returns_keeps_its_value() {
    run(async {
        let me: Rc<RefCell<Option<Task<u32>>>> = Rc::default();
        let own = me.clone();
        let task = create_task(async move {
            assert!(own.borrow().as_ref().unwrap().cancel());
            5
        });
        *me.borrow_mut() = Some(task);
        yield_now().await;
        let task = me.take().unwrap();
        assert!(!task.is_cancelled());
        assert_eq!(task.await.unwrap(), 5);
    });
}

#[test]
fn t16_a_task_that_cancels_itself_and_waits_is_dropped() {
    run(async {
        let (log, me) = (Log::default(), Rc::<RefCell<Option<Task<()>>>>::default());
        let (own, guard, body) = (me.clone(), log.on_drop("dropped"), log.clone());
        let task = create_task(async move {
            let _guard = guard;
            own.borrow().as_ref().unwrap().cancel();
            yield_now().await;
            body.say("ran on");
        });
        *me.borrow_mut() = Some(task);
        assert!(matches!(poll_taken(&me).await, Err(JoinError::Cancelled { .. })));
        assert_eq!(log.take(), "dropped");
    });
}

/// Awaits a task that lies where others can reach it.
async fn poll_taken<T>(task: &RefCell<Option<Task<T>>>) -> Result<T, JoinError> {
    poll_fn(|cx| {
        let Some(mut taken) = task.take() else { return Poll::Pending };
        let polled = Pin::new(&mut taken).poll(cx);
        *task.borrow_mut() = Some(taken);
        polled
    })
    .await
}

#[test]
fn a_handle_dropped_inside_its_own_poll_detaches() {
    run(async {
        let (log, me) = (Log::default(), Rc::<RefCell<Option<Task<()>>>>::default());
        let (own, body) = (me.clone(), log.clone());
        let task = create_task(async move {
            drop(own.take());
            yield_now().await;
            body.say("ran on");
        });
        *me.borrow_mut() = Some(task);
        yield_now().await;
        yield_now().await;
        yield_now().await;
        assert_eq!(log.take(), "ran on");
    });
}

#[test]
fn t18_a_plain_handle_detaches_when_its_awaiter_is_cancelled() {
    run(async {
        let log = Log::default();
        let inner_log = log.clone();
        let outer = create_task(async move {
            create_task(async move {
                sleep(ms(10)).await;
                inner_log.say("inner ended");
            })
            .await
        });
        sleep(ms(5)).await;
        outer.cancel();
        assert!(outer.await.is_err());
        sleep(ms(10)).await;
        assert_eq!(log.take(), "inner ended");
    });
}

#[test]
fn t19_names() {
    run(async {
        let plain = create_task(async { current_task().unwrap() });
        let named = create_task_named(7.to_string(), async { current_task().unwrap() });
        assert_eq!(plain.name(), format!("Task-{}", plain.id()));
        assert_eq!(named.name(), "7");
        let (plain, named) = (plain.await.unwrap(), named.await.unwrap());
        assert_eq!(plain.name, format!("Task-{}", plain.id));
        assert_eq!((named.name.as_str(), named.location.file()), ("7", file!()));
        assert_eq!(current_task().unwrap().name, "main");
    });
    assert_eq!(current_task(), None);
}

#[test]
fn pitfall_59_a_task_whose_handle_is_gone_runs_to_its_end() {
    run(async {
        let log = Log::default();
        let body = log.clone();
        drop(create_task(async move {
            sleep(ms(20)).await;
            body.say(at().to_string());
        }));
        sleep(ms(30)).await;
        assert_eq!(log.take(), "20");
    });
}

#[test]
fn a_panic_in_a_poll_ends_that_task_alone() {
    run(async {
        let mut bad = create_task(async {
            yield_now().await;
            boom("in a poll")
        });
        let good = create_task(async {
            sleep(ms(5)).await;
            1
        });
        let outcome: Result<(), JoinError> = (&mut bad).await;
        assert!(bad.is_done() && !bad.is_cancelled());
        assert_eq!(panicked(outcome), "in a poll");
        assert_eq!(good.await.unwrap(), 1);
    });
}

#[test]
fn a_panic_in_the_drop_of_a_future_is_what_came_of_it() {
    run(async {
        let guard = || OnDrop(|| boom("in the drop of a future"));
        // A future that does not drop its parts by itself when it ends.
        let ends = guard();
        let ended = create_task(poll_fn(move |_| {
            let _ = &ends;
            Poll::Ready(1)
        }));
        assert_eq!(panicked(ended.await), "in the drop of a future");
        let cancelled = create_task(async move {
            let _guard = guard();
            pending::<()>().await;
        });
        yield_now().await;
        cancelled.cancel();
        assert_eq!(panicked(cancelled.await), "in the drop of a future");
    });
}

#[test]
fn a_panic_in_the_drop_of_an_output_goes_nowhere() {
    run(async {
        let output = || OnDrop(|| boom("in the drop of an output"));
        drop(create_task(async move { output() })); // dropped by the loop
        let done = create_task(async move { output() });
        yield_now().await;
        drop(done); // dropped here
        assert_eq!(create_task(async { 1 }).await.unwrap(), 1);
    });
}

#[test]
fn pitfall_14_a_task_that_wakes_itself_goes_to_the_back() {
    run(async {
        let log = Log::default();
        let (selfish, other) = (log.clone(), log.clone());
        create_task(async move {
            for turn in 0..2 {
                selfish.say(format!("self{turn}"));
                yield_now().await;
            }
        })
        .detach();
        create_task(async move { other.say("other") }).detach();
        yield_now().await;
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "self0 other main self1");
    });
}
