//! Random schedules with cancels for what waits without owning: `shield`, `select!`, `race!`, `CancelToken`. Plainly and under combinators with wakers
//! of their own; cancels come at half milliseconds, so that it is clear what came before.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::{Either, select as either};
use futures_util::stream::FuturesUnordered;
use glassloop::{
    CancelToken, Instant, JoinError, Queue, Shield, Sleep, Task, create_task, now, race, select, shield, sleep,
    sleep_forever, sleep_until, timeout, yield_now,
};

use crate::common::{Random, ms};
use crate::schedules::each;

/// Awaits plainly, or behind a combinator with wakers of its own, beside one that is never ready, or with another one's wakes.
pub(crate) async fn somehow<F: Future>(random: &Random, future: F) -> F::Output {
    match random.below(4) {
        0 => future.await,
        1 => FuturesUnordered::from_iter([future]).next().await.expect("one"),
        2 => match either(pending::<()>(), Box::pin(future)).await {
            Either::Right((output, _)) => output,
            Either::Left(_) => unreachable!(),
        },
        _ => {
            // Polled more often than it is woken.
            let wakes = async {
                for _ in 0..random.below(3) {
                    yield_now().await;
                }
            };
            match either(Box::pin(future), Box::pin(wakes)).await {
                Either::Left((output, _)) => output,
                Either::Right(((), future)) => future.await,
            }
        }
    }
}

/// Half a millisecond after so many, counted from `start`, which is a whole one.
fn half_after(start: Instant, millis: u64) -> Sleep {
    sleep_until(start + ms(millis) + ms(1) / 2)
}

/// The next whole millisecond.
pub(crate) async fn whole() -> Instant {
    let start = Instant::from_nanos(now().as_nanos().next_multiple_of(1_000_000));
    sleep_until(start).await;
    start
}

/// Milliseconds since `start`.
fn since(start: Instant) -> f64 {
    (now() - start).as_secs_f64() * 1000.0
}

#[derive(Default)]
struct Inner {
    begun: Cell<bool>,
    ended: Cell<bool>,
    dropped: Cell<u32>,
}

struct CountsDrop(Rc<Inner>);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.dropped.set(self.0.dropped.get() + 1);
    }
}

fn work(random: &Random, number: u64) -> (Shield<u64>, Rc<Inner>) {
    let (inner, time) = (Rc::new(Inner::default()), random.below(8));
    let counts = CountsDrop(inner.clone());
    let shield = shield(async move {
        counts.0.begun.set(true);
        match time {
            0 => {}
            1 => yield_now().await,
            _ => sleep(ms(time)).await,
        }
        counts.0.ended.set(true);
        number
    });
    (shield, inner)
}

#[test]
fn shielded_work_ends_once_whoever_goes() {
    let (gone, patient) = (Cell::new(0), Cell::new(0));
    each(async |random| {
        let mut works = Vec::new();
        for number in 0..1 + random.below(4) {
            let (shield, inner) = work(&random, number);
            let handle = shield.task().handle();
            let dice = random.clone();
            let caller = create_task(async move {
                let mut shield = shield;
                // Given up some times, wherever it waits, and then awaited to its end.
                for _ in 0..dice.below(3) {
                    let limit = ms(dice.below(4));
                    if let Ok(ended) = timeout(limit, somehow(&dice, &mut shield)).await {
                        return ended;
                    }
                }
                somehow(&dice, shield).await
            });
            works.push((number, inner, handle, caller));
        }
        // Each caller, and each inner task, has one chance in three to be cancelled, callers before or after the inner task.
        for (_, _, handle, caller) in &works {
            half_after(whole().await, random.below(3)).await;
            if random.below(3) == 0 && caller.cancel() {
                gone.set(gone.get() + 1);
            }
            if random.below(3) == 0 {
                handle.cancel();
            }
        }
        for (number, inner, handle, caller) in works {
            let cancelled = matches!(caller.await, Err(JoinError::Cancelled { .. }));
            if !cancelled {
                patient.set(patient.get() + 1);
            }
            while !handle.is_done() {
                sleep(ms(1)).await;
            }
            assert_eq!(inner.ended.get(), !handle.is_cancelled(), "work {number}");
            assert_eq!(inner.dropped.get(), 1, "work {number}");
        }
    });
    assert!(gone.get() > 1000 && patient.get() > 1000, "{gone:?} {patient:?}");
}

#[test]
fn shielded_work_gives_its_result_or_says_that_it_was_cancelled() {
    each(async |random| {
        let (mut shield, inner) = work(&random, 7);
        let handle = shield.task().handle();
        let canceller = (random.below(3) == 0).then(|| {
            let (handle, time) = (handle.clone(), random.below(6));
            create_task(async move {
                half_after(whole().await, time).await;
                handle.cancel();
            })
        });
        let mut result = None;
        for _ in 0..random.below(4) {
            if result.is_none() {
                result = timeout(ms(random.below(4)), somehow(&random, &mut shield)).await.ok();
            }
        }
        let result = match result {
            Some(result) => result,
            None => somehow(&random, shield).await,
        };
        match result {
            Ok(value) => assert!(value == 7 && inner.ended.get()),
            Err(error) => assert!(error.is_cancelled() && handle.is_cancelled() && !inner.ended.get()),
        }
        if let Some(canceller) = canceller {
            canceller.await.unwrap();
        }
    });
}

/// Two queues, whose items come in at random times.
struct Inflow {
    queues: [Queue<u64>; 2],
    count: [u64; 2],
}

impl Inflow {
    fn start(random: &Random) -> Inflow {
        let inflow = Inflow { queues: [Queue::new(), Queue::new()], count: [random.below(5), random.below(5)] };
        for (queue, count) in inflow.queues.iter().zip(inflow.count) {
            let (queue, pauses) = (queue.clone(), (0..count).map(|_| random.below(4)).collect::<Vec<_>>());
            create_task(async move {
                for (item, pause) in (0..).zip(pauses) {
                    match pause {
                        0 => {}
                        1 => yield_now().await,
                        _ => sleep(ms(pause)).await,
                    }
                    queue.put_nowait(item).unwrap();
                }
            })
            .detach();
        }
        inflow
    }
}

/// One item, with the number of its queue; `None` when the time is over.
async fn one_item(random: &Random, queues: &[Queue<u64>; 2], end: &mut Sleep) -> Option<(usize, u64)> {
    let [first, second] = queues;
    match random.below(4) {
        0 => select! {
            item = first.get() => Some((0, item.unwrap())),
            item = second.get() => Some((1, item.unwrap())),
            () = &mut *end => None,
        },
        1 => {
            let got = select! {
                biased;
                item = first.get() => Some((0, item.unwrap())),
                item = second.get() => Some((1, item.unwrap())),
                () = &mut *end => None,
            };
            assert!(matches!(got, Some((0, _))) || first.is_empty(), "the first goes first");
            got
        }
        2 => {
            race!(
                async { Some((0, first.get().await.unwrap())) },
                async { Some((1, second.get().await.unwrap())) },
                async {
                    (&mut *end).await;
                    None
                }
            )
            .await
        }
        _ => {
            let (one, two) = (pin!(async { Some((0, first.get().await.unwrap())) }), pin!(second.get()));
            select! {
                item = one => item,
                item = async { Some((1, two.await.unwrap())) } => item,
                () = somehow(random, &mut *end) => None,
            }
        }
    }
}

#[test]
fn selects_lose_no_item_and_no_wake_up() {
    let timeouts = Cell::new(0);
    each(async |random| {
        let inflow = Inflow::start(&random);
        let mut next = [0; 2];
        while next != inflow.count {
            // Dropped wherever it waits, ended by its own last arm, or without any limit.
            let mut end = if random.below(3) == 0 { sleep(ms(random.below(5))) } else { sleep_forever() };
            let item = somehow(&random, one_item(&random, &inflow.queues, &mut end));
            let got = match random.below(3) {
                0 => timeout(ms(random.below(5)), item).await.ok().flatten(),
                _ => item.await,
            };
            match got {
                Some((queue, item)) => {
                    assert_eq!(item, next[queue], "in the order of its queue");
                    next[queue] += 1;
                }
                None => timeouts.set(timeouts.get() + 1),
            }
        }
        assert!(inflow.queues.iter().all(Queue::is_empty));
    });
    assert!(timeouts.get() > 1000, "{timeouts:?}");
}

#[test]
fn races_of_borrowed_tasks_give_each_result_once() {
    each(async |random| {
        let start = |number: u64| {
            let time = random.below(5);
            create_task(async move {
                match time {
                    0 => {}
                    1 => yield_now().await,
                    _ => sleep(ms(time)).await,
                }
                number
            })
        };
        let (mut tasks, mut given): (Vec<Task<u64>>, Vec<u64>) = ((0..4).map(start).collect(), Vec::new());
        if random.below(3) == 0 {
            tasks[random.below(4) as usize].cancel_with("by lot");
        }
        let cancelled = |outcome: Result<u64, JoinError>| {
            outcome.unwrap_or_else(|error| {
                assert_eq!(error.reason(), Some("by lot"));
                9
            })
        };
        while tasks.len() >= 2 {
            let (mut one, mut two) = (tasks.remove(0), tasks.remove(0));
            let limit = if random.below(2) == 0 { sleep(ms(random.below(4))) } else { sleep_forever() };
            let race = async {
                if random.below(2) == 0 {
                    race!(biased; async { (0, (&mut one).await) }, async { (1, (&mut two).await) }).await
                } else {
                    race!(async { (0, (&mut one).await) }, async { (1, (&mut two).await) }).await
                }
            };
            let won = select! {
                biased;
                won = somehow(&random, race) => Some(won),
                () = limit => None,
            };
            match won {
                Some((0, value)) => {
                    given.push(cancelled(value));
                    tasks.push(two);
                }
                Some((_, value)) => {
                    given.push(cancelled(value));
                    tasks.push(one);
                }
                None => tasks.extend([one, two]),
            }
        }
        given.push(cancelled(somehow(&random, tasks.remove(0)).await));
        let (mut expected, mut seen) = ((0..4).collect::<Vec<_>>(), given.clone());
        seen.sort_unstable();
        if seen.last() == Some(&9) {
            expected.retain(|number| given.contains(number));
            expected.push(9);
        }
        assert_eq!(seen, expected);
    });
}

/// A token, when it is to be cancelled, and when it hears of it: from itself or from above.
struct Planned {
    token: Option<CancelToken>,
    own: Option<u64>,
    hears: Option<u64>,
}

fn plan(random: &Random) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for _ in 0..1 + random.below(6) {
        let parent = planned.get(random.below(1 + planned.len() as u64) as usize);
        let (token, above) = match parent {
            Some(parent) => (parent.token.as_ref().expect("not dropped as yet").child(), parent.hears),
            None => (CancelToken::new(), None),
        };
        let own = (random.below(3) == 0).then(|| random.below(8));
        let hears = own.into_iter().chain(above).min();
        planned.push(Planned { token: Some(token), own, hears });
    }
    planned
}

#[test]
fn tokens_wake_all_who_listen_when_they_are_cancelled_and_nobody_else() {
    let (heard, in_time) = (Cell::new(0), Cell::new(0));
    each(async |random| {
        let start = whole().await;
        let mut planned = plan(&random);
        let mut listeners = Vec::new();
        for _ in 0..random.below(8) {
            let whose = random.below(planned.len() as u64) as usize;
            let (token, hears) = (planned[whose].token.clone().unwrap(), planned[whose].hears);
            let (work, dice) = (1 + random.below(8), random.clone());
            let task = create_task(async move {
                // Listens, gives up, and listens again.
                for _ in 0..dice.below(3) {
                    let _ = timeout(ms(0), somehow(&dice, token.cancelled())).await;
                }
                let stopped = somehow(&dice, token.until_cancelled(sleep_until(start + ms(work)))).await.is_none();
                (work, stopped, since(start))
            });
            listeners.push((task, hears));
        }
        let mut cancels: Vec<(u64, CancelToken)> =
            planned.iter().filter_map(|plan| Some((plan.own?, plan.token.clone()?))).collect();
        cancels.sort_by_key(|(time, _)| *time);
        // Nobody but the listeners needs the others.
        for plan in &mut planned {
            plan.token = None;
        }
        for (time, token) in cancels {
            half_after(start, time).await;
            let new = !token.is_cancelled();
            assert!(token.cancel() == new && !token.cancel());
        }
        for (task, hears) in listeners {
            let (work, stopped, at) = task.await.unwrap();
            let hears = hears.filter(|time| *time < work);
            let expected = hears.map_or(work as f64, |time| time as f64 + 0.5);
            assert_eq!((stopped, at), (hears.is_some(), expected));
            heard.set(heard.get() + u32::from(stopped));
            in_time.set(in_time.get() + u32::from(!stopped));
        }
    });
    assert!(heard.get() > 2000 && in_time.get() > 2000, "{heard:?} {in_time:?}");
}
