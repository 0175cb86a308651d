//! The end of `run`: what is left, and in which order it goes.

use std::future::pending;

use glassloop::{Report, create_task, create_task_named, yield_now};

use crate::common::{Log, boom, reporting};

#[test]
fn r6_background_tasks_go_after_main() {
    let log = Log::default();
    let (runtime, _) = reporting();
    runtime
        .block_on(async {
            let _main = log.on_drop("main");
            for name in ["A", "B"] {
                let guard = log.on_drop(name);
                create_task(async move {
                    let _guard = guard;
                    pending::<()>().await;
                })
                .detach();
            }
            yield_now().await;
        })
        .unwrap();
    drop(runtime);
    assert_eq!(log.take(), "main A B");
}

struct BoomOnDrop;

impl Drop for BoomOnDrop {
    fn drop(&mut self) {
        boom("in the cleanup");
    }
}

#[test]
fn r9_a_panic_of_what_is_left_is_reported_and_the_rest_is_cleaned_up() {
    let log = Log::default();
    let (runtime, reports) = reporting();
    let value = runtime.block_on(async {
        create_task_named("bad", async {
            let _bad = BoomOnDrop;
            pending::<()>().await;
        })
        .detach();
        let guard = log.on_drop("good");
        create_task(async move {
            let _guard = guard;
            pending::<()>().await;
        })
        .detach();
        yield_now().await;
        "value"
    });
    assert_eq!(value.unwrap(), "value");
    drop(runtime);
    assert_eq!(log.take(), "good");
    let reports = reports.borrow();
    assert!(matches!(&reports[..], [Report::TaskPanicked { name, .. }] if name == "bad"), "{reports:?}");
}

#[test]
fn r10_what_a_stream_holds_is_dropped_with_its_task() {
    let log = Log::default();
    let (runtime, _) = reporting();
    let guard = log.on_drop("stream");
    runtime
        .block_on(async {
            let stream = futures_util::stream::unfold(guard, |guard| async move {
                pending::<()>().await;
                Some(((), guard))
            });
            create_task(async move {
                let mut stream = std::pin::pin!(stream);
                futures_util::StreamExt::next(&mut stream).await;
            })
            .detach();
            yield_now().await;
        })
        .unwrap();
    drop(runtime);
    assert_eq!(log.take(), "stream");
}
