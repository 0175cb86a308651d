//! The readable format: one JSON object a line. Every line has `seq`, `t` and `kind`, and the fields of its kind; what is absent is left out.

use std::fmt::Write as _;
use std::io;
use std::rc::Rc;

use serde_json::Value;
use thiserror::Error;

use super::executor::TaskRef;
use super::glt::encode::Text;
use super::perfetto::ExportError;
use super::reactor::Place;
use super::read::Trace;
use super::recorder::header_line;
use super::schema::{Entry, FieldReader, FieldWriter, KINDS, Record, Word};

/// Appends a line.
pub(crate) fn write<S: AsText>(line: &mut String, seq: u64, t: u64, entry: &Entry<S>) {
    let _ = write!(line, r#"{{"seq":{seq},"t":{t},"kind":"{}""#, entry.kind());
    entry.write(&mut Fields(line));
    line.push_str("}\n");
}

/// Writes a trace of either format, as it would have been recorded here.
///
/// # Errors
/// If the trace cannot be read to its end (what is whole is written), or nothing can be written.
pub fn export(trace: &Trace, out: &mut dyn io::Write) -> Result<(), ExportError> {
    let mut line = String::new();
    for run in &trace.runs {
        writeln!(out, "{}", header_line(run.header_value()))?;
        for record in run.records() {
            let Record { seq, t, entry } = record?;
            line.clear();
            write(&mut line, seq, t, &entry);
            out.write_all(line.as_bytes())?;
        }
    }
    Ok(out.flush()?)
}

/// A text, as it is recorded or as it was read.
pub(crate) trait AsText {
    fn with_text(&self, f: impl FnOnce(&str));
}

impl AsText for Text<'_> {
    fn with_text(&self, f: impl FnOnce(&str)) {
        self.with(f);
    }
}

impl AsText for Rc<str> {
    fn with_text(&self, f: impl FnOnce(&str)) {
        f(self);
    }
}

/// A text in JSON's quotes.
pub(crate) fn quoted(line: &mut String, text: &str) {
    let _ = write!(line, "{}", Value::from(text));
}

struct Fields<'l>(&'l mut String);

impl Fields<'_> {
    fn field(&mut self, name: &'static str, value: impl std::fmt::Display) {
        let _ = write!(self.0, r#","{name}":{value}"#);
    }

    fn string(&mut self, name: &'static str, value: &str) {
        let _ = write!(self.0, r#","{name}":"#);
        quoted(self.0, value);
    }
}

impl<S: AsText> FieldWriter<S> for Fields<'_> {
    fn number(&mut self, name: &'static str, value: &u64) {
        self.field(name, value);
    }

    fn maybe(&mut self, name: &'static str, value: &Option<u64>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    fn flag(&mut self, name: &'static str, value: &bool) {
        self.field(name, value);
    }

    fn text(&mut self, name: &'static str, value: &S) {
        value.with_text(|text| self.string(name, text));
    }

    fn maybe_text(&mut self, name: &'static str, value: &Option<S>) {
        if let Some(text) = value {
            text.with_text(|text| self.string(name, text));
        }
    }

    fn who(&mut self, name: &'static str, value: &Option<TaskRef>) {
        match value {
            None => {}
            Some(TaskRef { task, child: None }) => self.field(name, task),
            Some(child) => self.field(name, format_args!("\"{child}\"")),
        }
    }

    fn place(&mut self, name: &'static str, value: &Place) {
        match value {
            Place::Due => self.string(name, "due"),
            Place::Far => self.string(name, "far"),
            Place::Slot { level, slot } => self.field(name, format_args!("\"L{level}/{slot}\"")),
        }
    }

    fn word<W: Word>(&mut self, name: &'static str, value: &W) {
        self.field(name, format_args!("\"{}\"", W::WORDS[usize::from(value.index())]));
    }
}

/// What is wrong with a line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is no JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is not an object with `seq`, `t` and `kind`.
    #[error("not an event: it needs \"seq\", \"t\" and \"kind\"")]
    Shape,
    /// A kind that this version does not know.
    #[error("an event of unknown kind {0:?}")]
    Kind(String),
    /// A field that is missing or has an impossible value.
    #[error("the field {0:?} is missing or has an impossible value")]
    Field(&'static str),
}

/// One line, as an event.
///
/// # Errors
/// If it is none.
pub fn read(line: &str) -> Result<Record<Rc<str>>, LineError> {
    let value: Value = serde_json::from_str(line)?;
    let number = |name: &str| value.get(name).and_then(Value::as_u64).ok_or(LineError::Shape);
    let (seq, t) = (number("seq")?, number("t")?);
    let name = value.get("kind").and_then(Value::as_str).ok_or(LineError::Shape)?;
    let unknown = || LineError::Kind(name.to_owned());
    let kind = KINDS.iter().find(|kind| kind.name == name).ok_or_else(unknown)?;
    let entry = Entry::read(kind.code, &mut Object(&value))?.ok_or_else(unknown)?;
    Ok(Record { seq, t, entry })
}

struct Object<'v>(&'v Value);

impl<'v> Object<'v> {
    fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, LineError> {
        self.0.get(name).map(|value| read(value).ok_or(LineError::Field(name))).transpose()
    }

    fn required<T>(&self, name: &'static str, read: impl FnOnce(&'v Value) -> Option<T>) -> Result<T, LineError> {
        self.optional(name, read)?.ok_or(LineError::Field(name))
    }
}

impl FieldReader<Rc<str>> for Object<'_> {
    type Error = LineError;

    fn number(&mut self, name: &'static str) -> Result<u64, LineError> {
        self.required(name, Value::as_u64)
    }

    fn maybe(&mut self, name: &'static str) -> Result<Option<u64>, LineError> {
        self.optional(name, Value::as_u64)
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, LineError> {
        self.required(name, Value::as_bool)
    }

    fn text(&mut self, name: &'static str) -> Result<Rc<str>, LineError> {
        self.required(name, |value| value.as_str().map(Rc::from))
    }

    fn maybe_text(&mut self, name: &'static str) -> Result<Option<Rc<str>>, LineError> {
        self.optional(name, |value| value.as_str().map(Rc::from))
    }

    fn who(&mut self, name: &'static str) -> Result<Option<TaskRef>, LineError> {
        self.optional(name, |value| match value.as_u64() {
            Some(task) => Some(TaskRef { task, child: None }),
            None => {
                let (task, child) = value.as_str()?.strip_suffix(']')?.split_once('[')?;
                Some(TaskRef { task: task.parse().ok()?, child: Some(child.parse().ok()?) })
            }
        })
    }

    fn place(&mut self, name: &'static str) -> Result<Place, LineError> {
        self.required(name, |value| match value.as_str()? {
            "due" => Some(Place::Due),
            "far" => Some(Place::Far),
            text => {
                let (level, slot) = text.strip_prefix('L')?.split_once('/')?;
                let (level, slot) = (level.parse().ok()?, slot.parse().ok()?);
                (level < 6 && slot < 64).then_some(Place::Slot { level, slot })
            }
        })
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<W, LineError> {
        self.required(name, |value| {
            let index = W::WORDS.iter().position(|word| Some(*word) == value.as_str())?;
            W::at(index as u8)
        })
    }
}
