//! The fields of an event by name, as text.

use std::rc::Rc;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::reactor::Place;
use glassloop::trace::schema::{Entry, FieldWriter, Word};

use super::words;

pub(super) fn fields(entry: &Entry<Rc<str>>) -> Vec<(&'static str, String)> {
    let mut fields = Fields(Vec::new());
    entry.write(&mut fields);
    fields.0
}

struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn push(&mut self, name: &'static str, value: Option<impl ToString>) {
        self.0.push((name, value.map_or_else(|| "nothing".into(), |value| value.to_string())));
    }
}

impl FieldWriter<Rc<str>> for Fields {
    fn number(&mut self, name: &'static str, value: &u64) {
        self.push(name, Some(value));
    }

    fn maybe(&mut self, name: &'static str, value: &Option<u64>) {
        self.push(name, *value);
    }

    fn flag(&mut self, name: &'static str, value: &bool) {
        self.push(name, Some(value));
    }

    fn text(&mut self, name: &'static str, value: &Rc<str>) {
        self.push(name, Some(value));
    }

    fn maybe_text(&mut self, name: &'static str, value: &Option<Rc<str>>) {
        self.push(name, value.as_ref());
    }

    fn who(&mut self, name: &'static str, value: &Option<TaskRef>) {
        self.push(name, *value);
    }

    fn place(&mut self, name: &'static str, value: &Place) {
        self.push(name, Some(words::place(*value)));
    }

    fn word<W: Word>(&mut self, name: &'static str, value: &W) {
        self.push(name, W::WORDS.get(usize::from(value.index())));
    }
}
