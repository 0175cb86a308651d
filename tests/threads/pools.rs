//! Blocking work on threads: the loop's own pool, and pools of one's own.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use glassloop::{
    Clock, RunError, Runtime, ThreadPool, ThreadPoolError, ZeroWorkers, create_task, gather, sleep, to_thread,
    yield_now,
};

use crate::common::{OnDrop, boom, wait_in_vain};

/// A waker of somebody else's, whose drop waits until the job has come to its end.
struct Stranger {
    go: mpsc::Sender<()>,
    woken: Mutex<mpsc::Receiver<()>>,
    told: mpsc::Sender<bool>,
}

impl Wake for Stranger {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.go.send(());
        let woken = self.woken.get_mut().unwrap().recv_timeout(Duration::from_secs(5));
        let _ = self.told.send(woken.is_ok());
    }
}

/// Tells that it was woken.
struct Tell(mpsc::Sender<()>);

impl Wake for Tell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

#[test]
fn pitfall_07_a_waker_that_is_replaced_is_dropped_outside_of_the_lock() {
    glassloop::run(async {
        let ((go, wait), (tell, woken), (told, hear)) = (mpsc::channel(), mpsc::channel(), mpsc::channel());
        let mut job = to_thread(move || wait.recv().unwrap());
        let stranger = Waker::from(Arc::new(Stranger { go, woken: Mutex::new(woken), told }));
        assert!(Pin::new(&mut job).poll(&mut Context::from_waker(&stranger)).is_pending());
        drop(stranger);
        let teller = Waker::from(Arc::new(Tell(tell)));
        let _ = Pin::new(&mut job).poll(&mut Context::from_waker(&teller));
        assert!(hear.recv().unwrap(), "the thread had to wait for whoever drops a waker");
        job.await;
    });
}

#[test]
fn a_job_that_is_awaited_again_says_so() {
    glassloop::run(async {
        let mut job = to_thread(|| 1);
        assert_eq!((&mut job).await, 1);
        let again = catch_unwind(AssertUnwindSafe(|| {
            matches!(Pin::new(&mut job).poll(&mut Context::from_waker(Waker::noop())), Poll::Pending)
        }));
        let payload = again.expect_err("it would wait for ever");
        assert!(payload.downcast_ref::<&str>().unwrap().contains("awaited again"));
    });
}

#[test]
fn no_more_threads_than_it_may_have_and_their_names() {
    glassloop::run(async {
        let pool = ThreadPool::new(3).unwrap().thread_name_prefix("three");
        assert_eq!(pool.max_workers(), 3);
        let barrier = Arc::new(Barrier::new(3));
        let names = gather((0..9).map(|_| {
            let barrier = barrier.clone();
            let call = pool.run_in_executor(move || {
                barrier.wait(); // only three at once come through
                thread::current().name().unwrap().to_owned()
            });
            async { call.await.unwrap() }
        }));
        let mut names = names.await;
        names.sort_unstable();
        names.dedup();
        assert_eq!(names, ["three_0", "three_1", "three_2"]);
    });
    assert_eq!(ThreadPool::new(0).unwrap_err(), ZeroWorkers);
}

#[test]
fn calls_begin_in_their_order_and_errors_come_back() {
    glassloop::run(async {
        let pool = ThreadPool::new(1).unwrap();
        let (say, said) = mpsc::channel();
        for number in 0..10 {
            let say = say.clone();
            drop(pool.run_in_executor(move || say.send(number).unwrap())); // nobody waits: it is called all the same
        }
        assert_eq!(pool.run_in_executor(|| 5).await.unwrap(), 5);
        assert_eq!(said.try_iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        let outcome = create_task(async move { pool.run_in_executor(|| boom("on a thread")).await }).await;
        assert!(outcome.unwrap_err().to_string().contains("on a thread"));
    });
}

#[test]
fn shutdown_waits_for_what_is_queued_and_takes_nothing_more() {
    glassloop::run(async {
        let pool = ThreadPool::new(1).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let done = Arc::new(AtomicUsize::new(0));
        drop(pool.run_in_executor(move || wait.recv()));
        for _ in 0..5 {
            let done = done.clone();
            drop(pool.run_in_executor(move || done.fetch_add(1, Ordering::SeqCst)));
        }
        let end = create_task(pool.shutdown());
        yield_now().await;
        let refused = pool.run_in_executor(|| unreachable!("it is shut down")).await;
        assert!(matches!(refused, Err::<(), _>(ThreadPoolError::NotBegun)));
        assert!(!end.is_done());
        go.send(()).unwrap();
        end.await.unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 5);
        pool.shutdown().await;
    });
}

#[test]
fn what_has_not_begun_can_be_cancelled_and_those_who_wait_are_told() {
    glassloop::run(async {
        let pool = ThreadPool::new(1).unwrap();
        let ((go, wait), (begun, begin)) = (mpsc::channel::<()>(), mpsc::channel());
        let running = pool.run_in_executor(move || {
            begun.send(()).unwrap();
            wait.recv().is_ok()
        });
        begin.recv().unwrap();
        let dropped = Arc::new(AtomicUsize::new(0));
        let queued: Vec<_> = (0..4)
            .map(|number| {
                let dropped = dropped.clone();
                let guard = OnDrop(move || {
                    dropped.fetch_add(1, Ordering::SeqCst);
                    if number == 1 {
                        boom("in the drop of a function");
                    }
                });
                let call = pool.run_in_executor(move || {
                    let _guard = guard;
                    unreachable!("cancelled")
                });
                create_task(async move { matches!(call.await, Err::<(), _>(ThreadPoolError::NotBegun)) })
            })
            .collect();
        yield_now().await;
        assert_eq!((pool.cancel_pending(), dropped.load(Ordering::SeqCst)), (4, 4));
        for call in queued {
            assert!(call.await.unwrap());
        }
        go.send(()).unwrap();
        assert!(running.await.unwrap(), "what has begun goes on");
        assert_eq!(pool.run_in_executor(|| 1).await.unwrap(), 1, "and so does the pool");
    });
}

#[test]
fn a_pool_that_is_dropped_does_what_is_queued_and_its_threads_end() {
    let (say, said) = mpsc::channel();
    glassloop::run(async move {
        let pool = ThreadPool::new(1).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let first = say.clone();
        drop(pool.run_in_executor(move || wait.recv().map(|()| first.send(1))));
        drop(pool.run_in_executor(move || say.send(2)));
        drop(pool);
        go.send(()).unwrap();
    });
    // The senders are gone once the threads have dropped the functions.
    assert_eq!(said.iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn one_pool_serves_two_loops() {
    let pool = Arc::new(ThreadPool::new(2).unwrap());
    let work = |pool: Arc<ThreadPool>| {
        glassloop::run(async move {
            let calls = (0..100_u64).map(|number| {
                let call = pool.run_in_executor(move || number);
                async { call.await.unwrap() }
            });
            gather(calls).await.into_iter().sum::<u64>()
        })
    };
    let theirs = pool.clone();
    let other = thread::spawn(move || work(theirs));
    assert_eq!((work(pool), other.join().unwrap()), (4950, 4950));
}

#[test]
fn a_call_holds_virtual_time_back_and_once_it_is_done_no_longer() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    let test = async {
        let pool = ThreadPool::new(1).unwrap();
        let (tell, done) = mpsc::channel();
        let call = pool.run_in_executor(move || tell.send(()).unwrap());
        // Not awaited as yet: it must not hold the clock for longer than it takes.
        sleep(Duration::from_secs(3600)).await;
        done.try_recv().expect("it was done before an hour of virtual time went by");
        call.await.unwrap();
    };
    runtime.block_on(test).unwrap();
}

#[test]
fn a_call_that_is_over_keeps_no_deadlock_from_being_certain() {
    let pool = ThreadPool::new(1).unwrap();
    let runtime = Runtime::new().unwrap();
    let outcome = runtime.block_on(async {
        let _done = pool.run_in_executor(|| 1);
        wait_in_vain().await;
    });
    assert!(matches!(outcome, Err(RunError::Deadlock(_))), "{outcome:?}");
}

#[test]
fn pitfall_18_calls_in_futures_unordered() {
    use futures_util::stream::{FuturesUnordered, StreamExt};
    glassloop::run(async {
        let pool = ThreadPool::new(4).unwrap();
        let calls: FuturesUnordered<_> = (0..200_u64).map(|number| pool.run_in_executor(move || number)).collect();
        assert_eq!(calls.map(Result::unwrap).fold(0, async |sum, number| sum + number).await, 19_900);
    });
}
