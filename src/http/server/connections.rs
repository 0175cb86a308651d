//! The tasks of a server's connections: they end with it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use crate::{Permit, Task};

/// Runs connections as tasks, and cancels those that are left when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Connections {
    running: Running,
    next: Cell<u64>,
}

type Running = Rc<RefCell<BTreeMap<u64, Connection>>>;

#[derive(Debug)]
struct Connection {
    task: Task<()>,
    idle: Rc<Cell<bool>>,
}

impl Connections {
    /// `idle` says at any time whether the connection may be closed without loss; `permit` is given back at its end.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + 'static, idle: Rc<Cell<bool>>, permit: Permit) {
        let id = self.next.get();
        self.next.set(id + 1);
        let entry = Entry { running: Rc::clone(&self.running), id, _permit: permit };
        let task = crate::create_task(async move {
            let _entry = entry; // removed however the task ends
            connection.await;
        });
        self.running.borrow_mut().insert(id, Connection { task, idle });
    }

    /// Closes those that are idle, and gives the others some time. How many had to be cut off then.
    pub(super) async fn drain(self, grace: Duration) -> usize {
        let all = mem::take(&mut *self.running.borrow_mut());
        let (idle, busy): (Vec<_>, Vec<_>) = all.into_values().partition(|connection| connection.idle.get());
        for connection in idle {
            connection.task.cancel();
        }
        let mut left = Left(busy);
        let all_ended = async {
            while let Some(connection) = left.0.last_mut() {
                // How it ended is its own affair.
                let _ = (&mut connection.task).await;
                left.0.pop();
            }
        };
        match crate::timeout(grace, all_ended).await {
            Ok(()) => 0,
            Err(_) => left.0.iter().filter(|connection| !connection.task.is_done()).count(),
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        let running = mem::take(&mut *self.running.borrow_mut());
        drop(Left(running.into_values().collect()));
    }
}

/// Connections that are cut off when this is dropped.
struct Left(Vec<Connection>);

impl Drop for Left {
    fn drop(&mut self) {
        for connection in &self.0 {
            connection.task.cancel();
        }
    }
}

/// The place of one connection.
struct Entry {
    running: Running,
    id: u64,
    _permit: Permit,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let connection = self.running.borrow_mut().remove(&self.id);
        drop(connection); // outside the borrow; a dropped handle detaches
    }
}
