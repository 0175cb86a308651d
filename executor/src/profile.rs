//! What is seldom asked of a task and seldom changes: where it comes from, its name, its task-locals.
//!
//! Tasks that are alike share one [`Profile`]: a loop that spawns unnamed tasks from one line makes one for all of them. Who changes
//! something gives its task a changed copy. So all of this together costs a task eight bytes; and two for its number, which is counted from that
//! of the first task with the profile.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::ptr;
use std::rc::{Rc, Weak};

use crate::cell::{drop_quietly, quietly};
use crate::core::Core;
use crate::executor::Spawn;
use crate::flags::Flags;
use crate::join_error::{CancelReason, Complaint, Uncollected};
use crate::observer::Event;
use crate::remote::ExecutorId;
use crate::task::{TaskId, TaskRef};
use crate::ticket::Ticket;
use crate::waker::emit;
use crate::watchers::JoinCell;

/// The task-locals of a task: what is in it is the business of whoever sets it. A new task shares those of its creator.
pub type Locals = Rc<dyn Any>;

#[derive(Clone)]
pub(crate) struct Profile {
    first_id: TaskId,
    pub(crate) executor: ExecutorId,
    pub(crate) parent: Option<TaskId>,
    pub(crate) name: Option<String>,
    pub(crate) location: &'static Location<'static>,
    pub(crate) locals: Option<Locals>,
    /// Why it was asked to end.
    pub(crate) reason: Option<CancelReason>,
    reporter: Rc<Reporter>,
}

/// Hears of failures that nobody collects; it may outlive its executor, as handles do.
#[derive(Default)]
pub(crate) struct Reporter(RefCell<Option<Rc<OnUncollected>>>);

type OnUncollected = dyn Fn(&Uncollected);

impl Reporter {
    pub(crate) fn set(&self, report: Rc<OnUncollected>) {
        let former = self.0.replace(Some(report));
        drop_quietly(former);
    }

    fn tell(&self, uncollected: &Uncollected) {
        let report = self.0.borrow().clone();
        if let Some(report) = report {
            quietly(|| report(uncollected));
        }
    }
}

/// The part of a task or a group that does not depend on its types.
pub(crate) struct Header {
    /// Never `None` but for the moment in which it is looked at.
    profile: Cell<Option<Rc<Profile>>>,
    pub(crate) join: JoinCell,
}

impl Header {
    fn new(profile: Rc<Profile>) -> Header {
        Header { profile: Cell::new(Some(profile)), join: JoinCell::default() }
    }

    /// The number of the task or the group, whose `own` flags stand apart from this.
    #[inline]
    pub(crate) fn id(&self, own: &Flags) -> TaskId {
        self.with_profile(|profile| profile.first_id) + u64::from(own.nth())
    }

    /// Looks at the profile. `look` must be of this crate, and call nothing foreign.
    #[inline]
    fn with_profile<R>(&self, look: impl FnOnce(&Rc<Profile>) -> R) -> R {
        let Some(profile) = self.profile.take() else { unreachable!("a profile is looked at by one at a time") };
        let seen = look(&profile);
        self.profile.set(Some(profile));
        seen
    }

    pub(crate) fn profile(&self) -> Rc<Profile> {
        self.with_profile(Rc::clone)
    }

    #[inline]
    pub(crate) fn executor(&self) -> ExecutorId {
        self.with_profile(|profile| profile.executor)
    }

    #[inline]
    pub(crate) fn locals(&self) -> Option<Locals> {
        self.with_profile(|profile| profile.locals.clone())
    }

    /// Gives the task a changed copy of its profile.
    pub(crate) fn amend(&self, change: impl FnOnce(&mut Profile)) {
        let mut profile = Profile::clone(&self.profile());
        change(&mut profile);
        // What goes with the former may be the user's.
        drop_quietly(self.profile.replace(Some(Rc::new(profile))));
    }

    /// The name it was given, else one made of its number.
    pub(crate) fn name(&self, task: TaskRef) -> String {
        self.profile().name.clone().unwrap_or_else(|| task.default_name())
    }

    pub(crate) fn set_name(&self, task: TaskId, name: String) {
        self.amend(|profile| profile.name = Some(name.clone()));
        emit(self.executor(), || Event::Rename { task, name: &name });
    }

    /// Tells whoever wants to know of a failure that nobody will collect.
    #[cold]
    pub(crate) fn complain(&self, task: TaskRef, complaint: Complaint) {
        let profile = self.profile();
        let (name, location) = (self.name(task), profile.location);
        profile.reporter.tell(&Uncollected { task, name, location, complaint });
    }
}

/// The profile of the last task that was created without a name, for the next of the same creator and line.
#[derive(Default)]
pub(crate) struct LastProfile {
    creator: Option<Ticket>,
    profile: Last,
}

#[derive(Default)]
enum Last {
    #[default]
    None,
    Kept(Rc<Profile>),
    /// One with task-locals: what is in them must not live longer than the tasks do.
    Seen(Weak<Profile>),
}

impl LastProfile {
    /// If it fits: with which number after its first.
    #[inline]
    fn get(
        &self,
        creator: Option<Ticket>,
        location: &'static Location<'static>,
        id: TaskId,
    ) -> Option<(Rc<Profile>, u16)> {
        if self.creator != creator {
            return None;
        }
        let fits = |profile: &Profile| {
            let nth = u16::try_from(id - profile.first_id).ok()?;
            ptr::eq(profile.location, location).then_some(nth)
        };
        match &self.profile {
            Last::None => None,
            Last::Kept(profile) => Some((profile.clone(), fits(profile)?)),
            Last::Seen(profile) => {
                let profile = profile.upgrade()?;
                let nth = fits(&profile)?;
                Some((profile, nth))
            }
        }
    }
}

impl Core {
    /// The header of a new task and its own flags, which together have the next number.
    pub(crate) fn header(&self, spawn: Spawn) -> (Header, Flags) {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let (profile, nth) = self.profile_for(spawn, id);
        (Header::new(profile), Flags::numbered(nth))
    }

    fn profile_for(&self, spawn: Spawn, id: TaskId) -> (Rc<Profile>, u16) {
        if spawn.name.is_none()
            && let Some(last) = self.last_profile.borrow().get(self.polling.get(), spawn.location, id)
        {
            return last;
        }
        (self.new_profile(spawn, id), 0)
    }

    /// With its creator's number and task-locals.
    #[cold]
    fn new_profile(&self, spawn: Spawn, first_id: TaskId) -> Rc<Profile> {
        let creator = self.polling.get();
        let (parent, locals) = creator.map(|ticket| self.creator(ticket)).unwrap_or_default();
        let (Spawn { name, location }, reporter) = (spawn, self.reporter.clone());
        let (executor, reason) = (self.id, None);
        let profile = Rc::new(Profile { first_id, executor, parent, name, location, locals, reason, reporter });
        if profile.name.is_none() {
            let last = match profile.locals {
                None => Last::Kept(profile.clone()),
                Some(_) => Last::Seen(Rc::downgrade(&profile)),
            };
            // The former holds nothing foreign: a profile with locals is not kept.
            *self.last_profile.borrow_mut() = LastProfile { creator, profile: last };
        }
        profile
    }

    pub(crate) fn locals(&self) -> Option<Locals> {
        self.creator(self.polling.get()?).1
    }

    pub(crate) fn set_locals(&self, locals: Option<Locals>) -> bool {
        let Some(ticket) = self.polling.get() else { return false };
        *self.last_profile.borrow_mut() = LastProfile::default();
        let run = self.state().slots.run(ticket.slot()).map(|(run, index)| (run.clone(), index));
        match (run, self.root()) {
            (Some((run, index)), _) => run.set_locals(index, locals),
            (None, Some(root)) => root.header.amend(|profile| profile.locals = locals),
            (None, None) => return false,
        }
        true
    }

    fn creator(&self, ticket: Ticket) -> (Option<TaskId>, Option<Locals>) {
        if let Some((run, index)) = self.state().slots.run(ticket.slot()) {
            return (Some(run.id()), run.locals(index));
        }
        let root = self.root.borrow();
        let root = root.as_ref();
        (root.map(|root| root.id()), root.and_then(|root| root.header.locals()))
    }
}
