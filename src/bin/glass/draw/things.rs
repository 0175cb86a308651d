//! What tasks wait for besides timers: sources, queues and locks.

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Resource, ResourceWait, Source};

use super::super::words::{count, thousands};
use super::look::Look;
use super::moment::{Moment, more};
use super::sheet::{BODY, CHIP_HEIGHT, SMALL, STRONG, Sheet, chip_width};
use super::{Panel, Part};

const SHOWN: usize = 12;
/// Of those who wait for one thing.
const WAITERS: usize = 8;
const MOST_BOXES: u64 = 16;
const LINE: f64 = 22.0;

/// Somebody who waits: who, for what, and whether that one was woken.
type Waiter = (Option<TaskRef>, String);

pub(super) fn sources(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let sources = &moment.model.state.sources;
    for (number, source) in sources.iter().take(SHOWN) {
        source_row(&mut sheet, moment, *number, source);
    }
    ending(&mut sheet, sources.len(), "No source is registered.");
    Part { panel: Panel::Sources, aside: count(sources.len() as u64, "source"), sheet }
}

fn source_row(sheet: &mut Sheet, moment: &Moment, number: u64, source: &Source) {
    rule(sheet);
    let baseline = sheet.y + 16.0;
    let mut x = sheet.width;
    // From the right: the name takes what is left.
    for (side, name) in [(1, "writable"), (0, "readable")] {
        let text = if source.closed[side] { format!("{name}, closed") } else { name.to_owned() };
        let ready = source.ready[side];
        x -= SMALL.width(&text);
        sheet.text(x, baseline, SMALL, if ready { Look::Ink } else { Look::Muted }, &text);
        x -= 10.0;
        sheet.circle(x, baseline - 4.5, 4.0, if ready { Look::Ink } else { Look::Outline });
        x -= 18.0;
    }
    let title = format!("source {number} ({})", source.label);
    sheet.text(0.0, baseline, STRONG, Look::Ink, &STRONG.fit(&title, x));
    sheet.y += LINE;
    let waits = source.waits.iter().flat_map(|waits| waits.values());
    let waits: Vec<Waiter> = waits.map(|wait| (wait.task, wait.op.to_string())).take(1_000).collect();
    waiters(sheet, moment, &waits);
}

pub(super) fn resources(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let resources = &moment.model.state.resources;
    for (number, resource) in resources.iter().take(SHOWN) {
        resource_row(&mut sheet, moment, *number, resource);
    }
    ending(&mut sheet, resources.len(), "None at this moment.");
    Part { panel: Panel::Resources, aside: thousands(resources.len() as u64), sheet }
}

fn resource_row(sheet: &mut Sheet, moment: &Moment, number: u64, resource: &Resource) {
    rule(sheet);
    let baseline = sheet.y + 16.0;
    let title = STRONG.fit(&moment.model.state.resource_title(number), sheet.width * 0.5).into_owned();
    sheet.text(0.0, baseline, STRONG, Look::Ink, &title);
    let x = STRONG.width(&title).max(96.0) + 14.0;
    if &*resource.label == "lock" {
        let held = if resource.holder.is_some() || resource.len == 0 { "held" } else { "free" };
        let by = resource.holder.map(|task| moment.who(task));
        let text = if by.is_some() { "held by" } else { held };
        sheet.text(x, baseline, BODY, Look::Muted, text);
        if let Some(who) = by {
            sheet.chip(x + BODY.width(text) + 8.0, sheet.y - 1.5, &who, Look::Chip);
            sheet.y += 3.0;
        }
    } else {
        contents(sheet, x, baseline, resource);
    }
    sheet.y += LINE;
    let said = |wait: &ResourceWait| {
        let woken = if wait.woken { ", woken" } else { "" };
        (wait.task, format!("{}{woken}", wait.op))
    };
    let waits: Vec<Waiter> = resource.waits.values().take(1_000).map(said).collect();
    waiters(sheet, moment, &waits);
}

/// Of a queue its places, full and free; of others the number.
fn contents(sheet: &mut Sheet, mut x: f64, baseline: f64, resource: &Resource) {
    let is_queue = resource.label.ends_with("queue");
    if is_queue {
        let places = resource.cap.unwrap_or(resource.len.max(4)).min(MOST_BOXES);
        for place in 0..places {
            let look = if place < resource.len { Look::Polling } else { Look::Outline };
            if x + 12.0 > sheet.width * 0.8 {
                break;
            }
            sheet.rect([x, baseline - 10.0, 11.0, 11.0], 2.0, look);
            x += 15.0;
        }
        x += 6.0;
    }
    let of = resource.cap.map(|cap| format!(" of {}", thousands(cap))).unwrap_or_else(|| " in it".into());
    let undone = match resource.unfinished {
        0 => String::new(),
        _ if !is_queue => String::new(),
        left => format!(" · {} not done with", thousands(left)),
    };
    let text = format!("{}{of}{undone}", thousands(resource.len));
    sheet.text(x, baseline, BODY, Look::Muted, &BODY.fit(&text, sheet.width - x));
}

/// Who waits, in order, below the thing.
fn waiters(sheet: &mut Sheet, moment: &Moment, waits: &[Waiter]) {
    let mut x = 0.0;
    for (task, op) in waits.iter().take(WAITERS) {
        let who = task.map(|task| moment.who(task));
        let text = SMALL.fit(op, 130.0).into_owned();
        let width = SMALL.width(&text) + 6.0 + who.as_ref().map_or(0.0, chip_width);
        if x > 0.0 && x + width > sheet.width {
            x = 0.0;
            sheet.y += CHIP_HEIGHT + 5.0;
        }
        sheet.text(x, sheet.y + 17.5, SMALL, Look::Muted, &text);
        if let Some(who) = &who {
            sheet.chip(x + SMALL.width(&text) + 6.0, sheet.y, who, Look::Chip);
        }
        x += width + 14.0;
    }
    if waits.len() > WAITERS {
        let text = more(waits.len() - WAITERS);
        if x + SMALL.width(&text) > sheet.width {
            x = 0.0;
            sheet.y += CHIP_HEIGHT + 5.0;
        }
        sheet.text(x, sheet.y + 17.5, SMALL, Look::Muted, &text);
    }
    sheet.y += if waits.is_empty() { 4.0 } else { CHIP_HEIGHT + 8.0 };
}

fn rule(sheet: &mut Sheet) {
    if sheet.y > 0.0 {
        let y = sheet.y;
        sheet.line(&[[0.0, y], [sheet.width, y]], Look::Rule);
        sheet.y += 5.0;
    }
}

/// What is said if there is none, or if there are too many.
fn ending(sheet: &mut Sheet, all: usize, none: &str) {
    let text = match all {
        0 => none.to_owned(),
        all if all > SHOWN => more(all - SHOWN),
        _ => return,
    };
    sheet.text(0.0, sheet.y + 14.0, BODY, Look::Muted, &BODY.fit(&text, sheet.width));
    sheet.y += 20.0;
}
