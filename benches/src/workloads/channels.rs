//! The queues and channels that tasks send through, all with the same few names: `bounded`, `send`, `receive`.
//!
//! tokio's and local-sync's have *one* receiver. For several consumers there is a form of each whose receiver is behind a lock.

/// glassloop's own queue.
pub(super) mod queue {
    use ::glassloop::Queue;

    pub(in crate::workloads) const NAME: &str = "";

    pub(in crate::workloads) fn bounded<T: 'static>(room: usize) -> (Queue<T>, Queue<T>) {
        let queue = Queue::bounded(room);
        (queue.clone(), queue)
    }

    pub(in crate::workloads) async fn send<T: 'static>(to: &Queue<T>, item: T) {
        assert!(to.put(item).await.is_ok(), "not shut down");
    }

    pub(in crate::workloads) async fn receive<T: 'static>(from: &mut Queue<T>) -> T {
        from.get().await.expect("not shut down")
    }
}

/// tokio's.
pub(super) mod tokio_mpsc {
    use ::tokio::sync::mpsc::{Receiver, Sender};

    pub(in crate::workloads) use ::tokio::sync::mpsc::channel as bounded;
    pub(in crate::workloads) const NAME: &str = "mpsc";

    pub(in crate::workloads) async fn send<T>(to: &Sender<T>, item: T) {
        assert!(to.send(item).await.is_ok(), "not closed");
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Receiver<T>) -> T {
        from.recv().await.expect("not closed")
    }
}

/// tokio's, its receiver behind tokio's lock.
pub(super) mod tokio_shared {
    use std::sync::Arc;

    use ::tokio::sync::Mutex;
    use ::tokio::sync::mpsc::{Receiver, Sender, channel};

    pub(in crate::workloads) use super::tokio_mpsc::send;
    pub(in crate::workloads) const NAME: &str = "mpsc behind a lock";

    pub(in crate::workloads) fn bounded<T>(room: usize) -> (Sender<T>, Arc<Mutex<Receiver<T>>>) {
        let (sender, receiver) = channel(room);
        (sender, Arc::new(Mutex::new(receiver)))
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Arc<Mutex<Receiver<T>>>) -> T {
        from.lock().await.recv().await.expect("not closed")
    }
}

/// async-channel, smol's.
pub(super) mod async_channels {
    use ::async_channel::{Receiver, Sender};

    pub(in crate::workloads) use ::async_channel::bounded;
    pub(in crate::workloads) const NAME: &str = "async-channel";

    pub(in crate::workloads) async fn send<T>(to: &Sender<T>, item: T) {
        assert!(to.send(item).await.is_ok(), "not closed");
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Receiver<T>) -> T {
        from.recv().await.expect("not closed")
    }
}

/// flume.
pub(super) mod flumes {
    use ::flume::{Receiver, Sender};

    pub(in crate::workloads) use ::flume::bounded;
    pub(in crate::workloads) const NAME: &str = "flume";

    pub(in crate::workloads) async fn send<T>(to: &Sender<T>, item: T) {
        assert!(to.send_async(item).await.is_ok(), "not closed");
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Receiver<T>) -> T {
        from.recv_async().await.expect("not closed")
    }
}

/// local-sync, for one thread, by monoio's makers.
pub(super) mod local_sync_mpsc {
    use ::local_sync::mpsc::bounded::{Rx, Tx};

    pub(in crate::workloads) use ::local_sync::mpsc::bounded::channel as bounded;
    pub(in crate::workloads) const NAME: &str = "local-sync";

    pub(in crate::workloads) async fn send<T>(to: &Tx<T>, item: T) {
        assert!(to.send(item).await.is_ok(), "not closed");
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Rx<T>) -> T {
        from.recv().await.expect("not closed")
    }
}

/// local-sync, its receiver behind its semaphore: it has no lock, the semaphore keeps the order, and who has the permit may look.
pub(super) mod local_sync_shared {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::rc::Rc;

    use ::local_sync::mpsc::bounded::{Rx, Tx, channel};
    use ::local_sync::semaphore::Semaphore;

    pub(in crate::workloads) use super::local_sync_mpsc::send;
    pub(in crate::workloads) const NAME: &str = "local-sync behind a semaphore";

    type Shared<T> = Rc<(Semaphore, RefCell<Rx<T>>)>;

    pub(in crate::workloads) fn bounded<T>(room: usize) -> (Tx<T>, Shared<T>) {
        let (sender, receiver) = channel(room);
        (sender, Rc::new((Semaphore::new(1), RefCell::new(receiver))))
    }

    pub(in crate::workloads) async fn receive<T>(from: &mut Shared<T>) -> T {
        let _permit = from.0.acquire().await.expect("not closed");
        poll_fn(|cx| from.1.borrow_mut().poll_recv(cx)).await.expect("not closed")
    }
}
