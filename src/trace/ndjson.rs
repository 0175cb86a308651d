//! The recorder: one JSON object a line.
//!
//! Every line has `seq` (counted from 1, no gaps), `t` (nanoseconds by the loop's clock) and `kind`; the first line of a run is its header. Under a
//! virtual clock the same program gives the same bytes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use glassloop_reactor::{Clock, Instant};
use serde_json::{Value, json};

use super::{Change, Event, Observer, SeenWait, executor, reactor};
use crate::report::{OnReport, Report};

/// Files this process has recorded in: the first loop starts one anew, later ones go on in it.
static STARTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Writes every event of a loop to a file. Made by [`Builder::trace`](crate::Builder::trace).
pub struct Recorder {
    path: PathBuf,
    clock: Clock,
    file: RefCell<BufWriter<File>>,
    seq: Cell<u64>,
    /// The last reading of the clock: events between two polls share one.
    t: Cell<Instant>,
    /// Taken when it has been told that the file cannot be written.
    on_report: Cell<Option<OnReport>>,
}

impl Recorder {
    /// Starts a file, or goes on in one that an earlier loop of this process has started.
    pub(crate) fn create(path: &Path, clock: Clock, on_report: OnReport) -> io::Result<Recorder> {
        let first = STARTED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        let opened = if first { File::create(path) } else { OpenOptions::new().create(true).append(true).open(path) };
        let file = opened.map_err(|error| io::Error::new(error.kind(), format!("trace file {path:?}: {error}")))?;
        let recorder = Recorder {
            path: path.to_owned(),
            t: Cell::new(clock.now()),
            clock,
            file: RefCell::new(BufWriter::new(file)),
            seq: Cell::new(0),
            on_report: Cell::new(Some(on_report)),
        };
        recorder.write_header();
        Ok(recorder)
    }

    fn write_header(&self) {
        let mut header = json!({
            "seq": self.seq.get(), "kind": "Header", "format": "glassloop-trace", "version": 1,
            "program": std::env::args().next().map(|path| name_of(&path)),
            "clock": if self.clock.is_virtual() { "virtual" } else { "real" }, "policy": "fifo",
        });
        // Under virtual time nothing in the file depends on when or where it was made.
        if !self.clock.is_virtual() {
            let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            header["started_unix_ns"] = json!(nanos(since_epoch));
        }
        self.write(&header);
    }

    fn write(&self, line: &Value) {
        let result = writeln!(self.file.borrow_mut(), "{line}");
        self.check(result);
    }

    /// Tells of the first error.
    fn check(&self, result: io::Result<()>) {
        if let Err(error) = result
            && let Some(on_report) = self.on_report.take()
        {
            on_report(&Report::TraceLost { path: self.path.display().to_string(), problem: error.to_string() });
        }
    }
}

impl Observer for Recorder {
    fn event(&self, event: &Event<'_>) {
        if reads_the_clock(event) {
            self.t.set(self.clock.now());
        }
        self.seq.set(self.seq.get() + 1);
        let mut line = json!({ "seq": self.seq.get(), "t": self.t.get().as_nanos() });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields(event)) {
            line.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.write(&line);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let seq = self.seq.get() + 1;
        self.write(&json!({ "seq": seq, "t": self.t.get().as_nanos(), "kind": "RunEnd" }));
        let result = self.file.borrow_mut().flush();
        self.check(result);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder {{ path: {:?}, events: {} }}", self.path, self.seq.get())
    }
}

fn reads_the_clock(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Executor(executor::Event::PollBegin(_) | executor::Event::PollEnd { .. })
            | Event::Reactor(
                reactor::Event::Park { .. } | reactor::Event::Unpark { .. } | reactor::Event::ClockJump { .. }
            )
    )
}

/// The event's own fields; a null is left out.
fn fields(event: &Event<'_>) -> Value {
    match event {
        Event::Executor(event) => of_executor(event),
        Event::Reactor(event) => of_reactor(event),
        Event::Resource(resource, change) => of_resource(*resource, change),
    }
}

fn of_executor(event: &executor::Event<'_>) -> Value {
    use executor::Event::*;
    match event {
        Spawn { task, children, parent, name, location, .. } => json!({
            "kind": "Spawn", "task": task, "children": children, "parent": parent, "name": name, "loc": at(location)
        }),
        Rename { task, name } => json!({ "kind": "Rename", "task": task, "name": name }),
        ChildStart(child) => json!({ "kind": "ChildStart", "task": id(child) }),
        Wake { task, by, via, effect } => json!({
            "kind": "Wake", "task": task.as_ref().map(id), "by": by.as_ref().map(id),
            "via": word(via), "effect": word(effect)
        }),
        Enqueue(task) => json!({ "kind": "Enqueue", "task": id(task) }),
        Dequeue(task) => json!({ "kind": "Dequeue", "task": task.as_ref().map(id) }),
        PollBegin(task) => json!({ "kind": "PollBegin", "task": id(task) }),
        PollEnd { task, ready } => json!({
            "kind": "PollEnd", "task": id(task), "result": if *ready { "ready" } else { "pending" }
        }),
        Escape(task) => json!({ "kind": "WakerClone", "task": id(task), "holder": "unknown" }),
        WakerClone { task, live } => json!({ "kind": "WakerClone", "task": id(task), "live": live }),
        WakerDrop { task, live } => json!({ "kind": "WakerDrop", "task": id(task), "live": live }),
        CancelAsk(task) => json!({ "kind": "CancelAsk", "task": id(task) }),
        CancelDeliver(task) => json!({ "kind": "CancelDeliver", "task": id(task) }),
        Done { task, ending } => json!({ "kind": "Done", "task": id(task), "outcome": word(ending) }),
        WaitOn { target, waiter, location } => json!({
            "kind": "WaitOn", "task": waiter.as_ref().map(id), "resource": "task", "id": target,
            "op": "join", "loc": at(location)
        }),
        WaitOff { target, waiter, why } => json!({
            "kind": "WaitOff", "task": waiter.as_ref().map(id), "resource": "task", "id": target, "why": word(why)
        }),
    }
}

fn of_reactor(event: &reactor::Event) -> Value {
    use reactor::Event::*;
    match event {
        TimerArm { timer, waker, deadline, place, location } => json!({
            "kind": "TimerArm", "timer": timer, "task": task(waker), "deadline": deadline.as_nanos(),
            "place": self::place(place), "loc": at(location)
        }),
        TimerMove { timer, from, to } => {
            json!({ "kind": "TimerCascade", "timer": timer, "from": place(from), "to": place(to) })
        }
        TimerFire { timer, deadline, late } => json!({
            "kind": "TimerFire", "timer": timer, "deadline": deadline.as_nanos(), "late_ns": nanos(*late)
        }),
        TimerCancel { timer } => json!({ "kind": "TimerCancel", "timer": timer }),
        TimerWaker { timer, waker } => json!({ "kind": "TimerWaker", "timer": timer, "task": task(waker) }),
        ClockJump { from, to } => json!({ "kind": "ClockJump", "from": from.as_nanos(), "to": to.as_nanos() }),
        SourceAdd { source, kind } => json!({ "kind": "SourceAdd", "source": source, "label": kind }),
        SourceDrop { source } => json!({ "kind": "SourceDel", "source": source }),
        Ready { source, readable, writable, read_closed, write_closed } => json!({
            "kind": "Ready", "source": source, "readable": readable, "writable": writable,
            "read_closed": read_closed, "write_closed": write_closed
        }),
        NotReady { source, direction } => json!({ "kind": "NotReady", "source": source, "direction": word(direction) }),
        WaitOn { source, direction, waiter, waker, operation, location } => json!({
            "kind": "WaitOn", "task": task(waker), "resource": "source", "id": source, "waiter": waiter,
            "direction": word(direction), "op": operation, "loc": at(location)
        }),
        WaitOff { source, direction, waiter, why } => json!({
            "kind": "WaitOff", "resource": "source", "id": source, "waiter": waiter,
            "direction": word(direction), "why": word(why)
        }),
        Park { max_wait, .. } => {
            json!({ "kind": "Park", "timeout_ns": max_wait.map_or(json!(-1), |wait| json!(nanos(wait))) })
        }
        Unpark { ready, unparked, slept } => {
            json!({ "kind": "Unpark", "ready": ready, "unparked": unparked, "slept_ns": nanos(*slept) })
        }
    }
}

fn of_resource(resource: u64, change: &Change) -> Value {
    match change {
        Change::New(kind, _) => json!({ "kind": "ResNew", "resource": kind, "id": resource }),
        Change::Gone => json!({ "kind": "ResDel", "id": resource }),
        Change::Name(name) => json!({ "kind": "ResName", "id": resource, "name": &**name }),
        Change::Len { len, unfinished, .. } => {
            json!({ "kind": "ResState", "id": resource, "len": len, "unfinished": unfinished })
        }
        Change::WaitOn(SeenWait { number, task, operation, location, .. }) => json!({
            "kind": "WaitOn", "task": task.as_ref().map(id), "resource": "resource", "id": resource,
            "waiter": number, "op": operation, "loc": at(location)
        }),
        Change::Woken(number) => json!({ "kind": "WaitWoken", "id": resource, "waiter": number }),
        Change::WaitOff(number) => {
            json!({ "kind": "WaitOff", "resource": "resource", "id": resource, "waiter": number })
        }
    }
}

/// A task's number; a child of a gather is `"7[2]"`.
fn id(task: &executor::TaskRef) -> Value {
    match task.child {
        None => json!(task.task),
        Some(_) => json!(task.to_string()),
    }
}

fn task(waker: &reactor::WakerId) -> Option<Value> {
    executor::task_of_parts(waker.data, waker.vtable).as_ref().map(id)
}

fn at(location: &Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

fn place(place: &reactor::Place) -> String {
    match place {
        reactor::Place::Due => "due".into(),
        reactor::Place::Slot { level, slot } => format!("L{level}/{slot}"),
        reactor::Place::Far => "far".into(),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A plain enum's variant as a word: `AlreadyQueued` becomes `already_queued`.
fn word(variant: &impl fmt::Debug) -> String {
    let mut word = String::new();
    for (index, letter) in format!("{variant:?}").char_indices() {
        if letter.is_uppercase() && index > 0 {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

fn name_of(path: &str) -> String {
    Path::new(path).file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
