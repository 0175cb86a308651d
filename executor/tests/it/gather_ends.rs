//! How a gather ends before its children do: dropped at each stage, cancelled, after the executor.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

use glassloop_executor::{FutureCell, Group, JoinError, Never, OnError, OnPanic};

use crate::common::{Counts, Gate, Log, OnDrop, all, boom, drain, executor, panic_text, spawn, tick, yield_now};
use crate::gather::{ended, group, peek};

/// A child that says when it starts and when it is dropped.
fn noted(log: &Log, name: &'static str) -> impl Future<Output = ()> + use<> {
    let (log, end) = (log.clone(), log.clone());
    async move {
        let _end = OnDrop(move || end.say(format!("-{name}")));
        log.say(format!("+{name}"));
        pending().await
    }
}

/// G16: cancelled before the children's first step: they never run.
#[test]
fn dropped_before_its_turn() {
    let executor = executor();
    let counts = Counts::default();
    let group = group::<Never, _>(&executor, [(), (), ()].map(|()| counts.of(pending::<()>())));
    executor.enter(|| drop(group));
    assert_eq!(counts.polls_and_drops(), (0, 3));
    drain(&executor);
    assert_eq!(counts.polls_and_drops(), (0, 3));
    assert!(executor.snapshot().tasks.is_empty());
}

/// G9: every unfinished child is cancelled, in argument order. Each goes at once, so that whoever awaited them goes after them (as in asyncio).
#[test]
fn dropped_while_its_children_wait() {
    let (executor, log) = (executor(), Log::default());
    let group = group::<Never, _>(&executor, ["A", "B", "C"].map(|name| noted(&log, name)));
    tick(&executor);
    assert_eq!(log.take(), "+A +B +C");
    executor.enter(|| drop(group));
    assert_eq!(log.take(), "-A -B -C");
    assert_eq!(tick(&executor), 0);
}

#[test]
fn cancelling_the_awaiter_cancels_the_children() {
    let (executor, log) = (executor(), Log::default());
    let group = group::<OnPanic, _>(&executor, ["A", "B"].map(|name| noted(&log, name)));
    let awaiter = spawn(&executor, async move { drop(all(ended(group).await.outcomes)) });
    tick(&executor);
    executor.enter(|| awaiter.cancel());
    drain(&executor);
    assert_eq!(log.take(), "+A +B -A -B");
    assert!(awaiter.is_cancelled());
}

#[test]
fn dropped_outside_of_the_executor() {
    let (executor, log) = (executor(), Log::default());
    let group = group::<Never, _>(&executor, ["A", "B"].map(|name| noted(&log, name)));
    tick(&executor);
    drop(group);
    tick(&executor);
    assert_eq!(log.take(), "+A +B -A -B");
}

/// Outcomes that nobody took go with the group; those that come later go as they come.
#[test]
fn dropped_when_some_children_have_ended() {
    let executor = executor();
    let (counts, gate) = (Counts::default(), Gate::default());
    let children = [true, false].map(|at_once| {
        let (output, gate) = (counts.drop_counter(), gate.clone());
        async move {
            if !at_once {
                gate.wait().await;
            }
            output
        }
    });
    let group = group::<Never, _>(&executor, children);
    tick(&executor);
    assert_eq!(counts.drops(), 0);
    drop(group); // outside of the loop: what has not ended goes at its next turn
    assert_eq!(counts.drops(), 1);
    tick(&executor);
    assert_eq!(counts.drops(), 2);
}

/// Once it has failed the rest runs on; what comes of each is dropped at once, not with the last of its siblings.
#[test]
fn later_outcomes_are_dropped_as_they_come() {
    let executor = executor();
    let (counts, gates) = (Counts::default(), [0, 1, 2].map(|index| (index, Gate::default())));
    let children = gates.clone().map(|(index, gate)| {
        let output = counts.drop_counter();
        async move {
            gate.wait().await;
            if index == 0 { Err(output) } else { Ok(output) }
        }
    });
    let group = group::<OnError, _>(&executor, children);
    tick(&executor);
    executor.enter(|| gates[0].1.open());
    tick(&executor);
    assert_eq!(counts.drops(), 0);
    drop(group);
    for (drops, (_, gate)) in gates.iter().enumerate().skip(1) {
        assert_eq!(counts.drops(), drops);
        executor.enter(|| gate.open());
        tick(&executor);
        assert_eq!(counts.drops(), drops + 1);
    }
}

#[test]
fn dropped_after_the_end() {
    let executor = executor();
    let counts = Counts::default();
    let children = [counts.drop_counter(), counts.drop_counter()].map(|output| async move { output });
    let group = group::<Never, _>(&executor, children);
    tick(&executor);
    drop(group);
    assert_eq!(counts.drops(), 2);
}

type Holder<F> = Rc<RefCell<Option<Group<Box<[FutureCell<F, Never>]>>>>>;
type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// Three children; the middle one drops the group, at its first poll or after one yield.
fn dropped_from_inside(after_a_yield: bool) -> String {
    let (executor, log) = (executor(), Log::default());
    let holder: Holder<Boxed> = Rc::default();
    let (inside, noting) = (holder.clone(), log.clone());
    let middle: Boxed = Box::pin(async move {
        let said = noting.clone();
        let _end = OnDrop(move || said.say("-B"));
        if after_a_yield {
            yield_now().await;
        }
        drop(inside.borrow_mut().take());
        noting.say("dropped");
        pending().await
    });
    let children: [Boxed; 3] = [Box::pin(noted(&log, "A")), middle, Box::pin(noted(&log, "C"))];
    *holder.borrow_mut() = Some(group(&executor, children));
    drain(&executor);
    assert!(executor.snapshot().tasks.is_empty());
    log.take()
}

#[test]
fn dropped_from_inside_a_child_in_the_first_turn() {
    // A goes at once. C was never started: it goes in that very turn, silently. B is being polled and goes at its next.
    assert_eq!(dropped_from_inside(false), "+A -A dropped -B");
}

#[test]
fn dropped_from_inside_a_child_later() {
    assert_eq!(dropped_from_inside(true), "+A +C -A -C dropped -B");
}

/// A child that returns from the poll in which it dropped the group keeps nothing, harms nothing.
#[test]
fn dropped_from_inside_a_child_that_then_ends() {
    let executor = executor();
    let counts = Counts::default();
    let holder: Holder<Boxed> = Rc::default();
    let (inside, alive) = (holder.clone(), counts.drop_counter());
    let child: Boxed = Box::pin(async move {
        let _alive = alive;
        drop(inside.borrow_mut().take());
    });
    *holder.borrow_mut() = Some(group(&executor, [child]));
    drain(&executor);
    assert_eq!(counts.drops(), 1);
    assert!(executor.snapshot().tasks.is_empty());
}

/// The slot in which the group waited for its turn is somebody else's by now.
#[test]
fn dropping_a_group_wakes_nobody_else() {
    let executor = executor();
    let counts = Counts::default();
    let group = group::<Never, _>(&executor, [pending::<()>()]);
    tick(&executor);
    spawn(&executor, counts.of(pending::<()>())).detach();
    tick(&executor);
    executor.enter(|| drop(group));
    drain(&executor);
    assert_eq!(counts.polls(), 1);
}

#[test]
fn held_longer_than_the_executor() {
    let gone = executor();
    let counts = Counts::default();
    let mut started = group::<Never, _>(&gone, [counts.of(pending::<()>())]);
    tick(&gone);
    let mut unborn = group::<Never, _>(&gone, [counts.of(pending::<()>())]);
    drop(gone);
    assert_eq!(counts.polls_and_drops(), (1, 2));
    let other = executor();
    for group in [&mut started, &mut unborn] {
        let ended = peek(&other, group).unwrap();
        assert!(matches!(all(ended.outcomes)[..], [Some(Err(JoinError::Cancelled { .. }))]));
    }
}

#[test]
fn a_panic_of_a_child_is_its_own() {
    let executor = executor();
    let children = [false, true, false].map(|panics| async move {
        yield_now().await;
        if panics {
            boom("child")
        }
    });
    let mut group = group::<OnPanic, _>(&executor, children);
    drain(&executor);
    let ended = peek(&executor, &mut group).unwrap();
    assert_eq!(ended.first_failure, Some(1));
    let mut outcomes = all(ended.outcomes).into_iter();
    assert!(matches!(outcomes.next(), Some(Some(Ok(())))));
    assert_eq!(panic_text(outcomes.next().unwrap().unwrap()), "child");
    // The third was polled behind the one that failed, before anybody asked.
    assert!(matches!(outcomes.next(), Some(Some(Ok(())))));
}

#[test]
fn panics_in_the_drops_of_children_stay_with_them() {
    let executor = executor();
    let children = ["A", "B"].map(|name| async move {
        let _bomb = OnDrop(move || boom(name));
        pending::<()>().await
    });
    let group = group::<Never, _>(&executor, children);
    tick(&executor);
    executor.enter(|| drop(group));
    drain(&executor);
    assert!(executor.snapshot().tasks.is_empty());
}

/// The payload of a child's panic, dropped unread with the group, panics in its turn.
#[test]
fn a_payload_whose_drop_panics() {
    let executor = executor();
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            boom("payload");
        }
    }
    let children = [(), ()].map(|()| async {
        yield_now().await;
        std::panic::resume_unwind(Box::new(Bomb)) as ()
    });
    let group = group::<Never, _>(&executor, children);
    tick(&executor);
    tick(&executor);
    drop(group);
    assert!(executor.snapshot().tasks.is_empty());
}
