//! `to_thread`.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use glassloop::{create_task, gather, gather_results, sleep, timeout, to_thread, yield_now};

use crate::common::{Log, OnDrop, at, boom, ms, panicked, run};

#[test]
fn d1_the_loop_runs_while_a_thread_works() {
    run(async {
        let (go, wait) = mpsc::channel::<u8>();
        let job = create_task(to_thread(move || wait.recv().unwrap()));
        for _ in 0..100 {
            yield_now().await;
        }
        assert!(!job.is_done());
        go.send(7).unwrap();
        assert_eq!(job.await.unwrap(), 7);
    });
}

#[test]
fn d2_errors_are_values_and_panics_resume_in_the_awaiter() {
    run(async {
        assert_eq!(to_thread(|| Err::<(), _>("no")).await, Err("no"));
        let outcome = create_task(to_thread(|| -> u8 { boom("on a thread") })).await;
        assert_eq!(panicked(outcome), "on a thread");
        assert_eq!(to_thread(|| 1).await, 1, "the thread lives on");
    });
}

#[test]
fn d4_a_cancel_frees_the_waiter_and_the_job_runs_on() {
    let (finished, end) = mpsc::channel();
    run(async move {
        let (go, wait) = mpsc::channel::<()>();
        let (started, start) = mpsc::channel();
        let job = create_task(to_thread(move || {
            started.send(()).unwrap();
            let _ = wait.recv();
            finished.send(thread::current().id()).unwrap();
        }));
        yield_now().await;
        start.recv().unwrap();
        job.cancel();
        assert!(job.await.is_err());
        drop(go);
    });
    assert_ne!(end.recv().unwrap(), thread::current().id());
}

#[test]
fn d5_run_waits_for_the_jobs_under_way_and_for_those_in_the_queue() {
    let done = Arc::new(AtomicUsize::new(0));
    let counted = done.clone();
    run(async move {
        for _ in 0..100 {
            let done = counted.clone();
            drop(to_thread(move || done.fetch_add(1, Ordering::SeqCst)));
        }
    });
    assert_eq!(done.load(Ordering::SeqCst), 100);
}

#[test]
fn a_hundred_jobs_on_a_bounded_pool() {
    run(async {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let values = gather((0..100).map(|n| {
            let (running, most) = (running.clone(), most.clone());
            to_thread(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                n * n
            })
        }))
        .await;
        assert_eq!(values, (0..100).map(|n| n * n).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 32);
    });
}

#[test]
fn pitfall_50_thirty_two_at_a_time_and_a_timeout_frees_the_waiter_not_the_thread() {
    run(async {
        let barrier = Arc::new(Barrier::new(33));
        // They can all wait at the barrier only if each has a thread.
        let all: Vec<_> = (0..32)
            .map(|_| {
                let barrier = barrier.clone();
                create_task(to_thread(move || barrier.wait()))
            })
            .collect();
        let started = Arc::new(AtomicBool::new(false));
        let begun = started.clone();
        let late = create_task(to_thread(move || begun.store(true, Ordering::SeqCst)));
        yield_now().await;
        for task in &all {
            task.cancel();
        }
        yield_now().await;
        assert!(all.iter().all(|task| task.is_cancelled()));
        assert!(!started.load(Ordering::SeqCst), "all 32 threads are taken, whoever waits");
        barrier.wait();
        late.await.unwrap();
    });
}

#[test]
fn pitfall_50_a_name_lookup_does_not_hold_the_end_up() {
    // Whether this name can be looked up, and how long it takes, is all the same.
    run(async {
        let lookup = glassloop::net::TcpStream::connect("glassloop.invalid:80");
        drop(lookup);
    });
}

#[test]
fn a_value_that_nobody_wants_is_dropped_on_its_thread() {
    let (told, where_) = mpsc::channel();
    run(async move {
        let (go, wait) = mpsc::channel::<()>();
        drop(to_thread(move || {
            let _ = wait.recv();
            OnDrop(move || told.send(thread::current().id()).unwrap())
        }));
        drop(go);
    });
    assert_ne!(where_.recv().unwrap(), thread::current().id());
}

#[test]
fn a_drop_that_panics_on_a_thread_hurts_nobody() {
    run(async {
        let (go, wait) = mpsc::channel::<()>();
        drop(to_thread(move || {
            let _ = wait.recv();
            OnDrop(|| boom("in the drop of a value"))
        }));
        drop(go);
        let captured = OnDrop(|| boom("in the drop of the function"));
        let end = create_task(to_thread(move || drop(captured))).await;
        assert_eq!(panicked(end), "in the drop of the function");
        sleep(ms(1)).await;
        assert_eq!(to_thread(|| 1).await, 1);
    });
}

#[test]
fn a_job_holds_virtual_time_back() {
    run(async {
        let log = Log::default();
        let sleeper = log.clone();
        create_task(async move {
            sleep(ms(1)).await;
            sleeper.say("timer");
        })
        .detach();
        // However long it takes in real time, no virtual time goes by.
        let rounds = to_thread(|| (0..2_000_000u64).fold(1, |hash, n| hash ^ n.wrapping_mul(hash | 1))).await;
        log.say("job");
        assert_eq!(at(), 0);
        sleep(ms(2)).await;
        assert_eq!(log.take(), "job timer");
        assert_ne!(rounds, 0);
    });
}

#[test]
fn jobs_and_sleeps_mixed_under_virtual_time() {
    run(async {
        let ends = gather_results((0..200).map(|n: u64| async move {
            sleep(ms(n % 7)).await;
            let value = to_thread(move || n).await;
            let late = timeout(ms(5), to_thread(move || n)).await;
            (value, late)
        }))
        .await;
        for (n, end) in ends.into_iter().enumerate() {
            assert_eq!(end.unwrap(), (n as u64, Ok(n as u64)));
        }
    });
}
