//! The picture as JSON, event by event.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use super::sheet::{Edge, Named, Output, Row, Sheet};
use crate::trace::ndjson::quoted;

pub(super) struct Json<'o> {
    output: Output<'o>,
    line: String,
    first: bool,
}

impl<'o> Json<'o> {
    pub(super) fn begin(out: &'o mut dyn Write) -> Json<'o> {
        let mut json = Json { output: Output::new(out), line: String::new(), first: true };
        json.output.write(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
        json
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.output.write(b"\n]}\n");
        self.output.end()
    }

    /// One event; `fields` come after what every event has.
    fn event(&mut self, ph: &str, row: Row, name: &str, fields: fmt::Arguments<'_>) {
        let line = &mut self.line;
        line.clear();
        line.push_str(if std::mem::replace(&mut self.first, false) { "\n" } else { ",\n" });
        let _ = write!(line, r#"{{"ph":"{ph}","pid":{},"tid":{},"name":"#, row.pid, row.tid);
        quoted(line, name);
        let _ = write!(line, "{fields}}}");
        self.output.write(self.line.as_bytes());
    }
}

fn in_quotes(text: &str) -> String {
    let mut quotes = String::new();
    quoted(&mut quotes, text);
    quotes
}

impl Sheet for Json<'_> {
    /// Without a time, which the format takes ill.
    fn name(&mut self, of: Named, row: Row, name: &str) {
        let kind = match of {
            Named::Process => "process_name",
            Named::Thread => "thread_name",
        };
        self.event("M", row, kind, format_args!(r#","args":{{"name":{}}}"#, in_quotes(name)));
    }

    fn sort(&mut self, of: Named, row: Row, index: u64) {
        let kind = match of {
            Named::Process => "process_sort_index",
            Named::Thread => "thread_sort_index",
        };
        self.event("M", row, kind, format_args!(r#","args":{{"sort_index":{index}}}"#));
    }

    fn slice(&mut self, row: Row, at: u64, length: u64, name: &str, task: Option<&str>) {
        let args = task.map(|task| format!(r#""task":{}"#, in_quotes(task))).unwrap_or_default();
        self.event("X", row, name, format_args!(r#","ts":{},"dur":{},"args":{{{args}}}"#, Micros(at), Micros(length)));
    }

    fn arrow_begins(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        self.event("s", row, cat, format_args!(r#","cat":"{cat}","id":{id},"ts":{}"#, Micros(at)));
    }

    fn arrow_ends(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        self.event("f", row, cat, format_args!(r#","bp":"e","cat":"{cat}","id":{id},"ts":{}"#, Micros(at)));
    }

    fn bar(&mut self, edge: Edge, row: Row, at: u64, (cat, id): (&'static str, u64), name: &str) {
        let ph = match edge {
            Edge::Begin => "b",
            Edge::End => "e",
        };
        self.event(ph, row, name, format_args!(r#","cat":"{cat}","id2":{{"local":"{id:#x}"}},"ts":{}"#, Micros(at)));
    }

    fn counter(&mut self, row: Row, at: u64, name: &'static str, value: u64) {
        self.event("C", row, name, format_args!(r#","ts":{},"args":{{"count":{value}}}"#, Micros(at)));
    }

    fn instant(&mut self, row: Row, at: u64, name: &str) {
        self.event("i", row, name, format_args!(r#","s":"t","ts":{}"#, Micros(at)));
    }

    fn check(&mut self) -> io::Result<()> {
        self.output.check()
    }
}

/// Nanoseconds as microseconds with three decimals.
struct Micros(u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
