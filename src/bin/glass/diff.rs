//! `glass diff`: where two recordings part.

use std::path::Path;
use std::rc::Rc;

use glassloop::trace;
use glassloop::trace::model::Model;
use glassloop::trace::read::{Run, Trace};
use glassloop::trace::schema::Record;

use super::Failure;
use super::fields::fields;
use super::paint::{Ink, Painter};
use super::tell;
use super::words::count;

type Event = Record<Rc<str>>;

/// Where two runs part: after so many equal records, so many of them events, and what comes next in each.
struct Parting {
    equal: usize,
    events: u64,
    next: [Option<Event>; 2],
}

/// Says whether they differ.
pub(super) fn diff(a: &Path, b: &Path, context: usize, out: &mut Painter<'_>) -> Result<bool, Failure> {
    let traces = [trace::read(a)?, trace::read(b)?];
    let loops = traces[0].runs.len().max(traces[1].runs.len());
    let (mut events, mut with_times) = (0, true);
    for (number, (run_a, run_b)) in traces[0].runs.iter().zip(&traces[1].runs).enumerate() {
        let times = run_a.header.is_virtual() && run_b.header.is_virtual();
        with_times &= times;
        let parting = part(run_a, run_b, times)?;
        if let [None, None] = parting.next {
            events += parting.events;
            continue;
        }
        let [first, second] = [&traces[0].file, &traces[1].file];
        let of_loop = if loops > 1 { format!(" in loop {}", number + 1) } else { String::new() };
        let equal = count(parting.events, "equal event");
        out.line(Ink::Heading, format_args!("{first} and {second} differ{of_loop} after {equal}"))?;
        show(&traces, [run_a, run_b], &parting, context, times, out)?;
        return Ok(true);
    }
    if traces[0].runs.len() != traces[1].runs.len() {
        let [a, b] = traces.map(|trace| format!("{} recorded {}", trace.file, count(trace.runs.len() as u64, "loop")));
        out.line(Ink::Bad, format_args!("{a}, {b}"))?;
        return Ok(true);
    }
    let times = if with_times { "" } else { " (but for times, which were real)" };
    out.line(Ink::Good, format_args!("equal{times}: {}", count(events, "event")))?;
    Ok(false)
}

fn part(a: &Run, b: &Run, times: bool) -> Result<Parting, Failure> {
    let (mut a, mut b) = (a.records(), b.records());
    let (mut equal, mut events) = (0, 0);
    loop {
        match (a.next().transpose()?, b.next().transpose()?) {
            (Some(a), Some(b)) if same(&a, &b, times) => {
                equal += 1;
                // A description of the state in which a recording begins is no event.
                events += u64::from(a.seq > 0);
            }
            (a, b) => return Ok(Parting { equal, events, next: [a, b] }),
        }
    }
}

/// Some events before the difference, then the two that differ, and in what.
fn show(
    traces: &[Trace; 2],
    runs: [&Run; 2],
    parting: &Parting,
    context: usize,
    times: bool,
    out: &mut Painter<'_>,
) -> Result<(), Failure> {
    let mut sides = Vec::new();
    for (side, run) in runs.into_iter().enumerate() {
        let mut model = Model::default();
        for (index, record) in run.records().take(parting.equal).enumerate() {
            let record = record?;
            if side == 0 && index + context >= parting.equal && record.seq > 0 {
                out.put(Ink::Plain, "  ")?;
                tell::line(out, &record, &model)?;
            }
            let file = traces[side].file.to_string();
            model.apply(&record).map_err(|problem| Failure::Impossible { file, problem })?;
        }
        sides.push(model);
    }
    for (side, (ink, sign)) in [(Ink::Bad, "-"), (Ink::Good, "+")].into_iter().enumerate() {
        out.put(ink, format_args!("{sign} "))?;
        match &parting.next[side] {
            Some(event) => tell::line(out, event, &sides[side])?,
            None => out.line(Ink::Plain, format_args!("{:>6}  {} ends here", "", traces[side].file))?,
        }
    }
    if let [Some(a), Some(b)] = &parting.next {
        for (name, a, b) in differing(a, b, times) {
            out.line(Ink::Plain, format_args!("  {:>6}  {name}: {a} / {b}", ""))?;
        }
    }
    Ok(())
}

/// The fields of two events that are not the same.
fn differing(a: &Event, b: &Event, times: bool) -> Vec<(&'static str, String, String)> {
    let (fields_a, fields_b) = (fields(&a.entry), fields(&b.entry));
    let mut differing = Vec::new();
    if a.entry.kind() != b.entry.kind() {
        differing.push(("kind", a.entry.kind().to_owned(), b.entry.kind().to_owned()));
    } else {
        let pairs = fields_a
            .into_iter()
            .zip(fields_b)
            .filter(|((name, a), (_, b))| without_ports(a) != without_ports(b) && (times || !is_time(name)));
        differing.extend(pairs.map(|((name, a), (_, b))| (name, a, b)));
    }
    if times && a.t != b.t {
        differing.push(("t", format!("{} ns", a.t), format!("{} ns", b.t)));
    }
    differing
}

fn same(a: &Event, b: &Event, times: bool) -> bool {
    *a == *b || a.seq == b.seq && differing(a, b, times).is_empty()
}

/// The system gives out ports as it likes: `127.0.0.1:41799` is the same as `127.0.0.1:41607`.
fn without_ports(text: &str) -> String {
    let mut parts = text.split(':');
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let follows_address = without.ends_with(|letter: char| letter.is_ascii_digit() || letter == ']');
        let is_port = follows_address && matches!(part.len() - rest.len(), 4 | 5);
        without += &format!(":{}", if is_port { rest } else { part });
    }
    without
}

/// Of fields, those that no two runs on a real clock have in common.
fn is_time(field: &str) -> bool {
    ["deadline", "late", "timeout", "slept", "place", "from", "to"].contains(&field)
}
