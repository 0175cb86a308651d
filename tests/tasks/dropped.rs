//! Dropped at every await: a program runs again and again, and its future goes after its first poll, after its second, and so on, until it comes to its
//! end. Each time nothing of it may be left, and the same program, started anew in the same loop, has to work.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::trace::{self, reactor};
use glassloop::{
    CancelToken, ReturnWhen, TaskGroup, TimeoutScope, all_tasks, as_completed, create_task, gather, join, now, race,
    select, shield, sleep, timeout, timeout_scope, try_gather, wait, wait_for, yield_now,
};

use crate::common::{Reports, at, ms};

/// Futures alive: each counts itself in when it is made and out when it is dropped.
#[derive(Clone, Default)]
struct Alive(Rc<Cell<usize>>);

struct Living(Rc<Cell<usize>>);

impl Alive {
    /// Waits so long, and gives that.
    fn after(&self, time: u64) -> impl Future<Output = u64> + use<> {
        self.0.set(self.0.get() + 1);
        let living = Living(self.0.clone());
        async move {
            let _living = living;
            match time {
                0 => yield_now().await,
                _ => sleep(ms(time)).await,
            }
            time
        }
    }

    /// As a child of a group.
    fn after_ok(&self, time: u64) -> impl Future<Output = Result<u64, String>> + use<> {
        let after = self.after(time);
        async move { Ok(after.await) }
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What becomes of the tasks of a program that is dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Nothing,
    /// Tasks that end by themselves.
    Tasks,
}

#[derive(Clone, Copy)]
enum Goes {
    RightAfterThePoll,
    AtTheNextWake,
}

/// Polls `program` so often, then drops it; `Some` if it came to its end before.
async fn polled<F: Future>(program: F, times: usize, goes: Goes) -> Option<F::Output> {
    let (mut program, mut polls) = (Some(Box::pin(program)), 0);
    poll_fn(move |cx| {
        let over = |polls| polls == times;
        if over(polls) {
            program = None;
            return Poll::Ready(None);
        }
        polls += 1;
        let polled = program.as_mut().expect("not dropped").as_mut().poll(cx);
        if polled.is_pending() && over(polls) && matches!(goes, Goes::RightAfterThePoll) {
            program = None;
            return Poll::Ready(None);
        }
        polled.map(Some)
    })
    .await
}

/// Nothing is alive but main, and nobody waits for anything.
fn nothing_is_left(alive: &Alive, which: &str) {
    let snapshot = trace::snapshot().unwrap();
    let timers = snapshot.reactor.iter().filter(|event| matches!(event, reactor::Event::TimerArm { .. })).count();
    let waits: usize = snapshot.resources.iter().map(|(_, seen)| seen.waits.len()).sum();
    let executor = snapshot.executor;
    let left = (alive.0.get(), all_tasks().len(), executor.tasks.len(), executor.joins.len(), timers, waits);
    assert_eq!(left, (0, 1, 1, 0, 0, 0), "{which}: futures, tasks, slots, joins, timers, waits");
}

/// The polls a program needs, of which it was dropped after each.
fn at_every_await<F: Future<Output = u64>>(leaves: Leaves, expected: u64, program: impl Fn(Alive) -> F) -> usize {
    let mut needed = 0;
    for goes in [Goes::RightAfterThePoll, Goes::AtTheNextWake] {
        for behind_a_combinator in [false, true] {
            let mut times = 0;
            loop {
                let alive = Alive::default();
                let which = format!("dropped after {times} polls");
                let run = async {
                    let output = if behind_a_combinator {
                        let one = FuturesUnordered::from_iter([program(alive.clone())]);
                        polled(one.into_future(), times, goes).await.map(|(output, _)| output.expect("one"))
                    } else {
                        polled(program(alive.clone()), times, goes).await
                    };
                    let then = at();
                    match leaves {
                        Leaves::Nothing => {
                            for _ in 0..4 {
                                yield_now().await; // those that were cancelled have their turns
                            }
                            assert_eq!(at(), then, "no time passes");
                        }
                        Leaves::Tasks => sleep(ms(1000)).await,
                    }
                    nothing_is_left(&alive, &which);
                    assert_eq!(program(alive.clone()).await, expected, "{which}: and started anew");
                    yield_now().await;
                    yield_now().await;
                    if leaves == Leaves::Tasks {
                        sleep(ms(1000)).await;
                    }
                    nothing_is_left(&alive, &which);
                    output
                };
                let reports = Reports::default();
                let output = reports.runtime().block_on(run).unwrap();
                // The one error that can be lost, by a scope that is dropped while it waits for its children.
                let reported = reports.take().into_iter().filter(|report| !report.ends_with("awaited it: 15"));
                assert_eq!(reported.collect::<Vec<_>>(), [""; 0], "{which}");
                if let Some(output) = output {
                    assert_eq!(output, expected);
                    break;
                }
                times += 1;
            }
            needed = times;
        }
    }
    needed
}

#[test]
fn a_task_group() {
    let polls = at_every_await(Leaves::Nothing, 21, |alive| async move {
        let scope = TaskGroup::<String>::scope(async |group| {
            let (own, inside) = (group.clone(), alive.clone());
            let parent = async move {
                let grandchild = own.spawn(inside.after_ok(3)).unwrap();
                Ok(grandchild.await.unwrap().unwrap() + inside.after(1).await)
            };
            let parent = group.spawn(parent).unwrap();
            group.spawn(alive.after_ok(9)).unwrap().detach();
            let inner = TaskGroup::<String>::scope(async |group| {
                let child = group.spawn(alive.after_ok(2)).unwrap();
                alive.after(0).await;
                Ok(child.await.unwrap().unwrap())
            });
            let inner = inner.await.unwrap();
            let late = timeout(
                ms(1),
                TaskGroup::<String>::scope(async |group| {
                    group.spawn(alive.after_ok(50)).unwrap().detach();
                    Ok(())
                }),
            );
            assert!(late.await.is_err());
            let failed = TaskGroup::scope(async |group| {
                group.spawn(alive.after_ok(60)).unwrap().detach();
                alive.after(1).await;
                Err::<(), _>("15".to_string())
            });
            let failed: u64 = failed.await.unwrap_err().errors[0].parse().unwrap();
            Ok(parent.await.unwrap().unwrap() + inner + failed)
        });
        scope.await.unwrap()
    });
    assert!(polls >= 8, "{polls}");
}

#[test]
fn gathers() {
    let polls = at_every_await(Leaves::Nothing, 24, |alive| async move {
        let nested = gather([gather([alive.after(3), alive.after(0)]), gather([alive.after(2), alive.after(5)])]);
        let sum: u64 = nested.await.into_iter().flatten().sum();
        let (one, two) = join!(gather([alive.after(1), alive.after(4)]), alive.after(2)).await;
        let mixed = gather!(alive.after(0), timeout(ms(1), alive.after(50)));
        let (_, late) = mixed.await;
        assert!(late.is_err());
        let tried = try_gather([1, 6].map(|time| {
            let after = alive.after(time);
            async move { Ok::<_, String>(after.await) }
        }));
        sum + one.iter().sum::<u64>() + two + tried.await.unwrap().iter().sum::<u64>()
    });
    assert!(polls >= 5, "{polls}");
}

#[test]
fn timeout_scopes() {
    let polls = at_every_await(Leaves::Nothing, 19, |alive| async move {
        let outer = TimeoutScope::new(Some(ms(50)));
        let body = outer.run(async {
            let inner = TimeoutScope::new(Some(ms(5)));
            assert!(inner.run(alive.after(10)).await.is_err());
            outer.reschedule(Some(now() + ms(8))).unwrap();
            let moved = timeout_scope(Some(ms(1)), async |scope| {
                scope.reschedule(None).unwrap();
                let first = alive.after(3).await;
                scope.reschedule(Some(now() + ms(3))).unwrap();
                first + alive.after(2).await
            });
            let moved = moved.await.unwrap();
            assert!(wait_for(alive.after(9), Some(ms(1))).await.is_err());
            moved + alive.after(1).await
        });
        let sum = body.await.unwrap();
        let late = TimeoutScope::new(Some(ms(2)));
        assert!(late.run(gather([alive.after(30), alive.after(40)])).await.is_err());
        sum + timeout(ms(100), alive.after(13)).await.unwrap()
    });
    assert!(polls >= 8, "{polls}");
}

#[test]
fn selects_races_and_tokens() {
    let polls = at_every_await(Leaves::Nothing, 12, |alive| async move {
        let (token, mut kept) = (CancelToken::new(), Box::pin(alive.after(7)));
        let first = select! {
            time = &mut kept => time,
            time = alive.after(1) => time,
            () = token.cancelled() => 99,
        };
        let second = race!(alive.after(20), alive.after(2), async { (&mut kept).await }).await;
        let child = token.child().child();
        let stopped = join!(child.until_cancelled(alive.after(30)), async {
            alive.after(2).await;
            token.cancel()
        });
        assert_eq!(stopped.await, (None, true));
        let third = select! { biased; () = child.cancelled() => 2, _ = alive.after(1) => 99 };
        first + second + third + kept.await
    });
    assert!(polls >= 4, "{polls}");
}

#[test]
fn waits() {
    let polls = at_every_await(Leaves::Tasks, 10, |alive| async move {
        let tasks = [5, 1, 0, 4].map(|time| create_task(alive.after(time)));
        for when in [ReturnWhen::FirstCompleted, ReturnWhen::FirstException] {
            wait(&tasks, when).timeout(ms(2)).await;
        }
        let waited = wait(tasks, ReturnWhen::AllCompleted).await;
        let mut sum = 0;
        for task in waited.done {
            sum += task.await.unwrap();
        }
        sum
    });
    assert!(polls >= 3, "{polls}");
}

#[test]
fn as_completed_tasks() {
    let polls = at_every_await(Leaves::Tasks, 10, |alive| async move {
        let tasks = [5, 1, 0, 4].map(|time| create_task(alive.after(time)));
        let mut ended = as_completed(&tasks);
        ended.next().await.unwrap();
        assert!(timeout(ms(2), async { while ended.next().await.is_some() {} }).await.is_err());
        drop(ended);
        let (mut ended, mut sum) = (as_completed(tasks), 0);
        while let Some(task) = ended.next().await {
            sum += task.await.unwrap();
        }
        sum
    });
    assert!(polls >= 4, "{polls}");
}

#[test]
fn shields() {
    let polls = at_every_await(Leaves::Tasks, 9, |alive| async move {
        let mut saved = shield(alive.after(5));
        assert!(timeout(ms(1), &mut saved).await.is_err());
        let other = wait_for(shield(alive.after(3)), Some(ms(2))).await;
        assert!(other.is_err());
        let both = gather!(saved, shield(alive.after(4)));
        let (one, two) = both.await;
        one.unwrap() + two.unwrap()
    });
    assert!(polls >= 3, "{polls}");
}
