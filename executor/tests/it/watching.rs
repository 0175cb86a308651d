//! What an observer hears at the edges: outside of the executor, inside another one, at the end.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;

use glassloop_executor::{Event, Executor, Never, Observer, Spawn, TaskRef, Via};

use crate::common::{Gate, Log, drain, executor, spawn, tick};
use crate::gather::group;
use crate::replay::Comparer;

/// Writes down what kinds of events there are.
struct Listener(Log);

impl Observer for Listener {
    fn event(&self, event: &Event<'_>) {
        let text = format!("{event:?}");
        self.0.say(text.split([' ', '(']).next().unwrap_or_default());
    }
}

fn listen(executor: &Executor) -> Log {
    let log = Log::default();
    executor.set_observer(Some(Rc::new(Listener(log.clone()))));
    log
}

#[test]
fn the_life_of_a_task() {
    let (executor, gate) = (executor(), Gate::default());
    let log = listen(&executor);
    let task = spawn(&executor, gate.wait());
    tick(&executor);
    executor.enter(|| gate.open());
    tick(&executor);
    assert_eq!(log.take(), "Spawn Enqueue Dequeue PollBegin PollEnd Wake Enqueue Dequeue PollBegin PollEnd Done");
    drop(task);
    executor.set_observer(None);
    spawn(&executor, async {}).detach();
    drain(&executor);
    assert_eq!(log.take(), "");
}

/// A request from outside takes effect when the loop hears of it: it is told of when it is delivered.
#[test]
fn a_cancel_from_outside_and_one_by_a_shutdown() {
    let executor = Rc::new(executor());
    let comparer = Comparer::watch(&executor);
    let from_outside = spawn(&executor, pending::<()>());
    spawn(&executor, pending::<()>()).detach();
    tick(&executor);
    from_outside.cancel();
    assert!(!executor.snapshot().tasks[0].cancel_asked);
    tick(&executor);
    assert!(from_outside.is_cancelled());
    executor.shutdown();
    assert!(executor.snapshot().tasks.is_empty());
    assert!(comparer.finish() > 10);
}

/// A task's number says nothing to an executor that it does not belong to.
#[test]
fn a_handle_used_inside_another_executor() {
    let (home, other) = (executor(), executor());
    let mut task = spawn(&home, pending::<()>());
    tick(&home);
    let (at_home, elsewhere) = (listen(&home), listen(&other));
    other.enter(|| {
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(task);
    });
    assert_eq!((at_home.take(), elsewhere.take()), (String::new(), String::new()));
}

/// A thousand wakes of a slot from another thread are one message; so are those of one child.
#[test]
fn pitfall_03_a_flood_is_one_message() {
    struct Remote(Cell<usize>);
    impl Observer for Remote {
        fn event(&self, event: &Event<'_>) {
            if let Event::Wake { via: Via::Remote, .. } = event {
                self.0.set(self.0.get() + 1);
            }
        }
    }
    let (executor, remote) = (executor(), Rc::new(Remote(Cell::new(0))));
    let gates = [Gate::default(), Gate::default(), Gate::default()];
    spawn(&executor, gates[0].wait()).detach();
    let group = group::<Never, _>(&executor, gates[1..].iter().map(Gate::wait));
    tick(&executor);
    executor.set_observer(Some(remote.clone()));
    let wakers = gates.map(|gate| gate.waker());
    for round in 1..=3 {
        thread::scope(|scope| {
            scope.spawn(|| (0..1000).for_each(|_| wakers.iter().for_each(Waker::wake_by_ref))).join().unwrap();
        });
        assert!(executor.has_messages());
        assert_eq!(tick(&executor), 3);
        assert!(!executor.has_messages());
        assert_eq!(remote.0.get(), 3 * round);
    }
    drop(group);
}

/// The place of the last await counts, not that of one that was given up.
#[test]
fn the_place_where_a_task_is_awaited() {
    let executor = Rc::new(executor());
    let comparer = Comparer::watch(&executor);
    let lines: Rc<RefCell<Vec<u32>>> = Rc::default();
    let mut task = spawn(&executor, pending::<()>());
    let noted = lines.clone();
    spawn(&executor, async move {
        noted.borrow_mut().push(line!() + 1);
        let given_up = poll_fn(|cx| Poll::Ready(Pin::new(&mut task).poll(cx).is_pending())).await;
        assert!(given_up);
        crate::common::yield_now().await;
        noted.borrow_mut().push(line!() + 1);
        let _ = task.await;
    })
    .detach();
    for round in 0..2 {
        tick(&executor);
        let joins = executor.snapshot().joins;
        assert_eq!((joins.len(), joins[0].location.line()), (1, lines.borrow()[round]));
        assert_eq!((joins[0].target, joins[0].waiter), (1, Some(TaskRef { task: 2, child: None })));
    }
    comparer.finish();
}

/// Names, parents and places of birth are told.
#[test]
fn how_a_task_came_to_be() {
    let executor = Rc::new(executor());
    let inner = executor.clone();
    let here = line!() + 1;
    let named = executor.spawn(Spawn { name: Some("parent".into()), ..Spawn::here() }, async move {
        spawn(&inner, pending::<()>()).detach();
        pending::<()>().await
    });
    tick(&executor);
    let tasks = executor.snapshot().tasks;
    assert_eq!((tasks[0].name.as_deref(), tasks[0].parent, tasks[0].location.line()), (Some("parent"), None, here));
    assert_eq!((tasks[1].name.as_deref(), tasks[1].parent), (None, Some(1)));
    assert!(tasks[1].location.file().ends_with("common.rs"));
    executor.shutdown();
    assert!(named.is_cancelled());
}
