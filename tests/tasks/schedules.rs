//! Random schedules with cancels, plainly and under combinators with wakers of their own: nothing is lost, nobody is left, whatever is dropped wherever
//! it waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;

use glassloop::{
    ReturnWhen, Task, TaskGroup, all_tasks, as_completed, create_task, current_task, sleep, timeout, wait, yield_now,
};

use crate::common::{Random, Reports, ms};
use crate::schedules_of_waits::somehow;

const SCHEDULES: u64 = 10_000;

/// Runs each schedule in a loop of its own kind, many in one runtime: none may leave a task behind.
pub(crate) fn each<F: Future<Output = ()>>(schedule: impl Fn(Rc<Random>) -> F) {
    let runtime = Reports::default().runtime();
    for seed in 1..=SCHEDULES {
        let run = || {
            runtime.block_on(async {
                schedule(Rc::new(Random::new(seed))).await;
                for _ in 0..4 {
                    yield_now().await; // those that were cancelled have their turns
                }
                let left = all_tasks().len() - 1;
                assert_eq!(left, 0, "tasks are left");
            })
        };
        match std::panic::catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => {}
            other => panic!("schedule {seed}: {other:?}"),
        }
    }
}

/// Children alive in a group: each counts itself in when it is created and out when it is dropped.
#[derive(Clone, Default)]
struct Alive(Rc<Cell<u64>>);

struct Living(Alive);

impl Alive {
    fn one(&self) -> Living {
        self.0.set(self.0.get() + 1);
        Living(self.clone())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.0.set(self.0.0.get() - 1);
    }
}

fn child(
    random: Rc<Random>,
    group: TaskGroup<u64>,
    living: Living,
    alive: Alive,
    failures: Rc<RefCell<Vec<u64>>>,
    depth: u64,
) -> Pin<Box<dyn Future<Output = Result<(), u64>>>> {
    Box::pin(async move {
        let _living = living;
        for _ in 0..random.below(3) {
            match random.below(4) {
                0 => yield_now().await,
                1 if depth < 3 => {
                    let (own, living) = (group.clone(), alive.one());
                    let grandchild = child(random.clone(), own, living, alive.clone(), failures.clone(), depth + 1);
                    drop(group.spawn(grandchild));
                }
                2 if random.below(4) == 0 => {
                    current_task().unwrap().cancel_with("by lot");
                }
                _ => sleep(ms(random.below(4))).await,
            }
        }
        if random.below(6) == 0 {
            let number = random.below(1000);
            failures.borrow_mut().push(number);
            return Err(number);
        }
        Ok(())
    })
}

#[test]
fn task_groups_end_with_all_their_children() {
    each(async |random| {
        let (alive, failures) = (Alive::default(), Rc::new(RefCell::new(Vec::new())));
        let (inside, failed, dice) = (alive.clone(), failures.clone(), random.clone());
        let scope = TaskGroup::scope(async |group: &TaskGroup<u64>| {
            for _ in 0..dice.below(5) {
                let future = child(dice.clone(), group.clone(), inside.one(), inside.clone(), failed.clone(), 0);
                let spawned = group.spawn(future);
                if dice.below(4) == 0 {
                    sleep(ms(dice.below(3))).await;
                }
                drop(spawned);
            }
            Ok(())
        });
        if random.below(3) == 0 {
            // Dropped wherever it waits.
            if timeout(ms(random.below(6)), somehow(&random, scope)).await.is_err() {
                yield_now().await;
                yield_now().await;
            }
        } else {
            let result = somehow(&random, scope).await;
            let errors = result.err().map(|error| error.errors).unwrap_or_default();
            assert_eq!(errors, *failures.borrow(), "all errors, in the order in which they came");
        }
        assert_eq!(alive.0.get(), 0, "no child is left");
    });
}

/// Tasks that end by themselves, some of them cancelled.
fn some_tasks(random: &Rc<Random>) -> Vec<Task<u64>> {
    let start = |n| {
        let time = random.below(8);
        create_task(async move {
            match time {
                0 => {}
                1 => yield_now().await,
                _ => sleep(ms(time)).await,
            }
            n
        })
    };
    let tasks: Vec<_> = (0..random.below(6)).map(start).collect();
    if let (0, Some(last)) = (random.below(3), tasks.last()) {
        last.cancel();
    }
    tasks
}

#[test]
fn waits_give_every_task_back_on_the_right_side() {
    each(async |random| {
        let mut tasks = some_tasks(&random);
        for _ in 0..3 {
            let when = [ReturnWhen::AllCompleted, ReturnWhen::FirstCompleted, ReturnWhen::FirstException];
            let (when, limit) = (when[random.below(3) as usize], random.below(10));
            // Looked at by one that gives up, and then by one that does not.
            drop(timeout(ms(random.below(3)), somehow(&random, wait(&tasks, when))).await);
            let count = tasks.len();
            let waited = somehow(&random, wait(tasks, when).timeout(ms(limit))).await;
            assert_eq!(waited.done.len() + waited.pending.len(), count);
            assert!(waited.done.iter().all(Task::is_done) && !waited.pending.iter().any(Task::is_done));
            tasks = waited.done;
            tasks.extend(waited.pending);
        }
        for task in &tasks {
            if random.below(2) == 0 {
                task.cancel();
            }
        }
        let waited = wait(tasks, ReturnWhen::AllCompleted).await;
        assert!(waited.pending.is_empty());
    });
}

#[test]
fn as_completed_gives_each_task_once_in_the_order_of_ends() {
    each(async |random| {
        let tasks = some_tasks(&random);
        let ids: BTreeSet<u64> = tasks.iter().map(Task::id).collect();
        let ends = Rc::new(RefCell::new(Vec::new()));
        for task in &tasks {
            let ends = ends.clone();
            task.add_done_callback(move |task| ends.borrow_mut().push(task.id().task));
        }
        let mut given = Vec::new();
        // Another stream over the same tasks, which is given up.
        let mut other = as_completed(&tasks);
        let _ = timeout(ms(random.below(4)), somehow(&random, other.next())).await;
        drop(other);
        let ended_before: BTreeSet<u64> = tasks.iter().filter(|task| task.is_done()).map(Task::id).collect();
        let mut stream = as_completed(tasks);
        loop {
            match timeout(ms(random.below(3)), somehow(&random, stream.next())).await {
                Err(_) => {} // dropped where it waits
                Ok(None) => break,
                Ok(Some(task)) => {
                    assert!(task.is_done());
                    given.push(task.id());
                    drop(task.await);
                }
            }
        }
        assert_eq!(given.iter().copied().collect::<BTreeSet<_>>(), ids);
        yield_now().await;
        yield_now().await;
        // Those that had ended come first, in the order of the arguments; then by their ends.
        let (before, after) = given.split_at(ended_before.len());
        assert!(before.is_sorted() && before.iter().all(|id| ended_before.contains(id)));
        let order: Vec<u64> = ends.borrow().iter().copied().filter(|id| !ended_before.contains(id)).collect();
        assert_eq!(after, order);
    });
}
