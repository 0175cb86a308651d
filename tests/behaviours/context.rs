//! Task-locals, Rust's form of `contextvars`.

use glassloop::{TaskLocal, create_task, gather, yield_now};

use crate::common::run;

static WHO: TaskLocal<&'static str> = TaskLocal::new();

#[test]
fn v1_a_task_copies_the_context_of_its_creator_at_creation() {
    run(async {
        let early = create_task(async { WHO.get() });
        WHO.set("main");
        let late = create_task(async { WHO.get() });
        WHO.set("main, later");
        assert_eq!((early.await.unwrap(), late.await.unwrap()), (None, Some("main")));
    });
}

#[test]
fn v2_what_a_task_changes_stays_its_own() {
    run(async {
        WHO.set("main");
        let ends = gather(["a", "b"].map(|name| async move {
            WHO.set(name);
            yield_now().await;
            WHO.get()
        }));
        assert_eq!(ends.await, [Some("a"), Some("b")]);
        assert_eq!(WHO.get(), Some("main"));
    });
}

#[test]
fn v3_a_plain_await_shares_the_context_of_its_caller() {
    run(async {
        WHO.set("main");
        async {
            assert_eq!(WHO.get(), Some("main"));
            WHO.set("inner");
        }
        .await;
        assert_eq!(WHO.get(), Some("inner"));
    });
}
