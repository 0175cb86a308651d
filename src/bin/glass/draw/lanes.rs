//! What each task did around an event: a row for a task, a column for an event, arrows for wakes.

use std::collections::BTreeSet;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Doing, Model};
use glassloop::trace::schema::{Effect, Entry};

use super::super::words::{moment as time, thousands};
use super::look::Look;
use super::moment::{Moment, Who, more};
use super::sheet::{BODY, SMALL, Sheet, TINY};
use super::{Panel, Part};

const ROWS: usize = 16;
const ROW: f64 = 26.0;
/// Where the lanes begin, and how high the heads above and the times below them are.
const LEFT: f64 = 132.0;
const TOP: f64 = 26.0;
/// Of a column: if all events fit so, if not, and if there is much room.
const NARROWEST: f64 = 8.0;
const NARROW: f64 = 12.0;
const WIDEST: f64 = 26.0;

/// The events that lanes of this width show: from which to which. Two thirds of them lead to the one that is meant, if
/// there are as many; a short run is shown whole.
pub(super) fn window(width: f64, [first, at, last]: [u64; 3]) -> [u64; 2] {
    let fitting = |column: f64| ((width - LEFT) / column).floor().max(8.0) as u64;
    if last.saturating_sub(first) < fitting(NARROWEST) {
        return [first, last];
    }
    let columns = fitting(NARROW);
    let from = at.saturating_sub(columns * 2 / 3).clamp(first, last.saturating_sub(columns - 1).max(first));
    [from, from.saturating_add(columns - 1)]
}

/// Where the rows, the columns and the events are.
struct Grid {
    rows: Vec<TaskRef>,
    column: f64,
    events: usize,
}

impl Grid {
    fn x(&self, event: usize) -> f64 {
        LEFT + event as f64 * self.column
    }

    fn y(&self, task: Option<TaskRef>) -> Option<f64> {
        let row = self.rows.iter().position(|row| Some(*row) == task)?;
        Some(TOP + row as f64 * ROW)
    }
}

pub(super) fn draw(moment: &Moment, width: f64) -> Part {
    let mut sheet = Sheet::new(width);
    let (rows, left_out) = rows(moment);
    let events = moment.around.len();
    let column = ((width - LEFT) / events.max(1) as f64).clamp(NARROWEST, WIDEST);
    let grid = Grid { rows, column, events };
    let bottom = TOP + grid.rows.len() as f64 * ROW;
    head(&mut sheet, moment, &grid, bottom);
    for task in &grid.rows {
        let y = grid.y(Some(*task)).unwrap_or_default();
        name(&mut sheet, y, &moment.who(*task));
    }
    stretches(&mut sheet, moment, &grid);
    arrows(&mut sheet, moment, &grid);
    if grid.rows.is_empty() {
        sheet.text(0.0, TOP + 16.0, BODY, Look::Muted, "No task is alive.");
    }
    sheet.y = bottom + if grid.rows.is_empty() { 24.0 } else { 18.0 };
    if left_out > 0 {
        sheet.text(0.0, sheet.y + 14.0, BODY, Look::Muted, &more(left_out));
        sheet.y += 20.0;
    }
    legend(&mut sheet);
    let [first, last] = [moment.around.first(), moment.around.last()].map(|end| end.map_or(0, |record| record.seq));
    let aside = format!("events {} to {}, one a column", thousands(first), thousands(last));
    Part { panel: Panel::Lanes, aside, sheet }
}

/// Those who did something among these events, then those who were alive before them; and how many are left out.
fn rows(moment: &Moment) -> (Vec<TaskRef>, usize) {
    let state = &moment.before;
    let mut here = BTreeSet::new();
    let named = moment.around.iter().filter_map(|record| match &record.entry {
        Entry::Spawn { task, children: None, .. } | Entry::ChildStart { task } => *task,
        Entry::PollBegin { task } | Entry::Enqueue { task } | Entry::Done { task, .. } => *task,
        _ => None,
    });
    let subject = moment.subject.filter(|task| moment.model.past.tasks.contains_key(task));
    let all: BTreeSet<TaskRef> = state.tasks.keys().copied().chain(named.clone()).collect();
    for task in subject.into_iter().chain(named).chain(state.tasks.keys().copied()) {
        if here.len() >= ROWS {
            break;
        }
        here.insert(task);
    }
    let left_out = all.len().saturating_sub(here.len());
    (here.into_iter().collect(), left_out)
}

/// The cursor, the times above, and the number of the event below.
fn head(sheet: &mut Sheet, moment: &Moment, grid: &Grid, bottom: f64) {
    let mut former = None;
    let mut free = LEFT;
    for (event, record) in moment.around.iter().enumerate() {
        if former == Some(record.t) {
            continue;
        }
        let (x, text) = (grid.x(event), time(record.t));
        if event > 0 {
            sheet.line(&[[x, 16.0], [x, bottom]], Look::Rule);
        }
        let width = TINY.width(&text);
        let left = if event > 0 { x + 3.0 } else { x };
        // At the edge it stands before its line.
        let left = if left + width > sheet.width { x - 3.0 - width } else { left };
        if left >= free {
            sheet.text(left, 12.0, TINY, Look::Muted, &text);
            free = left + width + 8.0;
        }
        former = Some(record.t);
    }
    let Some(at) = moment.around.iter().position(|record| record.seq == moment.record.seq) else { return };
    sheet.rect([grid.x(at), 18.0, grid.column, bottom - 18.0], 2.0, Look::Here);
    let text = format!("event {}", thousands(moment.record.seq));
    let half = TINY.width(&text) / 2.0;
    let middle = (grid.x(at) + grid.column / 2.0).clamp(LEFT + half, sheet.width - half);
    sheet.text_around(middle, bottom + 12.0, TINY, Look::Ink, &text);
}

fn name(sheet: &mut Sheet, y: f64, who: &Who) {
    sheet.rect([0.0, y + 5.0, 4.0, 16.0], 2.0, Look::Task(who.colour));
    let text = match &who.name {
        Some(name) => format!("{} {name}", who.label),
        None => who.label.clone(),
    };
    sheet.text(10.0, y + 17.5, BODY, Look::Ink, &BODY.fit(&text, LEFT - 18.0));
}

/// What each task did, event by event: what it looks like after one until another changes that.
fn stretches(sheet: &mut Sheet, moment: &Moment, grid: &Grid) {
    let mut model = Model { state: moment.before.clone(), ..Model::default() };
    let mut begun: Vec<(Option<Look>, usize)> = vec![(None, 0); grid.rows.len()];
    for event in 0..=grid.events {
        let applied = moment.around.get(event).map(|record| model.apply(record));
        for (row, task) in grid.rows.iter().enumerate() {
            let look = applied.as_ref().and_then(|_| look(&model, *task));
            let (former, since) = begun[row];
            if former != look || applied.is_none() {
                if let Some(former) = former {
                    let y = TOP + row as f64 * ROW;
                    let (y, height) = if former == Look::Waiting { (y + 11.0, 4.0) } else { (y + 5.0, 16.0) };
                    sheet.rect([grid.x(since), y, (event - since) as f64 * grid.column, height], 0.0, former);
                }
                begun[row] = (look, event);
            }
        }
    }
}

fn look(model: &Model, task: TaskRef) -> Option<Look> {
    Some(match model.state.doing(task)? {
        Doing::Polling => Look::Polling,
        Doing::Queued(_) => Look::Queued,
        Doing::Waiting | Doing::Idle => Look::Waiting,
    })
}

/// From whoever woke somebody to the one who was woken; from above, if that was no task.
fn arrows(sheet: &mut Sheet, moment: &Moment, grid: &Grid) {
    for (event, record) in moment.around.iter().enumerate() {
        let Entry::Wake { task, by, effect: Effect::Enqueued, .. } = &record.entry else { continue };
        let Some(stop) = grid.y(*task).map(|y| y + 13.0) else { continue };
        let x = grid.x(event) + grid.column / 2.0;
        let is_now = record.seq == moment.record.seq;
        let (line, origin) = if is_now { (Look::ArrowNow, Look::OriginNow) } else { (Look::Arrow, Look::Origin) };
        let from = grid.y(*by).map(|y| y + 13.0);
        if from == Some(stop) {
            // Who wakes itself gets a loop.
            sheet.path([x, stop - 8.0], "M-3.5 0a4.5 4.5 0 1 1 7 0m-3.5 -2l3.5 2l2 -4", line);
            continue;
        }
        let start = from.unwrap_or(21.0);
        let head = if stop > start { -1.0 } else { 1.0 };
        let tip = stop + head * 8.0;
        sheet.line(&[[x, start], [x, tip]], line);
        sheet.line(&[[x - 3.5, tip + head * 5.0], [x, tip], [x + 3.5, tip + head * 5.0]], line);
        if from.is_none() {
            sheet.circle(x, start, 3.0, origin);
        }
    }
}

fn legend(sheet: &mut Sheet) {
    let y = sheet.y + 6.0;
    let mut x = 0.0;
    for (text, look) in [("polled", Look::Polling), ("queued", Look::Queued), ("waits", Look::Waiting)] {
        let (top, height) = if look == Look::Waiting { (y + 5.0, 4.0) } else { (y + 1.0, 12.0) };
        sheet.rect([x, top, 18.0, height], 0.0, look);
        sheet.text(x + 24.0, y + 11.5, SMALL, Look::Muted, text);
        x += 24.0 + SMALL.width(text) + 18.0;
    }
    sheet.path([x + 6.0, y + 1.0], "M0 0V12m-3.5 -5l3.5 5l3.5 -5", Look::Arrow);
    sheet.text(x + 16.0, y + 11.5, SMALL, Look::Muted, "a wake");
    x += 16.0 + SMALL.width("a wake") + 18.0;
    let text = "by the loop: a timer, a source, an end";
    if x + 13.0 + SMALL.width(text) <= sheet.width {
        sheet.circle(x + 4.0, y + 7.0, 3.0, Look::Origin);
        sheet.text(x + 13.0, y + 11.5, SMALL, Look::Muted, text);
    }
    sheet.y = y + 18.0;
}
