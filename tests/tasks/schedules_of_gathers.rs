//! Random gathers, nested, with children that fail, panic and cancel themselves, given up wherever they wait, plainly and under combinators with wakers of
//! their own: against a model that knows the times only.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::FutureExt;
use glassloop::{
    JoinError, current_task, gather, gather_results, now, sleep, sleep_until, timeout, try_gather, yield_now,
};

use crate::common::{Random, boom, ms};
use crate::schedules::each;
use crate::schedules_of_waits::{somehow, whole};

#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Value,
    Error,
    Panic,
    Cancelled,
}

/// A child: when it ends, and how. No two end in the same moment.
#[derive(Clone)]
struct Child {
    at: u64,
    end: End,
}

type Boxed = Pin<Box<dyn Future<Output = Result<u64, u64>>>>;

/// What became of the children: one entry each, in the order of their drops.
#[derive(Clone, Default)]
struct Fates {
    dropped: Rc<RefCell<Vec<u64>>>,
    ended: Rc<Cell<usize>>,
}

struct OnDrop(Fates, u64);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.borrow_mut().push(self.1);
    }
}

impl Fates {
    fn start(&self, children: &[Child]) -> Vec<Boxed> {
        children.iter().cloned().map(|child| self.child(child)).collect()
    }

    fn child(&self, Child { at, end }: Child) -> Boxed {
        let guard = OnDrop(self.clone(), at);
        Box::pin(async move {
            let guard = guard;
            sleep(ms(at)).await;
            guard.0.ended.set(guard.0.ended.get() + 1);
            match end {
                End::Value => Ok(at),
                End::Error => Err(at),
                End::Panic => boom("by lot"),
                End::Cancelled => {
                    current_task().expect("a child").cancel();
                    yield_now().await;
                    unreachable!("it was cancelled")
                }
            }
        })
    }
}

fn children(random: &Random, ends: &[End]) -> Vec<Child> {
    let mut times: Vec<u64> = (0..8).collect();
    let mut child = |_| {
        let at = times.swap_remove(random.below(times.len() as u64) as usize);
        let end = if random.below(3) == 0 { ends[random.below(ends.len() as u64) as usize] } else { End::Value };
        Child { at, end }
    };
    (0..random.below(6)).map(&mut child).collect()
}

/// How a child ends for those who take it as a value.
fn outcome(result: &Result<Result<u64, u64>, JoinError>) -> (End, u64) {
    match result {
        Ok(Ok(value)) => (End::Value, *value),
        Ok(Err(error)) => (End::Error, *error),
        Err(JoinError::Panicked(_)) => (End::Panic, 0),
        Err(_) => (End::Cancelled, 0),
    }
}

#[test]
fn gathers_of_all_outcomes_wait_for_all() {
    each(async |random| {
        let (fates, start) = (Fates::default(), whole().await);
        let children = children(&random, &[End::Error, End::Panic, End::Cancelled]);
        let results = somehow(&random, gather_results(fates.start(&children))).await;
        let expected = children.iter().map(|child| match child.end {
            End::Value | End::Error => (child.end, child.at),
            end => (end, 0),
        });
        assert_eq!(results.iter().map(outcome).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(now() - start, ms(children.iter().map(|child| child.at).max().unwrap_or(0)));
        assert_eq!((fates.ended.get(), fates.dropped.borrow().len()), (children.len(), children.len()));
    });
}

#[test]
fn gathers_end_with_the_first_failure_in_time_and_the_others_run_on() {
    let (failed, panicked) = (Cell::new(0), Cell::new(0));
    each(async |random| {
        let (fates, start) = (Fates::default(), whole().await);
        let children = children(&random, &[End::Error, End::Error, End::Panic]);
        let gathered = AssertUnwindSafe(somehow(&random, try_gather(fates.start(&children)))).catch_unwind().await;
        let first = children.iter().filter(|child| child.end != End::Value).min_by_key(|child| child.at);
        let last = children.iter().map(|child| child.at).max().unwrap_or(0);
        assert_eq!(now() - start, ms(first.map_or(last, |child| child.at)));
        match first {
            None => assert_eq!(gathered.unwrap(), Ok(children.iter().map(|child| child.at).collect())),
            Some(Child { at, end: End::Error }) => {
                assert_eq!(gathered.unwrap(), Err(*at));
                failed.set(failed.get() + 1);
            }
            Some(_) => {
                assert!(gathered.is_err());
                panicked.set(panicked.get() + 1);
            }
        }
        sleep(ms(10)).await;
        assert_eq!((fates.ended.get(), fates.dropped.borrow().len()), (children.len(), children.len()));
    });
    assert!(failed.get() > 1000 && panicked.get() > 500, "{failed:?} {panicked:?}");
}

#[test]
fn gathers_that_are_given_up_drop_their_children_at_once_in_the_order_of_the_arguments() {
    let given_up = Cell::new(0);
    each(async |random| {
        let (fates, start) = (Fates::default(), whole().await);
        let (left, right) = (children(&random, &[End::Value]), children(&random, &[End::Value]));
        let sides = [left.clone(), right.clone()].map(|side| {
            let side = fates.start(&side);
            async move { gather(side).await.into_iter().map(|result| result.unwrap()).sum::<u64>() }
        });
        let limit = random.below(9);
        let both = timeout(ms(limit) + ms(1) / 2, somehow(&random, gather(sides))).await;
        let late = |side: &[Child]| side.iter().map(|child| child.at).filter(|at| *at > limit).collect::<Vec<_>>();
        let unfinished: Vec<u64> = late(&left).into_iter().chain(late(&right)).collect();
        match both {
            Ok(sums) => {
                let sum = |side: &[Child]| side.iter().map(|child| child.at).sum::<u64>();
                assert_eq!((sums, unfinished), (vec![sum(&left), sum(&right)], vec![]));
            }
            Err(_) => {
                assert_eq!(now() - start, ms(limit) + ms(1) / 2);
                let dropped = fates.dropped.borrow();
                assert_eq!(dropped.len(), left.len() + right.len(), "all are gone, here and now");
                assert!(dropped.ends_with(&unfinished), "{dropped:?} {unfinished:?}");
                given_up.set(given_up.get() + 1);
            }
        }
        sleep_until(start + ms(10)).await;
        assert_eq!(fates.dropped.borrow().len(), left.len() + right.len());
    });
    assert!(given_up.get() > 2000, "{given_up:?}");
}
