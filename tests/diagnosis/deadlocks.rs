//! The text of a deadlock, certain or possible.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use glassloop::trace::{Event, LoopEvent, Observer, schema};
use glassloop::{
    Barrier, Clock, Condition, Event as Flag, Lock, Queue, Report, ReturnWhen, Runtime, Semaphore, TaskGroup,
    create_task, create_task_named, gather, join, oneshot, select, sleep, sleep_forever, wait, yield_now,
};

use crate::common::{Reports, Slot, deadlock_of, leave_waker, ms, place};

#[test]
fn locks_with_names_holders_durations_places_and_the_circle() {
    const LEFT_CREATED: u32 = line!() + 6;
    const LEFT_WAITS: u32 = LEFT_CREATED + 3;
    const RIGHT_WAITS: u32 = LEFT_WAITS + 5;
    const MAIN_WAITS: u32 = RIGHT_WAITS + 2;
    let report = deadlock_of(true, async {
        let (a, b, second_a, second_b) = forks();
        let left = create_task_named("fork-left", async move {
            let _fork = a.acquire().await;
            sleep(ms(2000)).await;
            drop(b.acquire().await);
        });
        let right = create_task_named("fork-right", async move {
            let _fork = second_b.acquire().await;
            sleep(ms(1500)).await;
            drop(second_a.acquire().await);
        });
        left.await.unwrap();
        right.await.unwrap();
    });
    let [head, main, left, right, cycle] = report.lines().collect::<Vec<_>>()[..] else { panic!("{report}") };
    assert_eq!(head, "glassloop: deadlock: 3 tasks alive, nothing can wake them");
    assert!(main.starts_with(r#"  task 1 "main"       waits for the end of task 2 "fork-left" at "#), "{main}");
    assert!(main.contains(&place(file!(), MAIN_WAITS)) && main.contains(", for 2 s (created at "), "{main}");
    let wanted = r#"  task 2 "fork-left"  waits for Lock "fork B" (held by task 3 "fork-right") at "#;
    assert!(left.starts_with(wanted) && left.contains(&place(file!(), LEFT_WAITS)), "{left}");
    assert!(left.contains(", for 0 ms (created at ") && left.contains(&place(file!(), LEFT_CREATED)), "{left}");
    let wanted = r#"  task 3 "fork-right" waits for Lock "fork A" (held by task 2 "fork-left") at "#;
    assert!(right.starts_with(wanted) && right.contains(&place(file!(), RIGHT_WAITS)), "{right}");
    assert!(right.contains(", for 500 ms (created at "), "{right}");
    assert_eq!(cycle, "  cycle: 2 -> fork B -> 3 -> fork A -> 2");
}

fn forks() -> (Lock, Lock, Lock, Lock) {
    let (a, b) = (Lock::new().named("fork A"), Lock::new().named("fork B"));
    (a.clone(), b.clone(), a, b)
}

#[test]
fn out_of_debug_mode_it_is_the_same_without_durations() {
    let report = deadlock_of(false, async {
        let lock = Lock::new();
        let _guard = lock.acquire().await;
        sleep(ms(5)).await;
        create_task(async move { drop(lock.acquire().await) }).await
    });
    let [_, main, other, cycle] = report.lines().collect::<Vec<_>>()[..] else { panic!("{report}") };
    assert!(main.contains(r#"waits for the end of task 2 "Task-2" at "#) && !main.contains(", for"), "{main}");
    let made = format!("waits for Lock 1 (held by task 1 \"main\", made at {}:", file!());
    assert!(other.contains(&made), "{other}");
    assert_eq!(cycle, "  cycle: 1 -> 2 -> Lock 1 -> 1");
}

#[test]
fn each_primitive_says_how_it_stands() {
    async fn one_of_two(barrier: Barrier) {
        let _ = barrier.wait().await;
    }
    let cases = [
        (r#"get of Queue "jobs" 0/4"#, deadlock_of(true, async { Queue::<u8>::bounded(4).named("jobs").get().await })),
        (r#"get of Queue "any" (empty)"#, deadlock_of(true, async { Queue::<u8>::new().named("any").get().await })),
        (
            r#"put of Queue "jobs" 1/1"#,
            deadlock_of(true, async {
                let queue = Queue::bounded(1).named("jobs");
                queue.put(1).await.unwrap();
                queue.put(2).await.unwrap();
            }),
        ),
        (
            r#"join of Queue "jobs" (2 unfinished)"#,
            deadlock_of(true, async {
                let queue = Queue::new().named("jobs");
                queue.put(1).await.unwrap();
                queue.put(2).await.unwrap();
                queue.join().await;
            }),
        ),
        (
            r#"acquire of Semaphore "two" (0 free, 2 held)"#,
            deadlock_of(true, async {
                let two = Semaphore::new(2).named("two");
                let _held = (two.acquire().await, two.acquire().await);
                drop(two.acquire().await);
            }),
        ),
        (r#"Event "go""#, deadlock_of(true, async { Flag::new().named("go").wait().await })),
        (r#"Barrier "all" (1 there, 1 missing)"#, deadlock_of(true, one_of_two(Barrier::new(2).unwrap().named("all")))),
        (
            r#"Condition "news""#,
            deadlock_of(true, async {
                let news = Condition::new().named("news");
                drop(news.wait(news.acquire().await).await);
            }),
        ),
        (
            "Promise 1 (made at ",
            deadlock_of(true, async {
                let (_promise, future) = oneshot::<()>();
                let _ = future.await;
            }),
        ),
        (
            "2 tasks in wait()",
            deadlock_of(true, async {
                let queue = Queue::<u8>::new();
                let tasks = [queue.clone(), queue].map(|queue| create_task(async move { queue.get().await }));
                drop(wait(&tasks, ReturnWhen::AllCompleted).await);
            }),
        ),
        (
            "1 task of TaskGroup ",
            deadlock_of(true, async {
                let scope = TaskGroup::scope(async |group: &TaskGroup<&str>| {
                    drop(group.spawn(async {
                        Queue::<u8>::new().get().await.unwrap();
                        Ok(())
                    }));
                    Ok(())
                });
                drop(scope.await);
            }),
        ),
    ];
    for (wanted, report) in cases {
        assert!(
            report.contains(&format!("\"main\" waits for {wanted}"))
                || report.contains(&format!("\"main\"   waits for {wanted}")),
            "{wanted}: {report}"
        );
    }
}

#[test]
fn a_gather_its_children_and_one_that_waits_for_two_things() {
    let report = deadlock_of(true, async {
        let lock = Lock::new().named("own");
        let guard = lock.acquire().await;
        let child = || {
            let lock = lock.clone();
            async move { drop(lock.acquire().await) }
        };
        let queue = Queue::<u8>::bounded(1).named("q");
        let both = create_task(async move { join!(queue.get(), flag_of_its_own()).await });
        gather([child(), child()]).await;
        drop((guard, both));
    });
    assert!(report.contains(r#"task 1 "main"       waits for gather 3 at "#), "{report}");
    assert!(report.contains(r#"child 1 of gather 3 waits for Lock "own" (held by task 1 "main") at "#), "{report}");
    assert!(report.contains("waits for get of Queue \"q\" 0/1 at "), "{report}");
    assert!(report.contains(&format!("\n{:24}and for Event ", "")), "{report}");
    assert!(report.ends_with("\n  cycle: 1 -> 3[0] -> own -> 1"), "{report}");
}

async fn flag_of_its_own() {
    Flag::new().wait().await;
}

#[test]
fn of_very_many_tasks_the_first_are_shown() {
    let report = deadlock_of(false, async {
        let queue = Queue::<u8>::new();
        let tasks: Vec<_> = (0..20_000)
            .map(|_| {
                create_task({
                    let queue = queue.clone();
                    async move { queue.get().await }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
    assert!(report.starts_with("glassloop: deadlock: 20001 tasks alive"), "{}", report.len());
    assert!(report.ends_with("\n  ... and 19901 more") && report.lines().count() == 102, "{}", report.len());
}

#[test]
fn a_long_chain_of_awaits_is_followed_to_its_end() {
    let report = deadlock_of(false, async {
        let lock = Lock::new().named("last");
        let guard = lock.acquire().await;
        let mut task = create_task(async move { drop(lock.acquire().await) });
        for _ in 0..20_000 {
            task = create_task(async move { task.await.unwrap() });
        }
        task.await.unwrap();
        drop(guard);
    });
    assert!(
        report.contains("\n  cycle: 1 -> 20002 -> 20001 -> ") && report.ends_with(" -> 2 -> last -> 1"),
        "{}",
        report.len()
    );
}

/// A lock that was passed on to a future which nobody polls: it has the lock as good as taken.
#[test]
fn a_lock_that_was_passed_to_a_future_nobody_polls_is_told_of() {
    let report = deadlock_of(true, async {
        let door = Lock::new().named("door");
        let theirs = door.clone();
        let holder = create_task_named("holder", async move {
            let _guard = theirs.acquire().await;
            sleep(ms(10)).await;
        });
        yield_now().await;
        let mut letter = pin!(async { drop(door.acquire().await) });
        select! { () = &mut letter => {} () = sleep(ms(5)) => {} }
        drop(door.acquire().await);
        letter.await;
        holder.await.unwrap();
    });
    assert!(report.contains("waits for Lock \"door\" (passed on to a future that nobody polls) at "), "{report}");
}

/// What observers hear of reports and ends.
#[derive(Default)]
struct Ends(RefCell<Vec<String>>);

impl Observer for Ends {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Loop(LoopEvent::Report { report, text }) => {
                assert!(matches!(report, Report::Deadlock(_)));
                self.0.borrow_mut().push(text.lines().next().unwrap_or_default().to_owned());
            }
            Event::Loop(LoopEvent::RunEnd(schema::RunEnding::Deadlock)) => self.0.borrow_mut().push("end".into()),
            _ => {}
        }
    }
}

#[test]
fn observers_are_told_before_the_run_ends() {
    let ends = Rc::new(Ends::default());
    let runtime = Runtime::builder().clock(Clock::new_virtual()).observer(ends.clone()).build().unwrap();
    assert!(runtime.block_on(async { Queue::<u8>::new().get().await }).is_err());
    assert_eq!(*ends.0.borrow(), ["glassloop: deadlock: 1 task alive, nothing can wake it", "end"]);
}

#[test]
fn a_possible_one_is_the_same_list_and_tells_of_strangers() {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let heard = reports.clone();
    let slot = Slot::default();
    let theirs = slot.clone();
    // Whoever hears of it wakes the task after all.
    let builder = Runtime::builder().clock(clock).debug(true).on_report(move |report| {
        heard.add(report);
        let waker = slot.borrow_mut().take();
        waker.into_iter().for_each(std::task::Waker::wake);
    });
    let main = async {
        create_task_named("sleeper", sleep_forever()).detach();
        create_task_named("foreign", leave_waker(theirs)).await.unwrap();
    };
    builder.build().unwrap().block_on(main).unwrap();
    let reports: Vec<String> = reports.take().iter().map(Report::to_string).collect();
    let [head, main, sleeper, foreign, last] = reports[0].lines().collect::<Vec<_>>()[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(
        head,
        "glassloop: possible deadlock: every task waits, and only somebody outside of the loop can wake one"
    );
    assert!(main.starts_with(r#"  task 1 "main"    waits for the end of task 3 "foreign" at "#), "{main}");
    let wanted = r#"  task 2 "sleeper" is pending, for nothing that the loop knows of (created at "#;
    assert!(sleeper.starts_with(wanted), "{sleeper}");
    let wanted = r#"  task 3 "foreign" is pending, and strangers hold a waker of it (created at "#;
    assert!(foreign.starts_with(wanted), "{foreign}");
    assert_eq!(last, "  1 waker is with strangers");
}
