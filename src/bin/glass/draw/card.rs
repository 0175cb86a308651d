//! Panels on cards, and the cards of a picture.

use glassloop::trace::executor::TaskRef;
use glassloop::trace::read::Run;

use super::super::words::{moment as time, thousands};
use super::look::{self, Look};
use super::moment::Moment;
use super::sheet::{BODY, HEADING, SMALL, Sheet, escaped, number};
use super::{Panel, Part, chain, lanes, program, queue, tasks, things, waits, wheel};

/// Between the edge of a card and what is on it.
pub(super) const MARGIN: f64 = 16.0;
/// Between cards.
const GAP: f64 = 10.0;
const HEAD: f64 = 36.0;
/// A picture that is as wide has two columns.
const TWO_COLUMNS: f64 = 640.0;
/// Of what has happened. Only reports have more than one.
const LINES: usize = 8;

/// The whole picture.
pub(super) fn picture(moment: &Moment, run: &Run, panel: Panel, width: f64, task: Option<TaskRef>) -> String {
    let sheet = if panel == Panel::All { all(moment, run, width, task) } else { one(moment, run, panel, width, task) };
    let (wide, high) = (number(width), number(sheet.y));
    let title = format!("{}: {}, after event {}", title(panel), program(run), thousands(moment.record.seq));
    let (title, desc) = (escaped(&title), escaped(&sentence(moment)));
    let (style, body) = (look::style(), sheet.into_body());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{title}</title>\n\
         <desc id=\"desc\">{desc}</desc>\n<style>\n{style}</style>\n{body}</svg>\n"
    )
}

fn title(panel: Panel) -> &'static str {
    match panel {
        Panel::All => "The loop",
        Panel::Queue => "Run queue",
        Panel::Wheel => "Timer wheel",
        Panel::Lanes => "Lanes",
        Panel::Tasks => "Tasks",
        Panel::Sources => "Sources",
        Panel::Resources => "Queues and locks",
        Panel::Waits => "Who waits for whom",
        Panel::Why => "Why",
    }
}

/// What has happened, as a sentence.
fn sentence(moment: &Moment) -> String {
    let mut letters = moment.sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if moment.sentence.ends_with('.') { "" } else { "." };
    first.chain(letters).collect::<String>() + end
}

/// `most` is how many links a chain may have.
fn part(moment: &Moment, panel: Panel, width: f64, task: Option<TaskRef>, most: usize) -> Part {
    match panel {
        Panel::Queue => queue::draw(moment, width),
        Panel::Wheel => wheel::draw(moment, width),
        Panel::Lanes | Panel::All => lanes::draw(moment, width),
        Panel::Tasks => tasks::draw(moment, width),
        Panel::Sources => things::sources(moment, width),
        Panel::Resources => things::resources(moment, width),
        Panel::Waits => waits::draw(moment, width),
        Panel::Why => chain::draw(moment, width, task, most),
    }
}

/// `queue · event 118 · turn 21 · 50 ms`
fn whereabouts(moment: &Moment, run: &Run) -> String {
    let turns = moment.model.past.turns;
    let turn = if turns == 0 { String::new() } else { format!(" · turn {}", thousands(turns)) };
    let (program, event) = (program(run), thousands(moment.record.seq));
    format!("{program} · event {event}{turn} · {}", time(moment.model.t))
}

/// One panel: what it shows above, what has happened below.
fn one(moment: &Moment, run: &Run, panel: Panel, width: f64, task: Option<TaskRef>) -> Sheet {
    let part = part(moment, panel, width - 2.0 * MARGIN, task, 12);
    let told = told(moment, width, 0.0);
    let body = HEAD + part.sheet.y + 12.0;
    let height = body + told.y + 14.0;

    let mut sheet = Sheet::new(width);
    sheet.rect([0.5, 0.5, width - 1.0, height - 1.0], 8.0, Look::Card);
    let place = whereabouts(moment, run);
    let after = head(&mut sheet, 0.0, &part, width);
    let place = SMALL.fit(&place, width - MARGIN - after - 20.0).into_owned();
    sheet.text_to(width - MARGIN, 23.0, SMALL, Look::Muted, &place);
    sheet.place(MARGIN, HEAD, part.sheet);
    sheet.line(&[[1.0, body], [width - 1.0, body]], Look::Rule);
    sheet.rect([1.0, body + 9.0, 4.0, told.y - 4.0], 0.0, bar(moment));
    sheet.place(0.0, body + 5.0, told);
    sheet.y = height;
    sheet
}

/// What has happened, on lines from `y` on. A report has lines of its own.
fn told(moment: &Moment, width: f64, y: f64) -> Sheet {
    let mut told = Sheet::new(width - MARGIN);
    told.y = y;
    let sentence = sentence(moment);
    let mut lines = sentence.lines().map(str::trim_end).filter(|line| !line.is_empty());
    for line in lines.by_ref().take(LINES) {
        let indentation = line.len() - line.trim_start().len();
        told.paragraph(MARGIN + 5.0 * indentation.min(8) as f64, BODY, Look::Ink, line, 2);
    }
    if lines.next().is_some() {
        told.paragraph(MARGIN, BODY, Look::Muted, "…", 1);
    }
    told
}

/// Title and aside of a card; gives where they end.
fn head(sheet: &mut Sheet, left: f64, part: &Part, right: f64) -> f64 {
    let title = title(part.panel);
    let x = left + MARGIN;
    let y = sheet.y + 23.0;
    sheet.text(x, y, HEADING, Look::Ink, title);
    let after = x + HEADING.width(title) + 10.0;
    let aside = SMALL.fit(&part.aside, right - MARGIN - after).into_owned();
    sheet.text(after, y, SMALL, Look::Muted, &aside);
    after + SMALL.width(&aside)
}

/// The colour of what has happened.
fn bar(moment: &Moment) -> Look {
    match moment.record.entry.kind() {
        "Wake" | "Enqueue" => Look::Queued,
        "Report" => Look::OriginNow,
        _ => Look::Polling,
    }
}

/// All panels: what has happened, two columns or, where there is no room, one, and across them the lanes and the chain
/// of wakes.
fn all(moment: &Moment, run: &Run, width: f64, task: Option<TaskRef>) -> Sheet {
    let across = width - 2.0 * GAP;
    let is_narrow = width < TWO_COLUMNS;
    let column = if is_narrow { across } else { (across - GAP) / 2.0 };
    let part_of = |panel| part(moment, panel, column - 2.0 * MARGIN, task, 0);
    let mut left = vec![part_of(Panel::Queue), part_of(Panel::Wheel)];
    let mut right = Vec::new();
    for panel in [Panel::Tasks, Panel::Resources, Panel::Sources, Panel::Waits] {
        let to_the_left = is_narrow || !right.is_empty() && heights(&left) <= heights(&right);
        let shorter = if to_the_left { &mut left } else { &mut right };
        shorter.push(part_of(panel));
    }
    let lanes = part(moment, Panel::Lanes, across - 2.0 * MARGIN, task, 0);
    let why = part(moment, Panel::Why, across - 2.0 * MARGIN, task, 5);
    let narration = narration(moment, run, across);

    let top = GAP + narration.y + GAP;
    let middle = heights(&left).max(heights(&right));
    let below = [card_height(&lanes), card_height(&why)];
    let high = top + middle + GAP + below[0] + GAP + below[1] + GAP;
    let mut sheet = Sheet::new(width);
    sheet.rect([0.0, 0.0, width, high], 8.0, Look::Ground);
    sheet.place(GAP, GAP, narration);
    stack(&mut sheet, [GAP, top, column, middle], left);
    stack(&mut sheet, [GAP + column + GAP, top, column, middle], right);
    let y = top + middle + GAP;
    card(&mut sheet, [GAP, y, across, below[0]], lanes);
    card(&mut sheet, [GAP, y + below[0] + GAP, across, below[1]], why);
    sheet.y = high;
    sheet
}

/// The card that says what has happened.
fn narration(moment: &Moment, run: &Run, width: f64) -> Sheet {
    let told = told(moment, width, 24.0);
    let height = told.y + 8.0;
    let mut sheet = Sheet::new(width);
    sheet.rect([0.5, 0.5, width - 1.0, height - 1.0], 8.0, Look::Card);
    sheet.rect([0.5, 8.0, 4.0, height - 16.0], 0.0, bar(moment));
    let place = SMALL.fit(&whereabouts(moment, run), width - 2.0 * MARGIN).into_owned();
    sheet.text(MARGIN, 20.0, SMALL, Look::Muted, &place);
    sheet.place(0.0, 0.0, told);
    sheet.y = height;
    sheet
}

/// Cards below each other; the last takes what room is left.
fn stack(sheet: &mut Sheet, [x, y, width, height]: [f64; 4], parts: Vec<Part>) {
    let (mut at, count) = (y, parts.len());
    for (number, part) in parts.into_iter().enumerate() {
        let high = if number + 1 == count { y + height - at } else { card_height(&part) };
        card(sheet, [x, at, width, high], part);
        at += high + GAP;
    }
}

fn card(sheet: &mut Sheet, [x, y, width, height]: [f64; 4], part: Part) {
    sheet.rect([x + 0.5, y + 0.5, width - 1.0, height - 1.0], 8.0, Look::Card);
    sheet.y = y;
    head(sheet, x, &part, x + width);
    sheet.place(x + MARGIN, y + HEAD, part.sheet);
}

fn card_height(part: &Part) -> f64 {
    (HEAD + part.sheet.y + 10.0).round()
}

fn heights(parts: &[Part]) -> f64 {
    parts.iter().map(|part| card_height(part) + GAP).sum::<f64>() - GAP
}
