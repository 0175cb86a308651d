//! No picture drawn from events can lie: a model rebuilt from nothing but the events equals the loop's own snapshot after
//! *every* event, on 10,000 random programs of tasks, gathers, sleeps, queues, timeouts, cancels, panics and other threads.

#[path = "../../executor/tests/it/model.rs"]
mod executor_model;
mod nested;
mod programs;
#[path = "../../reactor/tests/it/model.rs"]
mod reactor_model;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use glassloop::trace::{self, Change, Event, Observer, Seen};
use glassloop::{Clock, Runtime};

/// What the events so far say there is.
#[derive(Default)]
struct Model {
    executor: executor_model::Model,
    reactor: reactor_model::Model,
    resources: BTreeMap<u64, Seen>,
}

impl Model {
    fn apply(&mut self, event: &Event<'_>) {
        match event {
            Event::Executor(event) => {
                self.executor.apply(event);
                if let trace::executor::Event::Done { task, .. } = event {
                    // Nobody can tell any more whose waker that was.
                    for seen in self.resources.values_mut() {
                        seen.holder.take_if(|holder| holder == task);
                        for wait in &mut seen.waits {
                            wait.task.take_if(|waiter| waiter == task);
                        }
                    }
                }
            }
            Event::Reactor(event) => self.reactor.apply(event),
            Event::Resource(id, change) => self.apply_resource(*id, change),
            // It changes no state.
            Event::Loop(_) => {}
            other => panic!("an event unknown to the model: {other:?}"),
        }
    }

    fn apply_resource(&mut self, id: u64, change: &Change) {
        if let Change::New(kind, about) = change {
            let about = about.clone();
            let seen = Seen { kind, about, holder: None, len: 0, unfinished: 0, waits: Vec::new() };
            assert!(self.resources.insert(id, seen).is_none(), "resource {id} came to be twice");
            return;
        }
        let seen = self.resources.get_mut(&id).expect("the resource exists");
        match change {
            Change::New(..) => {}
            Change::Name(name) => seen.about.name = Some(name.clone()),
            Change::Gone => drop(self.resources.remove(&id)),
            Change::Len { op, len, unfinished } => {
                (seen.len, seen.unfinished) = (*len, *unfinished);
                if seen.kind == "lock" {
                    seen.holder = (*op == "acquire").then(|| self.executor.snapshot().polling).flatten();
                }
            }
            Change::WaitOn(wait) => {
                seen.waits.retain(|other| other.number != wait.number);
                seen.waits.push(wait.clone());
                seen.waits.sort_by_key(|wait| wait.number);
            }
            Change::Woken(number) => {
                let wait = seen.waits.iter_mut().find(|wait| wait.number == *number).expect("it waited");
                assert!(!wait.woken, "woken twice");
                (wait.woken, wait.task) = (true, None);
            }
            Change::WaitOff(number) => {
                let before = seen.waits.len();
                seen.waits.retain(|wait| wait.number != *number);
                assert_eq!(seen.waits.len(), before - 1, "one waiter left");
            }
        }
    }

    /// Where the model and the loop differ.
    fn difference(&self) -> Option<String> {
        let real = trace::snapshot().expect("events come from inside a loop");
        let executor = self.executor.snapshot();
        if executor != real.executor {
            return Some(format!("the events say {executor:#?}\nbut there is {:#?}", real.executor));
        }
        let shown = self.reactor.shown(|see| real.reactor.iter().for_each(see));
        if shown != self.reactor {
            return Some(format!("the events say {:#?}\nbut there is {shown:#?}", self.reactor));
        }
        let resources = self.resources.iter().map(|(id, seen)| (*id, seen.clone())).collect::<Vec<_>>();
        (resources != real.resources)
            .then(|| format!("the events say {resources:#?}\nbut there is {:#?}", real.resources))
    }
}

/// Replays each event as it comes, and compares.
#[derive(Default)]
struct Replay {
    model: RefCell<Model>,
    events: Cell<u64>,
    kinds: RefCell<BTreeSet<String>>,
    history: RefCell<Vec<String>>,
    /// The first difference: a panic in here would change what the loop does.
    wrong: RefCell<Option<String>>,
}

impl Observer for Replay {
    fn event(&self, event: &Event<'_>) {
        if self.wrong.borrow().is_some() {
            return;
        }
        self.events.set(self.events.get() + 1);
        let text = format!("{event:?}");
        let kind = text.split(['{', ')', ' ']).next().unwrap_or_default();
        if !self.kinds.borrow().contains(kind) {
            self.kinds.borrow_mut().insert(kind.to_string());
        }
        self.history.borrow_mut().push(text);
        let apply = std::panic::AssertUnwindSafe(|| self.model.borrow_mut().apply(event));
        let wrong = match std::panic::catch_unwind(apply) {
            Ok(()) => self.model.borrow().difference(),
            Err(_) => Some("an impossible event".into()),
        };
        *self.wrong.borrow_mut() = wrong;
    }
}

impl Replay {
    /// Panics with the first difference.
    fn check(&self, what: &str) {
        if let Some(wrong) = &*self.wrong.borrow() {
            let history = self.history.borrow();
            let last = &history[history.len().saturating_sub(40)..];
            panic!("{what}: {wrong}\nafter ..., {}", last.join("\n"));
        }
    }
}

fn replay(seed: u64, kinds: &mut BTreeSet<String>) -> u64 {
    let observer = Rc::new(Replay::default());
    let builder = Runtime::builder().clock(Clock::new_virtual()).observer(observer.clone()).on_report(|_| {});
    let runtime = builder.build().expect("a loop");
    let result = runtime.block_on(programs::program(seed));
    drop(runtime); // what is left is cancelled, and that is observed too
    observer.check(&format!("program {seed} ({result:?})"));
    kinds.append(&mut observer.kinds.borrow_mut());
    observer.events.get()
}

#[test]
fn after_every_event_of_10_000_programs_the_model_equals_the_snapshot() {
    let mut kinds = BTreeSet::new();
    let mut events = 0;
    for seed in 1..=10_000 {
        events += replay(seed, &mut kinds);
    }
    println!("{events} events; kinds: {kinds:#?}");
    assert!(events > 500_000, "the programs did too little: {events} events");
}
