//! `CancelToken`.

use std::future::{pending, ready};

use glassloop::{CancelToken, create_task, timeout, yield_now};

use crate::common::{Log, ms, run};

#[test]
fn all_who_wait_are_woken_in_order_once() {
    run(async {
        let (log, token) = (Log::default(), CancelToken::new());
        for name in ["A", "B", "C"] {
            let (log, token) = (log.clone(), token.clone());
            create_task(async move {
                token.cancelled().await;
                log.say(name);
            })
            .detach();
        }
        yield_now().await;
        assert!(token.cancel() && !token.cancel() && token.is_cancelled());
        assert_eq!(log.take(), "", "never inside the call");
        yield_now().await;
        assert_eq!(log.take(), "A B C");
        token.cancelled().await; // at once
    });
}

#[test]
fn a_request_reaches_children_and_not_parents() {
    run(async {
        let parent = CancelToken::new();
        let (one, two) = (parent.child(), parent.child());
        let grandchild = one.child();
        one.cancel();
        assert!(grandchild.is_cancelled() && !parent.is_cancelled() && !two.is_cancelled());
        assert!(parent.cancel() && two.is_cancelled() && parent.child().is_cancelled());
        // A chain of any length, without recursion.
        let root = CancelToken::new();
        let chain: Vec<CancelToken> =
            (0..100_000).scan(root.clone(), |last, _| Some(std::mem::replace(last, last.child()))).collect();
        root.cancel();
        assert!(chain.iter().all(CancelToken::is_cancelled));
    });
}

#[test]
fn until_cancelled_gives_the_value_or_drops_the_future() {
    run(async {
        let (log, token) = (Log::default(), CancelToken::new());
        assert_eq!(token.until_cancelled(ready(5)).await, Some(5));
        let guard = log.on_drop("dropped");
        let stop = token.clone();
        let task = create_task(async move {
            let work = async {
                let _guard = guard;
                pending::<()>().await;
            };
            stop.until_cancelled(work).await
        });
        yield_now().await;
        token.cancel();
        assert_eq!(task.await.unwrap(), None);
        assert_eq!(log.take(), "dropped");
        let late: Option<()> = token.until_cancelled(async { unreachable!() }).await;
        assert_eq!(late, None, "too late: not polled");
        assert!(timeout(ms(1), CancelToken::default().cancelled()).await.is_err());
    });
}
