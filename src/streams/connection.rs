//! What a reader and a writer share: the transport, until one of them closes it.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use glassloop_reactor::Direction;

use super::server::Client;
use super::transport::{Peer, Transport};

pub(crate) struct Connection {
    slot: RefCell<Slot>,
    pub(super) peer: Peer,
    /// The other side has reset it. The system says so once, to the reader or to the writer.
    reset: RefCell<Option<Lost>>,
}

#[derive(Default)]
struct Slot {
    /// Not here while it is being polled, as it may be a stranger's; and when it is closed.
    transport: Option<Box<dyn Transport>>,
    closed: bool,
    client: Option<Client>,
}

impl Connection {
    /// `client` is dropped when the connection is closed.
    pub(crate) fn new(transport: impl Transport + 'static, peer: Peer, client: Option<Client>) -> Rc<Connection> {
        let slot = Slot { transport: Some(Box::new(transport)), closed: false, client };
        Rc::new(Connection { slot: RefCell::new(slot), peer, reset: RefCell::default() })
    }

    /// The reader or the writer has met an error.
    pub(super) fn note_error(&self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionReset {
            self.reset.borrow_mut().get_or_insert_with(|| Lost::new(error));
        }
    }

    /// That it was reset, if it was.
    pub(super) fn check(&self) -> io::Result<()> {
        self.reset.borrow().as_ref().map_or(Ok(()), |reset| Err(reset.error()))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.slot.borrow().closed
    }

    /// Does something with the transport, outside of any borrow; `None` if it is closed, or something is being done with it.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut dyn Transport) -> R) -> Option<R> {
        struct CloseOnPanic<'c>(&'c Connection);
        impl Drop for CloseOnPanic<'_> {
            fn drop(&mut self) {
                self.0.close(); // a stranger that panicked cannot be relied on
            }
        }
        let mut transport = self.slot.borrow_mut().transport.take()?;
        let close_on_panic = CloseOnPanic(self);
        let result = f(&mut *transport);
        std::mem::forget(close_on_panic);
        let mut slot = self.slot.borrow_mut();
        if !slot.closed {
            slot.transport = Some(transport);
            return Some(result);
        }
        drop(slot);
        drop(transport); // it closed itself meanwhile
        Some(result)
    }

    /// Closes both directions at once: whoever reads finds the end of the stream.
    pub(super) fn close(&self) {
        let mut slot = self.slot.borrow_mut();
        slot.closed = true;
        let (transport, client) = (slot.transport.take(), slot.client.take());
        drop(slot);
        drop(transport); // wakes who waits in it
        drop(client);
    }

    pub(super) fn stop_waiting(&self, direction: Direction) {
        self.with(|transport| transport.stop_waiting(direction));
    }
}

/// An error that is told to each who asks.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    kind: io::ErrorKind,
    text: Rc<str>,
}

impl Lost {
    pub(crate) fn new(error: &io::Error) -> Lost {
        Lost { kind: error.kind(), text: error.to_string().into() }
    }

    pub(crate) fn error(&self) -> io::Error {
        io::Error::new(self.kind, &*self.text)
    }
}
