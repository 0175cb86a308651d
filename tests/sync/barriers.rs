//! `Barrier`.

use glassloop::{Barrier, BrokenBarrier, Task, ZeroParties, create_task, gather, timeout, yield_now};

use crate::common::{Log, ms, poll_once, run};

fn party(barrier: &Barrier, log: &Log, name: &'static str) -> Task<Result<usize, BrokenBarrier>> {
    let (barrier, log) = (barrier.clone(), log.clone());
    create_task(async move {
        let index = barrier.wait().await;
        match index {
            Ok(index) => log.say(format!("{name}{index}")),
            Err(BrokenBarrier) => log.say(format!("{name}-broken")),
        }
        index
    })
}

#[test]
fn b0_a_barrier_of_nobody_is_an_error() {
    assert_eq!(Barrier::new(0).unwrap_err(), ZeroParties);
    assert_eq!(ZeroParties.to_string(), "a barrier needs at least one party, and was made for 0");
}

#[test]
fn b1_nobody_passes_before_the_last_and_the_last_passes_first() {
    run(async {
        let (barrier, log) = (Barrier::new(3).unwrap(), Log::default());
        let waiting = ["A", "B"].map(|name| party(&barrier, &log, name));
        yield_now().await;
        assert_eq!((barrier.waiting(), log.take().as_str()), (2, ""));
        assert_eq!(barrier.wait().await, Ok(2));
        log.say("C2");
        gather(waiting).await;
        assert_eq!((log.take().as_str(), barrier.waiting()), ("C2 A0 B1", 0));
    });
}

#[test]
fn b2_it_is_used_again_and_again() {
    run(async {
        let barrier = Barrier::new(2).unwrap();
        let rounds = gather((0..2).map(|_| {
            let barrier = barrier.clone();
            async move {
                let mut sum = 0;
                for _ in 0..100 {
                    sum += barrier.wait().await.unwrap();
                }
                sum
            }
        }))
        .await;
        assert_eq!(rounds.iter().sum::<usize>(), 100);
    });
}

/// As asyncio has it: the one that comes back first is not the first of the next round, as the others have not left yet.
#[test]
fn b2_who_comes_while_others_leave_waits_until_they_have_left() {
    run(async {
        let (barrier, log) = (Barrier::new(2).unwrap(), Log::default());
        let parties = ["A", "B"].map(|name| {
            let (barrier, log) = (barrier.clone(), log.clone());
            create_task(async move {
                for _ in 0..2 {
                    log.say(format!("{name}{}", barrier.wait().await.unwrap()));
                }
            })
        });
        gather(parties).await;
        assert_eq!(log.take(), "B1 A0 B1 A0");
    });
}

#[test]
fn b3_abort_breaks_it_for_who_waits_and_for_who_comes() {
    run(async {
        let (barrier, log) = (Barrier::new(3).unwrap(), Log::default());
        let waiting = ["A", "B"].map(|name| party(&barrier, &log, name));
        yield_now().await;
        barrier.abort();
        assert!(barrier.is_broken());
        gather(waiting).await;
        assert_eq!(log.take(), "A-broken B-broken");
        assert_eq!(barrier.wait().await, Err(BrokenBarrier));
    });
}

#[test]
fn b4_reset_mends_and_sends_away_who_waits() {
    run(async {
        let (barrier, log) = (Barrier::new(2).unwrap(), Log::default());
        barrier.abort();
        barrier.reset();
        assert!(!barrier.is_broken());
        let sent_away = party(&barrier, &log, "A");
        yield_now().await;
        barrier.reset();
        let next = party(&barrier, &log, "B"); // waits until A has left, and comes in then
        assert_eq!(sent_away.await.unwrap(), Err(BrokenBarrier));
        yield_now().await;
        assert_eq!(barrier.wait().await, Ok(1));
        assert_eq!(next.await.unwrap(), Ok(0));
        assert_eq!(log.take(), "A-broken B0");
    });
}

#[test]
fn b5_a_cancelled_waiter_just_leaves_and_no_number_comes_twice() {
    run(async {
        let (barrier, log) = (Barrier::new(3).unwrap(), Log::default());
        let [a, b] = ["A", "B"].map(|name| party(&barrier, &log, name));
        yield_now().await;
        a.cancel();
        assert!(a.await.is_err());
        assert_eq!((barrier.waiting(), barrier.is_broken()), (1, false));
        let c = party(&barrier, &log, "C");
        yield_now().await;
        assert_eq!(barrier.wait().await, Ok(2));
        gather([b, c]).await;
        assert_eq!(log.take(), "B0 C1"); // asyncio says B1 C1 here
        assert!(timeout(ms(1), barrier.wait()).await.is_err());
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn b5_one_that_is_dropped_when_all_had_arrived_does_not_keep_the_others() {
    run(async {
        let barrier = Barrier::new(3).unwrap();
        let (mut a, mut b) = (barrier.wait(), barrier.wait());
        assert!(poll_once(&mut a).is_pending() && poll_once(&mut b).is_pending());
        assert_eq!(barrier.wait().await, Ok(2));
        drop(a);
        assert!(poll_once(&mut b).is_ready());
        let mut next = barrier.wait();
        assert!(poll_once(&mut next).is_pending());
        assert_eq!(format!("{barrier:?}"), "Barrier { parties: 3, inside: 1, phase: Filling }");
    });
}
