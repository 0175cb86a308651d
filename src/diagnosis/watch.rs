//! Knows of each task what came before, from every event: for lost wakes, and for what debug mode says.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::Location;

use glassloop_executor::{Ending, Event as Step, TaskId, TaskRef, TaskState, WaitEnd, tickets_taken};
use glassloop_reactor::{Clock, Event as Turn, Instant, WaitEnd as SourceWaitEnd};

use super::LastWait;
use super::known::{Known, Wait};
use super::lost::{How, Suspects};
use super::resources::label;
use super::waits::Node;
use crate::context::{self, Context};
use crate::report::Report;
use crate::task::name_of;
use crate::trace::{Change, SeenWait};

/// To await the end of a gather.
const GATHER: &str = "gather";

/// See the [module](self).
pub(crate) struct Watch {
    known: RefCell<Known>,
    suspects: RefCell<Suspects>,
    /// Gathers that were not awaited to their end: of a wait for one, it should be said that it is none for a task.
    gathers: RefCell<BTreeSet<TaskId>>,
    /// The clock by which waits are timed, in debug mode: to read it costs more than all the rest.
    clock: Option<Clock>,
    /// The time of the poll that is going on, once it was asked for.
    now: Cell<Option<Instant>>,
}

impl Watch {
    pub(crate) fn new(clock: Option<Clock>) -> Watch {
        let (known, suspects, gathers, now) = Default::default();
        Watch { known, suspects, gathers, clock, now }
    }

    /// Since when somebody waits there, if that is timed.
    pub(crate) fn since(&self, node: Node) -> Option<Instant> {
        self.known.borrow().wait(node).and_then(|wait| wait.since)
    }

    /// The wait that the task was woken from, if it was not polled since.
    pub(super) fn woken_from(&self, task: TaskRef) -> Option<LastWait> {
        let known = self.known.borrow();
        known.facts(task)?.woken_from().map(|(node, wait)| in_words(node, &wait))
    }

    /// A poll of the task has taken too long: which of its long polls it is, if that should be said, and which wait
    /// ended right before it. Said are the first, the second, the fourth and so on.
    pub(crate) fn stalled(&self, task: TaskRef) -> Option<(u32, Option<LastWait>)> {
        let (times, last) = self.known.borrow_mut().was_slow(task)?;
        times.is_power_of_two().then(|| (times, last.map(|(node, wait)| in_words(node, &wait))))
    }

    /// The loop is about to wait: reports tasks that nothing can wake. `idle`: nobody else will ever run either.
    #[inline]
    pub(crate) fn report_lost_wakes(&self, context: &Context, idle: bool) {
        if !self.suspects.borrow().is_empty() {
            self.look_at_suspects(context, idle);
        }
    }

    #[inline(never)]
    fn look_at_suspects(&self, context: &Context, idle: bool) {
        let found = self.suspects.borrow_mut().find(context, &self.known.borrow(), idle);
        for (TaskState { task, name, location, .. }, how) in found {
            let last = self.known.borrow_mut().facts_mut(task).and_then(|facts| {
                facts.told = true;
                facts.last
            });
            context.report(&Report::LostWake {
                task,
                name: name_of(task, &name),
                location,
                dropped: how == How::Dropped,
                last_wait: last.map(|(node, wait)| in_words(node, &wait)),
            });
        }
    }

    fn now(&self) -> Option<Instant> {
        let clock = self.clock.as_ref()?;
        let now = self.now.get().unwrap_or_else(|| clock.now());
        self.now.set(Some(now));
        Some(now)
    }

    fn wait_begins(
        &self,
        node: Node,
        task: Option<TaskRef>,
        operation: &'static str,
        location: &'static Location<'static>,
    ) {
        match task {
            Some(task) => {
                let wait = Wait { task, operation, location, since: self.now() };
                let forsaken = self.known.borrow_mut().wait_begins(node, wait);
                self.suspect(forsaken, How::Dropped);
            }
            // Whoever waits now, it is not one that is known.
            None => self.wait_ends(node, false),
        }
    }

    fn wait_ends(&self, node: Node, woken: bool) {
        let forsaken = self.known.borrow_mut().wait_ends(node, woken);
        self.suspect(forsaken, How::Dropped);
    }

    fn suspect(&self, task: Option<TaskRef>, how: How) {
        if let Some(task) = task {
            self.suspects.borrow_mut().add(task, how);
        }
    }

    #[inline]
    fn poll_begins(&self, task: TaskRef) {
        self.now.set(None);
        self.suspects.borrow_mut().remove(task);
        self.known.borrow_mut().poll_begins(task, tickets_taken(), self.clock.is_some());
    }

    #[inline]
    fn poll_ends(&self, task: TaskRef, ready: bool) {
        self.now.set(None);
        if !ready {
            let forsaken = self.known.borrow_mut().poll_ends(tickets_taken());
            self.suspect(forsaken.then_some(task), How::NoneLeft);
        }
    }

    #[inline(never)]
    fn executor_event(&self, event: &Step<'_>) {
        match *event {
            Step::Spawn { task, children: Some(_), .. } => drop(self.gathers.borrow_mut().insert(task)),
            Step::Done { task, ending } => {
                if ending == Ending::Cancelled && task.child.is_none() {
                    self.gathers.borrow_mut().remove(&task.task);
                }
                self.suspects.borrow_mut().remove(task);
                self.known.borrow_mut().task_ends(task);
            }
            Step::WaitOn { target, waiter, location } => {
                let operation = if self.gathers.borrow().contains(&target) { GATHER } else { "join" };
                self.wait_begins(Node::Join(target), waiter, operation, location);
            }
            Step::WaitOff { target, why, .. } => {
                if why == WaitEnd::Woken {
                    self.gathers.borrow_mut().remove(&target);
                }
                self.wait_ends(Node::Join(target), why == WaitEnd::Woken);
            }
            Step::WakerClone { task, live } | Step::WakerDrop { task, live } => {
                let forsaken = self.known.borrow_mut().strangers_hold(task, live);
                self.suspect(forsaken, How::Dropped);
            }
            _ => {}
        }
    }

    #[inline(always)]
    pub(crate) fn of_reactor(&self, event: &Turn, task: Option<TaskRef>) {
        match event {
            Turn::Tried { .. }
            | Turn::Ready { .. }
            | Turn::NotReady { .. }
            | Turn::Park { .. }
            | Turn::Unpark { .. } => {}
            event => self.reactor_event(event, task),
        }
    }

    #[inline(never)]
    fn reactor_event(&self, event: &Turn, task: Option<TaskRef>) {
        match *event {
            Turn::TimerArm { timer, location, .. } => {
                self.wait_begins(Node::Timer(timer), task, "timer", location);
            }
            Turn::TimerWaker { timer, .. } => {
                let location = self.known.borrow().wait(Node::Timer(timer)).map(|wait| wait.location);
                if let Some(location) = location {
                    self.wait_begins(Node::Timer(timer), task, "timer", location);
                }
            }
            Turn::TimerFire { timer, .. } => self.wait_ends(Node::Timer(timer), true),
            Turn::TimerCancel { timer } => self.wait_ends(Node::Timer(timer), false),
            Turn::WaitOn { source, waiter, operation, location, .. } => {
                self.wait_begins(Node::Source(source, waiter), task, operation, location);
            }
            Turn::WaitOff { source, waiter, why, .. } => {
                self.wait_ends(Node::Source(source, waiter), why == SourceWaitEnd::Woken);
            }
            _ => {}
        }
    }

    #[inline(always)]
    pub(crate) fn of_resource(&self, id: u64, change: &Change) {
        match change {
            Change::Len { .. } => {}
            change => self.resource_event(id, change),
        }
    }

    #[inline(never)]
    fn resource_event(&self, id: u64, change: &Change) {
        match change {
            Change::WaitOn(SeenWait { number, task, operation, location, .. }) => {
                self.wait_begins(Node::Resource(id, *number), *task, operation, location);
            }
            Change::Woken(number) => self.wait_ends(Node::Resource(id, *number), true),
            Change::WaitOff(number) => self.wait_ends(Node::Resource(id, *number), false),
            _ => {}
        }
    }

    #[inline(always)]
    pub(crate) fn of_executor(&self, event: &Step<'_>) {
        match event {
            // Of who can wake whom, these say nothing; and they are many.
            Step::Wake { .. } | Step::Dequeue(_) => {}
            // These are as many, and need no call.
            Step::Enqueue(task) => self.known.borrow_mut().enqueued(*task),
            Step::PollBegin(task) => self.poll_begins(*task),
            Step::PollEnd { task, ready } => self.poll_ends(*task, *ready),
            event => self.executor_event(event),
        }
    }
}

/// What was waited for; a resource may be gone by now.
fn in_words(node: Node, wait: &Wait) -> LastWait {
    let Wait { operation, location, .. } = *wait;
    let mut what = match node {
        Node::Join(target) if operation == GATHER => format!("gather {target}"),
        Node::Join(target) => format!("the end of task {target}"),
        Node::Timer(_) => "a timer".into(),
        Node::Source(..) | Node::Resource(..) => operation.into(),
    };
    if let (Node::Resource(id, _), Some(context)) = (node, context::current()) {
        context.visit_resources(&mut |other, seen| {
            if other == id {
                what = format!("{operation} of {}", label(id, &seen));
            }
        });
    }
    LastWait { what, location }
}
