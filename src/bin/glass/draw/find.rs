//! Finding an event, as the stepper does: `task:7`, `kind:wake`, `via:timer` for fields, and words for anything that
//! stands in an event. All of them have to fit.

use std::rc::Rc;

use glassloop::trace::model::Model;
use glassloop::trace::schema::Record;

use super::super::fields::fields;
use super::moment::of_whom;

/// A question to an event.
#[derive(Debug)]
pub(super) struct Query(Vec<Term>);

#[derive(Debug)]
struct Term {
    /// `None` for any.
    field: Option<String>,
    value: String,
}

impl Query {
    /// `None` if there is nothing in it.
    pub(super) fn parse(text: &str) -> Option<Query> {
        let term = |word: &str| match word.split_once(':') {
            // `queue.rs:12` is a place, not a field.
            Some((field, value)) if is_name(field) => Term { field: Some(field.into()), value: value.into() },
            _ => Term { field: None, value: word.into() },
        };
        let terms: Vec<Term> = text.to_lowercase().split_whitespace().map(term).collect();
        (!terms.is_empty()).then_some(Query(terms))
    }

    /// Whether an event fits; `before` is what there was before it.
    pub(super) fn fits(&self, record: &Record<Rc<str>>, before: &Model) -> bool {
        self.0.iter().all(|term| term.fits(record, before))
    }
}

fn is_name(field: &str) -> bool {
    !field.is_empty() && field.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

impl Term {
    fn fits(&self, record: &Record<Rc<str>>, before: &Model) -> bool {
        let kind = record.entry.kind().to_lowercase();
        let task = of_whom(&record.entry, before);
        let name = task.and_then(|task| before.past.tasks.get(&task)?.name.as_deref().map(str::to_lowercase));
        let value = self.value.as_str();
        match self.field.as_deref() {
            Some("kind") => kind.contains(value),
            Some("task") => task.is_some_and(|task| task.to_string() == value) || name.as_deref() == Some(value),
            Some(field) => self.is_in(record, |(name, found)| name == field && found == value),
            None if kind.contains(value) || name.is_some_and(|name| name.contains(value)) => true,
            // Numbers are asked for by the name of their field.
            None => self.is_in(record, |(_, found)| found.parse::<u64>().is_err() && found.contains(value)),
        }
    }

    fn is_in(&self, record: &Record<Rc<str>>, fits: impl Fn((&str, &str)) -> bool) -> bool {
        let fields = fields(&record.entry).into_iter().filter(|(name, _)| !matches!(*name, "task" | "by"));
        fields.into_iter().any(|(name, found)| fits((name, &found.to_lowercase())))
    }
}
