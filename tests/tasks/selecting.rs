//! `select!` and `race!`.

use std::future::{pending, ready};

use glassloop::{Queue, create_task, race, select, sleep, yield_now};

use crate::common::{Log, at, ms, run};

#[test]
fn the_first_to_be_ready_wins_and_the_others_are_dropped_before_its_arm_runs() {
    run(async {
        let log = Log::default();
        let guard = log.on_drop("loser dropped");
        let loser = async move {
            let _guard = guard;
            pending::<u32>().await
        };
        let won = select! {
            value = loser => value,
            () = sleep(ms(5)) => {
                log.say("arm");
                7
            }
        };
        assert_eq!((won, log.take().as_str(), at()), (7, "loser dropped arm", 5));
    });
}

#[test]
fn fair_by_default_and_in_order_when_biased() {
    run(async {
        let mut wins = [0; 3];
        for _ in 0..300 {
            wins[race!(ready(0), ready(1), ready(2)).await] += 1;
            yield_now().await;
        }
        assert!(wins.iter().all(|count| (50..200).contains(count)), "{wins:?}");
        for _ in 0..20 {
            assert_eq!(race!(biased; pending(), ready(1), ready(2)).await, 1);
            yield_now().await;
        }
    });
}

#[test]
fn borrowed_futures_can_be_selected_on_again_and_arms_may_use_break_and_question_mark() {
    run(async {
        let queue = Queue::new();
        let items = queue.clone();
        create_task(async move {
            for item in 0..3 {
                sleep(ms(10)).await;
                items.put_nowait(item).unwrap();
            }
        })
        .detach();
        let mut end = sleep(ms(25));
        let mut got = Vec::new();
        let result: Result<(), String> = async {
            loop {
                select! {
                    biased;
                    () = &mut end => break Ok(()),
                    item = queue.get() => got.push(item.unwrap()),
                }
            }
        }
        .await;
        assert_eq!((result, got, at()), (Ok(()), vec![0, 1], 25));
    });
}

#[test]
fn up_to_eight_arms_with_patterns() {
    run(async {
        let which = select! {
            _ = pending::<()>() => 1, _ = pending::<()>() => 2, _ = pending::<()>() => 3, _ = pending::<()>() => 4,
            _ = pending::<()>() => 5, _ = pending::<()>() => 6, _ = pending::<()>() => 7, (eight, _) = ready((8, ())) => eight,
        };
        assert_eq!(which, 8);
        assert_eq!(race!(ready(1)).await, 1);
    });
}
