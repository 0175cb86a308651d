//! Lost wakes: told of whom, with what cause, and when it is better to keep quiet.

use std::cell::{Cell, RefCell};
use std::fs;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::trace::{
    self,
    schema::{Entry, Finding},
};
use glassloop::{
    Clock, Queue, Report, Runtime, TaskGroup, TaskHandle, TimeoutScope, create_task, create_task_named, gather, join,
    select, sleep, sleep_forever, timeout, yield_now,
};

use crate::common::{Reports, Slot, leave_waker, ms, place, scratch};

/// The lost wakes that are reported of a future that comes to its end.
fn lost_of(future: impl Future<Output = ()>) -> Vec<String> {
    let reports = Reports::default();
    reports.runtime(&Clock::new_virtual()).block_on(future).expect("no deadlock");
    reports.lost()
}

const ANN_CREATED: u32 = line!() + 9;
const ANN_WAITS: u32 = ANN_CREATED + 1;

/// Ann's waker makes room for Bob's.
async fn two_on_one_slot() {
    let slot = Slot::default();
    let waits_too = slot.clone();
    let last = Queue::<u8>::new().named("mail");
    let mail = last.clone();
    create_task_named("Ann", async move {
        mail.get().await.unwrap();
        leave_waker(waits_too).await;
    })
    .detach();
    yield_now().await;
    last.put(1).await.unwrap();
    sleep(ms(1)).await;
    let bob = create_task_named("Bob", leave_waker(slot.clone()));
    sleep(ms(1)).await;
    slot.take().unwrap().wake();
    bob.await.unwrap();
}

#[test]
fn a_waker_that_was_dropped_is_told_with_name_and_places() {
    let reports = lost_of(two_on_one_slot());
    let [text] = &reports[..] else { panic!("{reports:?}") };
    let cause = "any more: its last waker was dropped without a wake; before that, it waited for get of Queue";
    assert!(text.starts_with(&format!("glassloop: nothing can wake task 2 \"Ann\" {cause}")), "{text}");
    assert!(text.contains(&place(file!(), ANN_CREATED)) && text.contains(&place(file!(), ANN_WAITS)), "{text}");
}

/// Those who record want to know, too: it is said, and stands in the trace at its moment.
#[test]
fn while_a_trace_is_recorded_they_are_found_as_well() {
    let clock = || Runtime::builder().clock(Clock::new_virtual());
    for kind in ["ndjson", "glt", "ring.glt"] {
        let (path, reports) = (scratch(&format!("lost.{kind}")), Reports::default());
        let heard = reports.clone();
        let builder = if kind == "ring.glt" { clock().trace_last(&path, 100_000) } else { clock().trace(&path) };
        let runtime = builder.on_report(move |report| heard.add(report)).build().expect("a loop");
        runtime.block_on(two_on_one_slot()).expect("no deadlock");
        drop(runtime);
        let said = reports.take();
        let [Report::LostWake { task, name, dropped: true, .. }] = &said[..] else { panic!("{kind}: {said:?}") };
        assert_eq!((task.task, name.as_str()), (2, "Ann"));

        let trace = trace::read(&path).expect("a trace");
        fs::remove_file(&path).expect("it can be removed");
        let entries = trace.runs[0].records().map(|record| record.expect("it is whole").entry);
        let told = entries.filter(|entry| matches!(entry, Entry::Report { what: Finding::LostWake, .. }));
        let [Entry::Report { task: Some(task), text, .. }] = &told.collect::<Vec<_>>()[..] else { panic!("{kind}") };
        assert!(task.task == 2 && **text == *said[0].to_string(), "{kind}: {text}");
    }
    // A plain loop has no time for it.
    let reports = Reports::default();
    let heard = reports.clone();
    let runtime = clock().on_report(move |report| heard.add(report)).build().expect("a loop");
    runtime.block_on(two_on_one_slot()).expect("no deadlock");
    assert_eq!(reports.take(), []);
}

#[test]
fn a_task_that_left_no_waker_is_told_if_nobody_can_cancel_it() {
    let reports = lost_of(async {
        create_task_named("detached", pending::<()>()).detach();
        let awaited = create_task_named("awaited", pending::<()>());
        create_task_named("awaits", async move { awaited.await.unwrap() }).detach();
        sleep(ms(5)).await;
    });
    let told = |id: u64, name: &str| {
        format!("glassloop: nothing can wake task {id} {name:?} any more: its last poll left no waker with anybody (")
    };
    let [first, second] = &reports[..] else { panic!("{reports:?}") };
    assert!(first.starts_with(&told(2, "detached")) && second.starts_with(&told(3, "awaited")), "{reports:?}");
}

#[test]
fn once_nobody_runs_any_more_those_with_a_handle_are_told_too() {
    let reports = Reports::default();
    let handles: Rc<RefCell<Vec<TaskHandle>>> = Rc::default();
    let (heard, to_cancel) = (reports.clone(), handles.clone());
    let builder = Runtime::builder().clock(Clock::new_virtual()).debug(true).on_report(move |report| {
        heard.add(report);
        // Not to wait for ever.
        to_cancel.borrow().iter().for_each(|task| {
            task.cancel();
        });
    });
    let main = async {
        let tasks = ["kept", "awaited"].map(|name| create_task_named(name, pending::<()>()));
        handles.borrow_mut().extend(tasks.each_ref().map(|task| task.handle()));
        let [kept, awaited] = tasks;
        sleep(ms(5)).await;
        assert_eq!(reports.lost(), [""; 0], "main may cancel them");
        assert!(awaited.await.is_err());
        drop(kept);
    };
    builder.build().unwrap().block_on(main).unwrap();
    let told = reports.lost();
    let [kept, awaited] = &told[..] else { panic!("{told:?}") };
    assert!(kept.contains("task 2 \"kept\"") && awaited.contains("task 3 \"awaited\""), "{told:?}");
}

/// None of these is lost.
#[test]
fn who_is_pending_on_purpose_or_may_be_woken_is_not_told() {
    let reports = lost_of(async {
        let slot = Slot::default();
        let tasks = [
            create_task(pending::<()>()), // its handle is here
            create_task(sleep_forever()),
            create_task(async { assert!(timeout(ms(1000), pending::<()>()).await.is_err()) }),
            create_task(async {
                select! { () = pending() => {} () = sleep(ms(1000)) => {} }
            }),
            create_task(leave_waker(slot.clone())),
            create_task(async { join!(pending(), sleep_forever()).await.0 }),
        ];
        create_task(sleep_forever()).detach();
        create_task(async { drop(gather([pending::<()>(), pending()]).await) }).detach();
        // The inner futures are hidden; the combinator holds a waker.
        create_task(async {
            let slot = Slot::default();
            let mut all: FuturesUnordered<_> = [leave_waker(slot.clone()), leave_waker(slot)].into_iter().collect();
            all.next().await;
        })
        .detach();
        sleep(ms(500)).await;
        let grouped = TaskGroup::scope(async |group: &TaskGroup<&str>| {
            group
                .spawn(async {
                    pending::<()>().await;
                    Ok(())
                })
                .unwrap()
                .detach();
            sleep(ms(5)).await;
            Err::<(), _>("over")
        });
        assert!(grouped.await.is_err());
        tasks.iter().for_each(|task| assert!(task.cancel()));
    });
    assert_eq!(reports, [""; 0]);
}

/// Who holds the handle awaits more than its end, and may cancel it yet.
#[test]
fn who_is_awaited_beside_a_strangers_wake_is_not_told() {
    let reports = lost_of(async {
        let slot = Slot::default();
        let wakes = slot.clone();
        let awaits = create_task(async move {
            let mut awaited = create_task(pending::<()>());
            select! { _ = &mut awaited => {} () = leave_waker(slot) => {} }
            assert!(awaited.cancel());
        });
        sleep(ms(5)).await;
        wakes.take().unwrap().wake();
        awaits.await.unwrap();
    });
    assert_eq!(reports, [""; 0]);
}

/// Says when the loop goes to sleep.
struct Sleeps(mpsc::Sender<()>);

impl trace::Observer for Sleeps {
    fn event(&self, event: &trace::Event<'_>) {
        if let trace::Event::Reactor(trace::reactor::Event::Park { max_wait, .. }) = event
            && *max_wait != Some(ms(0))
        {
            _ = self.0.send(());
        }
    }
}

/// Nothing is under way, but another thread has the waker of whoever may cancel it.
#[test]
fn whose_handle_is_with_somebody_who_may_run_is_not_told() {
    let (reports, (parked, parks)) = (Reports::default(), mpsc::channel());
    let heard = reports.clone();
    let builder = Runtime::builder().clock(Clock::new_virtual()).debug(true).observer(Rc::new(Sleeps(parked)));
    let runtime = builder.on_report(move |report| heard.add(report)).build().unwrap();
    runtime
        .block_on(async {
            let kept = create_task(pending::<()>());
            yield_now().await;
            let slot = Slot::default();
            let (mut waits, mut parks) = (Box::pin(leave_waker(slot.clone())), Some(parks));
            poll_fn(|cx| {
                let polled = waits.as_mut().poll(cx);
                if let (Some(waker), Some(parks)) = (slot.take(), parks.take()) {
                    // The loop sleeps now: what it had to say of this moment was said.
                    thread::spawn(move || parks.recv().map(|()| waker.wake()));
                }
                polled
            })
            .await;
            kept.cancel();
        })
        .unwrap();
    assert_eq!(reports.lost(), [""; 0]);
}

#[test]
fn a_scope_without_a_deadline_may_be_given_one() {
    let reports = lost_of(async {
        let scope = Rc::new(TimeoutScope::new(None));
        let inside = scope.clone();
        create_task(async move { assert!(inside.run(pending::<()>()).await.is_err()) }).detach();
        sleep(ms(5)).await;
        scope.reschedule(Some(glassloop::now() + ms(5))).unwrap();
        sleep(ms(50)).await;
        assert!(scope.expired());
    });
    assert_eq!(reports, [""; 0]);
}

#[test]
fn a_waker_that_went_to_another_thread_is_never_counted_as_dropped() {
    let reports = lost_of(async {
        create_task(poll_fn(|cx| {
            let waker = cx.waker().clone();
            thread::spawn(move || drop(waker.clone())).join().unwrap();
            Poll::<()>::Pending
        }))
        .detach();
        sleep(ms(5)).await;
    });
    assert_eq!(reports, [""; 0]);
}

#[test]
fn what_waits_in_another_loop_of_the_thread_is_not_lost() {
    let reports = Reports::default();
    let (one, two) = (reports.runtime(&Clock::new_virtual()), reports.runtime(&Clock::new_virtual()));
    let queue = Queue::<u8>::new();
    one.block_on(async { queue.put(1).await.unwrap() }).unwrap(); // now the first loop knows it
    two.block_on(async {
        let items = queue.clone();
        let (theirs,) = one.block_on(async { (create_task(sleep_forever()),) }).unwrap();
        create_task(async move { items.get().await.unwrap() + items.get().await.unwrap() }).detach();
        create_task(async move { drop(theirs.await) }).detach();
        sleep(ms(5)).await;
    })
    .unwrap();
    assert_eq!(reports.lost(), [""; 0]);
}

#[test]
fn it_is_said_once_and_a_cancel_still_ends_it() {
    let reports = lost_of(async {
        let slot = Slot::default();
        let task = create_task(leave_waker(slot.clone()));
        sleep(ms(1)).await;
        drop(slot.take());
        sleep(ms(1)).await;
        sleep(ms(1)).await;
        assert!(task.cancel());
        assert!(task.await.is_err());
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

#[test]
fn a_child_of_a_gather_is_a_task_of_its_own() {
    let reports = lost_of(async {
        let (mine, slot) = (Slot::default(), Slot::default());
        let theirs = [slot.clone(), mine.clone()];
        create_task(async move { drop(gather(theirs.map(leave_waker)).await) }).detach();
        sleep(ms(1)).await;
        drop(slot.take());
        sleep(ms(1)).await;
    });
    let [text] = &reports[..] else { panic!("{reports:?}") };
    assert!(text.contains(" child 0 of gather 3 any more: "), "{text}");
}

/// What is reported when two tasks poll one future: the first has no part in it any more.
fn lost_of_two_that_poll<F: Future + Unpin + 'static>(future: impl FnOnce() -> F + 'static) -> String {
    let reports = lost_of(async {
        let shared = Rc::new(RefCell::new(future()));
        let poll = |shared: Rc<RefCell<F>>| async move {
            poll_fn(move |cx| Pin::new(&mut *shared.borrow_mut()).poll(cx)).await;
        };
        create_task_named("first", poll(shared.clone())).detach();
        create_task_named("second", poll(shared)).detach();
        sleep(ms(100)).await;
    });
    let [text] = &reports[..] else { panic!("{reports:?}") };
    assert!(text.contains("\"first\" any more: its last waker was dropped"), "{text}");
    text.clone()
}

#[test]
fn a_future_that_is_polled_by_two_tasks_wakes_the_last_only() {
    let text = lost_of_two_that_poll(|| create_task(sleep(ms(50))));
    assert!(text.contains("it waited for the end of task 2"), "{text}");
    // A timer keeps its place, and only its waker is another.
    let text = lost_of_two_that_poll(|| Box::pin(sleep(ms(50))));
    assert!(text.contains("it waited for a timer"), "{text}");
}

/// Another thread wakes a task that is over, and so whoever lives in its slot by now: for nothing.
#[test]
fn a_poll_for_nothing_is_no_new_loss() {
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    let reports = lost_of(async move {
        let slot = Slot::default();
        let former = create_task(leave_waker(slot.clone()));
        sleep(ms(1)).await;
        let waker = slot.take().unwrap();
        former.cancel();
        assert!(former.await.is_err());
        create_task(poll_fn(move |_| {
            counted.set(counted.get() + 1);
            Poll::<()>::Pending
        }))
        .detach();
        sleep(ms(1)).await;
        thread::spawn(move || waker.wake()).join().unwrap();
        sleep(ms(1)).await;
    });
    assert_eq!((polls.get(), reports.len()), (2, 1), "{reports:?}");
}
