//! `TaskGroup`: nothing that a scope started outlives it.

use std::any::Any;
use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use glassloop::{ChildFailed, GroupClosed, GroupError, JoinError, TaskGroup, create_task, sleep, timeout, yield_now};

use crate::common::{Log, Reports, at, boom, ms, run};

type Plain = Result<(), String>;

/// Waits, says its name, and fails if it is to.
async fn job(log: Log, name: &'static str, time: u64, fails: bool) -> Result<&'static str, String> {
    let guard = log.on_drop(format!("{name} dropped"));
    sleep(ms(time)).await;
    std::mem::forget(guard);
    log.say(name);
    if fails { Err(format!("{name} failed")) } else { Ok(name) }
}

#[test]
fn x1_x2_the_scope_ends_when_all_its_tasks_have_and_the_body_may_end_first() {
    run(async {
        let log = Log::default();
        let sum = TaskGroup::scope(async |group| {
            group.spawn(job(log.clone(), "A", 30, false)).unwrap().detach();
            group.spawn_named("second", job(log.clone(), "B", 10, false)).unwrap().detach();
            log.say("body");
            Ok(7)
        });
        assert_eq!((sum.await, log.take().as_str(), at()), (Ok(7), "body B A", 30));
        assert_eq!(TaskGroup::<String>::scope(async |_| Ok(1)).await, Ok(1), "an empty one ends with its body");
    });
}

#[test]
fn x3_x4_x5_x12_the_first_failure_cancels_the_siblings_in_order_and_then_the_body() {
    run(async {
        let log = Log::default();
        let mut early = None;
        let result = TaskGroup::scope(async |group| {
            let _body = log.on_drop("body dropped");
            for name in ["A", "B", "C"] {
                group.spawn(job(log.clone(), name, 50, false)).unwrap().detach();
            }
            group.spawn(job(log.clone(), "D", 20, true)).unwrap().detach();
            early = Some(group.spawn(job(log.clone(), "E", 10, false)).unwrap());
            pending::<Plain>().await
        });
        assert_eq!(result.await, Err(GroupError { errors: vec!["D failed".to_string()] }));
        assert_eq!(log.take(), "E D A dropped B dropped C dropped body dropped");
        assert_eq!((early.unwrap().await.unwrap(), at()), (Ok("E"), 20));
    });
}

#[test]
fn x6_errors_come_in_the_order_of_their_ends() {
    run(async {
        let log = Log::default();
        let result = TaskGroup::scope(async |group| {
            // All fall due together, in this order; asyncio too lets those that are ready have their turn.
            for name in ["A", "B", "C"] {
                group.spawn(job(log.clone(), name, 20, true)).unwrap().detach();
            }
            pending::<Plain>().await
        });
        let error = result.await.unwrap_err();
        assert_eq!(error.errors, ["A failed", "B failed", "C failed"]);
        assert_eq!(error.to_string(), "3 errors in a task group: A failed; B failed; C failed");
    });
}

#[test]
fn x6_the_body_s_own_error_cancels_the_children_and_is_last() {
    run(async {
        let log = Log::default();
        let result = TaskGroup::scope(async |group| {
            group.spawn(job(log.clone(), "A", 20, true)).unwrap().detach();
            group.spawn(job(log.clone(), "B", 50, false)).unwrap().detach();
            sleep(ms(10)).await;
            sleep(ms(10)).await; // due together with A, and armed after it
            Err::<(), _>("body".to_string())
        });
        assert_eq!(result.await.unwrap_err().errors, ["A failed", "body"]);
        assert_eq!(log.take(), "A B dropped");
    });
}

#[test]
fn x7_cancelled_from_outside_the_children_are_asked_first() {
    run(async {
        let log = Log::default();
        let inside = log.clone();
        let outer = create_task(async move {
            TaskGroup::scope(async |group| {
                group.spawn(job(inside.clone(), "A", 50, false)).unwrap().detach();
                group.spawn(job(inside.clone(), "B", 50, false)).unwrap().detach();
                pending::<Plain>().await
            })
            .await
        });
        sleep(ms(10)).await;
        outer.cancel();
        assert!(matches!(outer.await, Err(JoinError::Cancelled { .. })), "a plain cancellation");
        assert_eq!(log.take(), "A dropped B dropped");
    });
}

#[test]
fn x8_children_may_start_others() {
    run(async {
        let log = Log::default();
        let result: Result<(), GroupError<String>> = TaskGroup::scope(async |group: &TaskGroup<String>| {
            let (own, inside) = (group.clone(), log.clone());
            let child = async move {
                sleep(ms(10)).await;
                own.spawn(job(inside.clone(), "grandchild", 10, false)).unwrap().detach();
                inside.say("child");
                Ok(())
            };
            group.spawn(child).unwrap().detach();
            Ok(())
        })
        .await;
        assert_eq!((result, log.take().as_str(), at()), (Ok(()), "child grandchild", 20));
    });
}

#[test]
fn x9_groups_nest_and_so_do_their_errors() {
    run(async {
        let outer = TaskGroup::scope(async |group| {
            let inner = async {
                TaskGroup::scope(async |group| {
                    group.spawn(async { Err::<(), _>("E") }).unwrap().detach();
                    Ok(())
                })
                .await
            };
            group.spawn(inner).unwrap().detach();
            pending::<Result<(), GroupError<&str>>>().await
        });
        assert_eq!(outer.await, Err(GroupError { errors: vec![GroupError { errors: vec!["E"] }] }));
    });
}

/// Tries to spawn when it is dropped.
struct Late(TaskGroup<String>, Rc<RefCell<Option<GroupClosed>>>);

impl Drop for Late {
    fn drop(&mut self) {
        *self.1.borrow_mut() = self.0.spawn(async { Ok(()) }).err();
    }
}

#[test]
fn x10_a_group_that_fails_or_has_ended_takes_no_more() {
    run(async {
        let (log, aborting) = (Log::default(), Rc::default());
        let mut kept = None;
        let result = TaskGroup::scope(async |group: &TaskGroup<String>| {
            kept = Some(group.clone());
            let late = Late(group.clone(), Rc::clone(&aborting));
            let holds = async move {
                let _late = late;
                pending::<Plain>().await
            };
            group.spawn(holds).unwrap().detach();
            group.spawn(job(log.clone(), "A", 10, true)).unwrap().detach();
            pending::<Plain>().await
        });
        assert!(result.await.is_err());
        assert_eq!(aborting.take(), Some(GroupClosed::ShuttingDown));
        let closed = log.clone();
        let _ = log.take();
        let refused = kept.unwrap().spawn(job(closed, "never", 1, false)).err();
        assert_eq!((refused, log.take().as_str()), (Some(GroupClosed::Finished), ""));
        assert_eq!(GroupClosed::Finished.to_string(), "the task group has finished");
    });
}

#[test]
fn x11_a_child_cancelled_by_itself_is_no_error() {
    run(async {
        let log = Log::default();
        let result = TaskGroup::scope(async |group| {
            let a = group.spawn(job(log.clone(), "A", 20, false)).unwrap();
            group.spawn(job(log.clone(), "B", 30, false)).unwrap().detach();
            sleep(ms(10)).await;
            a.cancel();
            Ok::<_, String>(a.await.unwrap_err().is_cancelled())
        });
        assert_eq!((result.await, log.take().as_str()), (Ok(true), "A dropped B"));
    });
}

#[test]
fn x13_errors_that_the_scope_can_give_to_nobody_are_reported() {
    let reports = Reports::default();
    let main = async {
        let outer = create_task(async {
            TaskGroup::scope(async |group| {
                group.spawn_named("bad", async { Err::<(), _>("lost") }).unwrap().detach();
                pending::<Result<(), &str>>().await
            })
            .await
        });
        yield_now().await;
        outer.cancel(); // its turn comes before the child's
        yield_now().await;
        yield_now().await;
        assert!(outer.is_cancelled());
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(reports.take(), ["glassloop: task 3 \"bad\" failed and nobody awaited it: lost"]);
}

#[test]
fn x14_a_panic_ends_the_group_and_goes_on_in_the_awaiter() {
    let (reports, log) = (Reports::default(), Log::default());
    let inside = log.clone();
    let main = async move {
        create_task(async move {
            TaskGroup::scope(async |group| {
                group.spawn(job(inside.clone(), "A", 50, false)).unwrap().detach();
                group.spawn(job(inside.clone(), "B", 10, true)).unwrap().detach();
                let bad = async {
                    sleep(ms(10)).await;
                    boom("on purpose")
                };
                group.spawn::<()>(bad).unwrap().detach();
                pending::<Plain>().await
            })
            .await
        })
        .await
    };
    let ended = reports.runtime().block_on(main).unwrap();
    assert!(matches!(ended, Err(JoinError::Panicked(payload)) if payload.to_string() == "on purpose"));
    assert_eq!(log.take(), "B A dropped", "joined before the panic goes on");
    assert_eq!(reports.take(), ["glassloop: task 4 \"Task-4\" failed and nobody awaited it: B failed"]);
}

#[test]
fn x14_a_panic_of_the_body_too() {
    let log = Log::default();
    let scope = async {
        let ended: Result<(), GroupError<String>> = TaskGroup::scope(async |group| {
            group.spawn(job(log.clone(), "A", 50, false)).unwrap().detach();
            sleep(ms(10)).await;
            boom("the body")
        })
        .await;
        unreachable!("{ended:?}")
    };
    let ended: Result<(), Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(|| run(scope)));
    let payload = ended.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the body"));
    assert_eq!(log.take(), "A dropped");
}

#[test]
fn a_body_that_awaits_a_failed_child_is_dropped_or_learns_that_it_failed() {
    run(async {
        let result = TaskGroup::scope(async |group| {
            let child = group.spawn(async { Err::<(), _>("E") }).unwrap();
            Ok(child.await.unwrap() == Err(ChildFailed))
        });
        assert_eq!(result.await, Err(GroupError { errors: vec!["E"] }));
    });
}

#[test]
fn a_timeout_ends_a_scope_and_its_children() {
    run(async {
        let log = Log::default();
        let scope = TaskGroup::scope(async |group| {
            group.spawn(job(log.clone(), "A", 50, false)).unwrap().detach();
            Ok::<_, String>(())
        });
        assert!(timeout(ms(10), scope).await.is_err());
        yield_now().await;
        assert_eq!((log.take().as_str(), glassloop::all_tasks().len()), ("A dropped", 1));
    });
}

#[test]
fn a_long_lived_group_forgets_its_children() {
    run(async {
        let result = TaskGroup::scope(async |group| {
            let alive = Rc::new(());
            for _ in 0..1000 {
                let token = alive.clone();
                let child = async move {
                    drop(token);
                    Ok(())
                };
                group.spawn(child).unwrap().await.unwrap().unwrap();
                assert_eq!(Rc::strong_count(&alive), 1);
            }
            Ok::<_, String>(())
        });
        assert_eq!(result.await, Ok(()));
    });
}
