//! Tasks that await each other: who is told, and when.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use glassloop::{Clock, JoinError, Queue, Report, Runtime, Task, create_task_named, sleep, try_gather, yield_now};

use crate::common::{Log, Reports, ms};

pub(super) type Shared = Rc<RefCell<Option<Task<&'static str>>>>;

/// Awaits the task in `next`, leaving it where it is.
pub(super) async fn await_in_place(next: &Shared) -> Result<&'static str, JoinError> {
    poll_fn(|cx| Pin::new(next.borrow_mut().as_mut().unwrap()).poll(cx)).await
}

#[test]
fn a_gather_in_a_circle_that_ends_before_it_is_told_of_it() {
    let reports: Rc<RefCell<Vec<String>>> = Rc::default();
    let (queue, log) = (Queue::<()>::new(), Log::default());
    let (heard, wakes) = (reports.clone(), queue.clone());
    let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(move |report| {
        heard.borrow_mut().push(report.to_string());
        let _ = wakes.put_nowait(()); // ends the gather, whose awaiter is told of the circle in the same moment
    });
    let runtime = builder.build().unwrap();
    runtime
        .block_on(async {
            let own = Shared::default();
            let (in_child, items, said) = (own.clone(), queue.clone(), log.clone());
            let task = create_task_named("gatherer", async move {
                let children = try_gather([0, 1].map(|child| {
                    let (own, items) = (in_child.clone(), items.clone());
                    async move {
                        if child == 0 {
                            let _ = await_in_place(&own).await;
                        } else {
                            items.get().await.unwrap();
                        }
                        Err::<(), _>("ended")
                    }
                }));
                yield_now().await;
                yield_now().await;
                assert_eq!(children.await, Err("ended"));
                said.say("in time");
                "gathered"
            });
            *own.borrow_mut() = Some(task);
            sleep(ms(5)).await;
        })
        .unwrap();
    assert_eq!((reports.borrow().len(), log.take().as_str()), (1, "in time"));
}

#[test]
fn the_news_of_a_circle_goes_with_who_was_to_hear_it() {
    let told: Rc<RefCell<Option<glassloop::TaskHandle>>> = Rc::default();
    let cancels = told.clone();
    let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(move |report| {
        if let (Report::AwaitCycle(_), Some(task)) = (report, cancels.take()) {
            task.cancel(); // before its turn
        }
    });
    let runtime = builder.build().unwrap();
    runtime
        .block_on(async {
            let (a, b) = (Shared::default(), Shared::default());
            let (to_b, to_a) = (b.clone(), a.clone());
            let one = create_task_named("a", async move {
                let _ = await_in_place(&to_b).await;
                sleep(ms(3)).await;
                "a"
            });
            let two = create_task_named("b", async move {
                let _ = await_in_place(&to_a).await;
                "b"
            });
            *told.borrow_mut() = Some(two.handle()); // the last to wait
            (*a.borrow_mut(), *b.borrow_mut()) = (Some(one), Some(two));
            sleep(ms(1)).await;
            assert_eq!(await_in_place(&a).await.unwrap(), "a", "main waits in no circle");
        })
        .unwrap();
}

#[test]
fn a_circle_is_told_once_though_its_awaits_were_made_anew() {
    let (reports, log) = (Reports::default(), Log::default());
    let inside = log.clone();
    let main = async move {
        let (a, b) = (Shared::default(), Shared::default());
        let waits = |own: &'static str, next: &Shared| {
            let (next, log) = (next.clone(), inside.clone());
            create_task_named(own, async move {
                // Twice, from two places.
                for place in 0..3 {
                    let polled = poll_fn(|cx| {
                        let mut next = next.borrow_mut();
                        let task = Pin::new(next.as_mut().unwrap());
                        if place == 1 {
                            let from_here = task.poll(cx);
                            return Poll::Ready(from_here);
                        }
                        Poll::Ready(task.poll(cx))
                    });
                    assert!(polled.await.is_pending());
                    yield_now().await;
                }
                let ended = await_in_place(&next).await;
                log.say(format!("{own}: {}", if ended.is_ok() { "value" } else { "circle" }));
                own
            })
        };
        let (one, two) = (waits("a", &b), waits("b", &a));
        (*a.borrow_mut(), *b.borrow_mut()) = (Some(one), Some(two));
        sleep(ms(5)).await;
    };
    reports.runtime().block_on(main).unwrap();
    assert_eq!(reports.take().len(), 1);
    assert_eq!(log.take().matches("circle").count(), 1);
}
