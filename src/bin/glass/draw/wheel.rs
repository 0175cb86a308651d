//! The timer wheel: a row of slots for each level, the coarsest above, and the due list below them.

use glassloop::trace::model::Timer;
use glassloop::trace::reactor::Place;

use super::super::words::{count, duration, moment as time};
use super::look::Look;
use super::moment::{Moment, more};
use super::sheet::{BODY, CHIP_HEIGHT, CODE, SMALL, Sheet, TINY, chip_width};
use super::{Panel, Part};

const LEVELS: u8 = 6;
const SLOTS: u64 = 64;
const TICK: u64 = 1_000_000;
/// So many timers are drawn, and so many of them are in the list.
const DRAWN: usize = 60;
const LISTED: usize = 8;
/// A level's row: how high the slots are, and how far it is to the next.
const SLOT: f64 = 22.0;
const ROW: f64 = 36.0;
const RADIUS: f64 = 8.0;

type Armed<'m> = (u64, &'m Timer);

pub(super) fn draw(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let timers = &moment.model.state.timers;
    let mut armed: Vec<Armed<'_>> = timers.iter().map(|(number, timer)| (*number, timer)).collect();
    armed.sort_by_key(|(number, timer)| (timer.deadline, *number));
    let (all, drawn) = (armed.len(), &armed[..armed.len().min(DRAWN)]);
    levels(&mut sheet, moment, drawn);
    list(&mut sheet, moment, &drawn[..drawn.len().min(LISTED)], all);
    Part { panel: Panel::Wheel, aside: format!("{} armed", count(all as u64, "timer")), sheet }
}

fn levels(sheet: &mut Sheet, moment: &Moment, armed: &[Armed<'_>]) {
    let level_of = |timer: &Timer| match timer.place {
        Place::Slot { level, .. } => level.min(LEVELS - 1),
        _ => 0,
    };
    let top = armed.iter().map(|(_, timer)| level_of(timer)).max().unwrap_or_default().max(2);
    let tick = moment.model.t / TICK;
    let left = 96.0;
    for level in (0..=top).rev() {
        let size = SLOTS.pow(u32::from(level));
        let y = f64::from(top - level) * ROW + 4.0;
        sheet.text(0.0, y + 10.0, CODE, Look::Ink, &format!("L{level}"));
        sheet.text(0.0, y + 22.0, TINY, Look::Muted, &format!("a slot: {}", duration(TICK * size)));
        let cell = track(sheet, left, y, Look::Track);
        let hand = (tick / size % SLOTS) as f64;
        sheet.rect([left + hand * cell, y, cell, SLOT], 0.0, Look::Hand);
        let here = armed.iter().filter_map(|(number, timer)| match timer.place {
            Place::Slot { level: its, slot } if its == level => Some((*number, *timer, f64::from(slot))),
            _ => None,
        });
        let here = here.map(|(number, timer, slot)| (number, timer, left + (slot + 0.5) * cell)).collect();
        dots(sheet, moment, y + SLOT / 2.0, here);
    }
    let y = f64::from(top + 1) * ROW + 14.0;
    scale(sheet, left, y - 18.0);
    sheet.text(0.0, y + 10.0, CODE, Look::Ink, "due");
    sheet.text(0.0, y + 22.0, TINY, Look::Muted, "fires next");
    sheet.rect([left, y, sheet.width - left, SLOT], 3.0, Look::QueuedTrack);
    let due = armed.iter().filter(|(_, timer)| timer.place == Place::Due);
    let due = due.enumerate().map(|(at, (number, timer))| (*number, *timer, left + 14.0 + at as f64 * 24.0));
    let due = due.take_while(|(_, _, x)| *x < sheet.width - 12.0).collect();
    dots(sheet, moment, y + SLOT / 2.0, due);
    sheet.y = y + SLOT + 8.0;
}

/// A level's slots; gives the width of one.
fn track(sheet: &mut Sheet, left: f64, y: f64, look: Look) -> f64 {
    let cell = (sheet.width - left) / SLOTS as f64;
    sheet.rect([left, y, sheet.width - left, SLOT], 3.0, look);
    for slot in 1..SLOTS {
        let (x, long) = (left + slot as f64 * cell, slot % 8 == 0);
        let inset = if long { 0.0 } else { SLOT / 2.0 - 1.5 };
        sheet.line(&[[x, y + inset], [x, y + SLOT - inset]], Look::Rule);
    }
    cell
}

/// The numbers of the slots, below the lowest level.
fn scale(sheet: &mut Sheet, left: f64, y: f64) {
    let cell = (sheet.width - left) / SLOTS as f64;
    for slot in (0..SLOTS).step_by(8) {
        let x = left + (slot as f64 + 0.5) * cell;
        sheet.text_around(x, y + 7.0, TINY, Look::Muted, &slot.to_string());
    }
}

/// Timers of one row, at their places: a dot with the number of the task, and beside it, where there is room, the
/// deadline.
fn dots(sheet: &mut Sheet, moment: &Moment, y: f64, mut here: Vec<(u64, &Timer, f64)>) {
    here.sort_by(|(a, _, x), (b, _, other)| x.total_cmp(other).then(a.cmp(b)));
    let edge = sheet.width - RADIUS - 1.0;
    let mut taken = f64::MIN;
    // Those of one slot lie side by side, as far as there is room.
    let places: Vec<f64> = here
        .iter()
        .map(|(_, _, x)| {
            taken = x.max(taken + 7.0).min(edge);
            taken
        })
        .collect();
    for (at, (number, timer, _)) in here.iter().enumerate() {
        let x = places[at];
        let look = timer.task.map_or(Look::Waiting, |task| Look::Task(moment.colour(task)));
        sheet.circle(x, y, RADIUS, look);
        let next = places.get(at + 1).map_or(sheet.width, |next| next - RADIUS);
        let before = if at == 0 { 100.0 } else { places[at - 1] + RADIUS };
        // The longest that there is room for, to the right or to the left.
        for text in [format!("timer {number}, {}", deadline(timer)), format!("timer {number}")] {
            let width = SMALL.width(&text);
            if x + RADIUS + 12.0 + width < next {
                label(sheet, x + RADIUS + 3.0, y, width, &text);
                break;
            }
            if x - RADIUS - 15.0 - width > before && at == 0 {
                label(sheet, x - RADIUS - 9.0 - width, y, width, &text);
                break;
            }
        }
    }
}

/// A text on a ground of its own: it stands among slots.
fn label(sheet: &mut Sheet, x: f64, y: f64, width: f64, text: &str) {
    sheet.rect([x, y - 8.5, width + 6.0, 17.0], 3.0, Look::Paper);
    sheet.text(x + 3.0, y + 4.0, SMALL, Look::Ink, text);
}

fn deadline(timer: &Timer) -> String {
    if timer.deadline == u64::MAX { "never due".into() } else { format!("due at {}", time(timer.deadline)) }
}

/// The next to fire: for whom, when, and where it was armed.
fn list(sheet: &mut Sheet, moment: &Moment, armed: &[Armed<'_>], all: usize) {
    if all == 0 {
        sheet.text(0.0, sheet.y + 14.0, BODY, Look::Muted, "No timer is armed.");
        sheet.y += 20.0;
        return;
    }
    for (number, timer) in armed {
        let y = sheet.y;
        sheet.line(&[[0.0, y], [sheet.width, y]], Look::Rule);
        let baseline = y + 21.5;
        let name = moment.names().timer(*number);
        sheet.text(0.0, baseline, BODY, Look::Ink, &name);
        let mut x = BODY.width(&name).max(118.0) + 12.0;
        if let Some(task) = timer.task {
            let who = moment.who(task);
            if x + chip_width(&who) < sheet.width {
                x += sheet.chip(x, y + 4.0, &who, Look::Chip) + 12.0;
            }
        }
        let left = timer.deadline.saturating_sub(moment.model.t);
        let (whole, short) = match (timer.deadline, left) {
            (u64::MAX, _) => ("never due".into(), "never due".into()),
            (_, 0) => ("due now".into(), "due now".into()),
            (at, left) => (format!("due at {}, in {}", time(at), duration(left)), format!("in {}", duration(left))),
        };
        let when = if x + BODY.width(&whole) <= sheet.width { whole } else { short };
        let when = BODY.fit(&when, sheet.width - x).into_owned();
        sheet.text(x, baseline, BODY, Look::Muted, &when);
        x += BODY.width(&when) + 14.0;
        if x + CODE.width(&timer.loc) <= sheet.width {
            sheet.text_to(sheet.width, baseline, CODE, Look::Muted, &timer.loc);
        }
        sheet.y += CHIP_HEIGHT + 8.0;
    }
    if all > armed.len() {
        sheet.text(0.0, sheet.y + 14.0, BODY, Look::Muted, &more(all - armed.len()));
        sheet.y += 20.0;
    }
}
