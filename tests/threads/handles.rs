//! `Handle` and `call_soon_threadsafe`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use glassloop::{Handle, LoopGone, RunError, Runtime, all_tasks, create_task_named, sleep_forever, yield_now};

use crate::common::{OnDrop, boom, reporting_runtime, wait_in_vain, watched_runtime};

fn is_send_and_sync<T: Send + Sync + Clone>(_: &T) {}

/// Ends the task that `main` waits for: to be called in the loop.
fn let_main_go() {
    let tasks = all_tasks();
    assert!(tasks.iter().find(|task| task.name() == "gate").expect("the gate").cancel());
}

async fn wait_at_the_gate() {
    let _ = create_task_named("gate", sleep_forever()).await;
}

#[test]
fn l13_a_call_from_another_thread_wakes_a_sleeping_loop() {
    let (runtime, asleep) = watched_runtime();
    let handle = runtime.handle();
    is_send_and_sync(&handle);
    let home = thread::current().id();
    let caller = thread::spawn(move || {
        asleep.recv().unwrap();
        let call = move || {
            assert_eq!(thread::current().id(), home);
            let_main_go();
        };
        handle.call_soon_threadsafe(call).unwrap();
    });
    runtime.block_on(wait_at_the_gate()).unwrap();
    caller.join().unwrap();
}

#[test]
fn calls_come_in_order_and_behind_what_is_ready() {
    let runtime = Runtime::new().unwrap();
    let (say, said) = mpsc::channel();
    let (handle, theirs) = (runtime.handle(), say.clone());
    let calls = move || {
        for number in 1..=3 {
            let say = theirs.clone();
            handle.call_soon_threadsafe(move || say.send(number).unwrap()).unwrap();
        }
    };
    thread::spawn(calls).join().unwrap();
    runtime
        .block_on(async {
            say.send(0).unwrap(); // main was in the queue before the calls were read
            yield_now().await;
        })
        .unwrap();
    drop(say);
    assert_eq!(said.iter().collect::<Vec<i32>>(), [0, 1, 2, 3]);
}

#[test]
fn a_loop_that_stands_does_it_in_its_next_run() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.block_on(async { Handle::current() }).unwrap();
    let (say, said) = mpsc::channel();
    thread::spawn(move || handle.call_soon_threadsafe(move || say.send(()).unwrap())).join().unwrap().unwrap();
    assert!(said.try_recv().is_err());
    runtime.block_on(yield_now()).unwrap();
    said.recv().unwrap();
}

#[test]
fn a_handle_outlives_its_loop_and_says_so() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let (dropped, called) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let call = || {
        let dropped = dropped.clone();
        let guard = OnDrop(move || assert!(dropped.fetch_add(1, Ordering::SeqCst) < 3));
        let called = called.clone();
        move || {
            let _guard = &guard;
            called.fetch_add(1, Ordering::SeqCst);
        }
    };
    handle.call_soon_threadsafe(call()).unwrap();
    drop(runtime);
    assert_eq!(called.load(Ordering::SeqCst), 1, "what was sent before the end has its turn in the last round");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert!(handle.is_gone());
    assert_eq!(handle.call_soon_threadsafe(call()), Err(LoopGone));
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    assert!(LoopGone.to_string().contains("has ended"));
    // Another loop that gets the number of the first is not taken for it.
    let _others: Vec<Runtime> = (0..8).map(|_| Runtime::new().unwrap()).collect();
    assert_eq!(handle.call_soon_threadsafe(call()), Err(LoopGone));
    assert_eq!((dropped.load(Ordering::SeqCst), called.load(Ordering::SeqCst)), (3, 1));
}

#[test]
fn a_callback_that_panics_is_reported_and_the_loop_goes_on() {
    let (runtime, reports) = reporting_runtime();
    let handle = runtime.handle();
    let line = line!() + 1;
    thread::spawn(move || handle.call_soon_threadsafe(|| boom("in a callback")).unwrap()).join().unwrap();
    runtime.block_on(yield_now()).unwrap();
    let reports = reports.borrow();
    assert_eq!(reports.len(), 1);
    for part in ["call_soon_threadsafe", "in a callback", &format!("{}:{line}", file!())] {
        assert!(reports[0].contains(part), "{}", reports[0]);
    }
}

#[test]
fn a_flood_of_calls_from_four_threads_loses_none() {
    const THREADS: usize = 4;
    const CALLS: usize = 5_000;
    let runtime = Runtime::new().unwrap();
    let called = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..THREADS)
        .map(|_| {
            let (handle, called) = (runtime.handle(), called.clone());
            thread::spawn(move || {
                for _ in 0..CALLS {
                    let called = called.clone();
                    let call = move || {
                        if called.fetch_add(1, Ordering::SeqCst) + 1 == THREADS * CALLS {
                            let_main_go();
                        }
                    };
                    handle.call_soon_threadsafe(call).unwrap();
                }
            })
        })
        .collect();
    runtime.block_on(wait_at_the_gate()).unwrap();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(called.load(Ordering::SeqCst), THREADS * CALLS);
}

#[test]
fn a_live_handle_keeps_a_deadlock_uncertain_and_its_drop_makes_it_certain() {
    let (runtime, asleep) = watched_runtime();
    let first = runtime.handle();
    let second = first.clone();
    let holder = thread::spawn(move || {
        asleep.recv().unwrap(); // it sleeps, and reports nothing
        drop(first);
        drop(second);
    });
    let outcome = runtime.block_on(wait_in_vain());
    assert!(matches!(outcome, Err(RunError::Deadlock(_))), "{outcome:?}");
    holder.join().unwrap();
}

#[test]
#[should_panic(expected = "Handle::current() needs a running loop")]
fn no_loop_no_handle() {
    Handle::current();
}
