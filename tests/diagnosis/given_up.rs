//! Awaits that are over: no report names them, and no circle leads over them.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{
    CancelToken, Clock, Queue, Report, Runtime, Task, TaskLocal, TimeoutScope, create_task, create_task_named, gather,
    join, race, select, sleep, sleep_forever, timeout, wait_for, yield_now,
};

use crate::common::{deadlock_of, ms, reports_of};

/// An await of a `&mut` future that lost a `select!` is over, though the waker that it left is still there.
#[test]
fn an_await_that_was_given_up_is_not_named() {
    let report = deadlock_of(false, async {
        let (never, mail) = (Queue::<u8>::new().named("never"), Queue::<u8>::new().named("mail"));
        let mut task = create_task_named("task", never_gets(never.clone()));
        let mut both = gather([never_gets(never.clone()), never_gets(never)]);
        select! { _ = &mut task => {} _ = &mut both => {} () = sleep(ms(5)) => {} }
        mail.get().await.unwrap();
        drop((task, both));
    });
    let main = report.lines().nth(1).unwrap_or_default();
    assert!(main.contains("\"main\"       waits for get of Queue \"mail\" "), "{report}");
    assert!(!report.contains("the end of task") && !report.contains("waits for gather"), "{report}");
    assert_eq!(report.lines().count(), 5, "{report}");
}

/// However it was given up.
#[test]
fn each_combinator_takes_its_awaits_back() {
    async fn give_up(how: usize, task: &mut Task<()>) {
        match how {
            0 => drop(timeout(ms(5), task).await),
            1 => drop(wait_for(task, Some(ms(5))).await),
            2 => drop(wait_for(task, Some(Duration::ZERO)).await),
            3 => drop(TimeoutScope::new(Some(ms(5))).run(task).await),
            4 => {
                let token = CancelToken::new();
                let theirs = token.clone();
                create_task(async move {
                    sleep(ms(5)).await;
                    theirs.cancel();
                })
                .detach();
                drop(token.until_cancelled(task).await);
            }
            // One inside of another, which is given up with it.
            5 => drop(timeout(ms(5), timeout(ms(50), task)).await),
            _ => drop(timeout(ms(5), async { race!(biased; async { drop(task.await) }, sleep_forever()).await }).await),
        }
    }
    for how in 0..=6 {
        let report = deadlock_of(false, async move {
            let mut task = create_task_named("task", never_gets(Queue::new()));
            give_up(how, &mut task).await;
            never_gets(Queue::new().named("mail")).await;
            drop(task);
        });
        assert!(report.contains("2 tasks alive") && !report.contains("the end of task"), "{how}: {report}");
    }
}

async fn never_gets(queue: Queue<u8>) {
    queue.get().await.unwrap();
}

#[test]
fn an_await_that_goes_on_is_named_after_other_turns_too() {
    let report = deadlock_of(true, async {
        let never = Queue::<u8>::new().named("never");
        let mut task = create_task_named("task", never_gets(never.clone()));
        let mut both = gather([never_gets(never.clone()), never_gets(never)]);
        let naps = async {
            for _ in 0..3 {
                sleep(ms(5)).await;
            }
            never_gets(Queue::new().named("third")).await;
        };
        select! { _ = &mut task => {} _ = &mut both => {} () = naps => {} }
    });
    let [_, main, gather, third, ..] = report.lines().collect::<Vec<_>>()[..] else { panic!("{report}") };
    assert!(main.contains("waits for the end of task 2 \"task\" at ") && main.contains(", for 15 ms "), "{report}");
    assert!(gather.contains("  and for gather 3 at ") && gather.contains(", for 15 ms "), "{report}");
    assert!(third.contains("  and for get of Queue \"third\" ") && third.contains(", for 0 ms "), "{report}");
}

/// `a` awaits `b` for a while, and then waits for something else, while `b` awaits `a`.
async fn given_up(then: impl Future<Output = ()> + 'static) {
    let handle = Rc::new(RefCell::new(None::<Task<()>>));
    let of_a = handle.clone();
    let mut b = create_task_named("b", async move {
        let a = of_a.take().expect("it is put there below");
        drop(a.await);
    });
    let a = create_task_named("a", async move {
        drop(timeout(ms(5), &mut b).await);
        then.await;
        drop(b.await);
    });
    handle.replace(Some(a));
    sleep(ms(50)).await;
}

#[test]
fn an_await_that_was_given_up_closes_no_circle() {
    let reports = reports_of(|_| given_up(pending()));
    assert!(!reports.iter().any(|report| matches!(report, Report::AwaitCycle(_))), "{reports:?}");
}

/// It leads out of none either.
#[test]
fn a_circle_is_told_although_one_of_it_once_waited_for_another() {
    let reports = reports_of(|_| async {
        let mut slow = create_task(sleep(ms(3_600_000)));
        let kept = Rc::new(Cell::new(None));
        let theirs = kept.clone();
        let then = async move {
            drop(timeout(ms(5), &mut slow).await);
            theirs.set(Some(slow)); // it may be awaited again
        };
        given_up(then).await;
    });
    let cycles: Vec<_> = reports.iter().filter(|report| matches!(report, Report::AwaitCycle(_))).collect();
    assert_eq!(cycles.len(), 1, "{reports:?}");
}

/// Two branches of one task await the same end, with one waker. The one that gives up must not take it from the other.
#[test]
fn who_gives_up_takes_no_wake_from_another_branch() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    let output = runtime.block_on(async {
        let task = RefCell::new(create_task(async {
            sleep(ms(50)).await;
            7
        }));
        let end = || poll_fn(|cx| Pin::new(&mut *task.borrow_mut()).poll(cx));
        join!(end(), async { timeout(ms(10), end()).await.unwrap_err() }).await.0
    });
    assert_eq!(output.unwrap().unwrap(), 7);
}

/// One that lives long keeps nothing of the many ends that were awaited inside of it.
#[test]
fn a_combinator_keeps_nothing_of_the_ends_that_have_come() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    let (local, held) = (Rc::new(()), Rc::new(Cell::new(0)));
    let (theirs, most) = (local.clone(), held.clone());
    let work = async move {
        for _ in 0..1000 {
            // A task's block holds its task-locals as long as it is there.
            let task = LOCAL.scope(theirs.clone(), async { Some(create_task(yield_now())) }).await;
            task.unwrap().await.unwrap();
            most.set(most.get().max(Rc::strong_count(&theirs)));
        }
    };
    runtime.block_on(timeout(ms(1000), work)).unwrap().unwrap();
    assert!(held.get() < 20, "{} blocks were held", held.get());
}

static LOCAL: TaskLocal<Rc<()>> = TaskLocal::new();

/// As before it took anything back.
#[test]
fn what_may_be_sent_may_be_sent_still() {
    fn is_send(_: impl Send) {}
    is_send(timeout(ms(1), async {}));
    is_send(async {
        select! { () = async {} => {} }
    });
    is_send(wait_for(async {}, None));
}
