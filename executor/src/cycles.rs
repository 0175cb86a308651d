//! Tasks that await each other: found when the one wait is made that closes the circle.
//!
//! asyncio lets them hang, and cannot even cancel them. Here the suspicion is noted; once nothing is ready, whoever drives the
//! executor asks for it, sees that none of the tasks can be woken by anything else, and breaks the circle.

use crate::core::Core;
use crate::executor::Executor;
use crate::join_error::{AwaitCycle, CycleMember};
use crate::task::TaskId;
use crate::ticket::Ticket;

/// A chain of awaits longer than this is not followed to its end: a loop of so many tasks is found only when all tasks are asleep.
const LONGEST: usize = 1000;

impl Core {
    /// `waiter` has begun to wait for `target`.
    #[inline]
    pub(crate) fn look_for_cycle(&self, waiter: Ticket, target: TaskId) {
        if self.is_awaited_by(waiter, target) && self.cycle(waiter, target).is_some() {
            let mut suspects = self.suspects.borrow_mut();
            // A loop that never sleeps never asks for them: those that are none any more go here.
            suspects.retain(|&(other, of)| (other, of) != (waiter, target) && self.cycle(other, of).is_some());
            suspects.push((waiter, target));
        }
    }

    /// Whether `task` waits for whoever holds `ticket`, directly or by way of others. Nearly always the way is short: it ends with main,
    /// for whom nobody waits.
    #[inline]
    fn is_awaited_by(&self, mut ticket: Ticket, task: TaskId) -> bool {
        let state = self.state();
        for _ in 0..LONGEST {
            let Some((run, _)) = state.slots.run(ticket.slot()) else { return false };
            if run.id() == task {
                return true;
            }
            let Some((waiter, _)) = run.header().join.waiter_ticket() else { return false };
            ticket = waiter;
        }
        false
    }

    /// The circle that `waiter` closed by awaiting `target`, if it is still there.
    fn cycle(&self, waiter: Ticket, target: TaskId) -> Option<AwaitCycle> {
        let state = self.state();
        let run = |ticket: Ticket| {
            let alive = state.slots.tenant(ticket.slot()) == Some(ticket);
            alive.then(|| state.slots.run(ticket.slot()).map(|(run, _)| run)).flatten()
        };
        // From the waiter to who waits for it, and so on; then turned round.
        let mut tickets = vec![waiter];
        while run(*tickets.last()?)?.id() != target {
            if tickets.len() > LONGEST {
                return None;
            }
            tickets.push(run(*tickets.last()?)?.header().join.waiter_ticket()?.0);
        }
        tickets.reverse();
        let member = |index: usize| {
            let ticket = tickets[index];
            let next = tickets[(index + 1) % tickets.len()];
            let (waiting, location) = run(next)?.header().join.waiter_ticket()?;
            let task = self.task_ref(ticket)?;
            let name = run(ticket)?.header().name(task);
            (waiting == ticket).then_some(CycleMember { task, name, location })
        };
        Some(AwaitCycle { tasks: (0..tickets.len()).map(member).collect::<Option<_>>()? })
    }
}

impl Executor {
    /// Whether tasks may await each other.
    #[inline]
    pub fn suspects_cycles(&self) -> bool {
        !self.core().suspects.borrow().is_empty()
    }

    /// The circles of tasks that await each other now, each once. A task of one may still be waiting for something else as well.
    pub fn cycles(&self) -> Vec<AwaitCycle> {
        self.enter(|| {
            let suspects = self.core().suspects.take();
            let (mut found, mut still): (Vec<AwaitCycle>, Vec<_>) = Default::default();
            // The last await is the one that closed the circle; earlier ones of the same circle were made anew since.
            for (waiter, target) in suspects.into_iter().rev() {
                if let Some(cycle) = self.core().cycle(waiter, target)
                    && !found.iter().any(|other| other.tasks.iter().any(|member| member.task == cycle.tasks[0].task))
                {
                    found.push(cycle);
                    still.push((waiter, target));
                }
            }
            found.reverse();
            still.reverse();
            *self.core().suspects.borrow_mut() = still;
            found
        })
    }

    /// Breaks a circle: the await that the last of its tasks is in gives [`JoinError::Cycle`](crate::JoinError::Cycle).
    pub fn break_cycle(&self, cycle: &AwaitCycle) {
        let Some(first) = cycle.tasks.first() else { return };
        self.enter(|| {
            if let Some(first) = self.core().find(first.task.task) {
                let (header, own) = first.whole();
                header.join.break_wait(header, own, cycle.clone());
            }
        });
    }
}
