//! What an event says, in plain words.

use std::rc::Rc;

use glassloop::trace::model::{Model, Wait};
use glassloop::trace::schema::{Entry, Record, RunEnding};

use super::words::{Names, count, duration, finding, moment};

mod reactor;
mod resources;
mod tasks;

/// An event, and what there was before it.
#[derive(Clone, Copy)]
struct Scene<'m> {
    names: Names<'m>,
    model: &'m Model,
    t: u64,
}

/// One sentence, without its full stop; `before` is what there was before the event.
pub(super) fn sentence(record: &Record<Rc<str>>, before: &Model) -> String {
    let scene = Scene { names: Names(before), model: before, t: record.t };
    match record.entry.code() {
        16..48 => tasks::sentence(&record.entry, scene),
        48..80 => reactor::sentence(&record.entry, scene),
        80.. => resources::sentence(&record.entry, scene),
        _ => of_the_loop(&record.entry, scene),
    }
}

impl Scene<'_> {
    /// How long it is since then, in words; nothing if it is no time.
    fn after(self, begun: Option<u64>) -> String {
        match begun.map(|begun| self.t.saturating_sub(begun)) {
            None | Some(0) => String::new(),
            Some(length) => format!(" after {}", duration(length)),
        }
    }

    fn waited(self, wait: Wait) -> String {
        self.after(self.model.past.waits.get(&wait).map(|begun| begun.t))
    }

    fn wait_is_over(self, task: &str, what: &str, wait: Wait) -> String {
        let after = self.waited(wait);
        format!("the wait of {task} for {what} is over{}{after}", if after.is_empty() { "" } else { "," })
    }

    /// Who does what happens: whoever is being polled.
    fn doer(self) -> String {
        match self.model.state.polling {
            Some(task) => self.names.task(Some(task)),
            None => "the loop".into(),
        }
    }
}

fn of_the_loop(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    match entry {
        Entry::RunBegin {} => "the loop begins to run".into(),
        Entry::RunEnd { reason } => format!("the run ends: {}", ending(*reason)),
        Entry::Turn {} => {
            let state = &scene.model.state;
            let [ready, tasks, timers, sources] =
                [state.run_queue.len(), state.tasks.len(), state.timers.len(), state.sources.len()].map(|n| n as u64);
            let (timers, sources) = (count(timers, "timer"), count(sources, "source"));
            format!("a turn begins: {ready} ready of {}, {timers}, {sources}", count(tasks, "task"))
        }
        Entry::LoopEnd {} => "the loop is gone".into(),
        Entry::Dropped { count: missing } => format!("{} missing here", count(*missing, "event")),
        Entry::Mark { text } => format!("{} remarks: {text}", scene.doer()),
        Entry::Out { text: Some(text), .. } => format!("{} prints {text:?}", scene.doer()),
        Entry::Out { text: None, len } => format!("{} prints {}", scene.doer(), count(*len, "byte")),
        Entry::SpanBegin { name, .. } => format!("{} begins {name:?}", scene.doer()),
        Entry::SpanEnd { span } => match scene.model.past.spans.get(span) {
            Some((_, name, begun)) => format!("{name:?} ends{}", scene.after(Some(begun.t))),
            None => "something ends that began before the recording".into(),
        },
        Entry::Report { what, text, .. } => finding(what, text),
        other => format!("{other:?}"),
    }
}

fn ending(reason: RunEnding) -> &'static str {
    match reason {
        RunEnding::Done => "its root is done",
        RunEnding::Panicked => "its root panicked",
        RunEnding::Deadlock => "every task waits, and nothing can wake one",
        RunEnding::Interrupted => "by Ctrl-C",
        RunEnding::Error => "the system refused something",
    }
}

/// A time from the beginning of the run on.
fn until(deadline: u64) -> String {
    // The end of time is that of the numbers.
    if deadline == u64::MAX { "for ever".into() } else { format!("until {}", moment(deadline)) }
}
