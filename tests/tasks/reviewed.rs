//! Bugs that a review found here. Each of these tests was seen to fail before its bug was mended.

mod circles;
mod groups;

use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

use futures_util::FutureExt;
use glassloop::net::UdpSocket;
use glassloop::{
    CancelToken, Clock, Queue, ReturnWhen, Runtime, TaskGroup, TaskLocal, call_later, create_task, create_task_named,
    current_task, gather, gather_results, oneshot, race, select, shield, sleep, timeout, wait, wait_for, yield_now,
};

use self::circles::{Shared, await_in_place};
use crate::common::{Reports, boom, ms, run};

struct Boom(&'static str);

impl Drop for Boom {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            boom(self.0);
        }
    }
}

fn panic_text(outcome: std::thread::Result<()>) -> String {
    let payload = outcome.expect_err("it did not panic");
    let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a text")
}

#[test]
fn a_fair_select_is_fair_also_within_one_poll() {
    run(async {
        let mut wins = [0; 3];
        for _ in 0..300 {
            wins[race!(ready(0), ready(1), ready(2)).await] += 1;
        }
        assert!(wins.iter().all(|count| (50..200).contains(count)), "{wins:?}");
        // Two that take turns do not share the lots unevenly.
        let (mut one, mut two) = ([0; 2], [0; 2]);
        for _ in 0..300 {
            one[race!(ready(0), ready(1)).await] += 1;
            two[race!(ready(0), ready(1)).await] += 1;
        }
        assert!(one.iter().chain(&two).all(|count| (75..225).contains(count)), "{one:?} {two:?}");
    });
}

#[test]
fn a_stop_is_heard_though_the_queue_never_runs_dry() {
    run(async {
        let (queue, stop) = (Queue::new(), CancelToken::new());
        queue.put_nowait(0).unwrap();
        stop.cancel();
        for round in 0.. {
            assert!(round < 100, "starved");
            select! {
                item = queue.get() => queue.put_nowait(item.unwrap() + 1).unwrap(),
                () = stop.cancelled() => break,
            }
        }
        for round in 0.. {
            assert!(round < 100, "starved");
            select! {
                () = stop.cancelled() => break,
                item = queue.get() => queue.put_nowait(item.unwrap() + 1).unwrap(),
            }
        }
    });
}

#[test]
fn a_token_hears_of_its_grandparent_though_its_parent_is_gone() {
    run(async {
        let root = CancelToken::new();
        let leaf = root.child().child().child();
        let task = create_task(async move {
            leaf.cancelled().await;
        });
        yield_now().await;
        root.cancel();
        yield_now().await;
        assert!(task.is_done());
    });
}

#[test]
fn a_token_of_a_very_long_line_is_made_cancelled_and_dropped() {
    let root = CancelToken::new();
    let mut leaf = root.child();
    for _ in 0..200_000 {
        leaf = leaf.child();
    }
    let wide: Vec<CancelToken> = (0..200_000).map(|_| root.child()).collect();
    root.cancel();
    assert!(leaf.is_cancelled() && wide.iter().all(CancelToken::is_cancelled));
    drop((root, leaf));
    let mut leaf = CancelToken::new();
    for _ in 0..200_000 {
        leaf = leaf.child();
    }
    drop(leaf);
}

#[test]
fn pitfall_22_a_report_that_panics_ends_neither_the_process_nor_the_loop() {
    let count = Rc::new(Cell::new(0));
    let counter = count.clone();
    let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(move |_| {
        counter.set(counter.get() + 1);
        boom("in the report");
    });
    let runtime = builder.build().unwrap();
    let result = runtime.block_on(async {
        // A scope with an error that it can give to nobody is dropped while its owner unwinds.
        let owner = create_task(async {
            let scope = TaskGroup::scope(async |group| {
                group.spawn(async { Err::<(), _>("lost") }).unwrap().detach();
                pending::<Result<(), &str>>().await
            });
            let mut scope = Box::pin(scope);
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                if polls == 3 {
                    boom("unwinds");
                }
                let _ = scope.as_mut().poll(cx);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })
            .await;
        });
        drop(owner.await);
        // Two that wait for each other: told while the loop is about to sleep.
        let own = Shared::default();
        let inside = own.clone();
        *own.borrow_mut() = Some(create_task(async move {
            let _ = await_in_place(&inside).await;
            "told"
        }));
        sleep(ms(1)).await;
        await_in_place(&own).await.unwrap()
    });
    assert_eq!(result.unwrap(), "told");
    assert_eq!(count.get(), 2);
}

#[test]
fn debug_mode_knows_a_task_by_its_newest_name() {
    let reports = Reports::default();
    let clock = Clock::new_virtual();
    let runtime = reports.builder().clock(clock.clone()).debug(true).build().unwrap();
    runtime
        .block_on(async move {
            let task = create_task_named("old", async move { clock.block_for(ms(200)) });
            task.set_name("new");
            task.await.unwrap();
        })
        .unwrap();
    assert_eq!(reports.take(), ["glassloop: a poll of task 2 \"new\" took 200 ms"]);
}

#[test]
fn a_child_that_cancels_itself_fails_its_gather_with_the_reason_and_is_a_value_for_the_patient() {
    run(async {
        let cancels = || async {
            current_task().unwrap().cancel();
            yield_now().await;
        };
        let caught = AssertUnwindSafe(gather([cancels()])).catch_unwind().await;
        let text = panic_text(caught.map(drop));
        assert!(text.contains("was cancelled, by itself"), "{text}");
        assert!(gather_results([cancels()]).await[0].as_ref().unwrap_err().is_cancelled());
    });
}

#[test]
fn what_is_awaited_again_after_its_end_says_so() {
    run(async {
        let mut results = Box::pin(gather_results([async { 1 }]));
        assert_eq!(*results.as_mut().await[0].as_ref().unwrap(), 1);
        let text = panic_text(AssertUnwindSafe(results.as_mut()).catch_unwind().await.map(drop));
        assert!(text.contains("was awaited again"), "{text}");

        let mut waits = wait([create_task(async {}), create_task(pending())], ReturnWhen::FirstCompleted);
        assert_eq!((&mut waits).await.done.len(), 1);
        let again = timeout(ms(1), AssertUnwindSafe(&mut waits).catch_unwind()).await;
        let text = panic_text(again.expect("it does not hang").map(drop));
        assert!(text.contains("was awaited again"), "{text}");
    });
}

#[test]
fn w06_zero_gives_the_value_of_whatever_runs_by_itself() {
    run(async {
        let (promise, mut future) = oneshot();
        promise.set(7).unwrap();
        assert_eq!(wait_for(future.clone(), Some(ms(0))).await.unwrap().unwrap(), 7);
        assert_eq!(wait_for(&mut future, Some(ms(0))).await.unwrap().unwrap(), 7);
        let mut shielded = shield(async { 8 });
        assert!(wait_for(&mut shielded, Some(ms(0))).await.is_err());
        assert_eq!(wait_for(shielded, Some(ms(0))).await.unwrap().unwrap(), 8);
    });
}

#[test]
fn pitfall_22_a_task_local_of_main_that_panics_when_it_is_dropped_takes_nothing_with_it() {
    static VALUE: TaskLocal<Rc<Boom>> = TaskLocal::new();
    let output = catch_unwind(|| {
        run(async {
            VALUE.set(Rc::new(Boom("a task-local")));
            "the output"
        })
    });
    assert_eq!(output.unwrap(), "the output");
}

/// Panics when it is woken.
struct BadWaker;

impl Wake for BadWaker {
    fn wake(self: Arc<Self>) {
        boom("a waker");
    }
}

#[test]
fn a_foreign_waker_that_panics_leaves_the_loop_whole() {
    let runtime = Runtime::new().unwrap();
    let send = |to| std::net::UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&[7], to).unwrap();
    let mut kept = None;
    let first = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let socket = kept.insert(UdpSocket::bind("127.0.0.1:0").await.unwrap());
            let mut buffer = [0];
            let mut bad = Box::pin(socket.recv_from(&mut buffer));
            assert!(bad.as_mut().poll(&mut Context::from_waker(&Arc::new(BadWaker).into())).is_pending());
            send(socket.local_addr().unwrap());
            sleep(ms(5000)).await; // the waker is woken while the loop is asleep
        })
    }));
    assert!(first.is_err());
    let (socket, address) = (kept.as_ref().unwrap(), kept.as_ref().unwrap().local_addr().unwrap());
    let next = runtime.block_on(async {
        socket.recv_from(&mut [0]).await.unwrap();
        call_later(ms(5), move || _ = send(address));
        timeout(ms(2000), socket.recv_from(&mut [0])).await.is_ok()
    });
    assert!(next.unwrap(), "the loop sleeps and wakes as before");
}
