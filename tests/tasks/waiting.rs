//! `wait` and `as_completed`: they look at tasks, and do nothing to them.

use futures_util::StreamExt;
use glassloop::{
    ReturnWhen, RunError, Task, as_completed, create_task, sleep, timeout, try_create_task, wait, yield_now,
};

use crate::common::{Reports, at, boom, ms, run};

fn after(time: u64) -> Task<u64> {
    create_task(async move {
        sleep(ms(time)).await;
        time
    })
}

#[test]
fn a1_first_completed() {
    run(async {
        let tasks = [after(30), after(10), after(20)];
        let waited = wait(&tasks, ReturnWhen::FirstCompleted).await;
        let ids = |tasks: &[&Task<u64>]| tasks.iter().map(|task| task.id()).collect::<Vec<_>>();
        assert_eq!((ids(&waited.done), ids(&waited.pending), at()), (vec![3], vec![2, 4], 10));
        let waited = wait(&tasks, ReturnWhen::FirstCompleted).await;
        assert_eq!((waited.done.len(), at()), (1, 10), "one has ended: nothing to wait for");
    });
}

#[test]
fn a2_a_timeout_is_no_error_and_cancels_nobody() {
    run(async {
        let tasks = [after(30), after(10)];
        let waited = wait(tasks, ReturnWhen::AllCompleted).timeout(ms(20)).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (1, 1, 20));
        for task in waited.pending {
            assert_eq!(task.await.unwrap(), 30);
        }
    });
}

#[test]
fn a3_all_completed() {
    run(async {
        let tasks: Vec<Task<u64>> = (1..=100).rev().map(after).collect();
        let mut waited = wait(tasks, ReturnWhen::AllCompleted).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (100, 0, 100));
        assert_eq!(waited.done.remove(0).await.unwrap(), 100, "in the order in which they were given");
    });
}

#[test]
fn a4_first_exception_a_panic_or_an_err_that_shows() {
    run(async {
        let fails = |time, error: bool| {
            try_create_task(async move {
                sleep(ms(time)).await;
                if error { Err("E") } else { Ok(()) }
            })
        };
        let tasks = [fails(10, false), fails(20, true), fails(30, false)];
        let waited = wait(&tasks, ReturnWhen::FirstException).await;
        assert_eq!((waited.done.len(), waited.pending.len(), at()), (2, 1, 20));
        let cancelled = after(50);
        cancelled.cancel();
        let bad: Task<u64> = create_task(async {
            sleep(ms(5)).await;
            boom("bad")
        });
        let others = [cancelled, bad, after(50)];
        let waited = wait(&others, ReturnWhen::FirstException).await;
        assert_eq!((waited.done.len(), at()), (2, 25), "a cancelled one is no failure");
        let [_, second, _] = tasks;
        assert_eq!(second.await.unwrap(), Err("E"));
        let [_, bad, last] = others;
        assert!(bad.await.is_err());
        assert_eq!(wait([last], ReturnWhen::FirstException).await.done.len(), 1, "without one, all");
    });
}

#[test]
fn a5_of_nothing_it_is_over_at_once() {
    run(async {
        let none: [Task<()>; 0] = [];
        let waited = wait(&none, ReturnWhen::FirstCompleted).await;
        assert!(waited.done.is_empty() && waited.pending.is_empty());
        assert!(as_completed(none).next().await.is_none());
    });
}

#[test]
fn a6_a7_as_completed_gives_the_tasks_in_the_order_of_their_ends() {
    run(async {
        let tasks = [after(30), after(10), after(20)];
        let ids: Vec<u64> = tasks.iter().map(Task::id).collect();
        let mut ended = as_completed(tasks);
        assert_eq!(ended.size_hint_left(), 3);
        let mut order = Vec::new();
        while let Some(task) = StreamExt::next(&mut ended).await {
            order.push((ids.iter().position(|id| *id == task.id()).unwrap(), at(), task.await.unwrap()));
        }
        assert_eq!(order, [(1, 10, 10), (2, 20, 20), (0, 30, 30)]);
    });
}

/// What a stream says of how much is left.
trait Left {
    fn size_hint_left(&self) -> usize;
}

impl<S: futures_util::Stream> Left for S {
    fn size_hint_left(&self) -> usize {
        self.size_hint().0
    }
}

#[test]
fn a7_with_a_timeout_the_rest_runs_on() {
    run(async {
        let tasks = [after(10), after(30)];
        let mut ended = as_completed(&tasks);
        assert!(timeout(ms(20), ended.next()).await.unwrap().is_some());
        assert!(timeout(ms(1), ended.next()).await.is_err());
        drop(ended);
        let [_, rest] = tasks;
        assert_eq!(rest.await.unwrap(), 30);
    });
}

#[test]
fn a_loop_of_waits_leaves_nothing_behind_in_a_task() {
    run(async {
        let tasks = [after(100_000)];
        for _ in 0..1000 {
            drop(wait(&tasks, ReturnWhen::AllCompleted).timeout(ms(1)).await);
            let _ = timeout(ms(1), as_completed(&tasks).next()).await;
        }
        let [task] = tasks;
        // Two thousand dead watchers would be told now.
        assert_eq!(task.await.unwrap(), 100_000);
        yield_now().await;
    });
}

#[test]
fn a_deadlock_names_what_a_task_waits_in() {
    let main = async {
        let never = create_task(async {
            let event = glassloop::Queue::<()>::new();
            event.get().await.unwrap();
        });
        drop(wait([never], ReturnWhen::AllCompleted).await);
    };
    let Err(RunError::Deadlock(report)) = Reports::default().runtime().block_on(main) else { panic!("a deadlock") };
    assert!(report.to_string().contains("waits for 1 task in wait() at "), "{report}");
}
