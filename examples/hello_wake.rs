//! Who wakes a task? The way of one waker, step by step: loop, leaf future, reactor, run queue, and the loop again.
//!
//! The sentences do not stand in the program that they tell of: an observer says them, from what the loop does.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use glassloop::trace::{Event, Observer, executor, reactor};
use glassloop::{Runtime, sleep};

#[path = "shared/options.rs"]
mod options;

/// The program: one future, which waits once.
async fn hello() {
    println!("                    (hello) \"I am going to sleep for a second.\"");
    sleep(Duration::from_secs(1)).await;
    println!("                    (hello) \"Good morning!\"");
}

/// Puts what the loop does into words.
#[derive(Default)]
struct Narrator {
    steps: Cell<u32>,
}

impl Observer for Narrator {
    fn event(&self, event: &Event<'_>) {
        let told = match event {
            Event::Executor(event) => of_executor(event),
            Event::Reactor(event) => of_reactor(event),
            _ => None,
        };
        if let Some((who, what)) = told {
            self.steps.set(self.steps.get() + 1);
            println!("{:>2}. {:<15} {what}", self.steps.get(), format!("the {who}"));
        }
    }
}

type Told = Option<(&'static str, String)>;

fn of_executor(event: &executor::Event<'_>) -> Told {
    use executor::Event::*;
    Some(match event {
        Enqueue(task) => ("run queue", format!("takes task {task} in, at its back")),
        Dequeue(Some(task)) => ("loop", format!("takes task {task} from the front of the run queue")),
        PollBegin(task) => ("loop", format!("polls it, and lends it a waker: a ticket that says \"task {task}\"")),
        PollEnd { task, ready: false } => {
            ("poll", format!("gives Pending: task {task} is in no queue and no list; only that waker leads to it"))
        }
        PollEnd { task, ready: true } => ("poll", format!("gives Ready: task {task} is done")),
        Wake { task: Some(task), .. } => ("waker", format!("finds task {task}, as its ticket says")),
        _ => return None,
    })
}

fn of_reactor(event: &reactor::Event) -> Told {
    use reactor::Event::*;
    Some(match event {
        TimerArm { timer, .. } => {
            ("leaf future", format!("sleep() is not ready: it leaves that waker with the reactor, in timer {timer}"))
        }
        Park { .. } => ("loop", "finds the run queue empty, and lets the reactor wait".to_owned()),
        TimerFire { timer, .. } => {
            ("reactor", format!("finds timer {timer} due, and calls wake() on the waker it was left"))
        }
        _ => return None,
    })
}

pub fn main() {
    let options = options::Options::parse();
    let narrator = Rc::new(Narrator::default());
    options.run(Runtime::builder().clock(options.clock()).observer(narrator), hello());
}
