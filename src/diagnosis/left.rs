//! Whom a loop leaves behind when it ends: what each of them waited for.

use std::collections::BTreeMap;

use glassloop_executor::{Snapshot, TaskId, TaskRef, TaskState};

use super::waits::{Wait, for_unknown, waits};
use super::watch::Watch;
use crate::context::Context;

/// The loop at its end.
pub(crate) struct Left<'l> {
    snapshot: Snapshot,
    waits: BTreeMap<TaskRef, Vec<Wait>>,
    watch: &'l Watch,
}

impl<'l> Left<'l> {
    pub(crate) fn of(context: &Context, watch: &'l Watch) -> Left<'l> {
        let snapshot = context.executor.snapshot();
        Left { waits: waits(context, &snapshot), snapshot, watch }
    }

    /// A line for each thing that a task waited for; of a gather, for those of its children.
    pub(crate) fn lines(&self, task: TaskId) -> Vec<String> {
        /// Of a gather with more children, the first are enough to look at.
        const AT_MOST: usize = 10;

        let tasks = &self.snapshot.tasks;
        let start = tasks.partition_point(|state| state.task.task < task);
        let mut members = tasks[start..].iter().take_while(|state| state.task.task == task);
        let mut lines: Vec<String> = members.by_ref().take(AT_MOST).flat_map(|state| self.lines_of(state)).collect();
        let more = members.count();
        lines.extend((more > 0).then(|| format!("... and {more} more")));
        lines
    }

    fn lines_of(&self, state: &TaskState) -> Vec<String> {
        let who = state.task.child.map_or_else(|| "it".into(), |child| format!("child {child}"));
        let waits = self.waits.get(&state.task).map_or(&[][..], |waits| waits);
        if state.queued || waits.is_empty() {
            return vec![format!("{who} was {}", self.without_a_wait(state))];
        }
        let lines = waits.iter().enumerate().map(|(index, wait)| match index {
            0 => format!("{who} waited for {wait}"),
            _ => format!("  and for {wait}"),
        });
        lines.collect()
    }

    /// Who is ready has what it waited for, or was to go on.
    fn without_a_wait(&self, state: &TaskState) -> String {
        if state.cancel_asked {
            return "about to be cancelled".into();
        }
        match self.watch.woken_from(state.task) {
            Some(wait) if state.queued => format!("about to go on after its wait for {wait}"),
            _ if state.queued => "about to go on".into(),
            _ => for_unknown(state.escaped, state.wakers),
        }
    }
}
