//! What is known of each task from its events: what it waits for, who else may wake it, and what it waited for
//! last.

use std::panic::Location;

use glassloop_executor::TaskRef;
use glassloop_reactor::Instant;

use super::table::{Key, Table};
use super::waits::Node;

impl Key for Node {
    #[inline]
    fn number(self) -> u64 {
        match self {
            Node::Join(target) => target << 2,
            Node::Timer(timer) => timer << 2 | 1,
            // No other source has a waiter of this number.
            Node::Source(_, waiter) => waiter << 2 | 2,
            Node::Resource(id, waiter) => (id.rotate_left(32) ^ waiter) << 2 | 3,
        }
    }
}

impl Key for TaskRef {
    #[inline]
    fn number(self) -> u64 {
        self.task ^ self.child.map_or(0, |child| u64::from(child) << 32 | 1 << 31)
    }
}

/// What a task waits for, where and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) task: TaskRef,
    pub(super) operation: &'static str,
    pub(super) location: &'static Location<'static>,
    /// `None` if nobody wants to know.
    pub(super) since: Option<Instant>,
}

/// What is known of a task that was polled.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// For how many things of ours it waits.
    pub(super) nodes: u32,
    /// How many clones of its waker strangers hold.
    pub(super) strangers: u32,
    /// In its last poll more tickets were taken than waits were told of: something unseen may wake it.
    pub(super) unseen: bool,
    /// The wait that ended last.
    pub(super) last: Option<(Node, Wait)>,
    /// That one ended with a wake, and the task was not polled since.
    just_woken: bool,
    /// How many of its polls were too long.
    pub(super) slow_polls: u32,
    /// It was said that its wake is lost.
    pub(super) told: bool,
}

impl Facts {
    /// The wait that ended with a wake since the last poll.
    pub(super) fn woken_from(&self) -> Option<(Node, Wait)> {
        self.last.filter(|_| self.just_woken)
    }

    /// Nobody known or unknown can wake it.
    pub(super) fn is_forsaken(&self) -> bool {
        self.nodes == 0 && self.strangers == 0 && !self.unseen
    }
}

/// Whoever is being polled.
#[derive(Clone, Copy, Debug)]
struct Poll {
    task: TaskRef,
    /// How many tickets had been taken when the poll began.
    tickets: u64,
    /// How many waits of the task were told of since.
    waits: u64,
    /// It was woken meanwhile: it will be polled again, whatever this poll leaves.
    woken: bool,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Known {
    nodes: Table<Node, Wait>,
    tasks: Table<TaskRef, Facts>,
    poll: Option<Poll>,
    /// The wait whose end led to the last poll, in debug mode.
    before: Option<(Node, Wait)>,
}

impl Known {
    pub(super) fn facts(&self, task: TaskRef) -> Option<&Facts> {
        self.tasks.get(task)
    }

    pub(super) fn facts_mut(&mut self, task: TaskRef) -> Option<&mut Facts> {
        self.tasks.get_mut(task)
    }

    /// Who waits there.
    pub(super) fn wait(&self, node: Node) -> Option<&Wait> {
        self.nodes.get(node)
    }

    /// The task's poll has just ended, and took too long: how often that was so, and the wait whose end led to the poll.
    pub(super) fn was_slow(&mut self, task: TaskRef) -> Option<(u32, Option<(Node, Wait)>)> {
        let facts = self.tasks.get_mut(task)?;
        facts.slow_polls += 1;
        Some((facts.slow_polls, self.before))
    }

    /// `remember`: which wait it was that has led to this poll.
    #[inline]
    pub(super) fn poll_begins(&mut self, task: TaskRef, tickets: u64, remember: bool) {
        if remember {
            let facts = self.tasks.entry(task);
            self.before = facts.woken_from();
            facts.just_woken = false;
        }
        self.poll = Some(Poll { task, tickets, waits: 0, woken: false });
    }

    /// The task is pending. Says whether nobody can wake it: its poll has left nothing with anybody.
    #[inline]
    pub(super) fn poll_ends(&mut self, tickets: u64) -> bool {
        // Who yields is soon polled again, and need not be looked at.
        let Some(poll) = self.poll.take().filter(|poll| !poll.woken) else { return false };
        let facts = self.tasks.entry(poll.task);
        facts.unseen = tickets.saturating_sub(poll.tickets) > poll.waits;
        facts.is_forsaken()
    }

    /// A task goes to the run queue.
    #[inline]
    pub(super) fn enqueued(&mut self, task: TaskRef) {
        if let Some(poll) = &mut self.poll
            && poll.task == task
        {
            poll.woken = true;
        }
    }

    pub(super) fn task_ends(&mut self, task: TaskRef) {
        self.poll.take_if(|poll| poll.task == task);
        self.tasks.remove(task);
    }

    /// A task waits, or waits still, under a place that it has already. Gives the task that had the place before, if nobody can wake that
    /// one now.
    #[inline]
    pub(super) fn wait_begins(&mut self, node: Node, wait: Wait) -> Option<TaskRef> {
        if let Some(poll) = &mut self.poll
            && poll.task == wait.task
        {
            poll.waits += 1;
        }
        match self.nodes.insert(node, wait) {
            Some(former) if former.task == wait.task => {
                if let Some(wait) = self.nodes.get_mut(node) {
                    wait.since = former.since;
                }
                None
            }
            former => {
                // A callback waits before its first poll.
                self.tasks.entry(wait.task).nodes += 1;
                self.is_over(node, former?, false)
            }
        }
    }

    /// A wait is over. Gives the task, if now nobody can wake it that has not been woken by this.
    pub(super) fn wait_ends(&mut self, node: Node, woken: bool) -> Option<TaskRef> {
        let wait = self.nodes.remove(node)?;
        self.is_over(node, wait, woken)
    }

    fn is_over(&mut self, node: Node, wait: Wait, woken: bool) -> Option<TaskRef> {
        let facts = self.tasks.get_mut(wait.task)?;
        facts.nodes = facts.nodes.saturating_sub(1);
        facts.last = Some((node, wait));
        facts.just_woken |= woken;
        let forsaken = !woken && facts.is_forsaken() && !self.is_polled(wait.task);
        forsaken.then_some(wait.task)
    }

    /// So many clones of a task's waker are with strangers now. Gives the task, if nobody can wake it any more.
    pub(super) fn strangers_hold(&mut self, task: TaskRef, wakers: u32) -> Option<TaskRef> {
        let facts = self.tasks.entry(task);
        facts.strangers = wakers;
        let forsaken = facts.is_forsaken() && !self.is_polled(task);
        forsaken.then_some(task)
    }

    /// Who is being polled has not said its last word.
    fn is_polled(&self, task: TaskRef) -> bool {
        self.poll.is_some_and(|poll| poll.task == task)
    }
}
