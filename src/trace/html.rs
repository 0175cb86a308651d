//! A trace as a page that steps through the run in a browser: one file, which asks nobody for anything.
//!
//! The page is `stepper/`, built into one file that is part of this crate. What is added here is the recording, in the
//! [binary format](super::glt), and the texts of the source files that it names.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path};
use std::rc::Rc;

use super::executor::TaskRef;
use super::glt::MAGIC;
use super::perfetto::ExportError;
use super::reactor::Place;
use super::read::{self, Trace};
use super::schema::{FieldWriter, Word};
use crate::base64::base64;

/// Made by `stepper/build`.
const PAGE: &str = include_str!("stepper.html");
/// Where in it the data go.
const TRACE: &str = "@TRACE@";
const SOURCES: &str = "@SOURCES@";

/// A source file above this size is left out, and so are files above this number.
const LARGEST_SOURCE: u64 = 1 << 20;
const MOST_SOURCES: usize = 200;

/// Writes the page for a `.glt` file's bytes. `name` is the file's, for what is said of it.
///
/// The texts of the sources are read from the working directory, where `cargo run` starts a program: what is not found
/// there is left out, and so is what is no relative path to a `.rs` file, as a recording may come from anybody.
///
/// # Errors
/// If these bytes are no trace in the binary format, or nothing can be written. Of a trace that is cut, the page shows
/// what is whole, and says so.
pub fn write(name: &str, glt: Vec<u8>, out: &mut dyn Write) -> Result<(), ExportError> {
    let is_glt = glt.starts_with(MAGIC);
    let encoded = base64(&glt);
    let trace = read::parse(name, glt)?;
    if !is_glt {
        return Err(ExportError::Lines { file: name.to_owned() });
    }
    let (before, rest) = PAGE.split_once(TRACE).expect("the page has a place for the recording");
    let (between, after) = rest.split_once(SOURCES).expect("the page has a place for the sources");
    for part in [before, &encoded, between, &in_script(&sources(&trace)), after] {
        out.write_all(part.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// The texts of the files that the recording names, as JSON.
fn sources(trace: &Trace) -> String {
    let mut named = Files::default();
    for run in &trace.runs {
        // What is whole is shown.
        run.records().map_while(Result::ok).for_each(|record| record.entry.write(&mut named));
    }
    let texts = named.0.into_iter().filter_map(|file| text_of(&file).map(|text| (file, text)));
    let texts: serde_json::Map<String, serde_json::Value> =
        texts.take(MOST_SOURCES).map(|(file, text)| (file, text.into())).collect();
    serde_json::Value::Object(texts).to_string()
}

fn text_of(file: &str) -> Option<String> {
    let path = Path::new(file);
    let stays_here = path.components().all(|part| matches!(part, Component::Normal(_)));
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    let is_small = || fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= LARGEST_SOURCE);
    (stays_here && is_source && is_small()).then(|| fs::read_to_string(path).ok())?
}

/// JSON that ends no `<script>` that it stands in.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// The files of all places in the sources.
#[derive(Default)]
struct Files(BTreeSet<String>);

impl FieldWriter<Rc<str>> for Files {
    fn number(&mut self, _: &'static str, _: &u64) {}

    fn maybe(&mut self, _: &'static str, _: &Option<u64>) {}

    fn flag(&mut self, _: &'static str, _: &bool) {}

    fn text(&mut self, name: &'static str, value: &Rc<str>) {
        if name == "loc"
            && let Some((file, _)) = value.rsplit_once(':')
            && !self.0.contains(file)
        {
            self.0.insert(file.to_owned());
        }
    }

    fn maybe_text(&mut self, name: &'static str, value: &Option<Rc<str>>) {
        if let Some(text) = value {
            self.text(name, text);
        }
    }

    fn who(&mut self, _: &'static str, _: &Option<TaskRef>) {}

    fn place(&mut self, _: &'static str, _: &Place) {}

    fn word<W: Word>(&mut self, _: &'static str, _: &W) {}
}

/// So that a page can be made by whoever has only a stream of bytes.
pub(super) fn page(glt: Vec<u8>, out: &mut dyn Write) -> io::Result<()> {
    match write("the recording", glt, out) {
        Err(ExportError::Write(error)) => Err(error),
        other => other.map_err(io::Error::other),
    }
}
