//! One moment of a recorded run: all that a picture of it may show.

use std::collections::BTreeMap;
use std::rc::Rc;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Causes, Doing, Model, State, Wait};
use glassloop::trace::reactor::Place;
use glassloop::trace::read::Run;
use glassloop::trace::schema::{Entry, FieldWriter, Record, Word};

use super::super::Failure;
use super::super::sentence::sentence;
use super::super::words::{Names, duration, thousands};
use super::sheet::visible;

type Event = Record<Rc<str>>;

/// A task as pictures show it.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// `7`, or `3[1]` for a child of a gather.
    pub(super) label: String,
    pub(super) name: Option<Rc<str>>,
    /// Its number among those whom the recording names, in the order in which it does: the stepper colours by it too.
    pub(super) colour: usize,
}

/// What a task does; between two of the first four, on its way to which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    Polling,
    Queued,
    Waiting,
    Idle,
    Woken,
    Turn,
    New,
    Ready,
}

/// What there was after an event, and some events before and after it.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) record: Event,
    /// What the event says.
    pub(super) sentence: String,
    /// Whom it is about: whom it names, whoever is being polled, or was polled last.
    pub(super) subject: Option<TaskRef>,
    /// After it.
    pub(super) model: Model,
    pub(super) causes: Causes,
    /// What there was before the first of `around`.
    pub(super) before: State,
    pub(super) around: Vec<Event>,
    known: Known,
}

impl Moment {
    /// After the event `at`, with those from `first` to `last`.
    pub(super) fn of(file: &str, run: &Run, at: u64, [first, last]: [u64; 2]) -> Result<Moment, Failure> {
        let (mut model, mut causes, mut known) = (Model::default(), Causes::default(), Known::default());
        let (mut before, mut around) = (None, Vec::new());
        let mut told = None;
        for record in run.records() {
            // What is wrong after that moment does not concern it.
            let record = match record {
                Ok(record) if record.seq <= last => record,
                Err(error) if told.is_none() => return Err(error.into()),
                _ => break,
            };
            if record.seq >= first && record.seq > 0 {
                before.get_or_insert_with(|| model.state.clone());
                around.push(record.clone());
            }
            known.name(&record.entry);
            if told.is_some() {
                continue;
            }
            let subject = of_whom(&record.entry, &model);
            known.note(&record.entry, subject);
            causes.note(&record, &model);
            if record.seq == at {
                let subject = subject.or(model.state.polling).or(known.polled);
                told = Some((record.clone(), sentence(&record, &model), subject));
            }
            model.apply(&record).map_err(|problem| Failure::Impossible { file: file.to_owned(), problem })?;
        }
        let Some((record, sentence, subject)) = told else {
            return Err(Failure::NoEvent { file: file.to_owned(), event: at, last: model.seq });
        };
        let before = before.unwrap_or_default();
        Ok(Moment { record, sentence, subject, model, causes, before, around, known })
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names(&self.model)
    }

    pub(super) fn who(&self, task: TaskRef) -> Who {
        // Lanes show some whose birth is still to come.
        let born = self.model.past.tasks.get(&task).map(|life| &life.name);
        let name = born.or_else(|| self.known.names.get(&task.task)).cloned().flatten();
        let name = name.map(|name| visible(&name.replace('\n', " ")).into());
        Who { label: task.to_string(), name, colour: self.colour(task) }
    }

    pub(super) fn colour(&self, task: TaskRef) -> usize {
        self.known.numbers.get(&task).copied().unwrap_or_default()
    }

    pub(super) fn condition(&self, task: TaskRef) -> Condition {
        match (self.model.state.doing(task), self.known.last.get(&task)) {
            (Some(Doing::Polling), _) => Condition::Polling,
            (Some(Doing::Queued(_)), _) => Condition::Queued,
            (Some(Doing::Waiting), _) => Condition::Waiting,
            (_, Some(Entry::PollEnd { ready: true, .. })) => Condition::Ready,
            (_, Some(Entry::Dequeue { .. })) => Condition::Turn,
            (_, Some(Entry::Spawn { .. } | Entry::ChildStart { .. })) => Condition::New,
            (_, Some(Entry::Wake { .. } | Entry::TimerFire { .. } | Entry::ResWoken { .. })) => Condition::Woken,
            (_, Some(Entry::SourceWaitOff { .. } | Entry::JoinWaitOff { .. })) => Condition::Woken,
            _ => Condition::Idle,
        }
    }

    /// What a task waits for, in words, and since when.
    pub(super) fn wants(&self, task: TaskRef) -> Vec<String> {
        let described = |wait: Wait| {
            let since = self.model.past.waits.get(&wait).map_or(0, |begun| self.model.t.saturating_sub(begun.t));
            let since = if since == 0 { String::new() } else { format!(", for {}", duration(since)) };
            format!("{}{since}", self.names().wanted(wait))
        };
        self.model.state.waits(task).take(8).map(described).collect()
    }
}

pub(super) fn more(number: usize) -> String {
    format!("and {} more", thousands(number as u64))
}

/// Whose event it is: whom it names, or who waited; `before` is what there was before it.
pub(super) fn of_whom(entry: &Entry<Rc<str>>, before: &Model) -> Option<TaskRef> {
    let state = &before.state;
    match entry {
        Entry::TimerCascade { timer, .. } | Entry::TimerFire { timer, .. } | Entry::TimerCancel { timer } => {
            state.timers.get(timer)?.task
        }
        Entry::SourceWaitOff { source, direction, waiter, .. } => {
            state.sources.get(source)?.waits[*direction as usize].get(waiter)?.task
        }
        Entry::ResWoken { resource, waiter } | Entry::ResWaitOff { resource, waiter } => {
            state.resources.get(resource)?.waits.get(waiter)?.task
        }
        Entry::SpanEnd { span } => before.past.spans.get(span)?.0,
        entry => Named::of(entry).subject,
    }
}

/// What neither a state nor the past tells of the tasks.
#[derive(Debug, Default)]
struct Known {
    /// In which order the recording names them.
    numbers: BTreeMap<TaskRef, usize>,
    /// What they are called when they come to be.
    names: BTreeMap<u64, Option<Rc<str>>>,
    /// The last event of each.
    last: BTreeMap<TaskRef, Entry<Rc<str>>>,
    /// Who was polled last.
    polled: Option<TaskRef>,
}

impl Known {
    fn name(&mut self, entry: &Entry<Rc<str>>) {
        for task in Named::of(entry).all.into_iter().flatten() {
            let next = self.numbers.len();
            self.numbers.entry(task).or_insert(next);
        }
        if let Entry::Spawn { task: Some(task), name, .. } = entry {
            self.names.insert(task.task, name.clone());
        }
    }

    fn note(&mut self, entry: &Entry<Rc<str>>, subject: Option<TaskRef>) {
        if let Entry::PollBegin { task } = entry {
            self.polled = *task;
        }
        self.last.extend(subject.map(|task| (task, entry.clone())));
    }
}

/// The tasks that an event names. No kind has more than two.
#[derive(Debug, Default)]
struct Named {
    subject: Option<TaskRef>,
    all: [Option<TaskRef>; 2],
}

impl Named {
    fn of(entry: &Entry<Rc<str>>) -> Named {
        let mut named = Named::default();
        entry.write(&mut named);
        named
    }
}

impl FieldWriter<Rc<str>> for Named {
    fn number(&mut self, _: &'static str, _: &u64) {}

    fn maybe(&mut self, _: &'static str, _: &Option<u64>) {}

    fn flag(&mut self, _: &'static str, _: &bool) {}

    fn text(&mut self, _: &'static str, _: &Rc<str>) {}

    fn maybe_text(&mut self, _: &'static str, _: &Option<Rc<str>>) {}

    fn who(&mut self, name: &'static str, value: &Option<TaskRef>) {
        if name == "task" {
            self.subject = *value;
        }
        self.all = [self.all[1], *value];
    }

    fn place(&mut self, _: &'static str, _: &Place) {}

    fn word<W: Word>(&mut self, _: &'static str, _: &W) {}
}
