//! Random schedules against models that know nothing of tasks: what happened, and when, has to be the same. Cancels come at half milliseconds, so that it
//! is clear what came before.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use glassloop::{
    CallbackHandle, Instant, Interval, MissedTicks, TimeoutScope, call_at, call_later, create_task, interval, now,
    sleep, timeout, yield_now,
};

use crate::common::{Random, armed, at, ms, run};

const SCHEDULES: u64 = 10_000;

/// What happened, and at which millisecond.
type Happened = Vec<(u64, &'static str)>;

enum Step {
    Work(u64),
    /// Moves the deadline of the innermost scope: so far from now, or away.
    Move(Option<u64>),
    Scope(Option<u64>, Vec<Step>),
}

fn steps(random: &Random, depth: u32) -> Vec<Step> {
    let limit = |random: &Random| (random.below(4) > 0).then(|| 1 + random.below(12));
    let step = |_| match random.below(6) {
        0 if depth > 0 => Step::Move(limit(random)),
        1..=3 if depth < 4 => Step::Scope(limit(random), steps(random, depth + 1)),
        _ => Step::Work(1 + random.below(6)),
    };
    (0..random.below(5)).map(step).collect()
}

/// The end of the steps that begin at `at`: `Err` if the deadline cut them off.
fn model(steps: &[Step], mut at: u64, deadline: &mut Option<u64>, happened: &mut Happened) -> Result<u64, u64> {
    for step in steps {
        let (end, what, mut inside) = match step {
            Step::Move(limit) => {
                *deadline = limit.map(|limit| at + limit);
                continue;
            }
            Step::Work(time) => (at + time, "work", Happened::new()),
            Step::Scope(limit, steps) => {
                let (mut inner, mut inside) = (limit.map(|limit| at + limit), Happened::new());
                match model(steps, at, &mut inner, &mut inside) {
                    Ok(end) => (end, "in time", inside),
                    Err(end) => (end, "late", inside),
                }
            }
        };
        if let Some(deadline) = deadline.filter(|deadline| end > *deadline) {
            happened.extend(inside.into_iter().filter(|(at, _)| *at <= deadline));
            return Err(deadline);
        }
        happened.append(&mut inside);
        happened.push((end, what));
        at = end;
    }
    Ok(at)
}

struct Actor {
    random: Random,
    happened: RefCell<Happened>,
}

impl Actor {
    /// Awaits, one time in three each, plainly, or behind a combinator with wakers of its own, or behind one that polls more than this.
    async fn wait<F: Future>(&self, future: F) -> F::Output {
        match self.random.below(3) {
            0 => future.await,
            1 => FuturesUnordered::from_iter([future]).next().await.expect("one"),
            _ => match select(pending::<()>(), Box::pin(future)).await {
                Either::Right((output, _)) => output,
                Either::Left(_) => unreachable!(),
            },
        }
    }

    fn act<'s>(&'s self, steps: &'s [Step], scope: Option<&'s TimeoutScope>) -> Pin<Box<dyn Future<Output = ()> + 's>> {
        Box::pin(async move {
            for step in steps {
                let what = match step {
                    Step::Work(time) => {
                        self.wait(sleep(ms(*time))).await;
                        "work"
                    }
                    Step::Move(limit) => {
                        let scope = scope.expect("moves are made inside of scopes");
                        scope.reschedule(limit.map(|limit| now() + ms(limit))).expect("it has not ended");
                        continue;
                    }
                    Step::Scope(limit, steps) => {
                        let scope = TimeoutScope::new(limit.map(ms));
                        let outcome = self.wait(scope.run(self.act(steps, Some(&scope)))).await;
                        assert_eq!(scope.expired(), outcome.is_err());
                        if outcome.is_ok() { "in time" } else { "late" }
                    }
                };
                self.happened.borrow_mut().push((at(), what));
            }
        })
    }
}

#[test]
fn scopes_nested_moved_cancelled_and_behind_foreign_combinators() {
    let (mut late, mut cut) = (0, 0);
    for seed in 1..=SCHEDULES {
        run(async {
            let random = Random::new(seed);
            let mut actors = Vec::new();
            for nth in 0..3 {
                let steps = steps(&random, 0);
                let mut expected = Happened::new();
                let end = model(&steps, 0, &mut None, &mut expected).expect("no deadline outside of scopes");
                let cancelled = (random.below(2) == 0).then(|| random.below(end + 1));
                let actor = Rc::new(Actor { random: Random::new(seed * 3 + nth), happened: RefCell::default() });
                let own = actor.clone();
                let task = create_task(async move { own.act(&steps, None).await });
                if let Some(at) = cancelled {
                    expected.retain(|(moment, _)| *moment <= at);
                }
                actors.push((actor, task, cancelled, expected));
            }
            actors.sort_by_key(|(_, _, cancelled, _)| *cancelled);
            for (_, task, cancelled, _) in &actors {
                if let Some(at) = cancelled {
                    // A yield, so that what began in this moment has begun.
                    timeout(Instant::from_nanos(at * 1_000_000 + 500_000) - now(), pending::<()>()).await.unwrap_err();
                    cut += u32::from(task.cancel());
                }
            }
            for (actor, task, _, expected) in actors {
                let _ = task.await;
                assert_eq!(*actor.happened.borrow(), expected, "schedule {seed}");
                late += expected.iter().filter(|(_, what)| *what == "late").count();
            }
            assert_eq!(armed(), 0, "schedule {seed}");
        });
    }
    assert!(late > 2_000 && cut > 2_000, "the schedules did too little: {late} late, {cut} cancelled");
}

/// Somebody else moves the deadline while the work waits.
#[test]
fn scopes_moved_from_outside() {
    for seed in 1..=SCHEDULES {
        run(async {
            let random = Random::new(seed);
            let (limit, work) = ((random.below(4) > 0).then(|| 1 + random.below(20)), 1 + random.below(40));
            let scope = Rc::new(TimeoutScope::new(limit.map(ms)));
            let inside = scope.clone();
            let task = create_task(async move { inside.run(sleep(ms(work))).await.is_ok() });
            let (mut deadline, mut moment) = (limit, 0);
            for _ in 0..random.below(6) {
                moment += random.below(8);
                sleep(Instant::from_nanos(moment * 1_000_000 + 500_000) - now()).await;
                let to = (random.below(5) > 0).then(|| moment + 1 + random.below(20));
                let over = work <= moment || deadline.is_some_and(|deadline| deadline <= moment);
                assert_eq!(scope.reschedule(to.map(|to| Instant::from_nanos(to * 1_000_000))).is_err(), over);
                if over {
                    break;
                }
                deadline = to;
            }
            let in_time = deadline.is_none_or(|deadline| work <= deadline);
            let end = if in_time { work } else { deadline.expect("a deadline") };
            assert_eq!((task.await.unwrap(), scope.expired()), (in_time, !in_time), "schedule {seed}");
            assert!(at() >= end && (at() == end || moment >= end), "schedule {seed}: at {} not {end}", at());
            assert_eq!(armed(), 0);
        });
    }
}

#[test]
fn intervals_with_work_between_dropped_ticks_and_each_policy() {
    for seed in 1..=SCHEDULES {
        run(async {
            let random = Random::new(seed);
            let missed = [MissedTicks::Burst, MissedTicks::Delay, MissedTicks::Skip][random.below(3) as usize];
            let period = 1 + random.below(5);
            let mut beat: Interval = interval(ms(period)).missed_ticks(missed);
            let (mut clock, mut next) = (0, 0);
            for _ in 0..20 {
                let limit = random.below(8);
                match random.below(4) {
                    0 => {
                        sleep(ms(limit)).await;
                        clock += limit;
                    }
                    kind => {
                        // A tick that is due has to wait for its turn, for which a limit of zero leaves no time.
                        let ticks = kind > 1 || (limit > 0 && next <= clock + limit);
                        let tick = if kind > 1 { Ok(beat.tick().await) } else { timeout(ms(limit), beat.tick()).await };
                        assert_eq!(tick.ok(), ticks.then(|| Instant::from_nanos(next * 1_000_000)), "schedule {seed}");
                        clock = if ticks { clock.max(next) } else { clock + limit };
                        if ticks {
                            let late = clock >= next + period;
                            match missed {
                                MissedTicks::Delay if late => next = clock + period,
                                MissedTicks::Skip => {
                                    next = (next..).step_by(period as usize).find(|at| *at > clock).unwrap()
                                }
                                _ => next += period,
                            }
                        }
                    }
                }
                assert_eq!((at(), armed()), (clock, 0), "schedule {seed}, {missed:?}");
            }
        });
    }
}

/// Callbacks that are to come: by deadline, then by arming.
#[derive(Default)]
struct Callbacks {
    waiting: RefCell<BTreeSet<(Instant, usize)>>,
    handles: RefCell<Vec<CallbackHandle>>,
}

/// Arms one at an odd time, as the driver acts at even times; it arms up to `more` others when it is called.
fn arm(callbacks: &Rc<Callbacks>, random: &Rc<Random>, delay: u64, more: u64) {
    let (when, nth) = (now() + ms(delay), callbacks.handles.borrow().len());
    let (in_callback, chance) = (callbacks.clone(), random.clone());
    let callback = move || {
        let first = in_callback.waiting.borrow_mut().pop_first();
        assert_eq!(first, Some((when, nth)), "out of turn");
        assert_eq!(now(), when);
        for _ in 0..chance.below(more + 1) {
            arm(&in_callback, &chance, 2 * chance.below(5), more - 1);
        }
    };
    callbacks.waiting.borrow_mut().insert((when, nth));
    let boxed: Box<dyn FnOnce()> = Box::new(callback);
    let handle = if random.below(2) == 0 { call_at(when, boxed) } else { call_later(ms(delay), boxed) };
    callbacks.handles.borrow_mut().push(handle);
}

#[test]
fn callbacks_armed_by_callbacks_and_cancelled() {
    let (mut called, mut cancelled) = (0, 0);
    for seed in 1..=SCHEDULES {
        run(async {
            let (callbacks, random) = (Rc::new(Callbacks::default()), Rc::new(Random::new(seed)));
            for _ in 0..10 {
                match random.below(3) {
                    0 => sleep(ms(2 * random.below(6))).await,
                    1 => arm(&callbacks, &random, 1 + 2 * random.below(8), 2),
                    _ => {
                        let handles = callbacks.handles.borrow();
                        let nth = random.below(handles.len().max(1) as u64) as usize;
                        if let Some(handle) = handles.get(nth) {
                            let key = (handle.when().expect("a timer"), nth);
                            let waiting = callbacks.waiting.borrow_mut().remove(&key);
                            assert_eq!(handle.cancel(), waiting, "schedule {seed}");
                            cancelled += u32::from(waiting);
                        }
                    }
                }
            }
            assert_eq!(armed(), callbacks.waiting.borrow().len());
            sleep(Duration::from_secs(1)).await;
            yield_now().await;
            assert!(callbacks.waiting.borrow().is_empty(), "schedule {seed}: not called");
            called += callbacks.handles.borrow().iter().filter(|handle| !handle.cancelled()).count();
        });
    }
    assert!(
        called > 20_000 && cancelled > 5_000,
        "the schedules did too little: {called} called, {cancelled} cancelled"
    );
}
