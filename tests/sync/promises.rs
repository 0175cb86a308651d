//! `oneshot`: asyncio's `Future`.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::rc::Rc;

use glassloop::{InvalidState, PromiseCancelled, SharedFuture, create_task, gather, oneshot, timeout, yield_now};

use crate::common::{Log, OnDrop, ms, panic_text, run, virtual_runtime, waits};

fn waiter(future: &SharedFuture<u32>, log: &Log, name: &'static str) -> glassloop::Task<()> {
    let (future, log) = (future.clone(), log.clone());
    create_task(async move { log.say(format!("{name}:{:?}", future.await)) })
}

fn callback(future: &SharedFuture<u32>, log: &Log, name: &'static str) {
    let log = log.clone();
    future.on_done(move |result| log.say(format!("{name}:{result:?}")));
}

#[test]
fn f1_set_calls_nobody() {
    run(async {
        let (promise, future) = oneshot();
        let log = Log::default();
        callback(&future, &log, "callback");
        let task = waiter(&future, &log, "w");
        yield_now().await;
        promise.set(1).unwrap();
        log.say("nothing has run");
        task.await.unwrap();
        assert_eq!(log.take(), "nothing has run callback:Ok(1) w:Ok(1)");
    });
}

#[test]
fn f2_waiters_and_callbacks_have_one_order_that_of_registration() {
    run(async {
        let (promise, future) = oneshot();
        let log = Log::default();
        let first = waiter(&future, &log, "w1");
        yield_now().await;
        callback(&future, &log, "c1");
        let second = waiter(&future, &log, "w2");
        yield_now().await;
        callback(&future, &log, "c2");
        promise.set(7).unwrap();
        gather([first, second]).await;
        yield_now().await;
        assert_eq!(log.take(), "w1:Ok(7) c1:Ok(7) w2:Ok(7) c2:Ok(7)");
    });
}

#[test]
fn f3_a_callback_added_after_the_end_is_scheduled() {
    run(async {
        let (promise, future) = oneshot();
        promise.set(1).unwrap();
        let log = Log::default();
        callback(&future, &log, "late");
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "main late:Ok(1)");
    });
}

#[test]
fn f4_a_value_that_comes_too_late_comes_back() {
    run(async {
        let (promise, future) = oneshot();
        assert!(future.cancel());
        assert!(promise.is_cancelled());
        assert_eq!(promise.set("value"), Err(InvalidState("value")));
        assert_eq!(future.await, Err(PromiseCancelled));
    });
}

#[test]
fn f5_cancel_of_a_done_future_is_false_and_changes_nothing() {
    run(async {
        let (promise, future) = oneshot();
        promise.set(1).unwrap();
        assert!(!future.cancel() && !future.is_cancelled() && future.is_done());
        let (_promise, future) = oneshot::<u32>();
        let log = Log::default();
        let task = waiter(&future, &log, "w");
        yield_now().await;
        assert!(future.cancel() && !future.cancel());
        task.await.unwrap();
        assert_eq!(log.take(), "w:Err(PromiseCancelled)");
    });
}

#[test]
fn f6_awaiting_a_done_future_gives_the_value_again_without_yielding() {
    run(async {
        let (promise, mut future) = oneshot();
        promise.set(Rc::new(5)).unwrap();
        let log = Log::default();
        let said = log.clone();
        create_task(async move { said.say("other") }).detach();
        let (first, second) = ((&mut future).await.unwrap(), (&mut future).await.unwrap());
        assert!(Rc::ptr_eq(&first, &second), "the same object");
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "main other");
    });
}

#[test]
fn f7_there_is_no_result_while_it_is_pending() {
    let (promise, future) = oneshot();
    assert_eq!((future.result(), future.is_done()), (None, false));
    assert_eq!(format!("{promise:?} {future:?}"), "Promise { pending } SharedFuture { pending }");
    promise.set(1).unwrap();
    assert_eq!((future.result(), format!("{future:?}").as_str()), (Some(Ok(1)), "SharedFuture { set }"));
}

#[test]
fn a_promise_that_is_dropped_is_a_cancel() {
    run(async {
        let (promise, future) = oneshot();
        let log = Log::default();
        let task = waiter(&future, &log, "w");
        callback(&future, &log, "c");
        yield_now().await;
        let keeper = create_task(async move {
            let _promise = promise;
            resume_unwind(Box::new("on purpose"));
        });
        assert!(keeper.await.is_err());
        task.await.unwrap();
        assert_eq!(log.take(), "c:Err(PromiseCancelled) w:Err(PromiseCancelled)");
    });
}

#[test]
fn who_stops_waiting_does_not_cancel_it() {
    run(async {
        let (promise, mut future) = oneshot();
        assert!(timeout(ms(1), &mut future).await.is_err());
        assert!(!future.is_done());
        promise.set(1).unwrap();
        assert_eq!(future.await, Ok(1));
    });
}

#[test]
fn a_callback_that_panics_hurts_nobody_else() {
    run(async {
        let (promise, future) = oneshot();
        let log = Log::default();
        future.on_done(|_: Result<u32, _>| resume_unwind(Box::new("on purpose")));
        callback(&future, &log, "next");
        promise.set(1).unwrap();
        yield_now().await;
        assert_eq!(log.take(), "next:Ok(1)");
    });
}

#[test]
fn a_callback_runs_or_is_dropped_but_is_not_lost() {
    let runtime = virtual_runtime();
    let (promise, future) = oneshot();
    let (called, dropped) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let add = |future: &SharedFuture<u32>| {
        let (called, dropped) = (called.clone(), dropped.clone());
        let guard = OnDrop(move || dropped.set(dropped.get() + 1));
        future.on_done(move |_| {
            let _guard = guard;
            called.set(called.get() + 1);
        });
    };
    let text = panic_text(|| add(&future));
    assert!(text.starts_with("glassloop: on_done() needs a running loop"), "{text}");
    runtime.block_on(async { add(&future) }).unwrap();
    promise.set(1).unwrap(); // outside of the loop: it is called when the loop runs again
    assert_eq!((called.get(), dropped.get()), (0, 1));
    runtime.block_on(yield_now()).unwrap();
    assert_eq!((called.get(), dropped.get()), (1, 2));

    let (promise, future) = oneshot();
    runtime.block_on(async { add(&future) }).unwrap();
    drop(runtime);
    assert_eq!((called.get(), dropped.get()), (1, 3), "the loop is over: it is dropped");
    promise.set(1).unwrap();
}

#[test]
fn callbacks_leave_the_line() {
    run(async {
        let (promise, future) = oneshot();
        future.on_done(|_: Result<u32, _>| {});
        assert_eq!(waits()[0].operation, "callback");
        drop(promise);
        yield_now().await;
        assert_eq!(waits(), []);
    });
}
