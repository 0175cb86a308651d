//! What made a task run: its chain of wakes, the latest first.

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Link;

use super::super::why::because;
use super::super::words::{moment as time, thousands};
use super::look::Look;
use super::moment::Moment;
use super::sheet::{BODY, CHIP_HEIGHT, SMALL, Sheet};
use super::{Panel, Part};

const LINES: usize = 3;
const LEFT: f64 = 146.0;

/// Of the chain, so many links.
pub(super) fn draw(moment: &Moment, width: f64, task: Option<TaskRef>, most: usize) -> Part {
    let mut sheet = Sheet::new(width);
    let task = task.or(moment.subject);
    let mut links = task.into_iter().flat_map(|task| moment.causes.chain(task));
    let shown: Vec<&Link> = links.by_ref().take(most).collect();
    let has_more = links.next().is_some();
    let is_queued = task.is_some_and(|task| moment.causes.is_queued(task));
    for (number, link) in shown.iter().enumerate() {
        let is_last = number + 1 == shown.len() && !has_more;
        row(&mut sheet, moment, link, is_queued && number == 0, is_last);
    }
    let end = match (shown.is_empty(), has_more) {
        (true, _) => Some("Nobody has run yet."),
        (_, true) => Some("… and so on, back to the beginning"),
        _ => None,
    };
    if let Some(text) = end {
        let x = if has_more { LEFT } else { 0.0 };
        sheet.text(x, sheet.y + 16.0, BODY, Look::Muted, text);
        sheet.y += 22.0;
    }
    Part { panel: Panel::Why, aside: task.map_or_else(String::new, |task| moment.model.past.title(task)), sheet }
}

fn row(sheet: &mut Sheet, moment: &Moment, link: &Link, is_to_come: bool, is_last: bool) {
    let y = sheet.y;
    let (baseline, dot) = (y + 19.0, [LEFT - 14.0, y + 14.0]);
    sheet.text_to(44.0, baseline, SMALL, Look::Ink, &thousands(link.at.seq));
    sheet.text_to(LEFT - 26.0, baseline, SMALL, Look::Muted, &SMALL.fit(&time(link.at.t), 72.0));
    let who = moment.who(link.task);
    let chip = sheet.chip(LEFT, y + 1.0, &who, Look::Chip);
    let did = match (link.cancelled, is_to_come) {
        (true, _) => "was dropped",
        (_, true) => "is queued",
        _ => "ran",
    };
    let text = format!("{did} {}", because(&moment.model, link));
    let x = LEFT + chip + 10.0;
    let lines = BODY.wrap(&text, sheet.width - x, LINES);
    for (number, line) in lines.iter().enumerate() {
        sheet.text(x, baseline + number as f64 * 17.0, BODY, Look::Ink, line);
    }
    sheet.y += CHIP_HEIGHT + 8.0 + (lines.len() - 1) as f64 * 17.0;
    if !is_last {
        sheet.line(&[[dot[0], dot[1]], [dot[0], sheet.y + 14.0]], Look::Outline);
    }
    sheet.circle(dot[0], dot[1], 4.5, Look::Task(who.colour));
}
