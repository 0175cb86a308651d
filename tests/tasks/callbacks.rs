//! Done callbacks: in one line with whoever awaits, each in a turn of its own.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;

use glassloop::{TaskHandle, TaskLocal, create_task, sleep, yield_now};

use crate::common::{Log, Reports, boom, ms, run};

#[test]
fn f1_nobody_is_called_inside_the_end_of_the_task() {
    run(async {
        let log = Log::default();
        let (body, callback, other) = (log.clone(), log.clone(), log.clone());
        let task = create_task(async move { body.say("end") });
        task.add_done_callback(move |task| callback.say(format!("callback of {}", task.name())));
        task.set_name("T");
        create_task(async move { other.say("other") }).detach();
        yield_now().await;
        assert_eq!(log.take(), "end other", "ready before the end, so it runs before the callback");
        yield_now().await;
        assert_eq!(log.take(), "callback of T");
    });
}

#[test]
fn f2_waiters_and_callbacks_share_one_order() {
    run(async {
        let log = Log::default();
        let task = Rc::new(RefCell::new(create_task(sleep(ms(5)))));
        let (first, waiter, awaited) = (log.clone(), log.clone(), task.clone());
        task.borrow().add_done_callback(move |_| first.say("callback 1"));
        let watched = create_task(async move {
            poll_fn(|cx| Pin::new(&mut *awaited.borrow_mut()).poll(cx)).await.unwrap();
            waiter.say("waiter");
        });
        yield_now().await; // it waits
        let (second, late) = (log.clone(), log.clone());
        task.borrow().add_done_callback(move |_| second.say("callback 2"));
        watched.await.unwrap();
        yield_now().await;
        assert_eq!(log.take(), "callback 1 waiter callback 2");
        task.borrow().add_done_callback(move |_| late.say("late callback"));
        assert_eq!(log.take(), "", "F3: scheduled, not called");
        yield_now().await;
        assert_eq!(log.take(), "late callback");
    });
}

#[test]
fn f3_a_callback_of_a_task_that_has_ended_is_scheduled() {
    run(async {
        let log = Log::default();
        let (first, second) = (log.clone(), log.clone());
        let task = create_task(async {});
        yield_now().await;
        task.add_done_callback(move |task| first.say(format!("1 {}", task.is_done())));
        task.add_done_callback(move |_| second.say("2"));
        assert_eq!(log.take(), "");
        yield_now().await;
        assert_eq!(log.take(), "1 true 2");
    });
}

#[test]
fn callbacks_hear_of_cancels_and_panics_and_a_callback_s_own_panic_is_reported() {
    let (reports, log) = (Reports::default(), Log::default());
    reports
        .runtime()
        .block_on(async {
            let (cancelled, failed) = (log.clone(), log.clone());
            let task = create_task(sleep(ms(5)));
            task.add_done_callback(move |task| cancelled.say(format!("cancelled {}", task.is_cancelled())));
            task.cancel();
            let bad = create_task(async { boom("bad") });
            bad.add_done_callback(move |task| failed.say(format!("failed {}", task.has_failed())));
            bad.add_done_callback(|_| boom("in a callback"));
            sleep(ms(1)).await;
            let ended: Result<(), _> = bad.await;
            assert!(ended.is_err());
        })
        .unwrap();
    assert_eq!(log.take(), "cancelled true failed true");
    assert_eq!(reports.take().len(), 1);
}

#[test]
fn a_callback_holds_nobody_up_when_the_loop_ends() {
    let log = Log::default();
    let callback = log.clone();
    let guard = log.on_drop("dropped");
    run(async move {
        let task = create_task(std::future::pending::<()>());
        task.add_done_callback(move |_| {
            let _guard = guard;
            callback.say("called");
        });
        task.detach();
    });
    assert_eq!(log.take(), "dropped");
}

#[test]
fn v4_a_done_callback_has_the_context_of_whoever_adds_it_at_that_moment() {
    static NAME: TaskLocal<&str> = TaskLocal::new();
    run(async {
        let log = Log::default();
        let say = || {
            let log = log.clone();
            move |_: &TaskHandle| log.say(NAME.get().unwrap_or("unset"))
        };
        let task = create_task(sleep(ms(1)));
        task.add_done_callback(say());
        NAME.set("early");
        task.add_done_callback(say());
        NAME.set("late");
        sleep(ms(2)).await;
        task.add_done_callback(say());
        NAME.set("too late");
        yield_now().await;
        assert_eq!(log.take(), "unset early late");
    });
}
