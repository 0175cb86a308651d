//! A loop that runs inside a poll of another, and touches what belongs to that one: each is told of its own, and of nothing else.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use glassloop::{
    Clock, Event, Lock, Queue, Runtime, Task, create_task, create_task_named, sleep, timeout, trace, yield_now,
};

use crate::Replay;

/// What the outer loop lends to the inner one.
struct Lent {
    queue: Queue<u64>,
    lock: Lock<u64>,
    event: Event,
    tasks: Vec<Task<()>>,
}

/// Polls it once, with nobody to wake.
fn poll_once(future: impl Future) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

async fn inside(lent: &mut Lent, step: u32) {
    let moment = Duration::from_millis(5);
    match step {
        0 => {
            let _ = timeout(moment, lent.queue.get()).await;
        }
        1 => lent.queue.put(1).await.expect("nobody shuts it down"),
        2 => drop(lent.queue.get_nowait()),
        3 => drop(timeout(moment, lent.lock.acquire()).await),
        4 => lent.event.set(),
        5 => {
            let _ = timeout(moment, lent.event.wait()).await;
        }
        6 => drop(lent.tasks.pop()),
        7 => drop(lent.tasks.pop().map(|task| task.cancel())),
        8 => drop(timeout(moment, lent.tasks.pop().expect("there are enough")).await),
        9 => poll_once(sleep(moment)),
        10 => drop(create_task(async {}).await),
        _ => {
            let _guard = lent.lock.acquire().await;
            yield_now().await;
        }
    }
}

async fn outside(observer: Rc<Replay>, step: u32) {
    let sleeper = || create_task_named("sleeper", sleep(Duration::from_secs(1)));
    let (queue, lock, event) = (Queue::new().named("lent"), Lock::with_value(0), Event::new());
    let waits = [
        create_task({
            let queue = queue.clone();
            async move {
                let _ = timeout(Duration::from_secs(1), queue.get()).await;
            }
        }),
        create_task({
            let event = event.clone();
            async move {
                let _ = timeout(Duration::from_secs(1), event.wait()).await;
            }
        }),
    ];
    let mut lent = Lent { queue, lock, event, tasks: vec![sleeper(), sleeper(), sleeper()] };
    yield_now().await;
    let mut nap = Some(Box::pin(sleep(Duration::from_secs(2))));
    poll_once(nap.as_mut().expect("a nap"));
    let span = Cell::new(Some(trace::span("outer")));
    let inner = Runtime::builder().clock(Clock::new_virtual()).observer(observer).on_report(|_| {}).build();
    inner
        .expect("a loop")
        .block_on(async {
            drop(span.take());
            if step.is_multiple_of(2) {
                drop(nap.take());
            }
            inside(&mut lent, step).await;
        })
        .expect("no deadlock");
    drop(nap);
    for task in lent.tasks {
        task.cancel();
    }
    for wait in waits {
        drop(wait.await);
    }
}

#[test]
fn each_of_two_nested_loops_is_told_of_its_own() {
    for step in 0..=11 {
        let [outer, inner] = [(); 2].map(|()| Rc::new(Replay::default()));
        let builder = Runtime::builder().clock(Clock::new_virtual()).observer(outer.clone()).on_report(|_| {});
        let runtime = builder.build().expect("a loop");
        runtime.block_on(outside(inner.clone(), step)).expect("no deadlock");
        drop(runtime);
        outer.check(&format!("step {step}, the outer loop"));
        inner.check(&format!("step {step}, the inner loop"));
    }
}
