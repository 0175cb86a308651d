//! `Event`.

use glassloop::{Event, Task, create_task, gather, timeout, yield_now};

use crate::common::{Log, ms, run};

fn waiter(event: &Event, log: &Log, name: &'static str) -> Task<()> {
    let (event, log) = (event.clone(), log.clone());
    create_task(async move {
        event.wait().await;
        log.say(format!("{name}:{}", event.is_set()));
    })
}

#[test]
fn e1_set_wakes_all_in_order_at_their_next_turn() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        let tasks = ["E1", "E2", "E3"].map(|name| waiter(&event, &log, name));
        yield_now().await;
        event.set();
        event.set();
        log.say("set");
        gather(tasks).await;
        assert_eq!(log.take(), "set E1:true E2:true E3:true");
    });
}

#[test]
fn e2_a_set_event_does_not_make_wait() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        event.set();
        let task = waiter(&event, &log, "other");
        event.wait().await;
        log.say("main");
        task.await.unwrap();
        assert_eq!(log.take(), "main other:true");
    });
}

#[test]
fn e3_set_and_cleared_at_once_still_wakes_who_waited() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        let tasks = ["E1", "E2"].map(|name| waiter(&event, &log, name));
        yield_now().await;
        event.set();
        event.clear();
        gather(tasks).await;
        assert_eq!(log.take(), "E1:false E2:false");
    });
}

#[test]
fn e4_who_comes_after_clear_waits() {
    run(async {
        let event = Event::default();
        event.set();
        event.clear();
        assert!(timeout(ms(5), event.wait()).await.is_err());
        event.set();
        assert!(timeout(ms(5), event.wait()).await.is_ok());
    });
}
