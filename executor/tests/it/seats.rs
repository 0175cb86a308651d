//! Children of a gather that end with their first poll leave their slot to the next: nobody can tell but by the memory.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use glassloop_executor::{Event, FutureCell, Never, Observer, Spawn, child};

use crate::common::executor;

struct Deaf;

impl Observer for Deaf {
    fn event(&self, _: &Event<'_>) {}
}

type Child = FutureCell<Pin<Box<dyn Future<Output = ()>>>, Never>;

/// The first child wakes itself and ends. The second must not have the turn that was meant for it.
fn polls(observed: bool) -> Vec<String> {
    let executor = executor();
    executor.set_observer(observed.then(|| Rc::new(Deaf) as _));
    let (log, waker) = (Rc::<RefCell<Vec<String>>>::default(), Rc::<RefCell<Option<Waker>>>::default());
    let say = |text: &str| {
        let (log, text) = (log.clone(), text.to_owned());
        move || log.borrow_mut().push(text.clone())
    };
    let (first, second, other, kept) = (say("first"), say("second"), say("other"), waker.clone());
    let times = Cell::new(0);
    let children: Box<[Child]> = Box::new([
        child(Box::pin(poll_fn(move |cx| {
            first();
            cx.waker().wake_by_ref();
            Poll::Ready(())
        }))),
        child(Box::pin(poll_fn(move |cx| {
            second();
            times.set(times.get() + 1);
            *kept.borrow_mut() = Some(cx.waker().clone());
            if times.get() == 2 { Poll::Ready(()) } else { Poll::Pending }
        }))),
    ]);
    executor.enter(|| {
        let mut group = executor.spawn_group(Spawn::here(), children);
        executor.spawn(Spawn::here(), async move { other() }).detach();
        executor.tick(None);
        executor.tick(None);
        say("the wake of the second")();
        waker.take().expect("it was polled").wake();
        executor.tick(None);
        assert!(group.poll_ended(&mut Context::from_waker(Waker::noop()), Location::caller()).is_ready());
    });
    log.take()
}

#[test]
fn a_turn_that_was_meant_for_one_child_is_not_given_to_the_next() {
    assert_eq!(polls(false), ["first", "second", "other", "the wake of the second", "second"]);
    assert_eq!(polls(true), polls(false), "who observes changes nothing");
}
