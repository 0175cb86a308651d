//! Who is to be told when a task ends: one who awaits it, callbacks, and collections of tasks, in the order in which they came.

use std::cell::{Cell, LazyCell};
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::task::Waker;

use crate::cell::{drop_quietly, quietly};
use crate::core::Core;
use crate::executor::Spawn;
use crate::flags::Flags;
use crate::group::OnPanic;
use crate::handle::TaskHandle;
use crate::join_error::AwaitCycle;
use crate::observer::{Event, WaitEnd};
use crate::profile::{Header, Locals};
use crate::remote::ExecutorId;
use crate::task::TaskRef;
use crate::ticket::Ticket;
use crate::waker::{emit, of_ticket, task_of, ticket_of_waker, with_current};

/// Counts the ends of tasks: behind `wait`, `as_completed` and task groups.
pub trait OnEnd {
    /// The task to which it was given with this `index` has ended. Called by the loop, once the task's future is dropped; it may wake
    /// and ask to cancel, and do nothing else.
    fn ended(&self, index: usize, task: &TaskHandle);
}

/// A done callback: it gets the task, and its turn in the run queue.
pub(crate) struct Callback {
    call: Box<dyn FnOnce(&TaskHandle)>,
    /// Where it was added.
    location: &'static Location<'static>,
    /// The task-locals of whoever added it.
    locals: Option<Locals>,
}

impl Callback {
    pub(crate) fn new(call: impl FnOnce(&TaskHandle) + 'static, location: &'static Location<'static>) -> Callback {
        Callback { call: Box::new(call), location, locals: with_current(Core::locals).flatten() }
    }
}

enum Watcher {
    Waiter(Waiter),
    Callback(Callback),
    End(Rc<dyn OnEnd>, usize),
    /// The waiter with this ticket was woken to be told that it waits in a circle, and has not had its turn yet.
    Broken(AwaitCycle, Ticket),
}

/// Who awaits the task, and where in the source: at most one, as a handle has one owner.
struct Waiter {
    waker: Waker,
    location: &'static Location<'static>,
}

impl Waiter {
    #[inline]
    fn ours(ticket: Ticket, location: &'static Location<'static>) -> Waiter {
        Waiter { waker: of_ticket(ticket), location }
    }
}

impl Watcher {
    fn waiter(&self) -> Option<&Waiter> {
        match self {
            Watcher::Waiter(waiter) => Some(waiter),
            _ => None,
        }
    }
}

/// Nearly always nobody or one waiter, who then stands in the task itself: a task of ours, whose ticket is as good as its waker, and half of it.
enum Watchers {
    One(Ticket, &'static Location<'static>),
    Many(Option<Box<Line>>),
}

#[derive(Default)]
struct Line(Vec<Watcher>);

impl Default for Watchers {
    fn default() -> Watchers {
        Watchers::Many(None)
    }
}

const _: () = assert!(size_of::<Watchers>() == 16, "every task has one");

impl Watchers {
    #[inline]
    fn one(waiter: Waiter) -> Watchers {
        match ticket_of_waker(&waiter.waker) {
            Some(ticket) => Watchers::One(ticket, waiter.location),
            None => Watchers::Many(Some(Box::new(Line(vec![Watcher::Waiter(waiter)])))),
        }
    }

    fn push(&mut self, watcher: Watcher) {
        match std::mem::take(self) {
            Watchers::One(ticket, location) => {
                let waiter = Watcher::Waiter(Waiter::ours(ticket, location));
                *self = Watchers::Many(Some(Box::new(Line(vec![waiter, watcher]))));
            }
            Watchers::Many(line) => {
                let mut line = line.unwrap_or_default();
                line.0.push(watcher);
                *self = Watchers::Many(Some(line));
            }
        }
    }

    fn look<R>(&self, look: impl FnOnce(&Waiter) -> R) -> Option<R> {
        match self {
            Watchers::One(ticket, location) => Some(look(&Waiter::ours(*ticket, location))),
            Watchers::Many(line) => line.as_ref()?.0.iter().find_map(Watcher::waiter).map(look),
        }
    }

    /// The waiter, in the place of the former or behind all others.
    fn set_waiter(&mut self, waiter: Waiter) -> Option<Waiter> {
        match self {
            Watchers::One(..) => {
                let former = self.take_waiter();
                *self = Watchers::one(waiter);
                former
            }
            Watchers::Many(None) => {
                *self = Watchers::one(waiter);
                None
            }
            Watchers::Many(Some(line)) => match line.0.iter_mut().find(|watcher| watcher.waiter().is_some()) {
                Some(place) => match std::mem::replace(place, Watcher::Waiter(waiter)) {
                    Watcher::Waiter(former) => Some(former),
                    _ => None,
                },
                None => {
                    line.0.push(Watcher::Waiter(waiter));
                    None
                }
            },
        }
    }

    /// The first of a line that is `which`.
    fn take(&mut self, which: impl Fn(&Watcher) -> bool) -> Option<Watcher> {
        let Watchers::Many(Some(line)) = self else { return None };
        let position = line.0.iter().position(which)?;
        Some(line.0.remove(position))
    }

    fn take_waiter(&mut self) -> Option<Waiter> {
        if let Watchers::Many(_) = self {
            return match self.take(|watcher| matches!(watcher, Watcher::Waiter(_)))? {
                Watcher::Waiter(waiter) => Some(waiter),
                _ => None,
            };
        }
        match std::mem::take(self) {
            Watchers::One(ticket, location) => Some(Waiter::ours(ticket, location)),
            Watchers::Many(_) => None,
        }
    }
}

/// Whose place a waiter has taken.
enum Replaced {
    Nobody,
    /// It waits already, and at the same line.
    Itself,
    Another(Waiter),
}

/// The watchers of one task or group. A `Cell`: they are taken out to be looked at, and nothing foreign runs before they are put back.
#[derive(Default)]
pub(crate) struct JoinCell(Cell<Watchers>);

impl JoinCell {
    /// Leaves `waker` to be woken at the end of the task that `header` heads.
    pub(crate) fn wait(
        &self,
        header: &Header,
        own: &Flags,
        waker: Waker,
        location: &'static Location<'static>,
    ) -> Result<(), AwaitCycle> {
        let ticket = ticket_of_waker(&waker);
        let former = match self.0.take() {
            Watchers::Many(None) => {
                self.0.set(Watchers::one(Waiter { waker, location }));
                None
            }
            watchers => match self.wait_in(watchers, header, own, Waiter { waker, location })? {
                Replaced::Itself => return Ok(()),
                Replaced::Nobody => None,
                Replaced::Another(waiter) => Some(waiter),
            },
        };
        with_current(|core| {
            if core.id == header.executor() {
                core.emit(|| {
                    let waiter = ticket.and_then(|ticket| core.task_ref(ticket));
                    Event::WaitOn { target: header.id(own), waiter, location }
                });
                if let Some(ticket) = ticket {
                    core.look_for_cycle(ticket, header.id(own));
                }
            }
        });
        // A waker may be a stranger's: it goes last, when all is in order again.
        if former.is_some() {
            drop_quietly(former);
        }
        Ok(())
    }

    /// Where others are told too, or somebody waited before.
    #[inline(never)]
    fn wait_in(
        &self,
        mut watchers: Watchers,
        header: &Header,
        own: &Flags,
        waiter: Waiter,
    ) -> Result<Replaced, AwaitCycle> {
        // News for another, who never came for it, are of no use to anybody.
        if let Some(Watcher::Broken(cycle, told)) = watchers.take(|watcher| matches!(watcher, Watcher::Broken(..)))
            && ticket_of_waker(&waiter.waker) == Some(told)
        {
            self.0.set(watchers);
            return Err(cycle);
        }
        let same = |former: &Waiter| {
            let same = former.waker.will_wake(&waiter.waker) && ptr::eq(former.location, waiter.location);
            if !same {
                end_wait(header, own, former, WaitEnd::Replaced);
            }
            same
        };
        if watchers.look(same) == Some(true) {
            self.0.set(watchers);
            return Ok(Replaced::Itself);
        }
        let former = watchers.set_waiter(waiter);
        self.0.set(watchers);
        Ok(former.map_or(Replaced::Nobody, Replaced::Another))
    }

    /// Has `callback` run at the end of the task.
    pub(crate) fn call(&self, callback: Callback) {
        self.push(Watcher::Callback(callback));
    }

    /// Has `end` told of the end of the task.
    pub(crate) fn tell(&self, end: Rc<dyn OnEnd>, index: usize) {
        self.push(Watcher::End(end, index));
    }

    /// `end` wants to know no more.
    pub(crate) fn untell(&self, end: &Rc<dyn OnEnd>) {
        let mut watchers = self.0.take();
        let same = |other: &Rc<dyn OnEnd>| ptr::addr_eq(Rc::as_ptr(other), Rc::as_ptr(end));
        let former = watchers.take(|watcher| matches!(watcher, Watcher::End(other, _) if same(other)));
        self.0.set(watchers);
        drop_quietly(former);
    }

    fn push(&self, watcher: Watcher) {
        let mut watchers = self.0.take();
        watchers.push(watcher);
        self.0.set(watchers);
    }

    /// The end has come: tells all, in their order. None of them runs before its turn.
    pub(crate) fn end(&self, header: &Header, own: &Flags, task: impl FnOnce() -> TaskHandle) {
        let line = match self.0.take() {
            Watchers::Many(None) => return,
            Watchers::One(ticket, location) => return wake(header, own, Waiter::ours(ticket, location)),
            Watchers::Many(Some(line)) => line,
        };
        let task = LazyCell::new(task);
        for watcher in line.0 {
            match watcher {
                Watcher::Waiter(waiter) => wake(header, own, waiter),
                Watcher::Callback(callback) => call_soon(header.executor(), callback, &task),
                Watcher::End(end, index) => quietly(|| end.ended(index, &task)),
                Watcher::Broken(..) => {}
            }
        }
    }

    /// Nobody waits any more.
    pub(crate) fn forget(&self, header: &Header, own: &Flags) {
        let mut watchers = self.0.take();
        let waiter = watchers.take_waiter();
        // News for who does not wait any more are of no use to anybody.
        watchers.take(|watcher| matches!(watcher, Watcher::Broken(..)));
        self.0.set(watchers);
        if let Some(waiter) = waiter {
            end_wait(header, own, &waiter, WaitEnd::Dropped);
            drop_quietly(waiter);
        }
    }

    /// Whoever waits is woken, to be told that it waits in a circle.
    pub(crate) fn break_wait(&self, header: &Header, own: &Flags, cycle: AwaitCycle) {
        let mut watchers = self.0.take();
        let waiter = watchers.take_waiter();
        if let Some(ticket) = waiter.as_ref().and_then(|waiter| ticket_of_waker(&waiter.waker)) {
            watchers.push(Watcher::Broken(cycle, ticket));
        }
        self.0.set(watchers);
        if let Some(waiter) = waiter {
            wake(header, own, waiter);
        }
    }

    /// Who waits, and where: `None` for a task unknown to this thread's executor.
    pub(crate) fn waiter(&self) -> Option<(Option<TaskRef>, &'static Location<'static>)> {
        self.look(|waiter| (task_of(&waiter.waker), waiter.location))
    }

    /// The ticket of whoever waits, and where.
    pub(crate) fn waiter_ticket(&self) -> Option<(Ticket, &'static Location<'static>)> {
        self.look(|waiter| Some((ticket_of_waker(&waiter.waker)?, waiter.location)))?
    }

    fn look<R>(&self, look: impl FnOnce(&Waiter) -> R) -> Option<R> {
        let watchers = self.0.take();
        let seen = watchers.look(look);
        self.0.set(watchers);
        seen
    }
}

fn wake(header: &Header, own: &Flags, waiter: Waiter) {
    end_wait(header, own, &waiter, WaitEnd::Woken);
    quietly(|| waiter.waker.wake());
}

#[inline]
fn end_wait(header: &Header, own: &Flags, waiter: &Waiter, why: WaitEnd) {
    if !with_current(Core::is_observed).unwrap_or(false) {
        return;
    }
    emit(header.executor(), || Event::WaitOff { target: header.id(own), waiter: task_of(&waiter.waker), why });
}

/// Gives a callback its turn, as a task of its own. Outside of its task's loop it is dropped.
pub(crate) fn call_soon(executor: ExecutorId, callback: Callback, task: &TaskHandle) {
    let (Callback { call, location, locals }, task) = (callback, task.clone());
    let mut call = Some(async move { call(&task) });
    with_current(|core| {
        if core.id == executor
            && let Some(call) = call.take()
        {
            let callback = core.spawn::<_, OnPanic>(Spawn { name: None, location }, call);
            callback.set_locals(locals);
        }
    });
}
