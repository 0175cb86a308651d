//! The certain deadlock is reported, with who waits for what and where. Whatever might still be woken is not.

use std::future::{pending, poll_fn};
use std::io::Write;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use glassloop::net::TcpListener;
use glassloop::trace::executor::own_waker;
use glassloop::{
    Deadlock, Queue, RunError, Runtime, create_task, create_task_named, gather, join, sleep, timeout, to_thread,
    yield_now,
};

use crate::common::{ms, panic_text, virtual_runtime, watched_runtime};

/// The report of a future that cannot end.
fn report<T>(runtime: &Runtime, future: impl Future<Output = T>) -> String {
    match runtime.block_on(future) {
        Err(RunError::Deadlock(deadlock)) => deadlock.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("no deadlock"),
    }
}

#[test]
fn two_tasks_on_two_empty_queues() {
    const CREATED: u32 = line!() + 6;
    const OTHER_WAITS: u32 = CREATED + 1;
    const MAIN_WAITS: u32 = CREATED + 5;
    let report = report(&virtual_runtime(), async {
        let (left, right) = (Queue::<u8>::new(), Queue::<u8>::new());
        let (waits_left, puts_right) = (left.clone(), right.clone());
        create_task_named("other", async move {
            waits_left.get().await.unwrap();
            puts_right.put(1).await.unwrap();
        })
        .detach();
        right.get().await.unwrap();
        left.put(1).await.unwrap();
    });
    let at = |line: u32| format!("at {}:{line}:", file!());
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "glassloop: deadlock: 2 tasks alive, nothing can wake them");
    assert!(lines[1].starts_with("  task 1 \"main\"  waits for get of Queue 2 (empty, made at "), "{report}");
    assert!(lines[1].contains(&at(MAIN_WAITS)), "{report}");
    assert!(lines[2].starts_with("  task 2 \"other\" waits for get of Queue 1 (empty, made at "), "{report}");
    assert!(lines[2].contains(&at(OTHER_WAITS)) && lines[2].contains(&at(CREATED)), "{report}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_join_of_a_queue_that_nobody_works_off() {
    let queue = Queue::new();
    let report = report(&virtual_runtime(), async {
        queue.put(1).await.unwrap();
        queue.join().await;
    });
    assert!(report.contains("1 task alive") && report.contains("\"main\" waits for join of Queue"), "{report}");
}

#[test]
fn a_gather_that_waits_for_itself_through_a_queue() {
    let report = report(&virtual_runtime(), async {
        let queue = Queue::new();
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            async move { queue.get().await.unwrap() }
        });
        gather(getters).await;
        queue.put(1).await.unwrap();
    });
    assert!(report.contains("3 tasks alive") && report.contains("\"main\"       waits for gather 2 at "), "{report}");
    assert!(report.contains("child 0 of gather 2 waits for get of Queue"), "{report}");
    assert!(report.contains("child 1 of gather 2 waits for get of Queue"), "{report}");
}

#[test]
fn one_task_that_waits_for_several_things_and_one_that_waits_for_it() {
    let report = report(&virtual_runtime(), async {
        let (left, right) = (Queue::<u8>::new(), Queue::<u8>::bounded(1));
        right.put(1).await.unwrap();
        drop(create_task(async move { join!(left.get(), right.put(2)).await }).await);
    });
    assert!(report.contains("\"main\"   waits for the end of task 2 \"Task-2\" at "), "{report}");
    assert!(report.contains("\"Task-2\" waits for get of Queue 1 (empty, "), "{report}");
    assert!(report.contains("  and for put of Queue 2 1/1 (made at "), "{report}");
}

#[test]
fn a_limit_without_end_hides_no_deadlock() {
    let queue = Queue::<u8>::new();
    report(&virtual_runtime(), async { timeout(Duration::MAX, queue.get()).await });
}

#[test]
fn run_panics_with_the_report() {
    let text = panic_text(|| {
        glassloop::run(async {
            Queue::<u8>::new().get().await.unwrap();
        });
    });
    assert!(text.starts_with("glassloop: deadlock: 1 task alive") && text.contains("get of Queue 1"), "{text}");
}

#[test]
fn a_deadlock_that_begins_while_a_job_runs_is_reported_when_it_ends() {
    for runtime in [virtual_runtime(), Runtime::new().unwrap()] {
        let queue = Queue::<u8>::new();
        report(&runtime, async {
            drop(to_thread(thread::yield_now));
            queue.get().await.unwrap();
        });
    }
}

#[test]
fn afterwards_the_runtime_can_be_used_again() {
    let runtime = virtual_runtime();
    let queue = Queue::new();
    let (getter, waits) = (queue.clone(), queue.clone());
    let (task,) = runtime.block_on(async { (create_task(async move { getter.get().await.unwrap() }),) }).unwrap();
    report(&runtime, async move { waits.get().await.unwrap() });
    let value = runtime.block_on(async {
        queue.put(5).await.unwrap();
        sleep(ms(5)).await;
        task.await.unwrap()
    });
    assert_eq!(value.unwrap(), 5);
    assert!(runtime.block_on(async { queue.get().await.unwrap() }).is_err(), "and report the next one");
}

#[test]
fn a_report_can_be_kept_and_sent() {
    fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send_and_sync::<Deadlock>();
}

#[test]
fn not_while_an_escaped_waker_is_with_a_thread() {
    let (runtime, asleep) = watched_runtime();
    let queue = Queue::new();
    let items = queue.clone();
    let (mut asleep, mut woken) = (Some(asleep), false);
    runtime.block_on(async { create_task(async move { items.get().await.unwrap() }).detach() }).unwrap();
    runtime
        .block_on(poll_fn(|cx| {
            if let Some(asleep) = asleep.take() {
                let waker = cx.waker().clone();
                thread::spawn(move || {
                    asleep.recv().unwrap();
                    waker.wake();
                });
                return Poll::Pending;
            }
            woken = true;
            Poll::Ready(())
        }))
        .unwrap();
    assert!(woken);
    assert!(runtime.block_on(queue.put(1)).is_ok());
}

#[test]
fn not_while_a_thread_works() {
    let (runtime, asleep) = watched_runtime();
    let queue = Queue::new();
    let items = queue.clone();
    let got = runtime.block_on(async move {
        create_task(async move {
            to_thread(move || asleep.recv().unwrap()).await;
            items.put(1).await.unwrap();
        })
        .detach();
        queue.get().await.unwrap()
    });
    assert_eq!(got.unwrap(), 1);
}

#[test]
fn not_while_a_timer_is_armed() {
    let queue = Queue::new();
    let items = queue.clone();
    let got = virtual_runtime().block_on(async move {
        create_task(async move {
            sleep(Duration::from_secs(3600)).await;
            items.put(1).await.unwrap();
        })
        .detach();
        queue.get().await.unwrap()
    });
    assert_eq!(got.unwrap(), 1);
}

#[test]
fn not_while_a_socket_is_waited_on() {
    let (runtime, asleep) = watched_runtime();
    let queue = Queue::new();
    let items = queue.clone();
    let got = runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        create_task(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut byte = [0];
            stream.read_exact(&mut byte).await.unwrap();
            items.put(byte[0]).await.unwrap();
        })
        .detach();
        let peer = thread::spawn(move || {
            asleep.recv().unwrap();
            std::net::TcpStream::connect(address).unwrap().write_all(&[7]).unwrap();
        });
        let got = queue.get().await.unwrap();
        peer.join().unwrap();
        got
    });
    assert_eq!(got.unwrap(), 7);
}

#[test]
fn not_while_a_future_waits_for_what_the_loop_cannot_know() {
    let (runtime, asleep) = watched_runtime();
    let queue = Queue::new();
    let items = queue.clone();
    let mut asleep = Some(asleep);
    let got = runtime.block_on(async move {
        create_task(pending::<()>()).detach(); // without any waker
        create_task(async move {
            // With a waker that did not escape, but that no primitive of ours holds either.
            poll_fn(|cx| {
                let Some(asleep) = asleep.take() else { return Poll::Ready(()) };
                let waker = own_waker(cx);
                thread::spawn(move || {
                    asleep.recv().unwrap();
                    waker.wake();
                });
                Poll::Pending
            })
            .await;
            yield_now().await;
            items.put(1).await.unwrap();
        })
        .detach();
        queue.get().await.unwrap()
    });
    assert_eq!(got.unwrap(), 1);
}
