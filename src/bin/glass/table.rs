//! Columns that are as wide as they have to be.

use std::io;

use super::paint::{Ink, Painter};

/// Which side of a column its texts stand on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Left,
    Right,
}

/// A heading, and rows of texts.
pub(super) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Side)]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, texts: impl IntoIterator<Item = String>) {
        self.rows.push(texts.into_iter().collect());
    }

    pub(super) fn print(&self, out: &mut Painter<'_>) -> io::Result<()> {
        let headings: Vec<String> = self.columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let width = |column: usize| {
            let texts = self.rows.iter().chain([&headings]).map(|row| row[column].chars().count());
            texts.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |row: &[String]| {
            let cells = row.iter().zip(&widths).zip(&self.columns).map(|((text, width), (_, side))| match side {
                Side::Left => format!("{text:<width$}"),
                Side::Right => format!("{text:>width$}"),
            });
            format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
        };
        out.line(Ink::Faint, line(&headings))?;
        self.rows.iter().try_for_each(|row| out.line(Ink::Plain, line(row)))
    }
}
