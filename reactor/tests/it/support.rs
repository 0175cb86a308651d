//! Wakers that can be watched, and sockets that talk to each other.

use std::cell::RefCell;
use std::io::Write;
use std::panic::Location;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

use glassloop_reactor::{Clock, Direction, Reactor, Source, Wait};
use mio::net::TcpStream;

/// Which wakers were woken, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u64>>>);

struct Logged(u64, Log);

impl Wake for Logged {
    fn wake(self: Arc<Self>) {
        self.1.0.lock().unwrap().push(self.0);
    }
}

impl Log {
    /// A waker that writes `name` here.
    pub(crate) fn waker(&self, name: u64) -> Waker {
        Arc::new(Logged(name, self.clone())).into()
    }

    /// What was woken since the last call.
    pub(crate) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// A wait of the task `name`.
    #[track_caller]
    pub(crate) fn wait(&self, name: u64) -> impl FnOnce() -> Wait {
        let (waker, location) = (self.waker(name), Location::caller());
        move || Wait { waker, operation: "test", location }
    }

    /// How many wakers of this log are alive (the log itself counts one).
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

type Action = Box<dyn FnOnce()>;

thread_local! {
    static ON_WAKE: RefCell<Option<Action>> = const { RefCell::new(None) };
}

struct Acting;

impl Wake for Acting {
    fn wake(self: Arc<Self>) {
        let action = ON_WAKE.with_borrow_mut(Option::take);
        action.into_iter().for_each(|action| action());
    }
}

/// A waker that does what no good waker does: it runs `action` on the spot (once; on this thread).
pub(crate) fn acting_waker(action: impl FnOnce() + 'static) -> Waker {
    ON_WAKE.set(Some(Box::new(action)));
    Arc::new(Acting).into()
}

pub(crate) fn real() -> Reactor {
    Reactor::new(Clock::real()).unwrap()
}

pub(crate) fn virtual_() -> Reactor {
    Reactor::new(Clock::new_virtual()).unwrap()
}

/// A registered stream and its peer.
pub(crate) fn stream(reactor: &Reactor) -> (Source<TcpStream>, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_nodelay(true).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (Source::new(reactor, TcpStream::from_std(stream), "tcp stream").unwrap(), peer)
}

/// Reads, as a task named `name`.
#[track_caller]
pub(crate) fn read(source: &Source<TcpStream>, log: &Log, name: u64, length: usize) -> Poll<usize> {
    source.poll_read(log.wait(name), &mut vec![0; length]).map(Result::unwrap)
}

/// Turns until nobody waits.
pub(crate) fn turn_until_all_woken(reactor: &Reactor) {
    while reactor.waiting() > 0 {
        reactor.turn(None).unwrap();
    }
}

/// Has the system report the first readiness of a new stream, so that what comes after is its own event.
pub(crate) fn settle(source: &Source<TcpStream>, log: &Log) {
    assert!(read(source, log, u64::MAX, 1).is_pending());
    source.stop_waiting(Direction::Read);
    source.reactor().turn(Some(Duration::ZERO)).unwrap();
}

pub(crate) fn send(mut peer: &std::net::TcpStream, bytes: &[u8]) {
    peer.write_all(bytes).unwrap();
}
