//! Under combinators that poll with wakers of their own.

use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use glassloop::{CancelToken, ReturnWhen, TaskGroup, as_completed, create_task, race, shield, sleep, wait};

use crate::common::{ms, run};

async fn after(time: u64) -> u64 {
    sleep(ms(time)).await;
    time
}

/// A `wait` by value, a stream, a group, a shield and a race: each gives `n`.
async fn one(kind: u64, n: u64) -> u64 {
    match kind {
        0 => {
            let waited = wait([create_task(after(n)), create_task(after(n + 50))], ReturnWhen::FirstCompleted).await;
            waited.done.into_iter().next().unwrap().await.unwrap()
        }
        1 => {
            let mut ended = as_completed([create_task(after(n + 50)), create_task(after(n))]);
            ended.next().await.unwrap().await.unwrap()
        }
        2 => {
            let scope = TaskGroup::<String>::scope(async |group| {
                let child = group.spawn(async move { Ok(after(n).await) }).unwrap();
                Ok(child.await.unwrap().unwrap())
            });
            scope.await.unwrap()
        }
        3 => shield(after(n)).await.unwrap(),
        4 => race!(after(n), after(n + 50)).await,
        _ => {
            let token = CancelToken::new();
            let stop = token.clone();
            create_task(async move {
                sleep(ms(n)).await;
                stop.cancel();
            })
            .detach();
            token.cancelled().await;
            n
        }
    }
}

#[test]
fn pitfall_18_in_futures_unordered_each_wake_reaches_its_own() {
    run(async {
        let mut all: FuturesUnordered<_> = (0..60).map(|n| one(n % 6, n + 1)).collect();
        let mut got = Vec::new();
        while let Some(n) = all.next().await {
            got.push(n);
        }
        assert_eq!(got, (1..=60).collect::<Vec<_>>());
        assert_eq!(join_all((0..12).map(|n| one(n % 6, n))).await, (0..12).collect::<Vec<_>>());
    });
}

#[test]
fn under_select_the_loser_can_go_on() {
    run(async {
        for kind in 0..6 {
            let work = pin!(one(kind, 20));
            match select(work, pin!(sleep(ms(10)))).await {
                Either::Left(_) => panic!("{kind}: too early"),
                Either::Right(((), work)) => assert_eq!(work.await, 20, "{kind}"),
            }
        }
    });
}
