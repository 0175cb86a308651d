//! A task that wakes itself again and again while nothing else happens: it asks where it should wait.
//!
//! A worker that yields now and then does no harm, so whatever happens besides sets the count back: another task's
//! poll, a timer, a socket, a change of a resource, a mark. What remains is a task that has the loop to itself and
//! does nothing that can be seen.

use std::cell::Cell;
use std::time::Duration;

use glassloop_executor::{Event as Step, TaskRef, Via, WakeEffect};
use glassloop_reactor::{Clock, Event as Turn, Instant};

use crate::context;
use crate::report::Report;
use crate::task::name_of;
use crate::trace::{Change, Event, LoopEvent};

/// So often in a row, and together at least as long as a poll may not take.
const TIMES: u64 = 10_000;

/// Who takes longer for a turn does some work in it.
const LOOK: Duration = Duration::from_micros(20);

/// So often, if the clock stands still: a virtual one does, unless somebody moves it.
const TIMES_WITHOUT_TIME: u64 = 100_000;

/// A task that wakes itself.
#[derive(Clone, Copy, Debug)]
struct Streak {
    task: TaskRef,
    times: u64,
    since: Instant,
    /// Said when it is so many; then doubled, lest it floods.
    next: u64,
}

#[derive(Debug)]
pub(crate) struct Busy {
    clock: Clock,
    at_least: Duration,
    streak: Cell<Option<Streak>>,
}

/// A streak that should be heard of.
struct TooBusy {
    task: TaskRef,
    times: u64,
    took: Duration,
}

impl Busy {
    /// `at_least`: how long a poll may take.
    pub(crate) fn new(clock: Clock, at_least: Duration) -> Busy {
        Busy { clock, at_least, streak: Cell::new(None) }
    }

    /// Reports a task that with this event has woken itself too often.
    pub(crate) fn event(&self, event: &Event<'_>) {
        if let Some(busy) = self.hear(event) {
            report(busy);
        }
    }

    fn hear(&self, event: &Event<'_>) -> Option<TooBusy> {
        match *event {
            Event::Executor(Step::Wake { task: Some(task), by, via: Via::Local, effect: WakeEffect::Enqueued })
                if *by == Some(*task) =>
            {
                self.count(*task)
            }
            _ => {
                if self.is_news(event) {
                    self.streak.take();
                }
                None
            }
        }
    }

    fn count(&self, task: TaskRef) -> Option<TooBusy> {
        let new = || Streak { task, times: 0, since: self.clock.now(), next: TIMES };
        let mut streak = self.streak.get().unwrap_or_else(new);
        streak.times += 1;
        let times = streak.times;
        let too_busy = (times >= streak.next).then(|| TooBusy { task, times, took: self.clock.now() - streak.since });
        let too_busy = too_busy.filter(|TooBusy { took, .. }| {
            let looks = took.as_nanos() <= LOOK.as_nanos() * u128::from(times);
            if took.is_zero() { times >= TIMES_WITHOUT_TIME } else { *took >= self.at_least && looks }
        });
        if too_busy.is_some() {
            streak.next = 2 * times;
        }
        self.streak.set(Some(streak));
        too_busy
    }

    /// Whether this is more than the turns of one task and what it waited for in vain.
    fn is_news(&self, event: &Event<'_>) -> bool {
        let Some(Streak { task: own, .. }) = self.streak.get() else { return false };
        match event {
            Event::Executor(step) => match step {
                Step::Wake { task, .. } => *task != Some(own),
                Step::Dequeue(task) => *task != Some(own),
                Step::Enqueue(task) | Step::PollBegin(task) => *task != own,
                Step::PollEnd { task, ready } => *task != own || *ready,
                Step::WaitOn { .. } | Step::WaitOff { .. } => false,
                Step::Escape(_) | Step::WakerClone { .. } | Step::WakerDrop { .. } => false,
                _ => true,
            },
            Event::Reactor(turn) => match turn {
                Turn::TimerArm { .. } | Turn::TimerCancel { .. } | Turn::TimerWaker { .. } => false,
                Turn::TimerMove { .. } | Turn::WaitOn { .. } | Turn::WaitOff { .. } | Turn::Park { .. } => false,
                Turn::Unpark { ready, unparked, .. } => *ready > 0 || *unparked,
                _ => true,
            },
            Event::Resource(_, change) => !matches!(change, Change::WaitOn(_) | Change::WaitOff(_)),
            Event::Loop(event) => !matches!(event, LoopEvent::Turn | LoopEvent::Report { .. }),
        }
    }
}

fn report(busy: TooBusy) {
    let Some(context) = context::current() else { return };
    let TooBusy { task, times, took } = busy;
    if let Some((_, name, location)) = context.executor.polling() {
        context.report(&Report::BusyLoop { task, name: name_of(task, &name), location, times, took });
    }
}
