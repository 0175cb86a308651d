//! Who waits for what, at one moment: the list under a deadlock's headline, and the circle in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use glassloop_executor::{Snapshot, TaskRef, TaskState};

use super::resources::{short_label, wanted};
use super::words::{born, duration};
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

/// One of the things it waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Wait {
    what: String,
    location: &'static Location<'static>,
    /// How long, if that is known: only in debug mode is the clock read when a wait begins.
    lasts: Option<Duration>,
    /// On whom that depends, and by what.
    next: Vec<(Option<String>, TaskRef)>,
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
                lines.push(format!("{title:width$} {} {born}", task.without_a_wait()));
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

impl Waiting {
    fn without_a_wait(&self) -> String {
        match self.strangers {
            0 if self.escaped => "is pending, and strangers may or may not hold its waker".into(),
            0 => "is pending, for nothing that the loop knows of".into(),
            1 => "is pending, and strangers hold a waker of it".into(),
            count => format!("is pending, and strangers hold {count} wakers of it"),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wait { what, location, lasts, .. } = self;
        write!(f, "{what} at {location}")?;
        match lasts {
            Some(lasts) => write!(f, ", for {}", duration(*lasts)),
            None => Ok(()),
        }
    }
}

/// What each task waits for: first for others to end, then for resources, each in the order of their numbers.
fn waits(context: &Context, snapshot: &Snapshot) -> BTreeMap<TaskRef, Vec<Wait>> {
    let mut waits: BTreeMap<TaskRef, Vec<Wait>> = BTreeMap::new();
    let find = |task: TaskRef| {
        let position = snapshot.tasks.binary_search_by_key(&task, |state| state.task);
        position.ok().map(|position| &snapshot.tasks[position])
    };
    let name = |task: TaskRef| match find(task) {
        Some(state) => task.title(&name_of(task, &state.name)),
        None => format!("task {task}"),
    };
    for join in &snapshot.joins {
        let Some(waiter) = join.waiter else { continue };
        let target = TaskRef { task: join.target, child: None };
        let start = snapshot.tasks.partition_point(|state| state.task < target);
        let on = snapshot.tasks[start..].iter().take_while(|state| state.task.task == join.target);
        let next: Vec<_> = on.map(|state| (None, state.task)).collect();
        let what = match &next[..] {
            [(_, TaskRef { child: Some(_), .. }), ..] => format!("gather {}", join.target),
            _ => format!("the end of {}", name(target)),
        };
        let lasts = lasts(context, join.target, None);
        waits.entry(waiter).or_default().push(Wait { what, location: join.location, lasts, next });
    }
    context.visit_resources(&mut |id, seen| {
        for wait in &seen.waits {
            let Some(task) = wait.task else { continue };
            let what = wanted(id, &seen, wait.operation, task, &name);
            let next = seen.holder.map(|holder| (Some(short_label(id, &seen)), holder)).into_iter().collect();
            let lasts = lasts(context, id, Some(wait.number));
            waits.entry(task).or_default().push(Wait { what, location: wait.location, lasts, next });
        }
    });
    waits
}

/// Since when somebody waits for the end of a task, or, with a number, in the line of a resource.
fn lasts(context: &Context, of: u64, number: Option<u64>) -> Option<Duration> {
    #[cfg(feature = "trace")]
    {
        use super::known::Node;
        let node = number.map_or(Node::Join(of), |number| Node::Resource(of, number));
        let since = context.watch.get()?.since(node)?;
        Some(context.reactor.clock().now() - since)
    }
    #[cfg(not(feature = "trace"))]
    {
        let _ = (context, of, number);
        None
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
