//! futures' `LocalPool`: tasks and nothing else.

use std::cell::RefCell;

use futures_executor::{LocalPool, LocalSpawner};
use futures_util::future::RemoteHandle;
use futures_util::task::LocalSpawnExt;

use crate::contender::Peer;

/// Its name.
pub(crate) const PEER: Peer = Peer::new("LocalPool", "");

thread_local! {
    /// A pool has no current spawner either.
    static SPAWNER: RefCell<Option<LocalSpawner>> = const { RefCell::new(None) };
}

/// A pool.
#[derive(Debug)]
pub(crate) struct Runtime(LocalPool);

impl Runtime {
    /// A new one, to which the thread's `spawn` now leads.
    pub(crate) fn new() -> Runtime {
        let pool = LocalPool::new();
        SPAWNER.set(Some(pool.spawner()));
        Runtime(pool)
    }

    /// Runs the root.
    pub(crate) fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.run_until(future)
    }
}

/// A task.
pub(crate) fn spawn<F: Future<Output: 'static> + 'static>(future: F) -> RemoteHandle<F::Output> {
    SPAWNER.with_borrow(|spawner| {
        let spawner = spawner.as_ref().expect("a runtime was made");
        spawner.spawn_local_with_handle(future).expect("the pool is alive")
    })
}

/// Its output.
pub(crate) async fn join<T: 'static>(task: RemoteHandle<T>) -> T {
    task.await
}
