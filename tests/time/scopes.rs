//! `TimeoutScope` and `timeout_scope`.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::trace::{Event, Observer, reactor};
use glassloop::{
    Clock, Elapsed, Instant, Runtime, ScopeOver, TimeoutScope, create_task, interval_at, now, sleep, timeout_scope,
    yield_now,
};

use crate::common::{Log, OnDrop, armed, at, ms, panic_text, run, run_with};

#[test]
fn w08_w10_nested_only_the_scope_whose_time_is_over_ends() {
    run(async {
        let (outer, inner) = (TimeoutScope::new(Some(ms(10))), TimeoutScope::new(Some(ms(20))));
        assert!(outer.run(inner.run(pending::<()>())).await.is_err());
        assert_eq!((at(), outer.expired(), inner.expired()), (10, true, false));

        let (outer, inner) = (TimeoutScope::new(Some(ms(20))), TimeoutScope::new(Some(ms(10))));
        let goes_on = outer.run(async {
            assert!(inner.run(pending::<()>()).await.is_err());
            sleep(ms(5)).await;
            "the outer body goes on"
        });
        assert_eq!(goes_on.await, Ok("the outer body goes on"));
        assert_eq!((at(), outer.expired(), inner.expired()), (25, false, true));
        assert_eq!(armed(), 0);
    });
}

#[test]
fn w09_the_body_s_own_error_passes_and_the_scope_is_disarmed() {
    run(async {
        let result = timeout_scope(Some(ms(10)), async |_| {
            sleep(ms(1)).await;
            Err::<(), _>("its own")
        });
        assert_eq!(result.await, Ok(Err("its own")));
        assert_eq!((armed(), at()), (0, 1));
    });
}

#[test]
fn w11_moved_away_it_lets_the_body_live() {
    run(async {
        let scope = TimeoutScope::new(Some(ms(20)));
        let body = scope.run(async {
            sleep(ms(10)).await;
            scope.reschedule(Some(now() + ms(40))).unwrap();
            sleep(ms(30)).await;
        });
        assert_eq!(body.await, Ok(()));
        assert_eq!((at(), scope.expired(), armed()), (40, false, 0));
    });
}

#[test]
fn w12_without_a_deadline_it_can_get_one() {
    run(async {
        let scope = TimeoutScope::new(None);
        assert_eq!(scope.when(), None);
        let body = scope.run(async {
            sleep(ms(5)).await;
            scope.reschedule(Some(now() + ms(10))).unwrap();
            assert_eq!(scope.when(), Some(now() + ms(10)));
            pending::<()>().await;
        });
        assert_eq!(body.await, Err(Elapsed { deadline: Instant::from_nanos(15_000_000) }));
        assert_eq!((at(), scope.when()), (15, Some(now())));
    });
}

#[test]
fn w13_expired_from_the_moment_the_body_is_dropped() {
    run(async {
        let log = Log::default();
        let scope = TimeoutScope::new(Some(ms(10)));
        let say = || log.say(scope.expired().to_string());
        say();
        let body = scope.run(async {
            let _guard = OnDrop(say);
            say();
            pending::<()>().await;
        });
        assert!(body.await.is_err());
        say();
        assert_eq!(log.take(), "false false true true");
    });
}

#[test]
fn w14_a_deadline_that_has_passed_lets_the_body_run_up_to_its_first_wait() {
    run(async {
        sleep(ms(10)).await;
        for deadline in [Instant::default(), now()] {
            let scope = TimeoutScope::at(Some(deadline));
            assert_eq!(scope.run(async { 1 }).await, Ok(1));
            assert!(!scope.expired());
            let log = Log::default();
            let scope = TimeoutScope::at(Some(deadline));
            let body = scope.run(async {
                log.say("begun");
                pending::<()>().await;
            });
            assert_eq!(body.await, Err(Elapsed { deadline }));
            assert_eq!((log.take().as_str(), at(), scope.expired()), ("begun", 10, true));
        }
        let zero = timeout_scope(Some(Duration::ZERO), async |scope| {
            assert_eq!(scope.when(), Some(now()));
            pending::<()>().await;
        });
        assert!(zero.await.is_err());
    });
}

#[test]
fn w15_leaving_it_in_any_way_disarms() {
    run(async {
        let scope = TimeoutScope::new(Some(ms(10)));
        let work = create_task(async move { scope.run(sleep(ms(100))).await });
        yield_now().await;
        assert_eq!(armed(), 2);
        work.cancel();
        assert!(work.await.is_err());
        assert_eq!(armed(), 0);

        let panics = create_task(timeout_scope(Some(ms(10)), async |_| {
            sleep(ms(1)).await;
            resume_unwind(Box::new("on purpose"));
        }));
        assert!(panics.await.is_err());
        assert_eq!((armed(), at()), (0, 1));
    });
}

#[test]
fn w18_a_scope_serves_once_and_cannot_be_moved_after_its_end() {
    run(async {
        let finished = TimeoutScope::new(Some(ms(10)));
        finished.reschedule(None).unwrap(); // before it begins it may be moved
        finished.run(async {}).await.unwrap();
        assert_eq!(finished.reschedule(Some(now())), Err(ScopeOver { expired: false }));
        assert_eq!(finished.when(), None);
        assert!(panic_text(|| drop(finished.run(async {}))).contains("serves once"));

        let expired = TimeoutScope::new(Some(ms(10)));
        assert!(expired.run(pending::<()>()).await.is_err());
        let over = expired.reschedule(None).unwrap_err();
        assert_eq!(over, ScopeOver { expired: true });
        assert_eq!(over.to_string(), "the timeout scope is over (its time was): its deadline cannot be moved any more");
        assert_eq!(expired.when(), Some(now()));

        let dropped = TimeoutScope::new(Some(ms(10)));
        drop(dropped.run(async {}));
        assert_eq!(dropped.reschedule(None), Err(ScopeOver { expired: false }));
    });
}

#[test]
fn w21_at_takes_the_loop_s_own_time_and_needs_no_task() {
    let scope = TimeoutScope::at(Some(Instant::from_nanos(5_000_000)));
    run(async {
        assert!(scope.run(pending::<()>()).await.is_err());
        assert_eq!(at(), 5);
    });
    assert!(scope.expired());
    assert!(panic_text(|| drop(TimeoutScope::new(Some(ms(1))))).contains("TimeoutScope::new()"));
    assert_eq!(TimeoutScope::new(None).when(), None);
}

#[test]
fn w22_work_that_is_done_in_the_moment_of_the_deadline_wins() {
    run(async {
        assert_eq!(timeout_scope(Some(ms(10)), async |_| sleep(ms(10)).await).await, Ok(()));
    });
}

#[test]
fn its_time_counts_from_its_creation() {
    run(async {
        let scope = TimeoutScope::new(Some(ms(10)));
        sleep(ms(8)).await;
        assert!(scope.run(sleep(ms(5))).await.is_err());
        assert_eq!(at(), 10);
    });
}

#[test]
fn pitfall_17_a_combinator_that_never_waits_sees_the_end_of_a_scope_and_of_a_tick() {
    run_with(|clock| async move {
        let scope = TimeoutScope::new(Some(ms(10)));
        let mut beat = interval_at(now() + ms(30), ms(1));
        let (mut scoped, mut tick) = (pin!(scope.run(pending::<()>())), pin!(beat.tick()));
        let mut ends = Vec::new();
        poll_fn(|cx| {
            while scoped.as_mut().poll(cx).is_pending() {
                clock.block_for(ms(4));
            }
            ends.push(at());
            while tick.as_mut().poll(cx).is_pending() {
                clock.block_for(ms(4));
            }
            ends.push(at());
            Poll::Ready(())
        })
        .await;
        assert_eq!(ends, [12, 32]);
    });
}

#[test]
fn pitfall_31_limits_without_end_never_end() {
    run(async {
        let scope = TimeoutScope::new(Some(Duration::MAX));
        assert_eq!(scope.run(sleep(ms(5))).await, Ok(()));
        let moved = timeout_scope(Some(ms(10)), async |scope| {
            scope.reschedule(Some(now() + Duration::MAX)).unwrap();
            sleep(ms(50)).await;
        });
        assert_eq!((moved.await, at(), armed()), (Ok(()), 55, 0));
    });
}

#[test]
fn another_task_moves_it_nearer_away_and_off() {
    run(async {
        let scope = Rc::new(TimeoutScope::new(Some(ms(100))));
        let inside = scope.clone();
        let work = create_task(async move { inside.run(pending::<()>()).await });
        yield_now().await;
        scope.reschedule(None).unwrap();
        sleep(ms(500)).await;
        assert_eq!((work.is_done(), armed()), (false, 0));
        scope.reschedule(Some(now() + ms(100))).unwrap();
        sleep(ms(50)).await;
        scope.reschedule(Some(now() + ms(200))).unwrap();
        sleep(ms(100)).await;
        assert!(!work.is_done());
        scope.reschedule(Some(now() + ms(1))).unwrap();
        assert_eq!(work.await.unwrap(), Err(Elapsed { deadline: now() }));
        assert_eq!(at(), 651);
    });
}

/// Counts how often a timer is armed.
#[derive(Default)]
struct Armings(Cell<u32>);

impl Observer for Armings {
    fn event(&self, event: &Event<'_>) {
        let armed = matches!(event, Event::Reactor(reactor::Event::TimerArm { .. }));
        self.0.set(self.0.get() + u32::from(armed));
    }
}

#[test]
fn moved_away_a_thousand_times_it_arms_no_timer() {
    let armings = Rc::new(Armings::default());
    let builder = Runtime::builder().clock(Clock::new_virtual()).observer(armings.clone());
    builder
        .build()
        .unwrap()
        .block_on(timeout_scope(None, async |scope| {
            scope.reschedule(Some(now() + ms(1000))).unwrap();
            for _ in 0..1000 {
                scope.reschedule(Some(now() + ms(1000))).unwrap();
                yield_now().await;
            }
        }))
        .unwrap()
        .unwrap();
    assert_eq!(armings.0.get(), 1);
}

#[test]
fn behind_a_foreign_combinator_many_scopes_end_each_in_its_time() {
    run(async {
        let scopes: Vec<TimeoutScope> = (0..20).map(|nth| TimeoutScope::new(Some(ms(100 - nth)))).collect();
        let mut work: FuturesUnordered<_> = scopes
            .iter()
            .enumerate()
            .map(|(nth, scope)| async move { (nth, scope.run(pending::<()>()).await) })
            .collect();
        // From outside, while the combinator holds wakers of its own.
        assert!(futures_util::poll!(work.next()).is_pending());
        scopes[7].reschedule(Some(now() + ms(1))).unwrap();
        let mut order = Vec::new();
        while let Some((nth, result)) = work.next().await {
            assert!(result.is_err());
            order.push(nth);
        }
        let expected: Vec<usize> = [7].into_iter().chain((0..20).rev().filter(|nth| *nth != 7)).collect();
        assert_eq!(order, expected);
        assert_eq!(armed(), 0);
    });
}
