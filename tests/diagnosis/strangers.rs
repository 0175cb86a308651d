//! Wakers in the hands of strangers, moved, cloned, kept and dropped in every way: of programs in which nothing is wrong,
//! nothing is said.

use std::cell::RefCell;
use std::fs;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures_util::future::{abortable, join_all, select_all};
use futures_util::stream::{self, FuturesUnordered};
use futures_util::task::AtomicWaker;
use futures_util::{FutureExt, StreamExt};
use glassloop::trace::{Event, Observer, reactor};
use glassloop::{
    CancelToken, Clock, Lock, Queue, Runtime, Sleep, Task, TaskGroup, call_later, cancel_on_drop, create_task, gather,
    select, shield, sleep, timeout, yield_now,
};

use crate::common::{Reports, Slot, leave_waker, ms, scratch};

/// Runs a program in debug mode, and again while it is recorded: nothing may be reported, also not at the loop's end.
fn quiet<F: Future<Output = ()>>(name: &str, program: impl Fn() -> F) {
    let file = scratch(&format!("{name}.glt"));
    for recorded in [false, true] {
        let (reports, clock) = (Reports::default(), Clock::new_virtual());
        let runtime = if recorded { reports.recording_runtime(&clock, &file) } else { reports.runtime(&clock) };
        runtime.block_on(program()).unwrap_or_else(|error| panic!("{name}: {error}"));
        drop(runtime);
        assert_eq!(reports.take(), [], "{name}, recorded: {recorded}");
    }
    fs::remove_file(&file).expect("it was written");
}

#[test]
fn combinators_that_poll_with_wakers_of_their_own() {
    quiet("unordered", || async {
        let mut naps: FuturesUnordered<_> = (1..6).map(|nap| sleep(ms(nap * 10))).collect();
        naps.next().await;
        // Another task goes on with it, and then a third.
        let second = create_task(async move {
            naps.next().await;
            naps
        });
        let mut naps = second.await.unwrap();
        create_task(async move { while naps.next().await.is_some() {} }).await.unwrap();
    });
    quiet("select-all", || async {
        let naps = (1..6).map(|nap| sleep(ms(nap * 10)));
        let (_, _, rest) = select_all(naps.map(Box::pin)).await;
        sleep(ms(25)).await; // two of them end meanwhile
        join_all(rest).await;
    });
    quiet("buffered", || async {
        let nap = |nap: u64| async move { sleep(ms(nap % 5)).await };
        stream::iter(0..50).map(nap).buffer_unordered(7).collect::<Vec<_>>().await;
    });
    quiet("abortable", || async {
        let (future, abort) = abortable(pending::<()>());
        let task = create_task(future);
        sleep(ms(3)).await;
        abort.abort();
        assert!(task.await.unwrap().is_err());
    });
}

#[test]
fn a_shared_future_whose_poller_is_cancelled() {
    quiet("shared", || async {
        let shared = sleep(ms(50)).map(|()| 7).boxed_local().shared();
        let tasks: Vec<Task<u32>> = (0..3).map(|_| create_task(shared.clone())).collect();
        sleep(ms(1)).await;
        assert!(tasks[0].cancel()); // it had polled what is shared last
        for (index, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.ok(), (index > 0).then_some(7));
        }
    });
}

#[test]
fn wakers_that_are_forgotten_or_kept_until_the_end() {
    quiet("forgotten", || async {
        let forgets = poll_fn(|cx| {
            std::mem::forget(cx.waker().clone());
            Poll::<()>::Pending
        });
        let task = create_task(forgets);
        sleep(ms(5)).await;
        assert!(task.cancel());
    });
    quiet("kept", || async {
        let slot = Slot::default();
        let task = cancel_on_drop(create_task(leave_waker(slot.clone())));
        sleep(ms(5)).await;
        drop(task);
        yield_now().await;
        drop(slot);
    });
}

/// The waker of a task of a former loop is dropped in this one: it must not be taken for one of the task that has the
/// same place here.
#[test]
fn a_static_waker_that_outlives_its_loop() {
    static LAST: AtomicWaker = AtomicWaker::new();
    for _ in 0..20 {
        quiet("static", || async {
            let register = || {
                poll_fn(|cx| {
                    LAST.register(cx.waker());
                    Poll::<()>::Pending
                })
            };
            let task = create_task(register());
            sleep(ms(5)).await;
            assert!(task.cancel()); // its waker stays behind
        });
    }
}

#[test]
fn clones_made_where_the_loop_does_not_run() {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let runtime = reports.runtime(&clock);
    let slot: Arc<Mutex<Option<Waker>>> = Arc::default();
    let leave = |slot: &Arc<Mutex<Option<Waker>>>| {
        let (slot, mut left) = (slot.clone(), false);
        let leaves = poll_fn(move |cx| {
            if std::mem::replace(&mut left, true) {
                return Poll::Ready(());
            }
            *slot.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        });
        create_task(leaves)
    };
    let first = runtime.block_on(async {
        let task = leave(&slot);
        sleep(ms(1)).await;
        (task,)
    });
    let between = slot.lock().unwrap().clone().expect("a waker");
    let last = runtime.block_on(async {
        slot.lock().unwrap().take(); // the clone of it is still there
        sleep(ms(5)).await;
        between.wake();
        first.unwrap().0.await.unwrap();

        let second = leave(&slot);
        sleep(ms(1)).await;
        let theirs = slot.clone();
        let on_a_thread = thread::spawn(move || theirs.lock().unwrap().clone()).join().unwrap().expect("a waker");
        slot.lock().unwrap().take();
        sleep(ms(5)).await;
        on_a_thread.wake();
        second.await.unwrap();
    });
    last.expect("no deadlock");
    drop(runtime);
    assert_eq!(reports.take(), []);
}

/// Tells a thread that the loop sleeps.
struct Sleeps(mpsc::Sender<()>);

impl Observer for Sleeps {
    fn event(&self, event: &Event<'_>) {
        if let Event::Reactor(reactor::Event::Park { .. }) = event {
            let _ = self.0.send(()); // it may have gone
        }
    }
}

#[test]
fn a_thread_that_will_wake_somebody_is_no_deadlock() {
    let (reports, (tell, told)) = (Reports::default(), mpsc::channel());
    let heard = reports.clone();
    let builder = Runtime::builder().debug(true).observer(Rc::new(Sleeps(tell)));
    let runtime = builder.on_report(move |report| heard.add(report)).build().expect("a loop");
    let slot = Slot::default();
    let ended = runtime.block_on(async {
        let task = create_task(leave_waker(slot.clone()));
        yield_now().await;
        let waker = slot.take().expect("a waker");
        thread::spawn(move || {
            told.recv().expect("the loop goes to sleep");
            waker.wake();
        });
        task.await.unwrap();
    });
    ended.expect("no deadlock");
    drop(runtime);
    assert_eq!(reports.take(), []);
}

/// Wakes whoever has polled with it, by a waker inside of another.
struct Wrapped(Waker);

impl Wake for Wrapped {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[test]
fn wakers_inside_of_others_and_polls_without_any() {
    quiet("wrapped", || async {
        let queue = Queue::<u8>::new();
        let items = queue.clone();
        call_later(ms(5), move || queue.put_nowait(1).unwrap());
        let mut inner = pin!(async move {
            items.get().await.unwrap();
            sleep(ms(1)).await;
        });
        poll_fn(|cx| {
            let waker = Waker::from(Arc::new(Wrapped(cx.waker().clone())));
            inner.as_mut().poll(&mut Context::from_waker(&waker))
        })
        .await;
    });
    quiet("noop", || async {
        let mut task = create_task(sleep(ms(10)));
        while Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            sleep(ms(1)).await;
        }
    });
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn drops_that_wake_and_begin_something_new() {
    quiet("drops", || async {
        let (token, lock) = (CancelToken::new(), Lock::new());
        let (theirs, guard) = (token.clone(), lock.acquire().await);
        let dropped = create_task(async move {
            let _guards = (OnDrop(move || assert!(theirs.cancel())), guard);
            let _new = OnDrop(|| create_task(sleep(ms(3))).detach());
            sleep(ms(100)).await;
        });
        let waits = [
            create_task(async move { token.cancelled().await }),
            create_task(async move { drop(lock.acquire().await) }),
        ];
        sleep(ms(5)).await;
        assert!(dropped.cancel());
        for task in waits {
            task.await.unwrap();
        }
        sleep(ms(10)).await;
    });
}

#[test]
fn what_is_cancelled_was_not_lost() {
    quiet("cancelled", || async {
        let scope = TaskGroup::scope(async |group: &TaskGroup<&str>| {
            for _ in 0..5 {
                let never = async {
                    pending::<()>().await;
                    Ok(())
                };
                group.spawn(never).unwrap().detach();
            }
            sleep(ms(5)).await;
            Err::<(), _>("over")
        });
        assert!(scope.await.is_err());
        let both = gather([pending::<()>().boxed_local(), sleep(ms(4)).boxed_local()]);
        assert!(timeout(ms(10), both).await.is_err());

        let awaited = create_task(pending::<()>());
        let handle = awaited.handle();
        call_later(ms(50), move || assert!(handle.cancel()));
        assert!(awaited.await.is_err());

        let inner = create_task(sleep(ms(20)));
        let outer = create_task(async move { shield(inner).await });
        sleep(ms(5)).await;
        assert!(outer.cancel());
        sleep(ms(30)).await;
    });
}

#[test]
fn waits_that_go_from_task_to_task() {
    quiet("moved", || async {
        let kept: Rc<RefCell<Option<Pin<Box<Sleep>>>>> = Rc::default();
        let theirs = kept.clone();
        let first = create_task(async move {
            let mut nap = Box::pin(sleep(ms(50)));
            select! { () = &mut nap => {} () = sleep(ms(5)) => {} }
            theirs.replace(Some(nap));
        });
        first.await.unwrap();
        let mut nap = kept.take().expect("it was put there");
        assert!(timeout(ms(3), &mut nap).await.is_err());
        create_task(nap).await.unwrap();
    });
}
