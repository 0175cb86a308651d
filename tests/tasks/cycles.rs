//! Tasks that await each other.

use std::cell::RefCell;
use std::rc::Rc;

use glassloop::{JoinError, Task, create_task, create_task_named, gather, sleep, timeout, yield_now};

use crate::common::{Log, Reports, ms};

type Shared = Rc<RefCell<Option<Task<&'static str>>>>;

/// Awaits the task that will lie there, and says what came of it.
async fn awaits(other: Shared, log: Log, name: &'static str) -> &'static str {
    yield_now().await;
    let other = other.borrow_mut().take().unwrap();
    match other.await {
        Ok(value) => log.say(format!("{name}: {value}")),
        Err(JoinError::Cycle(cycle)) => log.say(format!("{name}: cycle of {}", cycle.tasks.len())),
        Err(error) => log.say(format!("{name}: {error}")),
    }
    name
}

fn without_places(report: &str) -> String {
    report
        .split(" at ")
        .map(|part| part.split_once(", task").map_or("", |(_, rest)| rest))
        .collect::<Vec<_>>()
        .join("|")
}

#[test]
fn t23_a_task_that_awaits_itself_is_told() {
    let (reports, log) = (Reports::default(), Log::default());
    let main = async {
        let own = Shared::default();
        let task = create_task_named("selfish", awaits(own.clone(), log.clone(), "me"));
        *own.borrow_mut() = Some(task);
        sleep(ms(5)).await;
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(log.take(), "me: cycle of 1");
    let report = reports.take().remove(0);
    assert!(report.starts_with("glassloop: task 2 \"selfish\" waits for itself at tests/tasks/cycles.rs"), "{report}");
}

#[test]
fn t24_tasks_that_await_each_other_are_told_and_go_on() {
    for length in [2, 3, 50] {
        let (reports, log) = (Reports::default(), Log::default());
        let main = async {
            let places: Vec<Shared> = (0..length).map(|_| Shared::default()).collect();
            for index in 0..length {
                let next = places[(index + 1) % length].clone();
                let name = ["a", "b", "c"][index % 3];
                let task = create_task_named(name, awaits(next, log.clone(), name));
                *places[index].borrow_mut() = Some(task);
            }
            sleep(ms(5)).await;
        };
        reports.runtime().block_on(main).unwrap();
        let said = log.take();
        assert_eq!(said.matches("cycle of").count(), 1, "{said}");
        assert_eq!(said.matches(':').count(), length, "all have ended: {said}");
        let reports = reports.take();
        assert_eq!(reports.len(), 1);
        assert!(reports[0].starts_with("glassloop: tasks wait for each other: task"), "{}", reports[0]);
        assert!(reports[0].contains("\"b\" for task"), "{}", without_places(&reports[0]));
    }
}

#[test]
fn t24_main_awaiting_into_a_cycle_does_not_hang() {
    let (reports, log) = (Reports::default(), Log::default());
    let (one, two) = (Shared::default(), Shared::default());
    let main = async {
        let a = create_task(awaits(two.clone(), log.clone(), "a"));
        *two.borrow_mut() = Some(create_task(awaits(one.clone(), log.clone(), "b")));
        let watcher = create_task(async { "watched" });
        *one.borrow_mut() = Some(watcher);
        a.await.unwrap()
    };
    assert_eq!(reports.runtime().block_on(main).unwrap(), "a");
    assert_eq!(log.take(), "b: watched a: b", "a chain is no cycle");
    assert!(reports.take().is_empty());
}

#[test]
fn t24_a_cycle_that_a_timeout_will_open_is_none() {
    let (reports, log) = (Reports::default(), Log::default());
    let main = async {
        let (one, two) = (Shared::default(), Shared::default());
        let (other, said) = (two.clone(), log.clone());
        let patient = create_task(async move {
            yield_now().await;
            let other = other.borrow_mut().take().unwrap();
            said.say(if timeout(ms(10), other).await.is_err() { "timed out" } else { "told" });
            "patient"
        });
        *two.borrow_mut() = Some(create_task(awaits(one.clone(), log.clone(), "b")));
        *one.borrow_mut() = Some(patient);
        sleep(ms(50)).await;
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(log.take(), "timed out b: patient");
    assert!(reports.take().is_empty());
}

#[test]
fn t24_tasks_of_a_cycle_can_be_cancelled() {
    let (reports, log) = (Reports::default(), Log::default());
    let main = async {
        let (one, two) = (Shared::default(), Shared::default());
        let a = create_task(awaits(two.clone(), log.clone(), "a"));
        let b = create_task(awaits(one.clone(), log.clone(), "b"));
        let handles = [a.handle(), b.handle()];
        (*one.borrow_mut(), *two.borrow_mut()) = (Some(a), Some(b));
        yield_now().await;
        yield_now().await;
        handles.iter().for_each(|task| assert!(task.cancel()));
        yield_now().await;
        assert!(handles.iter().all(|task| task.is_cancelled()));
    };
    reports.runtime().block_on(main).unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn t24_through_a_gather_too() {
    let (reports, log) = (Reports::default(), Log::default());
    let main = async {
        let own = Shared::default();
        let child = awaits(own.clone(), log.clone(), "child");
        let task = create_task(async { gather([child]).await[0] });
        *own.borrow_mut() = Some(task);
        sleep(ms(5)).await;
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(log.take(), "child: cycle of 2");
    assert_eq!(reports.take().len(), 1);
}
