//! Tasks that await each other: asyncio lets them hang, here the last of their awaits is told.

use std::collections::BTreeMap;

use glassloop_executor::{AwaitCycle, TaskRef, task_of_parts};
use glassloop_reactor::Event;

use crate::context::Context;
use crate::report::Report;

/// Breaks the circles that nothing else can break. True if there was one: then somebody is ready.
///
/// To be asked when nobody is ready. A task of a circle that waits for something else as well (a timeout, say) may leave it by
/// itself, and one whose waker strangers hold may be woken by them: such a circle is looked at again the next time.
pub(crate) fn break_them(context: &Context) -> bool {
    let cycles = context.executor.cycles();
    if cycles.is_empty() {
        return false;
    }
    let others = Waits::look(context);
    let mut broken = false;
    for cycle in cycles.iter().filter(|cycle| others.leave_closed(cycle)) {
        context.report(&Report::AwaitCycle(cycle.clone()));
        context.executor.break_cycle(cycle);
        broken = true;
    }
    broken
}

/// For how many things each task waits, and whether strangers may wake it.
#[derive(Default)]
struct Waits {
    count: BTreeMap<TaskRef, usize>,
    escaped: Vec<TaskRef>,
}

impl Waits {
    fn look(context: &Context) -> Waits {
        let snapshot = context.executor.snapshot();
        let mut waits = Waits::default();
        waits.escaped.extend(snapshot.tasks.iter().filter(|task| task.escaped).map(|task| task.task));
        waits.add(snapshot.joins.iter().filter_map(|join| join.waiter));
        context.visit_resources(&mut |_, seen| waits.add(seen.waits.iter().filter_map(|wait| wait.task)));
        context.reactor.visit(&mut |event| {
            if let Event::TimerArm { waker, .. } | Event::TimerWaker { waker, .. } | Event::WaitOn { waker, .. } = event
            {
                waits.add(task_of_parts(waker.data, waker.vtable));
            }
        });
        waits
    }

    fn add(&mut self, tasks: impl IntoIterator<Item = TaskRef>) {
        tasks.into_iter().for_each(|task| *self.count.entry(task).or_default() += 1);
    }

    /// Whether each task of it waits for the next and for nothing else.
    fn leave_closed(&self, cycle: &AwaitCycle) -> bool {
        let only_waits = |task| self.count.get(task) == Some(&1) && !self.escaped.contains(task);
        cycle.tasks.iter().all(|member| only_waits(&member.task))
    }
}
