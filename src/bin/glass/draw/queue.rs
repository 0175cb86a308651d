//! Who is being polled, and who is ready.

use glassloop::trace::schema::Entry;

use super::super::words::{count, duration, thousands};
use super::look::Look;
use super::moment::{Moment, more};
use super::sheet::{BODY, CHIP_HEIGHT, SMALL, STRONG, Sheet, TINY, chip_width};
use super::{Panel, Part};

const BOX: [f64; 2] = [148.0, 64.0];
/// Between the box and the queue: there stands the arrow.
const GAP: f64 = 40.0;
const ROWS: usize = 4;
const ROW: f64 = 32.0;

pub(super) fn draw(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let queue = &moment.model.state.run_queue;
    sheet.y = 8.0;
    now(&mut sheet, moment);
    let left = BOX[0] + GAP;
    sheet.path([BOX[0] + 14.0, 40.0], "M12 -7L0 0L12 7Z", Look::Origin);
    if queue.is_empty() {
        sheet.text(left, 44.5, BODY, Look::Muted, "Nobody is ready.");
    } else {
        line(&mut sheet, moment, left);
    }
    sheet.y = sheet.y.max(8.0 + BOX[1]) + 2.0;
    Part { panel: Panel::Queue, aside: count(queue.len() as u64, "task") + " ready", sheet }
}

/// Who is polled, or what the loop does while nobody is.
fn now(sheet: &mut Sheet, moment: &Moment) {
    let middle = BOX[0] / 2.0;
    let polling = moment.model.state.polling;
    let look = if polling.is_some() { Look::Now } else { Look::Nothing };
    sheet.rect([1.0, 8.0, BOX[0] - 2.0, BOX[1]], 8.0, look);
    if let Some(task) = polling {
        let who = moment.who(task);
        let width = chip_width(&who);
        sheet.chip((middle - width / 2.0).round(), 19.0, &who, Look::Chip);
        let polls = moment.model.past.tasks.get(&task).map_or(0, |life| life.polls);
        sheet.text_around(middle, 63.0, SMALL, Look::Muted, &format!("poll {}", thousands(polls)));
    } else {
        let (does, note) = the_loop(moment);
        sheet.text_around(middle, 38.0, STRONG, Look::Ink, does);
        sheet.text_around(middle, 56.0, SMALL, Look::Muted, &note);
    }
    // On the border, which it interrupts.
    sheet.rect([10.0, 4.0, 28.0, 8.0], 0.0, Look::Paper);
    sheet.text(13.0, 11.5, TINY, Look::Muted, "now");
}

fn the_loop(moment: &Moment) -> (&'static str, String) {
    match &moment.record.entry {
        Entry::RunBegin {} => ("the loop", "has begun".into()),
        Entry::RunEnd { .. } | Entry::LoopEnd {} => ("the loop", "the run has ended".into()),
        Entry::Dequeue { task: Some(task) } => ("the loop", format!("takes {task} out")),
        Entry::Park { timeout: Some(0) } => ("asks the system", "and does not wait".into()),
        Entry::Park { timeout: None } => ("parked", "until something comes".into()),
        Entry::Park { timeout: Some(limit) } => ("parked", format!("at most {}", duration(*limit))),
        _ => ("the loop", "between polls".into()),
    }
}

/// The run queue, its front at the left.
fn line(sheet: &mut Sheet, moment: &Moment, left: f64) {
    let queue = &moment.model.state.run_queue;
    let (mut x, mut row) = (left, 0);
    let top = |row: usize| 27.0 + row as f64 * ROW;
    // In the last row there has to be room for what is left out.
    let left_out = BODY.width(&more(queue.len())).max(110.0);
    let room = |row: usize| if row + 1 == ROWS { left_out } else { 0.0 };
    let mut shown = 0;
    for task in queue.iter() {
        let who = task.map(|task| moment.who(task));
        let width = who.as_ref().map_or(58.0, chip_width);
        if x > left && x + width + room(row) > sheet.width {
            if row + 1 == ROWS {
                break;
            }
            (x, row) = (left, row + 1);
        }
        if x + width + room(row) > sheet.width && shown + 1 < queue.len() && row + 1 == ROWS {
            break; // the last row says no more than how many are left out
        }
        match who {
            Some(who) => drop(sheet.chip(x, top(row), &who, Look::QueuedChip)),
            None => {
                sheet.rect([x, top(row), width, CHIP_HEIGHT], 5.0, Look::Nothing);
                sheet.text_around(x + width / 2.0, top(row) + 17.5, BODY, Look::Muted, "ended");
            }
        }
        (x, shown) = (x + width + 7.0, shown + 1);
    }
    if shown < queue.len() {
        sheet.text(x + 2.0, top(row) + 17.5, BODY, Look::Muted, &more(queue.len() - shown));
    }
    sheet.text(left + 1.0, 20.0, TINY, Look::Muted, "front");
    sheet.y = top(row) + CHIP_HEIGHT;
}
