//! `glass report`: what stands out in a run.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use glassloop::trace;
use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Life, Model};
use glassloop::trace::read::Run;
use glassloop::trace::schema::{Entry, Finding, Record};

use super::Failure;
use super::follow::{follow, heading};
use super::paint::{Ink, Painter};
use super::table::Side::{Left, Right};
use super::table::Table;
use super::words::{Names, count, duration, finding, moment, thousands};

/// Something that took some time.
struct Stretch {
    length: u64,
    task: TaskRef,
    seq: u64,
    t: u64,
    /// Where in the source it went on, or was created.
    loc: Rc<str>,
}

/// The longest of many.
struct Longest {
    top: usize,
    stretches: Vec<Stretch>,
}

/// What is gathered on the way.
struct Facts {
    events: u64,
    /// Those before them, of which a flight recorder kept nothing.
    dropped: u64,
    end: u64,
    polls: Longest,
    queued: Longest,
    late: Vec<u64>,
    /// Who ever was to have a turn: a callback whose moment has not come was not.
    enqueued: BTreeSet<TaskRef>,
    /// Findings in the order in which they were told.
    findings: Vec<(u64, u64, Finding, Rc<str>)>,
}

pub(super) fn report(file: &Path, top: usize, out: &mut Painter<'_>) -> Result<(), Failure> {
    let trace = trace::read(file)?;
    for (number, run) in trace.runs.iter().enumerate() {
        if number > 0 {
            writeln!(out.stream())?;
        }
        if let Some(heading) = heading(&trace, number) {
            out.line(Ink::Heading, heading)?;
        } else {
            out.line(Ink::Heading, &run.header)?;
        }
        let (facts, model, wrong) = gather(&trace.file, run, top)?;
        print(run, &facts, &model, top, out)?;
        // What is whole has been shown.
        wrong.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// All there is to tell; and what is wrong after that, if anything is.
fn gather(file: &Rc<str>, run: &Run, top: usize) -> Result<(Facts, Model, Option<Failure>), Failure> {
    let mut facts = Facts::new(top);
    let followed = follow(file, run, 0, |record, model| {
        facts.note(record, model);
        Ok(())
    });
    match followed {
        Ok(model) => Ok((facts.sorted(), model, None)),
        Err(wrong) => {
            // The model of what is whole: the same way once more, and no farther.
            let mut model = Model::default();
            let whole = run.records().map_while(Result::ok).take_while(|record| model.apply(record).is_ok());
            whole.for_each(drop);
            Ok((facts.sorted(), model, Some(wrong)))
        }
    }
}

impl Facts {
    fn new(top: usize) -> Facts {
        let (polls, queued) = (Longest::new(top), Longest::new(top));
        let (events, dropped, end, late, enqueued, findings) = Default::default();
        Facts { events, dropped, end, polls, queued, late, enqueued, findings }
    }

    fn sorted(mut self) -> Facts {
        self.polls.sort();
        self.queued.sort();
        self
    }

    fn note(&mut self, record: &Record<Rc<str>>, before: &Model) {
        self.events += u64::from(record.seq > 0);
        self.end = record.t;
        let life = |task: &TaskRef| before.past.tasks.get(task);
        match &record.entry {
            Entry::Dropped { count } => self.dropped = self.dropped.saturating_add(*count),
            Entry::PollEnd { task: Some(task), .. } => {
                if let Some((life, begun)) = life(task).and_then(|life| Some((life, life.polling_since?))) {
                    let length = record.t.saturating_sub(begun.t);
                    let loc = life.resumes_at.as_ref().unwrap_or(&life.loc).clone();
                    self.polls.push(Stretch { length, task: *task, seq: begun.seq, t: begun.t, loc });
                }
            }
            Entry::Dequeue { task: Some(task) } => {
                if let Some((life, begun)) = life(task).and_then(|life| Some((life, life.queued_since?))) {
                    let (length, loc) = (record.t.saturating_sub(begun.t), life.loc.clone());
                    self.queued.push(Stretch { length, task: *task, seq: begun.seq, t: begun.t, loc });
                }
            }
            Entry::Enqueue { task: Some(task) } => drop(self.enqueued.insert(*task)),
            Entry::TimerFire { late, .. } => self.late.push(*late),
            Entry::Report { what, text, .. } => self.findings.push((record.seq, record.t, *what, text.clone())),
            _ => {}
        }
    }
}

impl Longest {
    fn new(top: usize) -> Longest {
        Longest { top, stretches: Vec::new() }
    }

    /// What took no time is not worth telling.
    fn push(&mut self, stretch: Stretch) {
        if stretch.length == 0 {
            return;
        }
        self.stretches.push(stretch);
        // Now and then, lest they become many.
        if self.stretches.len() >= self.top.saturating_mul(2).max(1000) {
            self.sort();
        }
    }

    /// The longest first, and of two that are equally long, the earlier.
    fn sort(&mut self) {
        self.stretches.sort_by_key(|stretch| (Reverse(stretch.length), stretch.seq));
        self.stretches.truncate(self.top);
    }
}

fn print(run: &Run, facts: &Facts, model: &Model, top: usize, out: &mut Painter<'_>) -> Result<(), Failure> {
    summary(facts, model, out)?;
    findings(facts, out)?;
    stretches("Longest polls", ["poll", "went on at"], &facts.polls.stretches, run, model, out)?;
    stretches("Longest in the run queue", ["queued", "created at"], &facts.queued.stretches, run, model, out)?;
    lateness(facts, out)?;
    let mut lives: Vec<(&TaskRef, &Life)> = model.past.tasks.iter().collect();
    lives.retain(|(task, life)| life.polls > 0 || is_known_as_unpolled(task, life, facts));
    never_polled(&lives, model, top, out)?;
    lives.retain(|(_, life)| life.polls > 0);
    lives.sort_by_key(|(_, life)| (Reverse((life.polls, life.wakes)), life.born.map(|born| born.seq)));
    section("Polls and wakes", out)?;
    let columns =
        [("task", Left), ("polls", Right), ("wakes", Right), ("busy", Right), ("queued", Right), ("created at", Left)];
    let mut table = Table::new(&columns);
    for (task, life) in lives.iter().take(top) {
        let (polls, wakes) = (thousands(life.polls), thousands(life.wakes));
        let (busy, queued) = (duration(life.busy), duration(life.queued));
        table.row([model.past.title(**task), polls, wakes, busy, queued, life.loc.to_string()]);
    }
    table.print(out)?;
    more(lives.len(), top, out)
}

fn section(title: &str, out: &mut Painter<'_>) -> Result<(), Failure> {
    writeln!(out.stream())?;
    Ok(out.line(Ink::Heading, title)?)
}

fn more(all: usize, top: usize, out: &mut Painter<'_>) -> Result<(), Failure> {
    if all > top {
        out.line(Ink::Faint, format_args!("  ... and {} more", thousands((all - top) as u64)))?;
    }
    Ok(())
}

fn summary(facts: &Facts, model: &Model, out: &mut Painter<'_>) -> Result<(), Failure> {
    let length = facts.end.saturating_sub(model.past.began.unwrap_or_default());
    let tasks = model.past.tasks.values().filter(|life| life.children.is_none()).count() as u64;
    let alive = model.state.tasks.len() as u64;
    let (events, turns) = (count(facts.events, "event"), count(model.past.turns, "turn"));
    let line = format!("{events} in {}, {turns}, {}", duration(length), count(tasks, "task"));
    let alive = if alive > 0 { format!(" ({} alive at the end)", thousands(alive)) } else { String::new() };
    out.line(Ink::Plain, format_args!("{line}{alive}"))?;
    if facts.dropped > 0 {
        out.line(Ink::Plain, format_args!("{} before these were not kept", count(facts.dropped, "event")))?;
    }
    let busy = match (model.past.busy, length) {
        (0, _) => "busy: polls took no time by this clock".into(),
        (busy, length) => {
            let share = 100.0 * busy as f64 / length.max(1) as f64;
            format!("busy: {share:.1} % of the time, {} in polls", duration(busy))
        }
    };
    Ok(out.line(Ink::Plain, busy)?)
}

fn findings(facts: &Facts, out: &mut Painter<'_>) -> Result<(), Failure> {
    section("Findings", out)?;
    let lost = facts.findings.iter().filter(|(_, _, what, _)| *what == Finding::LostWake).count() as u64;
    if facts.findings.is_empty() {
        out.line(Ink::Good, "  none was reported")?;
    } else if lost > 0 {
        out.line(Ink::Bad, format_args!("  {}", count(lost, "lost wake")))?;
    }
    for (seq, t, what, text) in &facts.findings {
        out.put(Ink::Faint, format_args!("  {seq:>6}  {:>11}  ", moment(*t)))?;
        out.line(Ink::Bad, finding(what, text).replace('\n', &format!("\n{:23}", "")))?;
    }
    Ok(())
}

fn stretches(
    title: &str,
    [column, place]: [&'static str; 2],
    stretches: &[Stretch],
    run: &Run,
    model: &Model,
    out: &mut Painter<'_>,
) -> Result<(), Failure> {
    section(title, out)?;
    if stretches.is_empty() {
        let why = if run.header.is_virtual() { " (virtual time stands still while tasks run)" } else { "" };
        out.line(Ink::Plain, format_args!("  all took no time{why}"))?;
        return Ok(());
    }
    let mut table = Table::new(&[(column, Right), ("task", Left), ("event", Right), ("at", Right), (place, Left)]);
    for Stretch { length, task, seq, t, loc } in stretches {
        table.row([duration(*length), Names(model).task(Some(*task)), seq.to_string(), moment(*t), loc.to_string()]);
    }
    Ok(table.print(out)?)
}

fn lateness(facts: &Facts, out: &mut Painter<'_>) -> Result<(), Failure> {
    section("Timers", out)?;
    let mut late = facts.late.clone();
    late.sort_unstable();
    let Some(last) = late.last() else { return Ok(out.line(Ink::Plain, "  none fired")?) };
    // The least that so many per cent do not exceed.
    let share = |percent: usize| late[(late.len() * percent).div_ceil(100) - 1];
    let fired = thousands(late.len() as u64);
    let [p50, p99, max] = [share(50), share(99), *last].map(duration);
    Ok(out.line(Ink::Plain, format_args!("  {fired} fired; late by: p50 {p50}, p99 {p99}, at most {max}"))?)
}

/// Whether a task without a poll in the recording never had one at all: those of before the recording may have had some,
/// a callback is not polled before its time, and a gather as a whole never: its children are.
fn is_known_as_unpolled(task: &TaskRef, life: &Life, facts: &Facts) -> bool {
    life.born.is_some() && life.children.is_none() && facts.enqueued.contains(task)
}

fn never_polled(lives: &[(&TaskRef, &Life)], model: &Model, top: usize, out: &mut Painter<'_>) -> Result<(), Failure> {
    let never: Vec<_> = lives.iter().filter(|(_, life)| life.polls == 0).collect();
    if never.is_empty() {
        return Ok(());
    }
    section("Never polled", out)?;
    let mut table = Table::new(&[("task", Left), ("created at", Left)]);
    for (task, life) in never.iter().take(top) {
        table.row([model.past.title(**task), life.loc.to_string()]);
    }
    table.print(out)?;
    more(never.len(), top, out)
}
