//! `run_coroutine_threadsafe`.

use std::cell::Cell;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use glassloop::{
    Handle, JoinError, RemoteError, RunError, Runtime, TaskLocal, all_tasks, current_task, run_in_executor,
    sleep_forever, to_thread, yield_now,
};

use crate::common::{OnDrop, boom, reporting_runtime, wait_in_vain};

#[test]
fn d6_a_thread_runs_a_coroutine_in_the_loop_and_gets_its_value() {
    let home = thread::current().id();
    let value = glassloop::run(async move {
        let handle = Handle::current();
        let work = move || {
            assert_ne!(thread::current().id(), home);
            let task = handle.run_coroutine_threadsafe(move || async move {
                yield_now().await;
                thread::current().id() == home
            });
            task.result()
        };
        run_in_executor(work).await
    });
    assert!(value.unwrap());
}

#[test]
fn d3_task_locals_stay_in_the_loop_and_values_are_moved_to_the_thread() {
    static USER: TaskLocal<String> = TaskLocal::new();
    glassloop::run(async {
        USER.set("ann".into());
        assert_eq!(to_thread(|| USER.get()).await, None);
        let user = USER.get().unwrap();
        assert_eq!(to_thread(move || format!("work by {user}")).await, "work by ann");
        // A task that a thread starts has no creator here, and nothing of one.
        let handle = Handle::current();
        let seen = to_thread(move || handle.run_coroutine_threadsafe(|| async { USER.get() }).result()).await;
        assert_eq!(seen.unwrap(), None);
    });
}

#[test]
fn it_is_one_task_with_the_place_of_the_call() {
    let line = line!() + 6;
    glassloop::run(async move {
        let handle = Handle::current();
        let look = || async { (all_tasks().len(), current_task().unwrap().location) };
        let seen = to_thread(move || {
            // The next line is the place.
            handle.run_coroutine_threadsafe(look).result()
        });
        let (tasks, location) = seen.await.unwrap();
        assert_eq!((tasks, location.file(), location.line()), (2, file!(), line));
    });
}

#[test]
fn it_can_be_awaited_in_another_loop_and_in_its_own() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let other = thread::spawn(move || {
        glassloop::run(async move { handle.run_coroutine_threadsafe(|| async { 1 }).await.unwrap() })
    });
    let own = runtime.block_on(async {
        while !other.is_finished() {
            yield_now().await;
        }
        Handle::current().run_coroutine_threadsafe(|| async { 2 }).await
    });
    assert_eq!((other.join().unwrap(), own.unwrap().unwrap()), (1, 2));
}

#[test]
fn a_panic_comes_back_from_the_future_and_from_what_makes_it() {
    fn text(outcome: Result<(), RemoteError>) -> String {
        match outcome {
            Err(RemoteError::Task(JoinError::Panicked(payload))) => payload.to_string(),
            other => panic!("{other:?}"),
        }
    }
    let (runtime, reports) = reporting_runtime();
    let texts = runtime.block_on(async {
        let handle = Handle::current();
        let work = move || {
            let first = handle.run_coroutine_threadsafe(|| async { boom("in the future") });
            let second = handle.run_coroutine_threadsafe(|| {
                if true {
                    boom("in the closure")
                }
                async {}
            });
            (text(first.result()), text(second.result()))
        };
        to_thread(work).await
    });
    assert_eq!(texts.unwrap(), ("in the future".into(), "in the closure".into()));
    assert!(reports.borrow().is_empty(), "they were collected");
}

#[test]
fn a_detached_failure_is_reported() {
    let (runtime, reports) = reporting_runtime();
    drop(runtime.handle().run_coroutine_threadsafe(|| async { boom("unseen") }));
    runtime.block_on(yield_now()).unwrap();
    runtime.block_on(yield_now()).unwrap();
    assert_eq!(reports.borrow().len(), 1);
    assert!(reports.borrow()[0].contains("unseen"));
}

#[test]
fn a_cancel_from_another_thread_drops_the_future_in_the_loop() {
    let home = thread::current().id();
    glassloop::run(async move {
        let handle = Handle::current();
        let (say, said) = mpsc::channel();
        let work = move || {
            let (started, start) = mpsc::channel();
            let task = handle.run_coroutine_threadsafe(move || async move {
                let _guard = OnDrop(move || say.send(thread::current().id()).unwrap());
                started.send(()).unwrap();
                sleep_forever().await;
            });
            start.recv().unwrap();
            assert!(!task.is_done());
            assert!(task.cancel());
            let outcome = task.result();
            (outcome, said.recv().unwrap())
        };
        let (outcome, dropped_on) = to_thread(work).await;
        assert!(outcome.unwrap_err().is_cancelled());
        assert_eq!(dropped_on, home);
    });
}

#[test]
fn a_cancel_of_what_has_not_started_comes_in_time_and_one_too_late_says_so() {
    let runtime = Runtime::new().unwrap();
    let mut early = runtime.handle().run_coroutine_threadsafe(|| async { unreachable!("never polled") });
    let mut late = runtime.handle().run_coroutine_threadsafe(|| async { 5 });
    assert!(early.cancel());
    let turns = async {
        for _ in 0..3 {
            yield_now().await;
        }
    };
    runtime.block_on(turns).unwrap();
    let outcome: Result<(), RemoteError> = early.result_timeout(Duration::ZERO).unwrap();
    assert!(outcome.unwrap_err().is_cancelled());
    assert!(late.is_done() && !late.cancel());
    assert_eq!(late.result_timeout(Duration::ZERO).unwrap().unwrap(), 5);
}

#[test]
fn the_end_of_the_loop_is_told() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let mut started = handle.run_coroutine_threadsafe(sleep_forever);
    runtime.block_on(yield_now()).unwrap();
    let unread = handle.run_coroutine_threadsafe(|| async { 1 });
    assert!(started.result_timeout(Duration::ZERO).is_none());
    drop(runtime);
    assert!(started.result().unwrap_err().is_cancelled());
    // Read in the loop's last round: it has its first turn there, or is cancelled.
    assert!(unread.result().is_ok_and(|first_turn| first_turn == 1));
    assert!(!handle.run_coroutine_threadsafe(|| async {}).cancel());
    assert!(matches!(handle.run_coroutine_threadsafe(|| async {}).result(), Err(RemoteError::LoopGone(_))));
}

#[test]
#[should_panic(expected = "result() was called on the thread of the loop it waits for")]
fn to_block_the_loop_for_itself_is_refused() {
    glassloop::run(async { Handle::current().run_coroutine_threadsafe(|| async {}).result() }).unwrap();
}

#[test]
fn who_waits_for_a_result_keeps_no_deadlock_from_being_certain() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let waiting = thread::spawn(move || {
        let task = handle.run_coroutine_threadsafe(wait_in_vain);
        drop(handle);
        task.result()
    });
    let outcome = runtime.block_on(wait_in_vain());
    assert!(matches!(outcome, Err(RunError::Deadlock(_))), "{outcome:?}");
    drop(runtime);
    assert!(waiting.join().unwrap().is_err());
}

#[test]
fn a_flood_from_four_threads_brings_every_value_back() {
    let sum = glassloop::run(async {
        let handle = Handle::current();
        let work = |from: u64| {
            let handle = handle.clone();
            to_thread(move || {
                let tasks: Vec<_> =
                    (from..from + 500).map(|n| handle.run_coroutine_threadsafe(move || async move { n })).collect();
                tasks.into_iter().map(|task| task.result().unwrap()).sum::<u64>()
            })
        };
        glassloop::gather([0, 500, 1000, 1500].map(work)).await.into_iter().sum::<u64>()
    });
    assert_eq!(sum, (0..2000).sum::<u64>());
}

/// However the end of the loop and a call from elsewhere meet, whoever waits for the outcome hears of it.
#[test]
fn pitfall_28_a_call_in_the_moment_of_the_end_is_answered() {
    thread_local!(static HERE: Cell<u64> = const { Cell::new(0) });
    for _ in 0..200 {
        let runtime = Runtime::new().unwrap();
        let handle = runtime.handle();
        let (started, start) = mpsc::channel();
        let caller = thread::spawn(move || {
            loop {
                let outcome = handle.run_coroutine_threadsafe(|| async { HERE.set(HERE.get() + 1) }).result();
                let _ = started.send(());
                match outcome {
                    Err(RemoteError::LoopGone(_)) => return,
                    Err(error) => assert!(error.is_cancelled(), "{error}"),
                    Ok(()) => {}
                }
            }
        });
        let run = async {
            while start.try_recv().is_err() {
                yield_now().await;
            }
        };
        runtime.block_on(run).unwrap();
        drop(runtime);
        caller.join().unwrap();
    }
}
