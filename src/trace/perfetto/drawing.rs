//! From records to rows, slices and arrows.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use super::TimeAxis;
use super::lanes::Lanes;
use super::plan::{Plan, Planned};
use super::sheet::{Edge, Named, Row, Sheet};
use crate::trace::executor::TaskRef;
use crate::trace::model::{Impossible, Model, Wait};
use crate::trace::schema::{Effect, Entry, Record, Via};

mod bars;

use bars::Bar;

/// One run on its way to the picture.
pub(super) struct Drawing<'s> {
    model: Model,
    axis: TimeAxis,
    /// The time at which the run begins in the picture, and by its own clock.
    start: (u64, Option<u64>),
    now: u64,
    plan: Plan,
    sheet: Option<&'s mut dyn Sheet>,
    pid: u64,
    lanes: Lanes,
    turn: Option<Slice>,
    /// What happens in the turn: timers, a poll, or a wait.
    inner: Option<(Inner, Slice)>,
    tasks: BTreeMap<TaskRef, Drawn>,
    bars: BTreeMap<Bar, (Planned, u64, Rc<str>)>,
    counters: [u64; 4],
    polls: u64,
}

/// A slice that has begun.
#[derive(Clone, Copy)]
struct Slice {
    planned: Planned,
    at: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inner {
    Timers,
    Poll,
    Park,
}

/// What is under way of a task.
#[derive(Default)]
struct Drawn {
    /// `queued`, `polling` or `waits`.
    slice: Option<Slice>,
    /// Arrows on their way to its next poll.
    arrows: Vec<(&'static str, u64, Planned)>,
}

const COUNTERS: [&str; 4] = ["run_queue", "timers", "sources", "live_tasks"];

impl<'s> Drawing<'s> {
    pub(super) fn new(
        number: u64,
        axis: TimeAxis,
        start: u64,
        plan: Plan,
        sheet: Option<&'s mut dyn Sheet>,
    ) -> Drawing<'s> {
        let lanes = Lanes::new(plan.tasks);
        let mut drawing = Drawing {
            model: Model::default(),
            axis,
            start: (start, None),
            now: start,
            plan,
            sheet,
            pid: 1 + 2 * number,
            lanes,
            turn: None,
            inner: None,
            tasks: BTreeMap::new(),
            bars: BTreeMap::new(),
            counters: [u64::MAX; 4],
            polls: 0,
        };
        let of_run = |name: &str| if number == 0 { name.to_owned() } else { format!("{name} {}", number + 1) };
        let (row, tasks) = (drawing.loop_row(), drawing.lane_row(0));
        drawing.write(|sheet, _| {
            for (row, name) in [(row, "loop"), (tasks, "tasks")] {
                sheet.name(Named::Process, row, &of_run(name));
                sheet.sort(Named::Process, row, row.pid);
            }
            sheet.name(Named::Thread, row, "loop");
        });
        drawing
    }

    /// Draws the next record.
    pub(super) fn draw(&mut self, record: &Record<Rc<str>>) -> Result<(), Impossible> {
        let began = *self.start.1.get_or_insert(record.t);
        self.now = match self.axis {
            // Whatever a file says, the picture goes forwards.
            TimeAxis::Clock => self.start.0.saturating_add(record.t.saturating_sub(began)).max(self.now),
            TimeAxis::Step if record.seq > 0 => self.now.saturating_add(1000),
            TimeAxis::Step => self.now,
        };
        if record.seq == 0 {
            return self.model.apply(record); // what was before is not drawn
        }
        self.end_bar(&record.entry);
        self.model.apply(record)?;
        self.draw_loop(record);
        self.draw_task(record);
        self.begin_bar(&record.entry);
        Ok(())
    }

    pub(super) fn check(&mut self) -> io::Result<()> {
        self.sheet.as_mut().map_or(Ok(()), |sheet| sheet.check())
    }

    /// Ends what has not ended.
    pub(super) fn finish(mut self) -> Plan {
        self.end_inner();
        self.end_turn();
        for (_, drawn) in std::mem::take(&mut self.tasks) {
            self.end(drawn.slice);
        }
        for (bar, (planned, _, name)) in std::mem::take(&mut self.bars) {
            self.plan.settle(planned, 1);
            self.draw_bar(Edge::End, bar, planned, &name);
        }
        if !self.plan.is_made() {
            self.plan.tasks = self.model.past.tasks.len();
        }
        self.plan.set_end(self.now);
        self.plan
    }

    fn loop_row(&self) -> Row {
        Row { pid: self.pid, tid: self.tid(1) }
    }

    fn lane_row(&self, lane: u64) -> Row {
        Row { pid: self.pid + 1, tid: self.tid(2 + lane) }
    }

    /// Numbers of threads are best not used twice in a file.
    fn tid(&self, number: u64) -> u64 {
        const EACH_RUN: u64 = 100_000_000;
        self.pid / 2 * EACH_RUN + number
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Sheet, u64)) {
        if let Some(sheet) = &mut self.sheet {
            write(&mut **sheet, self.now);
        }
    }

    fn begin(&mut self, row: Row, name: impl FnOnce(&Model) -> String, task: Option<TaskRef>) -> Slice {
        let planned = self.plan.begin();
        if let Some(sheet) = &mut self.sheet {
            let task = task.map(|task| self.model.past.title(task));
            sheet.slice(row, self.now, planned.number, &name(&self.model), task.as_deref());
        }
        Slice { planned, at: self.now }
    }

    fn end(&mut self, slice: Option<Slice>) {
        if let Some(Slice { planned, at }) = slice {
            self.plan.settle(planned, self.now - at);
        }
    }

    // The loop's row.

    fn draw_loop(&mut self, record: &Record<Rc<str>>) {
        match &record.entry {
            Entry::Turn {} => {
                self.end_turn();
                let turn = self.begin(self.loop_row(), |model| format!("turn {}", model.past.turns), None);
                self.turn = Some(turn);
                self.count();
            }
            Entry::RunEnd { .. } => self.end_turn(),
            Entry::TimerFire { .. } | Entry::TimerCascade { .. } if self.inner.is_none() && self.turn.is_some() => {
                self.begin_inner(Inner::Timers, |_| "timers".into());
            }
            Entry::Dequeue { .. } | Entry::Wake { via: Via::Thread, .. } if self.is_inner(Inner::Timers) => {
                self.end_inner();
            }
            Entry::PollBegin { task: Some(task) } => {
                let task = *task;
                self.begin_inner(Inner::Poll, |model| format!("poll {}", model.past.title(task)));
            }
            Entry::Park { .. } => self.begin_inner(Inner::Park, |_| "park".into()),
            Entry::PollEnd { .. } | Entry::Unpark { .. } => self.end_inner(),
            Entry::Report { what, text, .. } => {
                let name = format!("{what}: {}", text.lines().next().unwrap_or_default());
                let row = self.loop_row();
                self.write(|sheet, now| sheet.instant(row, now, &name));
            }
            Entry::Mark { text } => {
                let row = self.model.state.polling.map_or(self.loop_row(), |task| self.row_of(task));
                self.write(|sheet, now| sheet.instant(row, now, text));
            }
            _ => {}
        }
    }

    fn is_inner(&self, what: Inner) -> bool {
        self.inner.is_some_and(|(inner, _)| inner == what)
    }

    fn begin_inner(&mut self, what: Inner, name: impl FnOnce(&Model) -> String) {
        self.end_inner();
        let slice = self.begin(self.loop_row(), name, None);
        self.inner = Some((what, slice));
    }

    fn end_inner(&mut self) {
        let inner = self.inner.take().map(|(_, slice)| slice);
        self.end(inner);
    }

    fn end_turn(&mut self) {
        self.end_inner();
        let turn = self.turn.take();
        self.end(turn);
    }

    fn count(&mut self) {
        let state = &self.model.state;
        let counts = [state.run_queue.len(), state.timers.len(), state.sources.len(), state.tasks.len()];
        let row = self.loop_row();
        for (index, count) in counts.map(|count| count as u64).into_iter().enumerate() {
            if std::mem::replace(&mut self.counters[index], count) != count {
                self.write(|sheet, now| sheet.counter(row, now, COUNTERS[index], count));
            }
        }
    }

    // The rows of tasks.

    fn draw_task(&mut self, record: &Record<Rc<str>>) {
        match record.entry {
            Entry::Spawn { task: Some(task), .. } => self.arrow("spawn", record.seq, task, self.model.state.polling),
            Entry::Wake { task: Some(task), by, effect: Effect::Enqueued, .. } => {
                self.arrow("wake", record.seq, task, by);
            }
            Entry::ChildStart { task: Some(child) } => {
                // The arrow to the gather goes on to its first child.
                let gather = self.tasks.entry(TaskRef { task: child.task, child: None }).or_default();
                let arrows = std::mem::take(&mut gather.arrows);
                self.tasks.entry(child).or_default().arrows = arrows;
            }
            // It has had its turn until the end of the poll.
            Entry::Enqueue { task: Some(task) } if self.model.state.polling != Some(task) => {
                self.phase(task, |_| "queued".into());
            }
            Entry::Dequeue { task: Some(task) } => self.end_phase(task),
            Entry::PollBegin { task: Some(task) } => {
                self.polls += 1;
                self.phase(task, |_| "polling".into());
                self.arrows_arrive(task);
            }
            Entry::PollEnd { task: Some(task), ready: false } => {
                if self.model.state.run_queue.place(task).is_some() {
                    self.phase(task, |_| "queued".into());
                } else {
                    self.phase(task, |model| waits_for(model, task));
                }
            }
            Entry::PollEnd { task: Some(task), .. } => self.end_phase(task),
            Entry::CancelAsk { task: Some(task) } => {
                let row = self.row_of(task);
                self.write(|sheet, now| sheet.instant(row, now, "cancel asked"));
            }
            Entry::Done { task: Some(task), .. } => {
                self.end_phase(task);
                self.tasks.remove(&task);
                self.lanes.leave(task);
            }
            _ => {}
        }
    }

    /// The row of a task; a new one gets its name.
    fn row_of(&mut self, task: TaskRef) -> Row {
        let (lane, is_new) = self.lanes.of(task);
        let row = self.lane_row(lane);
        if is_new && self.plan.is_made() {
            let shared = self.lanes.are_shared();
            let name = if shared { format!("lane {lane}") } else { lane_name(&self.model, task) };
            self.write(|sheet, _| {
                sheet.name(Named::Thread, row, &name);
                sheet.sort(Named::Thread, row, lane);
            });
        }
        row
    }

    /// The task goes over to something else.
    fn phase(&mut self, task: TaskRef, name: impl FnOnce(&Model) -> String) {
        self.end_phase(task);
        let row = self.row_of(task);
        let shared = self.lanes.are_shared();
        let name = |model: &Model| {
            let name = name(model);
            if shared { format!("{name} ({})", lane_name(model, task)) } else { name }
        };
        let slice = self.begin(row, name, Some(task));
        self.tasks.entry(task).or_default().slice = Some(slice);
    }

    fn end_phase(&mut self, task: TaskRef) {
        let slice = self.tasks.get_mut(&task).and_then(|drawn| drawn.slice.take());
        self.end(slice);
    }

    // Arrows.

    /// From whoever is being polled, or what the loop does, to the task's next poll.
    fn arrow(&mut self, cat: &'static str, id: u64, to: TaskRef, by: Option<TaskRef>) {
        let row = match by.filter(|by| self.model.state.polling == Some(*by)) {
            Some(by) => self.row_of(by),
            None if self.turn.is_some() => self.loop_row(),
            None => return, // nothing it could come from
        };
        // Loops of one file number their events each for themselves.
        let id = (self.pid / 2) << 40 | id;
        let planned = self.plan.begin();
        if planned.number > 0 {
            self.write(|sheet, now| sheet.arrow_begins(row, now, cat, id));
        }
        self.tasks.entry(to).or_default().arrows.push((cat, id, planned));
    }

    fn arrows_arrive(&mut self, task: TaskRef) {
        let arrows = std::mem::take(&mut self.tasks.entry(task).or_default().arrows);
        let row = self.row_of(task);
        for (cat, id, planned) in arrows {
            self.plan.settle(planned, 1);
            self.write(|sheet, now| sheet.arrow_ends(row, now, cat, id));
        }
    }
}

/// As short as may be: `7 fetch`.
fn lane_name(model: &Model, task: TaskRef) -> String {
    match model.past.tasks.get(&task).and_then(|life| life.name.as_ref()) {
        Some(name) => format!("{task} {name}"),
        None => task.to_string(),
    }
}

fn waits_for(model: &Model, task: TaskRef) -> String {
    let waits = model.state.waits(task).map(|wait| match wait {
        Wait::Timer(timer) => format!("timer {timer}"),
        Wait::Join(target) => format!("end of {target}"),
        Wait::Source { source, .. } => {
            let op = model.state.wait_site(wait).map_or("", |(op, _)| op);
            format!("{op} of source {source}")
        }
        Wait::Resource { resource, .. } => {
            let op = model.state.wait_site(wait).map_or("", |(op, _)| op);
            format!("{op} of {}", model.state.resource_title(resource))
        }
    });
    let waits = waits.collect::<Vec<_>>().join(", ");
    if waits.is_empty() { "waits: unknown".into() } else { format!("waits: {waits}") }
}
