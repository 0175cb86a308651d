//! Goes through a trace, record by record.

use std::fmt::{self, Write};
use std::rc::Rc;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::Model;
use glassloop::trace::read::{Run, Trace};
use glassloop::trace::schema::Record;

use super::Failure;

/// Calls `see` with each record of a run, from the block of the event `from` on, and what was before it.
pub(super) fn follow(
    file: &str,
    run: &Run,
    from: u64,
    mut see: impl FnMut(&Record<Rc<str>>, &Model) -> Result<(), Failure>,
) -> Result<Model, Failure> {
    let mut model = Model::default();
    for record in run.records_from(from) {
        let record = record?;
        see(&record, &model)?;
        let applied = model.apply(&record);
        applied.map_err(|problem| Failure::Impossible { file: file.to_owned(), problem })?;
    }
    Ok(model)
}

/// The tasks that a user means by a number (`7`, `3[1]`) or a name.
pub(super) fn tasks_called(model: &Model, called: &str) -> Vec<TaskRef> {
    let by_number = model.past.tasks.keys().find(|task| is_written(**task, called));
    if let Some(task) = by_number {
        return vec![*task];
    }
    let named = model.past.tasks.iter().filter(|(_, life)| life.name.as_deref() == Some(called));
    named.map(|(task, _)| *task).collect()
}

/// Whether it is one of those.
pub(super) fn is_called(model: &Model, task: TaskRef, called: &str) -> bool {
    let name = || model.past.tasks.get(&task).and_then(|life| life.name.as_deref());
    is_written(task, called) || name() == Some(called)
}

/// Whether the text is what the task's number is written as. This is asked at every event, so no text is made.
fn is_written(task: TaskRef, text: &str) -> bool {
    let mut rest = Rest(text);
    write!(rest, "{task}").is_ok() && rest.0.is_empty()
}

/// What is left of a text, after what was written to it: that has to be its beginning.
struct Rest<'t>(&'t str);

impl fmt::Write for Rest<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(piece).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// Says that there is no such task, and who there is.
pub(super) fn no_task(trace: &Trace, task: &str, models: &[Model]) -> Failure {
    let titles = models.iter().flat_map(|model| model.past.tasks.keys().map(|task| model.past.title(*task)));
    // Several loops may have tasks of the same number and name.
    let mut names: Vec<String> = Vec::new();
    for title in titles {
        if names.len() <= 10 && !names.contains(&title) {
            names.push(title);
        }
    }
    let more = if names.len() > 10 { ", ..." } else { "" };
    let hint = match names.len() {
        0 => String::new(),
        count => format!("; there are {}{more}", names[..count.min(10)].join(", ")),
    };
    Failure::NoTask { file: trace.file.to_string(), task: task.to_owned(), hint }
}

/// What comes before the runs of a file that has several.
pub(super) fn heading(trace: &Trace, number: usize) -> Option<String> {
    (trace.runs.len() > 1)
        .then(|| format!("loop {} of {}: {}", number + 1, trace.runs.len(), trace.runs[number].header))
}
