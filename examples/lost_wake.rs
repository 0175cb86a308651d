//! Broken: a hand-written future loses a waker, and its task sleeps for ever. Debug mode sees the last waker go.
//!
//! A `Bell` wakes those who listen for it. Its first form has room for one waker: the second listener takes the place
//! of the first, whose waker is dropped.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use clap::Parser;
use glassloop::{create_task_named, sleep, timeout};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

trait Bell {
    fn has_rung(&self) -> bool;
    fn keep(&self, waker: Waker);
    fn ring(&self);
}

#[derive(Default)]
struct BellForOne {
    rung: Cell<bool>,
    listener: RefCell<Option<Waker>>,
}

impl Bell for BellForOne {
    fn has_rung(&self) -> bool {
        self.rung.get()
    }

    fn keep(&self, waker: Waker) {
        self.listener.replace(Some(waker)); // <- the mistake: whose waker was there?
    }

    fn ring(&self) {
        self.rung.set(true);
        self.listener.take().into_iter().for_each(Waker::wake);
    }
}

#[derive(Default)]
struct BellForAll {
    rung: Cell<bool>,
    listeners: RefCell<Vec<Waker>>,
}

impl Bell for BellForAll {
    fn has_rung(&self) -> bool {
        self.rung.get()
    }

    fn keep(&self, waker: Waker) {
        self.listeners.borrow_mut().push(waker);
    }

    fn ring(&self) {
        self.rung.set(true);
        self.listeners.take().into_iter().for_each(Waker::wake);
    }
}

async fn listen(bell: Rc<impl Bell>) {
    poll_fn(|cx| {
        if bell.has_rung() {
            return Poll::Ready(());
        }
        bell.keep(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

async fn two_listeners(bell: Rc<impl Bell + 'static>) {
    let tasks = ["Ann", "Bob"].map(|name| (name, create_task_named(name, listen(bell.clone()))));
    sleep(Duration::from_millis(100)).await;
    bell.ring();
    for (name, task) in tasks {
        let heard = timeout(Duration::from_millis(400), task).await;
        println!("  {name} {}", if heard.is_ok() { "hears the bell" } else { "sleeps on" });
    }
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), two_listeners(Rc::<BellForOne>::default()));
    println!("mended:");
    options.run(&options.clock(), two_listeners(Rc::<BellForAll>::default()));
}
