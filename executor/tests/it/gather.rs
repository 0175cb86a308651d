//! The children of a gather: the order they run in, and what comes of them.

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use glassloop_executor::{Children, Ended, Executor, FutureCell, Group, Judge, Never, OnError, OnPanic, Spawn, child};

use crate::common::{Counts, Gate, Log, all, drain, executor, spawn, tick, yield_now, yield_times};

/// A group of one type of child.
pub(crate) fn group<J: Judge<F::Output>, F: Future + 'static>(
    executor: &Executor,
    children: impl IntoIterator<Item = F>,
) -> Group<Box<[FutureCell<F, J>]>> {
    executor.spawn_group(Spawn::here(), children.into_iter().map(child).collect())
}

/// Awaits a group, as `gather` does.
pub(crate) async fn ended<M: Children>(mut group: Group<M>) -> Ended<M::Outcomes> {
    std::future::poll_fn(|cx| group.poll_ended(cx, Location::caller())).await
}

/// What has come of a group that has ended; `None` if it has not.
pub(crate) fn peek<M: Children>(executor: &Executor, group: &mut Group<M>) -> Option<Ended<M::Outcomes>> {
    let mut cx = Context::from_waker(Waker::noop());
    match executor.enter(|| group.poll_ended(&mut cx, Location::caller())) {
        Poll::Ready(ended) => Some(ended),
        Poll::Pending => None,
    }
}

/// G1: results in argument order, whatever the order of the ends.
#[test]
fn results_come_in_argument_order() {
    let (executor, log) = (executor(), Log::default());
    let children = [2, 3, 1].map(|steps| {
        let log = log.clone();
        async move {
            yield_times(steps).await;
            log.say(format!("end{steps}"));
            steps
        }
    });
    let mut group = group::<Never, _>(&executor, children);
    drain(&executor);
    assert_eq!(log.take(), "end1 end2 end3");
    let ended = peek(&executor, &mut group).unwrap();
    let values: Vec<usize> = all(ended.outcomes).into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    assert_eq!((values, ended.first_failure), (vec![2, 3, 1], None));
}

/// G2: children are scheduled when the group is made, in argument order, among the tasks made before and after.
#[test]
fn children_start_at_their_groups_place_in_the_queue() {
    let (executor, log) = (executor(), Log::default());
    let say = |name: &'static str| {
        let log = log.clone();
        async move { log.say(name) }
    };
    spawn(&executor, say("before")).detach();
    let group = group::<Never, _>(&executor, [say("A"), say("B"), say("C")]);
    spawn(&executor, say("after")).detach();
    assert_eq!(log.take(), "");
    assert_eq!(tick(&executor), 3);
    assert_eq!(log.take(), "before A B C after");
    drop(group);
}

/// Each wake of a child is an entry of its own, among those of tasks.
#[test]
fn wakes_of_children_and_tasks_share_one_queue() {
    let (executor, log) = (executor(), Log::default());
    let gates: Vec<Gate> = (0..5).map(|_| Gate::default()).collect();
    let through = |index: usize| {
        let (gate, log) = (gates[index].clone(), log.clone());
        async move {
            gate.wait().await;
            log.say(index.to_string());
        }
    };
    let group = group::<Never, _>(&executor, [through(0), through(1), through(2)]);
    spawn(&executor, through(3)).detach();
    spawn(&executor, through(4)).detach();
    tick(&executor);
    executor.enter(|| [4, 2, 3, 0, 1].iter().for_each(|&index| gates[index].open()));
    assert_eq!(tick(&executor), 5);
    assert_eq!(log.take(), "4 2 3 0 1");
    drop(group);
}

#[test]
fn waking_one_of_a_thousand_polls_that_one() {
    let executor = executor();
    let gates: Vec<Gate> = (0..1000).map(|_| Gate::default()).collect();
    let group = group::<Never, _>(&executor, gates.iter().map(Gate::wait));
    tick(&executor);
    assert_eq!(executor.polls(), 1000);
    executor.enter(|| gates[617].wake());
    assert_eq!(tick(&executor), 1);
    assert_eq!(executor.polls(), 1001);
    drop(group);
}

/// G4: a gather of nothing has ended from the start, and takes no turn.
#[test]
fn an_empty_group() {
    let executor = executor();
    let mut group = group::<OnPanic, _>(&executor, Vec::<std::future::Ready<u8>>::new());
    assert!(group.is_empty() && !executor.has_ready());
    let ended = peek(&executor, &mut group).unwrap();
    assert!(all(ended.outcomes).is_empty() && ended.first_failure.is_none());
}

#[test]
fn the_awaiter_is_woken_once_by_the_last_end() {
    let executor = executor();
    let counts = Counts::default();
    let group = group::<Never, _>(&executor, [1, 2, 3].map(yield_times));
    let awaiter = spawn(&executor, counts.of(ended(group)));
    drain(&executor);
    assert!(awaiter.is_done());
    assert_eq!(counts.polls(), 2);
}

/// G5, G6, G7: the first error *in time* ends the gather; siblings run on, and what comes of them is dropped.
#[test]
fn the_first_error_in_time_ends_it_and_siblings_run_on() {
    let (executor, log) = (executor(), Log::default());
    let drops = Rc::new(Cell::new(0));
    let children = [(3, true), (1, false), (2, false)].map(|(steps, well)| {
        let (log, drops) = (log.clone(), drops.clone());
        async move {
            yield_times(steps).await;
            log.say(format!("end{steps}"));
            let count = crate::common::OnDrop(move || drops.set(drops.get() + 1));
            if well { Ok(count) } else { Err(steps) }
        }
    });
    let group = group::<OnError, _>(&executor, children);
    let noted = log.clone();
    let awaiter = spawn(&executor, async move {
        let ended = ended(group).await;
        noted.say("raised");
        assert_eq!(ended.first_failure, Some(1));
        let error = all(ended.outcomes).swap_remove(1);
        assert!(matches!(error, Some(Ok(Err(1)))));
    });
    drain(&executor);
    assert!(awaiter.is_done());
    assert_eq!(log.take(), "end1 raised end2 end3");
    // The value of the first child, whom nobody asked any more.
    assert_eq!(drops.get(), 1 + 2);
    assert!(executor.snapshot().tasks.is_empty());
}

/// G8: errors are values, and all children are waited for.
#[test]
fn never_waits_for_all() {
    let executor = executor();
    let children = [3, 1, 2].map(|steps| async move {
        yield_times(steps).await;
        if steps == 1 { Err(steps) } else { Ok(steps) }
    });
    let mut group = group::<Never, _>(&executor, children);
    for _ in 0..3 {
        tick(&executor);
        assert!(peek(&executor, &mut group).is_none());
    }
    tick(&executor);
    let ended = peek(&executor, &mut group).unwrap();
    let values: Vec<_> = all(ended.outcomes).into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    assert_eq!((values, ended.first_failure), (vec![Ok(3), Err(1), Ok(2)], None));
}

/// G15: of children that have all ended, the first error in time is the first in argument order, as they started so.
#[test]
fn errors_of_one_turn_are_found_in_argument_order() {
    let executor = executor();
    let mut group = group::<OnError, _>(&executor, [Ok(1), Err(2), Err(3)].map(std::future::ready));
    tick(&executor);
    let ended = peek(&executor, &mut group).unwrap();
    assert_eq!(ended.first_failure, Some(1));
    assert!(matches!(all(ended.outcomes)[..], [Some(Ok(Ok(1))), Some(Ok(Err(2))), Some(Ok(Err(3)))]));
}

/// G14: gathers nest.
#[test]
fn groups_nest() {
    let executor = Rc::new(executor());
    let outer = executor.clone();
    let mut task = spawn(&executor, async move {
        let inner = |base: usize| group::<Never, _>(&outer, (0..2).map(|i| async move { base + i }));
        let both = group::<Never, _>(&outer, [ended(inner(10)), ended(inner(20))].map(Box::pin));
        let outcomes = all(ended(both).await.outcomes).into_iter();
        outcomes.map(|pair| pair.unwrap().unwrap().outcomes.count()).sum::<usize>()
    });
    drain(&executor);
    assert_eq!(crate::common::outcome(&executor, &mut task).unwrap(), 4);
}

macro_rules! tuples {
    ($($name:ident: [$($index:tt)+];)+) => {$(
        #[test]
        fn $name() {
            let (executor, counts) = (executor(), Counts::default());
            let ready = |value: usize| counts.of(async move { yield_now().await; value });
            let mut group = executor.spawn_group(Spawn::here(), ($(child::<_, OnPanic>(ready($index)),)+));
            tick(&executor);
            assert!(peek(&executor, &mut group).is_none());
            tick(&executor);
            let ended = peek(&executor, &mut group).unwrap();
            assert_eq!(($(ended.outcomes.$index.unwrap().unwrap(),)+), ($($index,)+));
            let children = [$($index),+].len();
            assert_eq!(counts.polls_and_drops(), (2 * children, children));
        }
    )+};
}

tuples! {
    a_tuple_of_1: [0];
    a_tuple_of_2: [0 1];
    a_tuple_of_3: [0 1 2];
    a_tuple_of_4: [0 1 2 3];
    a_tuple_of_5: [0 1 2 3 4];
    a_tuple_of_6: [0 1 2 3 4 5];
    a_tuple_of_7: [0 1 2 3 4 5 6];
    a_tuple_of_8: [0 1 2 3 4 5 6 7];
    a_tuple_of_9: [0 1 2 3 4 5 6 7 8];
    a_tuple_of_10: [0 1 2 3 4 5 6 7 8 9];
    a_tuple_of_11: [0 1 2 3 4 5 6 7 8 9 10];
    a_tuple_of_12: [0 1 2 3 4 5 6 7 8 9 10 11];
}

/// The children of a tuple differ in type and in the rule by which they fail.
#[test]
fn a_tuple_of_different_types_and_rules() {
    let executor = executor();
    let mut group = executor.spawn_group(
        Spawn::here(),
        (child::<_, Never>(async { "text" }), child::<_, OnError>(async { Err::<u8, _>('e') })),
    );
    tick(&executor);
    let ended = peek(&executor, &mut group).unwrap();
    assert_eq!(ended.first_failure, Some(1));
    assert!(matches!(ended.outcomes, (Some(Ok("text")), Some(Ok(Err('e'))))));
}

/// A child that asks its own group for the outcomes gets what there is, and none of its own.
#[test]
fn a_child_that_polls_its_own_group() {
    use std::cell::RefCell;
    type Boxed = Pin<Box<dyn Future<Output = Result<u8, u8>>>>;
    type Own = Group<Box<[FutureCell<Boxed, OnError>]>>;
    let executor = executor();
    let holder: Rc<RefCell<Option<Own>>> = Rc::default();
    let (inside, asked) = (holder.clone(), Rc::new(Cell::new(false)));
    let noted = asked.clone();
    let curious: Boxed = Box::pin(std::future::poll_fn(move |cx| {
        let mut group = inside.borrow_mut().take().unwrap();
        let Poll::Ready(ended) = group.poll_ended(cx, Location::caller()) else { panic!("a child has failed") };
        noted.set(matches!(all(ended.outcomes)[..], [Some(Ok(Err(1))), None]));
        Poll::Ready(Ok(2))
    }));
    let failing: Boxed = Box::pin(async { Err(1) });
    *holder.borrow_mut() = Some(group(&executor, [failing, curious]));
    tick(&executor);
    assert!(asked.get());
    assert!(executor.snapshot().tasks.is_empty());
}
