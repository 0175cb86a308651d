//! The state of the resources, rebuilt from their events and compared with a snapshot after each.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use glassloop::trace::{self, Change, Event, Observer, Seen};
use glassloop::{Clock, PriorityQueue, Runtime};

#[derive(Default)]
pub(crate) struct Mirror {
    resources: RefCell<BTreeMap<u64, Seen>>,
    /// The first difference: a panic in an observer would change what the loop does.
    wrong: RefCell<Option<String>>,
}

impl Mirror {
    pub(crate) fn check(&self) {
        assert_eq!(*self.wrong.borrow(), None);
    }

    fn apply(&self, id: u64, change: &Change) {
        let mut resources = self.resources.borrow_mut();
        if let Change::New(kind, about) = change {
            let about = about.clone();
            resources.insert(id, Seen { kind, about, holder: None, len: 0, unfinished: 0, waits: Vec::new() });
            return;
        }
        let seen = resources.get_mut(&id).expect("the resource exists");
        match change {
            Change::New(..) => {}
            Change::Name(name) => seen.about.name = Some(name.clone()),
            Change::Gone => drop(resources.remove(&id)),
            Change::Len { len, unfinished, .. } => (seen.len, seen.unfinished) = (*len, *unfinished),
            Change::WaitOn(wait) => {
                seen.waits.retain(|other| other.number != wait.number);
                seen.waits.push(wait.clone());
                seen.waits.sort_by_key(|wait| wait.number);
            }
            Change::Woken(number) => {
                seen.waits.iter_mut().filter(|wait| wait.number == *number).for_each(|wait| wait.woken = true);
            }
            Change::WaitOff(number) => seen.waits.retain(|wait| wait.number != *number),
        }
    }
}

/// Whose waker it is, is the executor's part of the story.
fn without_tasks(mut seen: Seen) -> Seen {
    seen.waits.iter_mut().for_each(|wait| wait.task = None);
    seen
}

impl Observer for Mirror {
    fn event(&self, event: &Event<'_>) {
        let Event::Resource(id, change) = event else { return };
        if self.wrong.borrow().is_some() {
            return;
        }
        self.apply(*id, change);
        let mirrored = self.resources.borrow().iter().map(|(id, seen)| (*id, without_tasks(seen.clone()))).collect();
        let real = trace::snapshot().expect("events come from inside a loop").resources;
        let real: Vec<_> = real.into_iter().map(|(id, seen)| (id, without_tasks(seen))).collect();
        let mirrored: Vec<_> = mirrored;
        if mirrored != real {
            let wrong = format!("after {change:?} the events say {mirrored:#?}\nbut there is {real:#?}");
            *self.wrong.borrow_mut() = Some(wrong);
        }
    }
}

#[test]
fn a_queue_filled_before_a_loop_knows_it_comes_with_its_items() {
    let queue = PriorityQueue::bounded(2);
    queue.put_nowait(2).unwrap();
    queue.put_nowait(1).unwrap();
    let mirror = Rc::new(Mirror::default());
    let builder = Runtime::builder().clock(Clock::new_virtual()).observer(mirror.clone());
    let runtime = builder.build().expect("a loop");
    let report = runtime.block_on(queue.put(3)).expect_err("nobody gets").to_string();
    assert!(
        report.contains("waits for put of PriorityQueue 1 2/2 (made at ") && report.contains("mirror.rs:"),
        "{report}"
    );
    let kinds = mirror.resources.borrow().values().map(|seen| (seen.kind, seen.len)).collect::<Vec<_>>();
    assert_eq!(kinds, [("priority queue", 2)]);
    mirror.check();
}
