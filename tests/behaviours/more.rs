//! What a comparison of fifty more programs with CPython brought up: who goes with whom, limits that are over from the start, the last round of
//! the loop.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{
    Clock, Runtime, TaskGroup, TimeoutScope, call_later, cancel_on_drop, create_task, gather, now, sleep, timeout,
    timeout_at, wait_for, yield_now,
};

use crate::common::{Log, at, ms, run};

/// A child of a group that says when it is dropped.
fn child(log: &Log, name: &str) -> impl Future<Output = Result<(), String>> + use<> {
    let dropped = log.on_drop(name);
    async move {
        let _dropped = dropped;
        pending().await
    }
}

#[test]
fn x07_the_body_of_a_cancelled_owner_goes_first_then_the_children_then_the_owner() {
    run(async {
        let log = Log::default();
        let inside = log.clone();
        let owner = create_task(async move {
            let _left = inside.on_drop("owner");
            let scope = TaskGroup::scope(async |group| {
                for name in ["A", "B", "C"] {
                    group.spawn(child(&inside, name)).unwrap().detach();
                }
                let _body = inside.on_drop("body");
                pending().await
            });
            let result: Result<(), _> = scope.await;
            result.unwrap();
        });
        sleep(ms(1)).await;
        owner.cancel();
        assert!(owner.await.unwrap_err().is_cancelled());
        assert_eq!(log.take(), "body A B C owner");
    });
}

#[test]
fn x07_a_group_that_is_out_of_time_has_no_children_left_when_the_limit_says_so() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            group.spawn(child(&log, "A")).unwrap().detach();
            let short = async {
                sleep(ms(1)).await;
                Ok(())
            };
            group.spawn(short).unwrap().detach();
            Ok(())
        });
        assert!(timeout(ms(5), scope).await.is_err());
        assert_eq!((log.take().as_str(), at()), ("A", 5));
    });
}

#[test]
fn x07_a_child_that_drops_its_own_scope_ends_after_that_poll() {
    type Scope = Pin<Box<dyn Future<Output = Result<(), glassloop::GroupError<String>>>>>;
    run(async {
        let (log, slot) = (Log::default(), Rc::new(RefCell::new(None::<Scope>)));
        let (inside, own) = (log.clone(), slot.clone());
        let mut scope: Scope = Box::pin(TaskGroup::scope(async move |group| {
            let last = inside.clone();
            let killer = async move {
                yield_now().await;
                let _last = last.on_drop("killer");
                drop(own.take());
                last.say("still here");
                pending::<Result<(), String>>().await
            };
            group.spawn(killer).unwrap().detach();
            group.spawn(child(&inside, "sibling")).unwrap().detach();
            pending().await
        }));
        assert!(timeout(Duration::ZERO, &mut scope).await.is_err());
        *slot.borrow_mut() = Some(scope);
        sleep(ms(1)).await;
        assert_eq!(log.take(), "sibling still here killer");
    });
}

#[test]
fn w14_a_limit_that_is_over_from_the_start_leaves_time_for_one_poll() {
    run(async {
        let log = Log::default();
        let body = async || {
            log.say("body");
            yield_now().await;
            log.say("never");
        };
        assert!(timeout(Duration::ZERO, body()).await.is_err());
        assert!(timeout_at(now() - ms(1), body()).await.is_err());
        for scope in [TimeoutScope::new(Some(Duration::ZERO)), TimeoutScope::at(Some(now() - ms(1)))] {
            assert!(scope.run(body()).await.is_err());
            assert!(scope.expired());
        }
        assert_eq!(log.take(), "body body body body");
        assert_eq!(timeout(Duration::ZERO, async { 7 }).await, Ok(7));
    });
}

#[test]
fn w14_others_have_their_turn_before_such_a_limit_strikes_and_it_can_still_be_moved() {
    run(async {
        let log = Log::default();
        let other = log.clone();
        let other = create_task(async move { other.say("other") });
        assert!(timeout(Duration::ZERO, pending::<()>()).await.is_err());
        log.say("over");
        assert_eq!(log.take(), "other over");
        other.await.unwrap();

        let scope = TimeoutScope::new(Some(Duration::ZERO));
        let body = scope.run(async {
            scope.reschedule(Some(now() + ms(5))).unwrap();
            sleep(ms(1)).await;
        });
        assert_eq!(body.await, Ok(()));
    });
}

#[test]
fn r01_what_main_has_started_last_takes_its_first_step_and_cleans_up() {
    let log = Log::default();
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    let inside = log.clone();
    runtime
        .block_on(async {
            create_task(async move {
                let _cleanup = inside.on_drop("cleanup");
                inside.say("start");
                sleep(ms(1)).await;
                inside.say("never");
            })
            .detach();
        })
        .unwrap();
    assert_eq!(log.take(), "", "tasks stay between two block_ons");
    drop(runtime);
    assert_eq!(log.take(), "start cleanup");
}

#[test]
fn t18_a_task_that_is_to_go_with_its_awaiter_is_dropped_before_it() {
    run(async {
        let log = Log::default();
        let inside = log.clone();
        let outer = create_task(async move {
            let _outer = inside.on_drop("outer");
            let dropped = inside.on_drop("inner");
            let inner = create_task(async move {
                let _dropped = dropped;
                pending::<()>().await;
            });
            cancel_on_drop(inner).await.unwrap();
        });
        sleep(ms(1)).await;
        outer.cancel();
        assert!(outer.await.unwrap_err().is_cancelled());
        assert_eq!(log.take(), "inner outer");
    });
}

#[test]
fn g09_w02_tasks_that_go_with_their_gather_and_with_their_limit() {
    run(async {
        let log = Log::default();
        let start = |name: &'static str, wait: u64| {
            let log = log.clone();
            create_task(async move {
                sleep(ms(wait)).await;
                log.say(name);
                wait
            })
        };
        let tasks = [start("A", 1), start("B", 9), start("C", 9)];
        let handles = tasks.each_ref().map(|task| task.handle());
        assert!(wait_for(gather(tasks.map(cancel_on_drop)), Some(ms(5))).await.is_err());
        assert_eq!(handles.map(|task| task.is_cancelled()), [false, true, true]);

        let done = cancel_on_drop(start("D", 1));
        sleep(ms(2)).await;
        assert_eq!(wait_for(done, Some(Duration::ZERO)).await.unwrap().unwrap(), 1);
        let kept = cancel_on_drop(start("E", 1)).into_task();
        kept.detach();
        sleep(ms(20)).await;
        assert_eq!(log.take(), "A D E");
    });
}

#[test]
fn s04_a_sleep_counts_from_its_call_a_limit_from_its_first_wait() {
    run(async {
        let early = sleep(ms(3));
        let limited = timeout(ms(3), pending::<()>());
        sleep(ms(1)).await;
        early.await;
        assert_eq!(at(), 3);
        assert!(limited.await.is_err());
        assert_eq!(at(), 6);
        assert_eq!(now() - ms(6), now() - Duration::MAX, "there is nothing before the origin");
    });
}

/// On a virtual clock, too: a loop that is never idle would never see its time come.
#[test]
fn l10_a_spinning_task_holds_up_neither_timers_nor_the_virtual_clock() {
    run(async {
        let log = Log::default();
        let (early, stop) = (log.clone(), Rc::new(Cell::new(false)));
        call_later(ms(1), move || early.say("timer"));
        let stopping = stop.clone();
        create_task(async move {
            sleep(ms(3)).await;
            stopping.set(true);
        })
        .detach();
        while !stop.get() {
            yield_now().await;
        }
        assert_eq!((log.take().as_str(), at()), ("timer", 3));
    });
}
