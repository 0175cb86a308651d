//! What is seldom asked of a task and seldom changes: where it comes from, its name, its task-locals.
//!
//! Tasks that are alike share one [`Profile`]: a loop that spawns unnamed tasks from one line makes one for all of them. Who changes
//! something gives its task a changed copy. So all of this together costs a task eight bytes.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::ptr;
use std::rc::{Rc, Weak};

use crate::cell::{drop_quietly, quietly};
use crate::core::Core;
use crate::executor::Spawn;
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
    pub(crate) id: TaskId,
    /// Never `None` but for the moment in which it is looked at.
    profile: Cell<Option<Rc<Profile>>>,
    pub(crate) join: JoinCell,
}

impl Header {
    fn new(id: TaskId, profile: Rc<Profile>) -> Header {
        Header { id, profile: Cell::new(Some(profile)), join: JoinCell::default() }
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

    pub(crate) fn set_name(&self, name: String) {
        self.amend(|profile| profile.name = Some(name.clone()));
        emit(self.executor(), || Event::Rename { task: self.id, name: &name });
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
    #[inline]
    fn get(&self, creator: Option<Ticket>, location: &'static Location<'static>) -> Option<Rc<Profile>> {
        if self.creator != creator {
            return None;
        }
        let profile = match &self.profile {
            Last::None => return None,
            Last::Kept(profile) => {
                return ptr::eq(profile.location, location).then(|| profile.clone());
            }
            Last::Seen(profile) => profile.upgrade()?,
        };
        ptr::eq(profile.location, location).then_some(profile)
    }
}

impl Core {
    /// The header of a new task, with the next number.
    pub(crate) fn header(&self, spawn: Spawn) -> Header {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        Header::new(id, self.profile_for(spawn))
    }

    fn profile_for(&self, spawn: Spawn) -> Rc<Profile> {
        if spawn.name.is_none()
            && let Some(last) = self.last_profile.borrow().get(self.polling.get(), spawn.location)
        {
            return last;
        }
        self.new_profile(spawn)
    }

    /// With its creator's number and task-locals.
    #[cold]
    fn new_profile(&self, spawn: Spawn) -> Rc<Profile> {
        let creator = self.polling.get();
        let (parent, locals) = creator.map(|ticket| self.creator(ticket)).unwrap_or_default();
        let (Spawn { name, location }, reporter) = (spawn, self.reporter.clone());
        let profile = Rc::new(Profile { executor: self.id, parent, name, location, locals, reason: None, reporter });
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
            return (Some(run.header().id), run.locals(index));
        }
        let root = self.root.borrow();
        let header = root.as_ref().map(|root| &root.header);
        (header.map(|header| header.id), header.and_then(Header::locals))
    }
}
