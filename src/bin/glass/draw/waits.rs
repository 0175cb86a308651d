//! Who waits for whom: chains from a task to the one who could end its wait, who may wait too.

use std::collections::{BTreeMap, BTreeSet};

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{State, Wait};

use super::look::Look;
use super::moment::{Moment, Who, more};
use super::sheet::{BODY, CHIP_HEIGHT, SMALL, STRONG, Sheet, chip_width};
use super::{Panel, Part};

const SHOWN: usize = 10;
/// Of those who wait, so many are looked at.
const LOOKED_AT: usize = 2_000;
const LONGEST: usize = 24;
/// How wide the text of an arrow is at most.
const LABEL: f64 = 170.0;
const ROW: f64 = CHIP_HEIGHT + 10.0;

/// Tasks in the order in which each waits for the next, and for what.
struct Chain {
    links: Vec<(TaskRef, Wait)>,
    /// Who is at the end, and waits for nobody.
    end: Option<TaskRef>,
    /// The link to which the last one leads back: these can never go on.
    cycle: Option<usize>,
}

pub(super) fn draw(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let chains = chains(&moment.model.state);
    for chain in chains.iter().take(SHOWN) {
        row(&mut sheet, moment, chain);
    }
    if chains.is_empty() {
        let nobody = "Nobody waits for the end of a task, or for a lock that one holds.";
        sheet.y = 2.0;
        sheet.paragraph(0.0, BODY, Look::Muted, nobody, 2);
        sheet.y += 2.0;
    } else if chains.len() > SHOWN {
        sheet.text(0.0, sheet.y + 14.0, BODY, Look::Muted, &more(chains.len() - SHOWN));
        sheet.y += 20.0;
    }
    Part { panel: Panel::Waits, aside: String::new(), sheet }
}

/// Who could end a wait: whoever is to end, or holds the lock.
fn ender(state: &State, wait: Wait) -> Option<TaskRef> {
    match wait {
        Wait::Join(target) => {
            let family = TaskRef { task: target, child: None }..=TaskRef { task: target, child: Some(u32::MAX) };
            state.tasks.range(family).next().map(|(task, _)| *task)
        }
        Wait::Resource { resource, .. } => state.resources.get(&resource)?.holder,
        _ => None,
    }
}

fn chains(state: &State) -> Vec<Chain> {
    let mut edges = BTreeMap::new();
    for task in state.tasks.keys().filter(|task| state.waits(**task).next().is_some()).take(LOOKED_AT) {
        let edge = state.waits(*task).find_map(|wait| ender(state, wait).map(|to| (wait, to)));
        edges.extend(edge.map(|edge| (*task, edge)));
    }
    let awaited: BTreeSet<TaskRef> = edges.values().map(|(_, to)| *to).collect();
    let starts = edges.keys().filter(|task| !awaited.contains(task));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in starts.chain(edges.keys()) {
        // By the time its turn comes, another chain may have gone through it.
        if !seen.contains(start) {
            found.push(chain(*start, &edges, &mut seen));
        }
    }
    found
}

fn chain(start: TaskRef, edges: &BTreeMap<TaskRef, (Wait, TaskRef)>, seen: &mut BTreeSet<TaskRef>) -> Chain {
    let mut chain = Chain { links: Vec::new(), end: None, cycle: None };
    let mut task = start;
    while let Some((wait, to)) = edges.get(&task) {
        chain.links.push((task, *wait));
        seen.insert(task);
        task = *to;
        chain.cycle = chain.links.iter().position(|(before, _)| *before == task);
        if chain.cycle.is_some() {
            return chain;
        }
    }
    chain.end = Some(task);
    chain
}

fn row(sheet: &mut Sheet, moment: &Moment, chain: &Chain) {
    let look = if chain.cycle.is_some() { Look::ArrowNow } else { Look::Arrow };
    let link = |(task, wait): &(TaskRef, Wait)| (moment.who(*task), what(moment, *wait));
    let mut links: Vec<(Who, String)> = chain.links.iter().take(LONGEST).map(link).collect();
    let left_out = chain.links.len() - links.len();
    let width =
        |(who, text): &(Who, String)| chip_width(who) + 6.0 + if text.is_empty() { 0.0 } else { edge_width(text) };
    let fits = left_out == 0 && links.iter().map(width).sum::<f64>() <= sheet.width;
    let goes_back = chain.cycle.filter(|_| fits);
    let closing = goes_back.and_then(|_| links.last_mut()).map(|(_, text)| std::mem::take(text));
    // On several lines a way back would run through others: there, whoever it leads to stands at the end again.
    let end = chain.end.or(chain.cycle.filter(|_| !fits).map(|back| chain.links[back].0));
    links.extend(end.filter(|_| left_out == 0).map(|end| (moment.who(end), String::new())));

    let mut x = 0.0;
    let mut middles = Vec::new();
    for link in &links {
        if x > 0.0 && x + width(link) > sheet.width {
            (x, sheet.y) = (24.0, sheet.y + ROW);
        }
        let chip = sheet.chip(x, sheet.y, &link.0, Look::Chip);
        middles.push(x + chip / 2.0);
        x += chip + 6.0;
        if !link.1.is_empty() {
            edge(sheet, x, &link.1, look);
            x += edge_width(&link.1);
        }
    }
    if left_out > 0 {
        sheet.text(24.0, sheet.y + ROW + 14.0, BODY, Look::Muted, &more(left_out));
        sheet.y += 24.0;
    }
    if let (Some(back), Some(text), [.., last]) = (goes_back, closing, &middles[..]) {
        come_back(sheet, *last, middles[back], &text);
    }
    if chain.cycle.is_some() {
        sheet.y += if fits { 36.0 } else { 20.0 };
        sheet.text(0.0, sheet.y + CHIP_HEIGHT, STRONG, Look::Bad, "a cycle: none of them can go on");
    }
    sheet.y += ROW;
}

/// An arrow that says for what.
fn edge(sheet: &mut Sheet, x: f64, text: &str, look: Look) {
    let (middle, text) = (sheet.y + CHIP_HEIGHT / 2.0, SMALL.fit(text, LABEL));
    let after = x + 14.0 + SMALL.width(&text);
    sheet.line(&[[x, middle], [x + 7.0, middle]], look);
    sheet.text(x + 10.0, middle + 4.0, SMALL, Look::Muted, &text);
    sheet.line(&[[after, middle], [after + 14.0, middle]], look);
    sheet.line(&[[after + 9.0, middle - 4.0], [after + 14.0, middle], [after + 9.0, middle + 4.0]], look);
}

fn edge_width(text: &str) -> f64 {
    SMALL.width(&SMALL.fit(text, LABEL)) + 34.0
}

/// From the last of a row back to one before.
fn come_back(sheet: &mut Sheet, from: f64, to: f64, text: &str) {
    let top = sheet.y + CHIP_HEIGHT + 2.0;
    let bottom = top + 12.0;
    // A task that waits for itself.
    let from = if from == to { from + 14.0 } else { from };
    sheet.line(&[[from, top - 2.0], [from, bottom], [to, bottom], [to, top]], Look::ArrowNow);
    sheet.line(&[[to - 4.0, top + 5.0], [to, top], [to + 4.0, top + 5.0]], Look::ArrowNow);
    let width = SMALL.width(text) + 8.0;
    let left = (f64::midpoint(from, to) - width / 2.0).max(to.min(from) + 12.0);
    sheet.rect([left, bottom - 8.0, width, 16.0], 3.0, Look::Paper);
    sheet.text(left + 4.0, bottom + 4.0, SMALL, Look::Muted, text);
}

/// In short what a task waits for: the one who could end that stands beside.
fn what(moment: &Moment, wait: Wait) -> String {
    match wait {
        Wait::Join(target) => {
            let whole = TaskRef { task: target, child: None };
            // Of a gather one child stands for all.
            if moment.model.past.tasks.get(&whole).is_some_and(|life| life.children.is_some()) {
                format!("the end of {}", moment.names().target(target))
            } else {
                "its end".into()
            }
        }
        Wait::Resource { resource, .. } => moment.names().resource(resource),
        other => moment.names().wanted(other),
    }
}
