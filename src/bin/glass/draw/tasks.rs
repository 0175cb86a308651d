//! Who is alive, and what each does.

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Doing;

use super::super::words::{count, thousands};
use super::look::Look;
use super::moment::{Condition, Moment, more};
use super::sheet::{BODY, CHIP_HEIGHT, SMALL, Sheet, chip_width};
use super::{Panel, Part};

const SHOWN: usize = 20;
/// Of what a task waits for.
const LINES: usize = 2;
const LINE: f64 = 16.0;

pub(super) fn draw(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let tasks = &moment.model.state.tasks;
    let shown: Vec<TaskRef> = tasks.keys().copied().take(SHOWN).collect();
    if shown.is_empty() {
        sheet.text(0.0, 16.0, BODY, Look::Muted, "No task is alive.");
        sheet.y = 22.0;
    } else {
        let chips = shown.iter().map(|task| chip_width(&moment.who(*task)));
        let state = chips.fold(60.0, f64::max) + 14.0;
        let columns = [0.0, state, state + 76.0, width];
        for (x, name) in columns.into_iter().zip(["task", "state", "waits for"]) {
            sheet.text(x, 12.0, SMALL, Look::Muted, name);
        }
        sheet.text_to(width, 12.0, SMALL, Look::Muted, "polls");
        sheet.y = 18.0;
        for task in &shown {
            row(&mut sheet, moment, *task, columns);
        }
        if tasks.len() > shown.len() {
            sheet.text(0.0, sheet.y + 16.0, BODY, Look::Muted, &more(tasks.len() - shown.len()));
            sheet.y += 22.0;
        }
    }
    Part { panel: Panel::Tasks, aside: format!("{} alive", count(tasks.len() as u64, "task")), sheet }
}

fn row(sheet: &mut Sheet, moment: &Moment, task: TaskRef, [chip, state, wants, right]: [f64; 4]) {
    let y = sheet.y;
    sheet.line(&[[0.0, y], [right, y]], Look::Rule);
    sheet.chip(chip, y + 4.0, &moment.who(task), Look::Chip);
    pill(sheet, state, y + 7.5, moment.condition(task));
    let polls = thousands(moment.model.past.tasks.get(&task).map_or(0, |life| life.polls));
    sheet.text_to(right, y + 21.5, BODY, Look::Ink, &polls);
    let room = right - wants - BODY.width(&polls).max(30.0) - 8.0;
    let lines = SMALL.wrap(&what_it_wants(moment, task), room, LINES);
    let first = if lines.len() == 1 { y + 21.5 } else { y + 16.0 };
    for (number, line) in lines.iter().enumerate() {
        sheet.text(wants, first + number as f64 * LINE, SMALL, Look::Muted, line);
    }
    sheet.y += CHIP_HEIGHT + if lines.len() == 1 { 8.0 } else { 13.0 };
}

/// What a task does, in a word.
fn pill(sheet: &mut Sheet, x: f64, y: f64, condition: Condition) {
    let (text, ground, ink) = match condition {
        Condition::Polling => ("polling", Look::Polling, Look::OnPolling),
        Condition::Queued => ("queued", Look::Queued, Look::OnQueued),
        Condition::Waiting => ("waiting", Look::Outline, Look::Ink),
        Condition::Idle => ("idle", Look::Rule, Look::Muted),
        Condition::Woken => ("woken", Look::QueuedChip, Look::Ink),
        Condition::Turn => ("its turn", Look::QueuedChip, Look::Ink),
        Condition::New => ("new", Look::Rule, Look::Muted),
        Condition::Ready => ("ready", Look::Rule, Look::Muted),
    };
    sheet.rect([x, y, SMALL.width(text) + 13.0, 19.0], 4.0, ground);
    sheet.text(x + 6.5, y + 13.5, SMALL, ink, text);
}

fn what_it_wants(moment: &Moment, task: TaskRef) -> String {
    let state = &moment.model.state;
    let mut parts = Vec::new();
    match moment.condition(task) {
        Condition::Queued => parts.extend(state.doing(task).and_then(|doing| match doing {
            Doing::Queued(0) => Some("next".to_owned()),
            Doing::Queued(before) => Some(format!("{} before it", thousands(before as u64))),
            _ => None,
        })),
        Condition::Idle if moment.model.past.tasks.get(&task).is_some_and(|life| life.polls > 0) => {
            parts.push("something unknown: somebody else may hold its waker".into());
        }
        Condition::Idle | Condition::New => parts.push("never polled".into()),
        _ => parts.extend(moment.wants(task)),
    }
    if state.tasks.get(&task).is_some_and(|task| task.cancel_asked) {
        parts.push("asked to end".into());
    }
    parts.extend(state.holds(task).take(8).map(|lock| format!("holds {}", moment.names().resource(lock))));
    parts.join(" · ")
}
