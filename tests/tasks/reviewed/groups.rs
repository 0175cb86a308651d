//! Task groups whose bodies and children panic where they are not awaited.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use futures_util::FutureExt;
use glassloop::{TaskGroup, timeout, trace};

use super::Boom;
use crate::common::{Log, Reports, boom, ms, run};

#[test]
fn a_group_whose_body_panics_before_its_first_await_joins_its_children() {
    let log = Log::default();
    let inside = log.clone();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        run(async {
            let scope = TaskGroup::<String>::scope(|group: &TaskGroup<String>| {
                let guard = inside.on_drop("child");
                let child = async move {
                    let _guard = guard;
                    pending().await
                };
                group.spawn::<()>(child).unwrap().detach();
                if true {
                    boom("at once")
                }
                async { Ok(()) }
            });
            let caught = AssertUnwindSafe(scope).catch_unwind().await;
            inside.say("scope");
            assert!(caught.is_err());
        })
    }));
    assert!(ended.is_ok());
    assert_eq!(log.take(), "child scope");
}

#[test]
fn pitfall_22_a_group_whose_body_panics_when_it_is_dropped_joins_its_children_first() {
    let (reports, log) = (Reports::default(), Log::default());
    let inside = log.clone();
    let main = async move {
        let scope = TaskGroup::<String>::scope(|group: &TaskGroup<String>| {
            let guard = inside.on_drop("child");
            let child = async move {
                let _guard = guard;
                pending::<Result<(), String>>().await
            };
            group.spawn(async { Err::<(), _>("E".to_string()) }).unwrap().detach();
            group.spawn(child).unwrap().detach();
            let mut bomb = Some(Boom("the body's destructor"));
            let mut polls = 0;
            poll_fn(move |cx| {
                let _ = &mut bomb;
                polls += 1;
                cx.waker().wake_by_ref();
                if polls == 3 { Poll::Ready(Ok(())) } else { Poll::Pending }
            })
        });
        let caught = AssertUnwindSafe(scope).catch_unwind().await;
        inside.say("scope");
        let payload = caught.unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"the body's destructor"));
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(log.take(), "child scope");
    assert_eq!(reports.take(), ["glassloop: task 2 \"Task-2\" failed and nobody awaited it: E"]);
}

#[test]
fn pitfall_22_a_child_whose_future_panics_when_it_is_dropped_after_its_end_fails_its_group() {
    run(async {
        let scope = TaskGroup::<String>::scope(async |group| {
            let bomb = Boom("the child's destructor");
            let mut bomb = Some(bomb);
            let child = poll_fn(move |_| {
                let _ = &mut bomb;
                Poll::Ready(Ok(()))
            });
            group.spawn(child).unwrap().detach();
            pending::<Result<(), String>>().await
        });
        let caught = timeout(ms(10), AssertUnwindSafe(scope).catch_unwind()).await;
        let payload = caught.expect("the group fails").unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"the child's destructor"));
    });
}

#[test]
fn a_scope_that_is_dropped_waits_no_longer() {
    run(async {
        let mut kept = None;
        let scope = TaskGroup::<String>::scope(async |group| {
            kept = Some(group.clone());
            group.spawn(async { Ok(()) }).unwrap().detach();
            pending::<Result<(), String>>().await
        });
        assert!(timeout(ms(1), scope).await.is_err());
        let snapshot = trace::snapshot().unwrap();
        let waits: Vec<_> = snapshot.resources.iter().flat_map(|(_, seen)| seen.waits.clone()).collect();
        assert!(waits.is_empty(), "{waits:?}");
        drop(kept);
    });
}
