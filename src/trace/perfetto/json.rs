//! Writes events one by one.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::trace::ndjson::quoted;

/// A process and a thread in it: a row of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) pid: u64,
    pub(super) tid: u64,
}

/// The file on its way. The first error is kept, and nothing is written after it.
pub(super) struct Json<'o> {
    out: &'o mut dyn Write,
    line: String,
    first: bool,
    error: Option<io::Error>,
}

impl<'o> Json<'o> {
    pub(super) fn begin(out: &'o mut dyn Write) -> Json<'o> {
        let mut json = Json { out, line: String::new(), first: true, error: None };
        json.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
        json
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.write("\n]}\n");
        self.check()?;
        self.out.flush()
    }

    pub(super) fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    fn write(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.out.write_all(text.as_bytes()).err();
        }
    }

    /// One event; `fields` come after what every event has.
    fn event(&mut self, ph: &str, row: Row, name: &str, fields: std::fmt::Arguments<'_>) {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        line.push_str(if std::mem::replace(&mut self.first, false) { "\n" } else { ",\n" });
        let _ = write!(line, r#"{{"ph":"{ph}","pid":{},"tid":{},"name":"#, row.pid, row.tid);
        quoted(&mut line, name);
        let _ = write!(line, "{fields}}}");
        self.write(&line);
        self.line = line;
    }

    /// A name for a process or a row: without a time, which the format takes ill.
    pub(super) fn name(&mut self, kind: &str, row: Row, name: &str) {
        let mut text = String::new();
        quoted(&mut text, name);
        self.event("M", row, kind, format_args!(r#","args":{{"name":{text}}}"#));
    }

    pub(super) fn sort(&mut self, kind: &str, row: Row, index: u64) {
        self.event("M", row, kind, format_args!(r#","args":{{"sort_index":{index}}}"#));
    }

    /// `args` are members of an object, or nothing.
    pub(super) fn slice(&mut self, row: Row, at: u64, length: u64, name: &str, args: &str) {
        self.event("X", row, name, format_args!(r#","ts":{},"dur":{},"args":{{{args}}}"#, Micros(at), Micros(length)));
    }

    pub(super) fn arrow_begins(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        self.event("s", row, cat, format_args!(r#","cat":"{cat}","id":{id},"ts":{}"#, Micros(at)));
    }

    pub(super) fn arrow_ends(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        self.event("f", row, cat, format_args!(r#","bp":"e","cat":"{cat}","id":{id},"ts":{}"#, Micros(at)));
    }

    /// The beginning (`b`) or the end (`e`) of something that need not nest.
    pub(super) fn bar(&mut self, ph: &str, row: Row, at: u64, (cat, id): (&str, u64), name: &str) {
        self.event(ph, row, name, format_args!(r#","cat":"{cat}","id2":{{"local":"{id:#x}"}},"ts":{}"#, Micros(at)));
    }

    pub(super) fn counter(&mut self, row: Row, at: u64, name: &str, value: u64) {
        self.event("C", row, name, format_args!(r#","ts":{},"args":{{"count":{value}}}"#, Micros(at)));
    }

    pub(super) fn instant(&mut self, row: Row, at: u64, name: &str) {
        self.event("i", row, name, format_args!(r#","s":"t","ts":{}"#, Micros(at)));
    }
}

/// Nanoseconds as microseconds with three decimals.
struct Micros(u64);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
