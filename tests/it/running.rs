//! `run`, `Runtime::block_on`, and what is called where no loop runs.

use std::future::pending;
use std::rc::Rc;
use std::thread;

use glassloop::net::{TcpListener, TcpStream};
use glassloop::{
    Clock, Queue, Runtime, create_task, create_task_named, current_task, gather, gather_results, now, sleep,
    sleep_until, timeout, to_thread, try_gather, yield_now,
};

use crate::common::{Log, OnDrop, boom, ms, panic_text, poll_once, run, virtual_runtime};

fn holding(log: &Log, word: &'static str) -> impl Future<Output = ()> + use<> {
    let guard = log.on_drop(word);
    async move {
        let _guard = guard;
        pending::<()>().await;
    }
}

#[test]
fn r1_r2_what_is_left_is_dropped_in_the_order_of_creation_before_the_value_comes_out() {
    let log = Log::default();
    let inside = log.clone();
    let value = glassloop::run(async move {
        for word in ["A", "B", "C"] {
            create_task(holding(&inside, word)).detach();
        }
        yield_now().await;
        inside.say("main ends");
        5
    });
    log.say(value.to_string());
    assert_eq!(log.take(), "main ends A B C 5");
}

#[test]
fn r2_a_panic_of_main_comes_out_after_the_cleanup() {
    let log = Log::default();
    let inside = log.clone();
    let text = panic_text(|| {
        glassloop::run(async move {
            create_task(holding(&inside, "A")).detach();
            yield_now().await;
            boom("main")
        })
    });
    assert_eq!((text.as_str(), log.take().as_str()), ("main", "A"));
}

#[test]
fn r3_run_can_be_called_again() {
    for round in 0..3 {
        assert_eq!(glassloop::run(async move { round }), round);
    }
}

#[test]
fn r4_pitfall_19_run_inside_run_panics_with_advice_and_the_outer_loop_goes_on() {
    let value = glassloop::run(async {
        let text = panic_text(|| glassloop::run(async {}));
        assert!(text.contains("run() was called inside a running loop; await the future instead"), "{text}");
        create_task(async { 5 }).await.unwrap()
    });
    assert_eq!(value, 5);
}

#[test]
fn r4_pitfall_19_block_on_of_a_runtime_that_is_running() {
    let runtime = Rc::new(virtual_runtime());
    let inner = runtime.clone();
    runtime
        .block_on(async move {
            let from_main = panic_text(|| drop(inner.block_on(async {})));
            assert!(from_main.contains("block_on() was called on a runtime that is running already"), "{from_main}");
            let from_a_task = create_task(async move { inner.block_on(async {}) }).await;
            assert!(crate::common::panicked(from_a_task).contains("running already"));
            sleep(ms(5)).await;
        })
        .unwrap();
    runtime.block_on(sleep_a_little()).unwrap();
}

async fn sleep_a_little() {
    sleep(ms(1)).await;
}

#[test]
fn pitfall_19_another_runtime_inside_and_the_outer_one_is_restored() {
    run(async {
        let before = now();
        let inner = virtual_runtime();
        inner.block_on(async { sleep(ms(50)).await }).unwrap();
        assert_eq!(panic_text(|| drop(inner.block_on(async { boom("inner") }))), "inner");
        assert_eq!(now(), before, "each loop has its own clock");
        create_task(sleep(ms(5))).await.unwrap();
        assert_eq!(now(), before + ms(5));
        assert_eq!(current_task().unwrap().name, "main");
    });
}

#[test]
fn pitfall_20_a_task_of_the_outer_loop_that_the_inner_one_wakes_is_not_stranded() {
    run(async {
        let queue = Queue::new();
        let inside = queue.clone();
        let outer = create_task(async move { queue.get().await.unwrap() });
        yield_now().await;
        virtual_runtime()
            .block_on(async move {
                inside.put(7).await.unwrap();
                yield_now().await;
            })
            .unwrap();
        assert_eq!(outer.await.unwrap(), 7);
    });
}

#[test]
fn r11_tasks_live_on_between_two_calls() {
    let runtime = virtual_runtime();
    let queue = Queue::new();
    let numbers = queue.clone();
    runtime
        .block_on(async move {
            create_task(async move {
                for number in 1.. {
                    numbers.put(number).await.unwrap();
                    sleep(ms(10)).await;
                }
            })
            .detach();
        })
        .unwrap();
    assert_eq!(runtime.block_on(queue.get()).unwrap(), Ok(1));
    assert_eq!(runtime.block_on(queue.get()).unwrap(), Ok(2));
    assert_eq!(runtime.clock().now().as_nanos(), 10_000_000);
}

#[test]
fn pitfall_12_a_yield_at_the_very_end_is_not_lost() {
    let runtime = virtual_runtime();
    let (task,) = runtime
        .block_on(async {
            let task = create_task(async {
                yield_now().await;
                5
            });
            yield_now().await; // the task has yielded, and is ready, when main ends
            (task,)
        })
        .unwrap();
    assert!(!task.is_done());
    assert_eq!(runtime.block_on(task).unwrap().unwrap(), 5);
}

#[test]
fn pitfall_26_destructors_at_the_end_may_wake_spawn_sleep_and_panic() {
    let log = Log::default();
    let queue = Queue::new();
    let runtime = virtual_runtime();
    let (getter, putter) = (queue.clone(), queue.clone());
    runtime
        .block_on(async {
            let spawns = OnDrop({
                let log = log.clone();
                move || {
                    let late = create_task(async { 1 });
                    log.say(format!("late cancelled: {}", late.is_cancelled()));
                    putter.put_nowait(1).unwrap(); // wakes the task below
                    drop(sleep(ms(1)));
                    boom("in a destructor")
                }
            });
            create_task(async move {
                let _spawns = spawns;
                pending::<()>().await;
            })
            .detach();
            let guard = log.on_drop("getter dropped");
            create_task(async move {
                let _guard = guard;
                getter.get().await.unwrap()
            })
            .detach();
            create_task(holding(&log, "third dropped")).detach();
            yield_now().await;
        })
        .unwrap();
    drop(runtime);
    assert_eq!(log.take(), "late cancelled: true getter dropped third dropped");
    assert_eq!(queue.len(), 1, "a woken getter that is dropped has taken nothing");
}

#[test]
fn without_a_loop_every_call_says_which_it_is_and_what_to_write() {
    let calls: [(&str, fn()); 13] = [
        ("create_task()", || drop(create_task(async {}))),
        ("create_task_named()", || drop(create_task_named("name", async {}))),
        ("sleep()", || drop(sleep(ms(1)))),
        ("sleep_until()", || drop(sleep_until(glassloop::Instant::default()))),
        ("now()", || assert!(now() > Default::default())),
        ("gather()", || drop(gather([async {}]))),
        ("gather()", || drop(glassloop::gather!(async {}))),
        ("try_gather()", || drop(try_gather([async { Ok::<(), ()>(()) }]))),
        ("gather_results()", || drop(gather_results([async {}]))),
        ("to_thread()", || drop(to_thread(|| ()))),
        ("TcpStream::connect()", || drop(TcpStream::connect("127.0.0.1:1"))),
        ("TcpListener::bind()", || drop(TcpListener::bind(("localhost", 0)))),
        ("timeout()", || assert!(poll_once(&mut Box::pin(timeout(ms(1), pending::<()>()))).is_pending())),
    ];
    for (call, outside) in calls {
        let text = panic_text(outside).replace("!()", "()");
        assert!(text.contains(&format!("{call} needs a running loop, and none runs on thread")), "{text}");
        assert!(text.contains("fn main() { glassloop::run(start()) }"), "{text}");
        assert!(text.contains(&format!("async fn start() {{ /* {call} goes here */ }}")), "{text}");
    }
    let named = thread::Builder::new().name("lonely".into()).spawn(|| panic_text(|| drop(sleep(ms(1))))).unwrap();
    assert!(named.join().unwrap().contains("\"lonely\""));
}

#[test]
fn a_builder_s_interval_of_zero_counts_as_one() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).event_interval(0).build().unwrap();
    assert_eq!(runtime.block_on(async { create_task(async { 1 }).await.unwrap() }).unwrap(), 1);
}
