//! The certain deadlock: found when the loop would otherwise wait for ever, and told instead.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use glassloop_executor::TaskRef;

use crate::context::Context;
use crate::task::name_of;

/// Every task waits, and nothing can ever wake one of them. Its `Display` is the report.
///
/// It is reported only when it is *certain*: each live task left a waker with a primitive of this crate and with nobody else; no timer is armed, no
/// socket waited on, no thread or child process at work, no [`Handle`](crate::Handle) alive. A future that is pending without having taken a waker at all is beyond this rule.
#[derive(Clone, Debug)]
pub struct Deadlock {
    waits: Vec<Wait>,
}

#[derive(Clone, Debug)]
struct Wait {
    task: TaskRef,
    name: String,
    spawned: &'static Location<'static>,
    on: Vec<(String, &'static Location<'static>)>,
}

impl Deadlock {
    /// To be asked when no timer is armed, no socket waited on, no job at work, and nothing was sent from other threads.
    pub(crate) fn find(context: &Context) -> Option<Deadlock> {
        let executor = &context.executor;
        // Cheap, and true in most loops that other threads wake: those are not looked through each time they park.
        if executor.has_escaped() {
            return None;
        }
        let snapshot = executor.snapshot();
        let mut on: BTreeMap<TaskRef, Vec<(String, &'static Location<'static>)>> = BTreeMap::new();
        for join in &snapshot.joins {
            let position = snapshot.tasks.partition_point(|task| task.task.task < join.target);
            let target = snapshot.tasks.get(position).filter(|task| task.task.task == join.target);
            let what = match target {
                Some(target) if target.task.child.is_some() => format!("gather {}", join.target),
                Some(target) => format!("task {} {:?}", join.target, name_of(target.task, &target.name)),
                None => format!("task {}", join.target),
            };
            if let Some(waiter) = join.waiter {
                on.entry(waiter).or_default().push((what, join.location));
            }
        }
        context.visit_resources(&mut |id, seen| {
            for wait in seen.waits {
                if let Some(task) = wait.task {
                    on.entry(task)
                        .or_default()
                        .push((format!("{} of {} {id}", wait.operation, seen.kind), wait.location));
                }
            }
        });
        let waits = snapshot.tasks.into_iter().map(|task| {
            let name = name_of(task.task, &task.name);
            Some(Wait { task: task.task, name, spawned: task.location, on: on.remove(&task.task)? })
        });
        Some(Deadlock { waits: waits.collect::<Option<Vec<Wait>>>()? })
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.waits.len();
        let tasks = if count == 1 { "task" } else { "tasks" };
        write!(f, "glassloop: deadlock: {count} {tasks} alive, nothing can wake them")?;
        for Wait { task, name, spawned, on } in &self.waits {
            for (what, location) in on {
                write!(f, "\n  task {task} {name:?} waits for {what} at {location} (created at {spawned})")?;
            }
        }
        Ok(())
    }
}
