//! A task seen without the type of its output: to list, name and cancel it.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;

use crate::flags::Flags;
use crate::join_error::CancelReason;
use crate::profile::Header;
use crate::root::RootInfo;
use crate::slots::NO_SLOT;
use crate::task::{NO_CHILD, Run, TaskRef};
use crate::waker::with_current;

/// A task seen without the type of its output: what `all_tasks` lists, and what a done callback gets.
///
/// Holding one keeps nobody from anything: it is neither the task's owner nor who awaits it. Two are equal if they mean the same task.
#[derive(Clone)]
pub struct TaskHandle(Inner);

#[derive(Clone)]
enum Inner {
    /// A task, or the child of a `gather` with this index.
    Run(Pin<Rc<dyn Run>>, u32),
    /// The future of a `block_on`.
    Root(Rc<RootInfo>),
}

impl TaskHandle {
    pub(crate) fn of(run: Pin<Rc<dyn Run>>, index: u32) -> TaskHandle {
        run.flags(index).mark_shared();
        TaskHandle(Inner::Run(run, index))
    }

    pub(crate) fn of_root(root: Rc<RootInfo>) -> TaskHandle {
        TaskHandle(Inner::Root(root))
    }

    pub(crate) fn header(&self) -> &Header {
        match &self.0 {
            Inner::Run(run, _) => run.header(),
            Inner::Root(root) => &root.header,
        }
    }

    /// The header, and the flags that with it have the number.
    pub(crate) fn whole(&self) -> (&Header, &Flags) {
        match &self.0 {
            Inner::Run(run, _) => (run.header(), run.flags(NO_CHILD)),
            Inner::Root(root) => (&root.header, &root.flags),
        }
    }

    fn flags(&self) -> &Flags {
        match &self.0 {
            Inner::Run(run, index) => run.flags(*index),
            Inner::Root(root) => &root.flags,
        }
    }

    /// Which task it is.
    pub fn id(&self) -> TaskRef {
        match &self.0 {
            Inner::Run(run, index) => TaskRef { task: run.id(), child: (*index != NO_CHILD).then_some(*index) },
            Inner::Root(root) => root.task_ref(),
        }
    }

    /// Its name: the one it was given, else one made of its number (asyncio's `get_name`).
    pub fn name(&self) -> String {
        self.header().name(self.id())
    }

    /// Gives it a name (asyncio's `set_name`); a child of a `gather` shares its name with its siblings.
    pub fn set_name(&self, name: impl Into<String>) {
        self.header().set_name(self.id().task, name.into());
    }

    /// Where it was created.
    pub fn location(&self) -> &'static Location<'static> {
        self.header().profile().location
    }

    /// As [`Task::cancel`](crate::Task::cancel). The future of a `block_on` is its caller's and cannot be cancelled: false.
    pub fn cancel(&self) -> bool {
        match &self.0 {
            Inner::Run(run, index) => cancel(run.header(), run.flags(*index), None),
            Inner::Root(_) => false,
        }
    }

    /// As [`Task::cancel_with`](crate::Task::cancel_with). Nobody asks a child of a `gather` for its reason: there it is dropped.
    pub fn cancel_with(&self, reason: impl Into<Box<str>>) -> bool {
        match &self.0 {
            Inner::Run(run, NO_CHILD) => cancel(run.header(), run.flags(NO_CHILD), Some(CancelReason::new(reason))),
            _ => self.cancel(),
        }
    }

    /// Ends the task inside this call, for whoever owns it and is dropped: in its own loop its future is dropped here and now, unless it is the
    /// one that is being polled. That one, and one of another loop, ends as after [`cancel`](TaskHandle::cancel).
    pub fn cancel_now(&self) {
        if let Inner::Run(run, index) = &self.0
            && !self.is_done()
        {
            cancel_now(run, *index);
        }
    }

    /// Whether it was asked to end and has not yet (asyncio's `cancelling() > 0`).
    pub fn cancelling(&self) -> bool {
        self.flags().is_cancelling()
    }

    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        self.flags().is_done()
    }

    /// Whether it has ended by being cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.flags().is_cancelled()
    }

    /// As [`Task::has_failed`](crate::Task::has_failed).
    pub fn has_failed(&self) -> bool {
        self.flags().has_failed_by_itself()
    }
}

/// Asks for the end of a task; the first reason that is given stays. False if it has ended.
pub(crate) fn cancel(header: &Header, flags: &Flags, reason: Option<CancelReason>) -> bool {
    if flags.is_done() {
        return false;
    }
    if reason.is_some() && header.profile().reason.is_none() {
        header.amend(|profile| profile.reason = reason);
    }
    header.executor().cancel(flags);
    true
}

/// Gives the task a turn that delivers a cancel; where that cannot be, asks for one.
pub(crate) fn cancel_now(run: &Pin<Rc<dyn Run>>, index: u32) {
    let (executor, flags) = (run.header().executor(), run.flags(index));
    let done = with_current(|core| {
        if core.id != executor || flags.slot.get() == NO_SLOT || flags.is_busy() {
            return false;
        }
        let Some(ticket) = core.tenant(flags.slot.get()) else { return false };
        flags.ask_cancel();
        run.clone().turn(core, index, ticket);
        true
    });
    if done != Some(true) {
        executor.cancel(flags);
    }
}

impl PartialEq for TaskHandle {
    fn eq(&self, other: &TaskHandle) -> bool {
        self.id() == other.id() && self.header().executor() == other.header().executor()
    }
}

impl Eq for TaskHandle {}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskHandle {{ id: {}, name: {:?}, {} }}", self.id(), self.name(), self.flags().word())
    }
}
