//! Who waits for what, at one moment: the list under a deadlock's headline, and the circle in it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use glassloop_executor::{TaskRef, TaskState};

use super::waits::{Wait, for_unknown, waits};
use super::words::born;
use crate::context::Context;
use crate::task::name_of;

/// All live tasks, and what each waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Picture {
    tasks: Vec<Waiting>,
    /// From a task back to it: what each waits for, in few words.
    cycle: Option<String>,
}

/// A task.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Waiting {
    task: TaskRef,
    name: String,
    spawned: &'static Location<'static>,
    escaped: bool,
    strangers: u32,
    on: Vec<Wait>,
}

impl Picture {
    pub(crate) fn of(context: &Context) -> Picture {
        let snapshot = context.executor.snapshot();
        let mut waits = waits(context, &snapshot);
        let tasks = snapshot.tasks.into_iter().map(|state| {
            let TaskState { task, name, location: spawned, escaped, wakers: strangers, .. } = state;
            let (name, on) = (name_of(task, &name), waits.remove(&task).unwrap_or_default());
            Waiting { task, name, spawned, escaped, strangers, on }
        });
        let tasks: Vec<Waiting> = tasks.collect();
        Picture { cycle: cycle(&tasks), tasks }
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether each task waits for something that is known.
    pub(crate) fn is_complete(&self) -> bool {
        self.tasks.iter().all(|task| !task.on.is_empty())
    }

    /// How many wakers strangers are known to hold.
    #[cfg(feature = "trace")]
    pub(crate) fn strangers(&self) -> u32 {
        self.tasks.iter().map(|task| task.strangers).sum()
    }

    /// A line for each thing that each task waits for, and one for the circle.
    pub(crate) fn lines(&self) -> Vec<String> {
        /// Whoever has more tasks than that looks at the first, and at the circle.
        const AT_MOST: usize = 100;
        const WIDEST: usize = 40;

        let title = |task: &Waiting| task.task.title(&task.name);
        let shown = &self.tasks[..self.tasks.len().min(AT_MOST)];
        let widths = shown.iter().map(|task| title(task).chars().count());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or_default();
        let mut lines = Vec::new();
        for task in shown {
            let mut title = title(task);
            let born = born(task.task.child.is_some(), task.spawned);
            if task.on.is_empty() {
                lines.push(format!("{title:width$} is {} {born}", for_unknown(task.escaped, task.strangers)));
            }
            for (index, wait) in task.on.iter().enumerate() {
                let verb = if index == 0 { "waits for" } else { "  and for" };
                lines.push(format!("{title:width$} {verb} {wait} {born}"));
                title.clear();
            }
        }
        let more = self.tasks.len() - shown.len();
        lines.extend((more > 0).then(|| format!("... and {more} more")));
        lines.extend(self.cycle.as_ref().map(|cycle| format!("cycle: {cycle}")));
        lines
    }
}

/// `4 -> fork B -> 5 -> fork A -> 4`: the first circle there is, if there is one.
fn cycle(tasks: &[Waiting]) -> Option<String> {
    let edges: BTreeMap<TaskRef, Vec<&(Option<String>, TaskRef)>> =
        tasks.iter().map(|task| (task.task, task.on.iter().flat_map(|wait| &wait.next).collect())).collect();
    let (mut done, mut on_path) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        // From one to the next as deep as it goes; whoever is on the path already closes a circle.
        let mut path = vec![(task.task, 0)];
        on_path.insert(task.task);
        while let Some((from, tried)) = path.last_mut() {
            let (from, next) = (*from, edges.get(from).and_then(|edges| edges.get(*tried)).copied());
            *tried += 1;
            match next {
                None => {
                    done.insert(from);
                    on_path.remove(&from);
                    path.pop();
                }
                Some((_, to)) if on_path.contains(to) => {
                    let start = path.iter().position(|(task, _)| task == to)?;
                    return Some(in_a_line(&path[start..], &edges));
                }
                Some((_, to)) if !done.contains(to) => {
                    on_path.insert(*to);
                    path.push((*to, 0));
                }
                Some(_) => {}
            }
        }
    }
    None
}

/// The tasks of a circle, each with how many of its edges were tried: the last one that was leads on.
fn in_a_line(path: &[(TaskRef, usize)], edges: &BTreeMap<TaskRef, Vec<&(Option<String>, TaskRef)>>) -> String {
    let mut line = String::new();
    for (task, tried) in path {
        line += &format!("{task} -> ");
        if let (Some(by), _) = edges[task][tried - 1] {
            line += &format!("{by} -> ");
        }
    }
    line + &path[0].0.to_string()
}
