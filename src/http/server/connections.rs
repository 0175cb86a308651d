//! The tasks of a server's connections: they end with it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem;
use std::rc::Rc;

use crate::Task;

/// Runs connections as tasks, and cancels those that are left when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Connections {
    running: Rc<RefCell<HashMap<u64, Task<()>>>>,
    next: Cell<u64>,
}

impl Connections {
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + 'static) {
        let id = self.next.get();
        self.next.set(id + 1);
        let entry = Entry { running: Rc::clone(&self.running), id };
        let task = crate::create_task(async move {
            let _entry = entry; // removed however the task ends
            connection.await;
        });
        self.running.borrow_mut().insert(id, task);
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        let running = mem::take(&mut *self.running.borrow_mut());
        for task in running.into_values() {
            task.cancel();
        }
    }
}

/// The place of one connection.
struct Entry {
    running: Rc<RefCell<HashMap<u64, Task<()>>>>,
    id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let task = self.running.borrow_mut().remove(&self.id);
        drop(task); // outside the borrow; a dropped handle detaches
    }
}
