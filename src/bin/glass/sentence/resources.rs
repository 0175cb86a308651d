//! Of queues, locks and what else tasks wait for.

use std::rc::Rc;

use glassloop::trace::model::{ResourceWait, Wait, title_of};
use glassloop::trace::schema::Entry;

use super::Scene;

pub(super) fn sentence(entry: &Entry<Rc<str>>, scene: Scene<'_>) -> String {
    let names = scene.names;
    let wait_of = |resource: &u64, waiter: &u64| -> Option<&ResourceWait> {
        scene.model.state.resources.get(resource)?.waits.get(waiter)
    };
    match entry {
        Entry::ResNew { resource, label, name, loc, cap } => {
            let title = title_of(label, name.as_deref(), *resource);
            let made = loc.as_ref().map(|loc| format!(", made at {loc}")).unwrap_or_default();
            let cap = cap.map(|cap| format!(", with room for {cap}")).unwrap_or_default();
            format!("{title} is made known to the loop{made}{cap}")
        }
        Entry::ResName { resource, name } => format!("{} is now called {name:?}", names.resource(*resource)),
        Entry::ResDel { resource } => format!("{} is gone", names.resource(*resource)),
        Entry::ResState { resource, op, len, unfinished } => {
            let (what, now) = (names.resource(*resource), contents(scene, *resource, *len, *unfinished));
            match &**op {
                "bring" => format!("{what} to begin with: {now}"),
                op => format!("{op} of {what} by {}: {now}", scene.doer()),
            }
        }
        Entry::ResWaitOn { resource, waiter, task, op, loc } => {
            let (task, what) = (names.task(*task), names.resource(*resource));
            match wait_of(resource, waiter) {
                Some(former) if former.woken => {
                    format!("{task} was woken in vain, and waits on for {op} of {what} at {loc}")
                }
                _ => format!("{task} waits for {op} of {what} at {loc}"),
            }
        }
        Entry::ResWoken { resource, waiter } => {
            let waiting = wait_of(resource, waiter);
            let (task, op) =
                (names.task(waiting.and_then(|wait| wait.task)), waiting.map_or("something", |wait| &wait.op));
            let wait = Wait::Resource { resource: *resource, waiter: *waiter };
            scene.wait_is_over(&task, &format!("{op} of {}", names.resource(*resource)), wait)
        }
        Entry::ResWaitOff { resource, waiter } => {
            let (wait, what) = (wait_of(resource, waiter), names.resource(*resource));
            let op = wait.map_or("something", |wait| &wait.op);
            match wait.filter(|wait| !wait.woken) {
                Some(wait) => {
                    let after = scene.waited(Wait::Resource { resource: *resource, waiter: *waiter });
                    format!("{} no longer waits for {op} of {what}{after}", names.task(wait.task))
                }
                None => format!("{} leaves the line for {op} of {what}", scene.doer()),
            }
        }
        other => format!("{other:?}"),
    }
}

/// What is in a resource, in the words of its kind.
fn contents(scene: Scene<'_>, resource: u64, len: u64, unfinished: u64) -> String {
    let known = scene.model.state.resources.get(&resource);
    match known.map_or("", |known| &known.label) {
        "lock" if len == 0 => "it is held".into(),
        "lock" => "it is free".into(),
        "semaphore" => format!("{len} free, {unfinished} held"),
        "event" => (if len > 0 { "it is set" } else { "it is clear" }).into(),
        "cancel token" => (if len > 0 { "it is cancelled" } else { "it is not cancelled" }).into(),
        "promise" => (if len > 0 { "it has its outcome" } else { "it has no outcome yet" }).into(),
        "barrier" => format!("{len} have come, {unfinished} are missing"),
        "queue" | "lifo queue" | "priority queue" => {
            let of = known.and_then(|known| known.cap).map(|cap| format!(" of {cap}")).unwrap_or_default();
            format!("{len}{of} in it, {unfinished} not done with")
        }
        _ => format!("{len} in it, {unfinished} still to come"),
    }
}
