//! Queues, locks and what else tasks wait for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::state::{Check, State, Wait};
use crate::trace::executor::TaskRef;
use crate::trace::schema::Entry;

/// A resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// What it is: `queue`, `lock`, `semaphore`, ...
    pub label: Rc<str>,
    /// The name it was given.
    pub name: Option<Rc<str>>,
    /// Where it was made, if that is the program's and not ours.
    pub loc: Option<Rc<str>>,
    /// A queue's bound.
    pub cap: Option<u64>,
    /// How much is in it.
    pub len: u64,
    /// How much is still to come.
    pub unfinished: u64,
    /// Who holds a lock.
    pub holder: Option<TaskRef>,
    /// Who waits, by number, which is the order of arrival.
    pub waits: BTreeMap<u64, ResourceWait>,
}

/// Somebody waits for a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceWait {
    /// Who; `None` once it has been woken, for a stranger, and for somebody gone.
    pub task: Option<TaskRef>,
    /// To do what.
    pub op: Rc<str>,
    /// Where.
    pub loc: Rc<str>,
    /// Woken, but it has not had its turn yet.
    pub woken: bool,
}

impl State {
    pub(super) fn apply_to_resources(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry {
            Entry::ResNew { resource, label, name, loc, cap } => {
                let (label, name, loc, cap) = (label.clone(), name.clone(), loc.clone(), *cap);
                let waits = BTreeMap::new();
                let new = Resource { label, name, loc, cap, len: 0, unfinished: 0, holder: None, waits };
                if self.resources.insert(*resource, new).is_some() {
                    return Err(format!("resource {resource} came to be before"));
                }
            }
            Entry::ResDel { resource } => {
                let gone = self.resources.remove(resource).ok_or_else(|| unknown(*resource))?;
                self.set_holder(*resource, gone.holder, None);
                for (waiter, wait) in gone.waits {
                    self.end_wait(wait.task, Wait::Resource { resource: *resource, waiter });
                }
            }
            Entry::ResState { resource, op, len, unfinished } => {
                // Who acquires is whoever is being polled.
                let polling = self.polling.filter(|_| &**op == "acquire");
                let known = self.resource_mut(*resource)?;
                (known.len, known.unfinished) = (*len, *unfinished);
                if &*known.label == "lock" {
                    let former = std::mem::replace(&mut known.holder, polling);
                    self.set_holder(*resource, former, polling);
                }
            }
            Entry::ResName { resource, name } => self.resource_mut(*resource)?.name = Some(name.clone()),
            _ => return self.apply_to_waits(entry),
        }
        Ok(())
    }

    fn apply_to_waits(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry {
            Entry::ResWaitOn { resource, waiter, task, op, loc } => {
                let wait = ResourceWait { task: *task, op: op.clone(), loc: loc.clone(), woken: false };
                // One who was woken in vain comes back to its place.
                let former = self.resource_mut(*resource)?.waits.insert(*waiter, wait);
                let wait = Wait::Resource { resource: *resource, waiter: *waiter };
                self.end_wait(former.and_then(|former| former.task), wait);
                self.begin_wait(*task, wait);
            }
            Entry::ResWoken { resource, waiter } => {
                let wait = self.resource_mut(*resource)?.waits.get_mut(waiter);
                let wait = wait.filter(|wait| !wait.woken).ok_or_else(|| format!("waiter {waiter} does not wait"))?;
                wait.woken = true;
                let task = wait.task.take();
                self.end_wait(task, Wait::Resource { resource: *resource, waiter: *waiter });
            }
            Entry::ResWaitOff { resource, waiter } => {
                let wait = self.resource_mut(*resource)?.waits.remove(waiter);
                let wait = wait.ok_or_else(|| format!("waiter {waiter} is not there"))?;
                self.end_wait(wait.task, Wait::Resource { resource: *resource, waiter: *waiter });
            }
            _ => {}
        }
        Ok(())
    }

    fn resource_mut(&mut self, resource: u64) -> Result<&mut Resource, String> {
        self.resources.get_mut(&resource).ok_or_else(|| unknown(resource))
    }
}

fn unknown(resource: u64) -> String {
    format!("resource {resource} is not known")
}
