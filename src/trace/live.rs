//! From what the machines tell to what is recorded: each [`Event`] becomes an [`Entry`], and a snapshot the entries that lead to it.

use std::cell::Cell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use super::glt::decode;
use super::glt::encode::{Block, Text};
use super::schema::{Direction, Effect, Ending, Entry, Finding, Via, WaitEnd};
use super::{Change, LoopEvent, Seen, SeenWait, Snapshot, executor, reactor, schema};
use crate::report::Report;

use executor::TaskRef;

/// Turns events into entries; knows of the past only what a wake came from.
#[derive(Debug, Default)]
pub(crate) struct Translator {
    /// What the last event was a reason for: the wakes right after it come from there.
    cause: Cell<Option<(Via, u64)>>,
}

impl Translator {
    /// To be told of each event before what it [becomes](Translator::of_executor) is asked for.
    #[inline(always)]
    pub(crate) fn follow_executor(&self, event: &executor::Event<'_>) {
        use executor::Event::{Enqueue, WaitOff, Wake, WakerDrop};
        match *event {
            // Several may be woken by one cause: foreign combinators pass it on.
            Wake { .. } | Enqueue(_) | WakerDrop { .. } => {}
            WaitOff { target, why: executor::WaitEnd::Woken, .. } => self.cause.set(Some((Via::Join, target))),
            _ => self.cause.set(None),
        }
    }

    #[inline(always)]
    pub(crate) fn of_executor<'a>(&self, event: &executor::Event<'a>) -> Entry<Text<'a>> {
        use executor::Event::*;
        match *event {
            Spawn { task, children, parent, name, location, size } => Entry::Spawn {
                task: whole(task),
                parent,
                children: children.map(u64::from),
                name: name.map(text_of),
                loc: Text::At(location),
                size: size as u64,
            },
            Rename { task, name } => Entry::Rename { task: whole(task), name: text_of(name) },
            ChildStart(task) => Entry::ChildStart { task: Some(task) },
            Wake { task, by, via, effect } => {
                let (via, source) = self.cause_of(task, by, via);
                Entry::Wake { task, by, via, source, effect: effect_of(effect) }
            }
            Enqueue(task) => Entry::Enqueue { task: Some(task) },
            Dequeue(task) => Entry::Dequeue { task },
            PollBegin(task) => Entry::PollBegin { task: Some(task) },
            PollEnd { task, ready } => Entry::PollEnd { task: Some(task), ready },
            Escape(task) => Entry::Escape { task: Some(task) },
            WakerClone { task, live } => Entry::WakerClone { task: Some(task), live: live.into() },
            WakerDrop { task, live } => Entry::WakerDrop { task: Some(task), live: live.into() },
            CancelAsk(task) => Entry::CancelAsk { task: Some(task) },
            CancelDeliver(task) => Entry::CancelDeliver { task: Some(task) },
            Done { task, ending } => Entry::Done { task: Some(task), ending: ending_of(ending) },
            WaitOn { target, waiter, location } => Entry::JoinWaitOn { task: waiter, target, loc: Text::At(location) },
            WaitOff { target, waiter, why } => {
                let why = match why {
                    executor::WaitEnd::Woken => WaitEnd::Woken,
                    executor::WaitEnd::Dropped => WaitEnd::Dropped,
                    executor::WaitEnd::Replaced => WaitEnd::Replaced,
                };
                Entry::JoinWaitOff { task: waiter, target, why }
            }
        }
    }

    #[inline(always)]
    pub(crate) fn of_reactor(&self, event: &reactor::Event, task: Option<TaskRef>, to: &mut impl Take) {
        use reactor::Event::{TimerFire, WaitOff};
        self.cause.set(match *event {
            TimerFire { timer, .. } => Some((Via::Timer, timer)),
            WaitOff { source, why: reactor::WaitEnd::Woken, .. } => Some((Via::Io, source)),
            _ => None,
        });
        of_reactor(event, task, to);
    }

    #[inline(always)]
    pub(crate) fn of_resource(&self, resource: u64, change: &Change, to: &mut impl Take) {
        self.cause.set(matches!(change, Change::Woken(_)).then_some((Via::Resource, resource)));
        of_resource(resource, change, to);
    }

    /// The same before what becomes of a step of the loop.
    #[inline(always)]
    pub(crate) fn follow_loop(&self) {
        self.cause.set(None);
    }

    fn cause_of(&self, task: Option<TaskRef>, by: Option<TaskRef>, via: executor::Via) -> (Via, Option<u64>) {
        match via {
            executor::Via::Remote => (Via::Thread, None),
            executor::Via::Cancel => (Via::Cancel, None),
            executor::Via::Local => match self.cause.get() {
                Some((via, source)) => (via, Some(source)),
                None if by.is_none() => (Via::Loop, None),
                None if by == task => (Via::Itself, None),
                None => (Via::Task, None),
            },
        }
    }
}

/// What the program prints is told, or only its length.
#[inline(always)]
pub(crate) fn of_loop<'a>(event: LoopEvent<'a>, show_output: bool) -> Entry<Text<'a>> {
    match event {
        LoopEvent::RunBegin => Entry::RunBegin {},
        LoopEvent::RunEnd(reason) => Entry::RunEnd { reason },
        LoopEvent::LoopEnd => Entry::LoopEnd {},
        LoopEvent::Turn => Entry::Turn {},
        LoopEvent::Mark(text) => Entry::Mark { text: text_of(text) },
        LoopEvent::Out(text) => Entry::Out { text: show_output.then_some(text_of(text)), len: text.len() as u64 },
        LoopEvent::SpanBegin { span, task, name } => Entry::SpanBegin { span, task, name: text_of(name) },
        LoopEvent::SpanEnd { span } => Entry::SpanEnd { span },
        LoopEvent::Report { report, text } => {
            let (what, task) = finding_of(report);
            Entry::Report { what, task, text: text_of(text) }
        }
    }
}

fn finding_of(report: &Report) -> (Finding, Option<TaskRef>) {
    match report {
        Report::SlowPoll { task, .. } => (Finding::Stall, Some(*task)),
        Report::NeverPolled { task, .. } => (Finding::NeverPolled, Some(*task)),
        Report::PendingAtEnd { task, .. } => (Finding::PendingAtEnd, Some(*task)),
        Report::TaskPanicked { task, .. } | Report::TaskFailed { task, .. } => (Finding::Uncollected, Some(*task)),
        Report::CallbackPanicked { .. } => (Finding::CallbackPanicked, None),
        Report::PossibleDeadlock { .. } => (Finding::PossibleDeadlock, None),
        Report::AwaitCycle(cycle) => (Finding::AwaitCycle, cycle.tasks.first().map(|member| member.task)),
        Report::Deadlock(_) => (Finding::Deadlock, None),
        Report::LostWake { task, .. } => (Finding::LostWake, Some(*task)),
        Report::BusyLoop { task, .. } => (Finding::BusyLoop, Some(*task)),
        Report::TraceLost { .. } | Report::ObserverPanicked { .. } => (Finding::Other, None),
    }
}

/// Takes what is to be recorded. Each kind is given on by itself, where it is known which it is: so it need not be asked for again.
pub(crate) trait Take {
    /// May ask for the entry more than once.
    fn take<'t>(&mut self, entry: impl Fn() -> Entry<Text<'t>>);
}

impl Take for &mut dyn FnMut(&Entry<Text<'_>>) {
    fn take<'t>(&mut self, entry: impl Fn() -> Entry<Text<'t>>) {
        self(&entry());
    }
}

/// Of whom a step of the reactor tells, if that is a task.
#[inline(always)]
pub(crate) fn task_in(event: &reactor::Event) -> Option<TaskRef> {
    use reactor::Event::{TimerArm, TimerWaker, WaitOn};
    match event {
        TimerArm { waker, .. } | TimerWaker { waker, .. } | WaitOn { waker, .. } => {
            executor::task_of_parts(waker.data, waker.vtable)
        }
        _ => None,
    }
}

/// `task` is who is [in](task_in) it.
#[inline(always)]
fn of_reactor(event: &reactor::Event, task: Option<TaskRef>, to: &mut impl Take) {
    use reactor::Event::*;
    match *event {
        TimerArm { timer, deadline, place, location, .. } => {
            let deadline = deadline.as_nanos();
            to.take(|| Entry::TimerArm { timer, task, deadline, place, loc: Text::At(location) });
        }
        TimerMove { timer, from, to: place } => to.take(|| Entry::TimerCascade { timer, from, to: place }),
        TimerFire { timer, late, .. } => to.take(|| Entry::TimerFire { timer, late: nanos(late) }),
        TimerCancel { timer } => to.take(|| Entry::TimerCancel { timer }),
        TimerWaker { timer, .. } => to.take(|| Entry::TimerWaker { timer, task }),
        ClockJump { from, to: until } => to.take(|| Entry::ClockJump { from: from.as_nanos(), to: until.as_nanos() }),
        SourceAdd { source, kind } => to.take(|| Entry::SourceAdd { source, label: Text::Static(kind) }),
        SourceDrop { source } => to.take(|| Entry::SourceDel { source }),
        Ready { source, readable, writable, read_closed, write_closed } => {
            to.take(|| Entry::Ready { source, readable, writable, read_closed, write_closed });
        }
        NotReady { source, direction } => to.take(|| Entry::NotReady { source, direction: direction_of(direction) }),
        Tried { source, direction, result } => {
            let direction = direction_of(direction);
            let (result, bytes) = match result {
                reactor::Tried::Done(Some(0)) if direction == Direction::Read => (schema::Tried::Eof, None),
                reactor::Tried::Done(bytes) => (schema::Tried::Done, bytes.map(|bytes| bytes as u64)),
                reactor::Tried::Failed(ErrorKind::WouldBlock) => (schema::Tried::WouldBlock, None),
                reactor::Tried::Failed(_) => (schema::Tried::Error, None),
            };
            to.take(|| Entry::IoTry { source, direction, result, bytes });
        }
        WaitOn { source, direction, waiter, operation, location, .. } => to.take(|| Entry::SourceWaitOn {
            source,
            direction: direction_of(direction),
            waiter,
            task,
            op: Text::Static(operation),
            loc: Text::At(location),
        }),
        WaitOff { source, direction, waiter, why } => {
            let why = match why {
                reactor::WaitEnd::Woken => WaitEnd::Woken,
                reactor::WaitEnd::Dropped => WaitEnd::Dropped,
                reactor::WaitEnd::Replaced => WaitEnd::Replaced,
            };
            to.take(|| Entry::SourceWaitOff { source, direction: direction_of(direction), waiter, why });
        }
        Park { max_wait, .. } => to.take(|| Entry::Park { timeout: max_wait.map(nanos) }),
        Unpark { ready, unparked, slept, .. } => {
            to.take(|| Entry::Unpark { ready: ready as u64, unparked, slept: nanos(slept) });
        }
    }
}

#[inline(always)]
fn of_resource(resource: u64, change: &Change, to: &mut impl Take) {
    match change {
        Change::New(label, about) => to.take(|| Entry::ResNew {
            resource,
            label: Text::Static(label),
            name: about.name.as_deref().map(text_of),
            loc: about.location.map(Text::At),
            cap: about.cap.map(|cap| cap as u64),
        }),
        Change::Name(name) => to.take(|| Entry::ResName { resource, name: text_of(name) }),
        Change::Gone => to.take(|| Entry::ResDel { resource }),
        Change::Len { op, len, unfinished } => {
            let (len, unfinished) = (*len as u64, *unfinished as u64);
            to.take(|| Entry::ResState { resource, op: Text::Static(op), len, unfinished });
        }
        Change::WaitOn(SeenWait { number, task, operation, location, .. }) => to.take(|| Entry::ResWaitOn {
            resource,
            waiter: *number,
            task: *task,
            op: Text::Static(operation),
            loc: Text::At(location),
        }),
        Change::Woken(waiter) => to.take(|| Entry::ResWoken { resource, waiter: *waiter }),
        Change::WaitOff(waiter) => to.take(|| Entry::ResWaitOff { resource, waiter: *waiter }),
    }
}

/// The entries that lead from nothing to a state, as whoever reads the block they stand in gets them.
pub(crate) fn entries(snapshot: &Snapshot) -> Vec<Entry<Rc<str>>> {
    let mut block = Block::new(1, 0);
    describe(snapshot, &mut |entry| block.state(entry));
    let mut payload = Vec::new();
    block.payload(&mut payload);
    let decoded = decode::block(&payload, 0..payload.len());
    decoded.expect("a block that was just written can be read").states
}

/// Calls `tell` with the entries that lead from nothing to a state.
pub(crate) fn describe(snapshot: &Snapshot, mut tell: &mut dyn FnMut(&Entry<Text<'_>>)) {
    let executor::Snapshot { polling, run_queue, tasks, joins } = &snapshot.executor;
    for state in tasks {
        let task = Some(state.task);
        tell(&Entry::Spawn {
            task,
            parent: state.parent,
            children: None,
            name: state.name.as_deref().map(text_of),
            loc: Text::At(state.location),
            size: 0,
        });
        if state.cancel_asked {
            tell(&Entry::CancelAsk { task });
        }
        if state.escaped {
            tell(&Entry::Escape { task });
        }
        if state.wakers > 0 {
            tell(&Entry::WakerClone { task, live: state.wakers.into() });
        }
    }
    for join in joins {
        tell(&Entry::JoinWaitOn { task: join.waiter, target: join.target, loc: Text::At(join.location) });
    }
    for event in &snapshot.reactor {
        of_reactor(event, task_in(event), &mut tell);
    }
    for (resource, seen) in &snapshot.resources {
        describe_resource(*resource, seen, &mut tell);
    }
    // A task that ended while it was queued has left its place there.
    for task in run_queue {
        tell(&Entry::Enqueue { task: *task });
    }
    if polling.is_some() {
        tell(&Entry::PollBegin { task: *polling });
    }
}

fn describe_resource(resource: u64, seen: &Seen, tell: &mut impl Take) {
    let Seen { kind, about, holder, len, unfinished, waits } = seen;
    of_resource(resource, &Change::New(kind, about.clone()), tell);
    if let Some(holder) = holder {
        // Who acquires is whoever is polled; in a state nobody is, yet.
        tell.take(|| Entry::PollBegin { task: Some(*holder) });
        of_resource(resource, &Change::Len { op: "acquire", len: *len, unfinished: *unfinished }, tell);
        tell.take(|| Entry::PollEnd { task: Some(*holder), ready: false });
    } else {
        of_resource(resource, &Change::Len { op: "bring", len: *len, unfinished: *unfinished }, tell);
    }
    for wait in waits {
        of_resource(resource, &Change::WaitOn(wait.clone()), tell);
        if wait.woken {
            of_resource(resource, &Change::Woken(wait.number), tell);
        }
    }
}

/// Of a text of the program's so many bytes are recorded: no block grows without end.
const LONGEST_TEXT: usize = 1 << 16;

fn text_of(text: &str) -> Text<'_> {
    Text::Str(&text[..text.floor_char_boundary(LONGEST_TEXT)])
}

fn whole(task: executor::TaskId) -> Option<TaskRef> {
    Some(TaskRef { task, child: None })
}

fn effect_of(effect: executor::WakeEffect) -> Effect {
    match effect {
        executor::WakeEffect::Enqueued => Effect::Enqueued,
        executor::WakeEffect::AlreadyQueued => Effect::AlreadyQueued,
        executor::WakeEffect::Stale => Effect::Stale,
    }
}

fn ending_of(ending: executor::Ending) -> Ending {
    match ending {
        executor::Ending::Finished => Ending::Finished,
        executor::Ending::Cancelled => Ending::Cancelled,
        executor::Ending::Started => Ending::Started,
    }
}

fn direction_of(direction: reactor::Direction) -> Direction {
    match direction {
        reactor::Direction::Read => Direction::Read,
        reactor::Direction::Write => Direction::Write,
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
