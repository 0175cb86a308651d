//! A picture of a group of workloads: bars, as SVG.

use std::fmt::Write;

use super::results::{LIMIT, OURS, Results};
use super::table::{number, times};

const WIDTH: usize = 760;
const LABELS: usize = 110;
/// Where the longest bar ends; its figure stands behind it.
const LONGEST: f64 = 500.0;
const BAR: usize = 14;
const GAP: usize = 4;

/// Bars for every figure of the group. In each row the longest bar is the same, so that only bars of one row can be compared; one that is far
/// longer than the second is cut off.
pub(super) fn of(results: &Results, group: &str) -> String {
    let mut body = String::new();
    let mut y = 34;
    for workload in results.of_group(group) {
        for metric in 0..workload.metrics.len() {
            let columns = workload.columns();
            let shown = columns.iter().filter_map(|column| Some((*column, workload.best(column)?)));
            let shown: Vec<_> = shown.filter(|(_, best)| !best.figure(metric).is_nan()).collect();
            let figures: Vec<f64> = shown.iter().map(|(_, best)| best.figure(metric)).collect();
            let scale = scale(&figures);
            if scale == 0.0 {
                continue;
            }
            let unit = workload.metrics[metric].unit;
            let less_or_more = if unit.more_is_better() { "more is better" } else { "less is better" };
            let row = escaped(&workload.row(metric));
            let _ = writeln!(body, r#"<text x="8" y="{y}" class="row">{row}, {unit} ({less_or_more})</text>"#);
            y += 8;
            for ((column, best), figure) in shown.iter().zip(&figures) {
                let ratio = workload.ratio(metric, best).filter(|_| *column != OURS);
                let mut label = number(*figure);
                if let Some(ratio) = ratio.filter(|ratio| *ratio > 0.0) {
                    let _ = write!(label, " ({})", times(ratio));
                }
                if best.not_counted.is_some() {
                    label.push_str(" *");
                }
                bar(&mut body, y, &Bar { column, label, part: figure / scale, counted: best.not_counted.is_none() });
                y += BAR + GAP;
            }
            y += 26;
        }
    }
    let head = "In brackets: how many times as good glassloop is. *: shown, and not counted.";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\">\n\
        <style>text {{ font: 12px sans-serif; fill: #222 }} .row {{ font-weight: bold }} .cut {{ fill: #fff }}</style>\n\
        <rect width=\"{WIDTH}\" height=\"{y}\" fill=\"#fff\"/>\n<text x=\"8\" y=\"16\">{head}</text>\n{body}</svg>\n"
    )
}

/// What the longest bar stands for: the greatest figure, but no more than twice the second.
fn scale(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(|one, other| other.total_cmp(one));
    match sorted.as_slice() {
        [greatest, second, ..] if *second > 0.0 => greatest.min(2.0 * second),
        [greatest, ..] => *greatest,
        [] => 0.0,
    }
}

struct Bar<'a> {
    column: &'a str,
    label: String,
    /// Of the longest.
    part: f64,
    counted: bool,
}

fn bar(body: &mut String, y: usize, bar: &Bar<'_>) {
    let length = (bar.part.clamp(0.0, 1.0) * LONGEST).max(1.0);
    let fill = match bar.column {
        OURS => "#c2410c",
        LIMIT => "#9ca3af",
        _ if bar.counted => "#60a5fa",
        _ => "#dbeafe",
    };
    let base = y + BAR - 3;
    let column = escaped(bar.column);
    let _ = writeln!(body, r#"<text x="{}" y="{base}" text-anchor="end">{column}</text>"#, LABELS - 6);
    let _ = writeln!(body, r#"<rect x="{LABELS}" y="{y}" width="{length:.1}" height="{BAR}" fill="{fill}"/>"#);
    let end = LABELS as f64 + length;
    if bar.part > 1.0 {
        // Cut off: two white strokes before its end.
        for x in [end - 24.0, end - 16.0] {
            let _ = writeln!(body, r#"<rect x="{x:.1}" y="{y}" width="4" height="{BAR}" class="cut"/>"#);
        }
    }
    let _ = writeln!(body, r#"<text x="{:.1}" y="{base}">{}</text>"#, end + 6.0, escaped(&bar.label));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{outcome, workload};
    use super::*;

    #[test]
    fn a_bar_that_is_far_too_long_is_cut() {
        let outcomes = vec![outcome(OURS, "", &[10.0]), outcome("tokio", "", &[20.0]), outcome("compio", "", &[900.0])];
        let chart = of(&Results { workloads: vec![workload("spawn_x", outcomes)] }, "spawn");
        assert_eq!(chart.matches("class=\"cut\"").count(), 2, "{chart}");
        assert!(
            chart.contains("width=\"125.0\"") && chart.contains("width=\"250.0\"") && chart.contains("width=\"500.0\"")
        );
        assert!(chart.contains(">20.0 (2.0×)<") && chart.contains(">10.0<"), "{chart}");
    }
}
