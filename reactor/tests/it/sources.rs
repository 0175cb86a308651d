//! One task on a direction: try first, wait for the edge.

use std::cell::{Cell, RefCell};
use std::io::{self, Error, ErrorKind, IoSlice, Read};
use std::net::Shutdown;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use glassloop_reactor::{Direction, Event, Reactor, Source};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::support::{Log, acting_waker, read, real, send, settle, stream, turn_until_all_woken};

fn events(reactor: &Reactor) -> Vec<Event> {
    let mut events = Vec::new();
    reactor.visit(&mut |event| events.push(*event));
    events
}

/// The closed bits of the only source.
fn closed(reactor: &Reactor) -> (bool, bool) {
    let bits = events(reactor).into_iter().find_map(|event| match event {
        Event::Ready { read_closed, write_closed, .. } => Some((read_closed, write_closed)),
        _ => None,
    });
    bits.unwrap_or_default()
}

/// Whether the direction is thought ready, that is, whether an operation would be tried.
fn would_try(source: &Source<TcpStream>, direction: Direction) -> bool {
    let not_ready = Event::NotReady { source: source.id(), direction };
    !events(source.reactor()).contains(&not_ready)
}

#[test]
fn the_first_try_asks_no_reactor() {
    let (reactor, log) = (real(), Log::default());
    let (source, _peer) = stream(&reactor);
    let tries = Cell::new(0);
    let attempt = || {
        source.poll_io(Direction::Read, log.wait(1), |_| {
            tries.set(tries.get() + 1);
            if tries.get() == 2 { Ok("there") } else { Err(Error::from(ErrorKind::WouldBlock)) }
        })
    };
    assert!(attempt().is_pending());
    assert_eq!(tries.get(), 1, "tried before anything was asked");
    assert!(attempt().is_pending() && attempt().is_pending());
    assert_eq!((tries.get(), reactor.waiting()), (1, 1), "no try, no second waiter");
    let (second, _peer) = stream(&reactor);
    let greeting = second.poll_io(Direction::Write, log.wait(2), |_| Ok("there"));
    assert!(matches!(greeting, Poll::Ready(Ok("there"))), "no turn was needed");
}

#[test]
fn an_interrupted_try_is_tried_again_and_an_error_is_returned() {
    let (reactor, log) = (real(), Log::default());
    let (source, _peer) = stream(&reactor);
    let mut results = [ErrorKind::Interrupted, ErrorKind::Interrupted, ErrorKind::NotFound].into_iter();
    let result = source.poll_io(Direction::Read, log.wait(1), |_| Err::<(), _>(results.next().unwrap().into()));
    assert!(matches!(result, Poll::Ready(Err(error)) if error.kind() == ErrorKind::NotFound));
    assert_eq!(reactor.waiting(), 0);
}

#[test]
fn pitfall_40_the_bit_stays_until_the_system_would_block() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    assert!(read(&source, &log, 1, 1).is_pending());
    send(&peer, b"abc");
    turn_until_all_woken(&reactor);
    assert_eq!(log.take(), [1]);
    for _ in 0..3 {
        assert_eq!(read(&source, &log, 1, 1), Poll::Ready(1), "one edge, all three bytes");
    }
    assert!(read(&source, &log, 1, 1).is_pending());
    send(&peer, b"d");
    turn_until_all_woken(&reactor);
    assert_eq!(read(&source, &log, 1, 1), Poll::Ready(1), "and the next edge was not missed");
}

#[test]
fn a_short_read_has_drained_the_stream() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    settle(&source, &log);
    for message in ["ping", "pong"] {
        assert!(read(&source, &log, 1, 16).is_pending());
        send(&peer, message.as_bytes());
        turn_until_all_woken(&reactor);
        assert_eq!(read(&source, &log, 1, 16), Poll::Ready(4));
        assert!(!would_try(&source, Direction::Read), "no second read that would only block");
    }
}

#[test]
fn pitfall_41_the_end_of_the_stream_is_no_short_read() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    send(&peer, b"bye");
    peer.shutdown(Shutdown::Write).unwrap();
    while closed(&reactor) != (true, false) {
        reactor.turn(None).unwrap();
    }
    assert_eq!(read(&source, &log, 1, 16), Poll::Ready(3), "short, but no edge will come any more");
    assert_eq!(read(&source, &log, 1, 16), Poll::Ready(0));
    assert_eq!(read(&source, &log, 1, 16), Poll::Ready(0), "the end stays the end");
    assert_eq!(reactor.waiting(), 0);

    // Also when the end is read before the system has reported it.
    let (unreported, peer) = stream(&reactor);
    drop(peer);
    assert_eq!(read(&unreported, &log, 1, 16), Poll::Ready(0));
    assert!(would_try(&unreported, Direction::Read));
}

#[test]
fn pitfall_42_the_directions_are_ready_each_for_itself() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    settle(&source, &log);
    assert!(read(&source, &log, 1, 16).is_pending());
    assert!(would_try(&source, Direction::Write) && !would_try(&source, Direction::Read));
    let blocked = source.poll_io(Direction::Write, log.wait(2), |_| Err::<(), _>(ErrorKind::WouldBlock.into()));
    assert!(blocked.is_pending());
    send(&peer, b"x");
    while !log.take().contains(&1) {
        reactor.turn(None).unwrap();
    }
    assert!(would_try(&source, Direction::Read));
}

/// A source that refuses.
struct Refusing;

impl mio::event::Source for Refusing {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Err(ErrorKind::PermissionDenied.into())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        unreachable!("sources are registered once")
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        unreachable!("it was never registered")
    }
}

/// One stream, to be registered twice.
#[derive(Clone)]
struct Twice(Rc<RefCell<TcpStream>>);

impl mio::event::Source for Twice {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.0.borrow_mut().register(registry, token, interests)
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        unreachable!("sources are registered once")
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.0.borrow_mut().deregister(registry)
    }
}

#[test]
fn pitfall_44_a_refused_registration_leaves_nothing() {
    let (reactor, log) = (real(), Log::default());
    let refused = Source::new(&reactor, Refusing, "refusing").map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    assert_eq!(events(&reactor), []);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let stream = Twice(Rc::new(RefCell::new(stream)));
    let first = Source::new(&reactor, stream.clone(), "twice").unwrap();
    assert!(Source::new(&reactor, stream, "twice").is_err());
    assert_eq!(events(&reactor).len(), 1);
    // The first one is as it was.
    let read = || first.poll_io(Direction::Read, log.wait(1), |stream| stream.0.borrow_mut().read(&mut [0; 8]));
    assert!(read().is_pending());
    send(&peer, b"abc");
    turn_until_all_woken(&reactor);
    assert!(matches!(read(), Poll::Ready(Ok(3))));
}

#[test]
fn pitfall_43_an_event_for_a_former_source_is_ignored() {
    let (reactor, log) = (real(), Log::default());
    let (one, peer_of_one) = stream(&reactor);
    let (other, peer_of_other) = stream(&reactor);
    settle(&one, &log);
    settle(&other, &log);

    let sources = Rc::new(RefCell::new(vec![one, other]));
    let fresh = Rc::new(RefCell::new(Vec::new()));
    let (inner, doomed, born, inner_log) = (reactor.clone(), Rc::clone(&sources), Rc::clone(&fresh), log.clone());
    // Whichever is woken first drops both and has two new sources move in, which then wait.
    let waker = acting_waker(move || {
        doomed.take().clear();
        for name in [1, 2] {
            let (source, peer) = stream(&inner);
            assert!(read(&source, &inner_log, name, 8).is_pending());
            born.borrow_mut().push((source, peer));
        }
    });
    for source in sources.borrow().iter() {
        let wait = || glassloop_reactor::Wait { waker: waker.clone(), ..log.wait(0)() };
        assert!(source.poll_read(wait, &mut [0; 8]).is_pending());
    }
    send(&peer_of_one, b"x");
    send(&peer_of_other, b"x");
    while fresh.borrow().is_empty() {
        reactor.turn(None).unwrap();
    }
    assert_eq!((log.take(), reactor.waiting()), (vec![], 2), "the other's event was not taken for a newcomer's");
}

#[test]
fn pitfall_45_a_peer_that_sends_no_more_may_still_listen() {
    let (reactor, log) = (real(), Log::default());
    let (source, mut peer) = stream(&reactor);
    assert!(read(&source, &log, 1, 16).is_pending());
    peer.shutdown(Shutdown::Write).unwrap();
    turn_until_all_woken(&reactor);
    while closed(&reactor) != (true, false) {
        reactor.turn(None).unwrap();
    }
    assert_eq!(read(&source, &log, 1, 16), Poll::Ready(0));
    let written = source.poll_write_vectored(log.wait(1), &[IoSlice::new(b"still "), IoSlice::new(b"there")]);
    assert!(matches!(written, Poll::Ready(Ok(11))));
    peer.read_exact(&mut [0; 11]).unwrap();
    reactor.turn(Some(Duration::ZERO)).unwrap();
    assert_eq!(reactor.turn(Some(Duration::ZERO)).unwrap().ready, 0, "and it is not reported for ever");
}

#[test]
fn pitfall_45_the_end_of_reading_wakes_no_writer() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    settle(&source, &log);
    while source.poll_write(log.wait(1), &[7; 1 << 16]).is_ready() {}
    assert!(read(&source, &log, 2, 16).is_pending());
    peer.shutdown(Shutdown::Write).unwrap();
    while closed(&reactor) != (true, false) {
        reactor.turn(None).unwrap();
    }
    assert_eq!((log.take(), reactor.waiting()), (vec![2], 1));
    assert!(!would_try(&source, Direction::Write), "the peer has read nothing: there is no room yet");
}

#[test]
fn a_reset_connection_is_reported_by_the_operation() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    assert!(matches!(source.poll_write(log.wait(1), b"never read"), Poll::Ready(Ok(10))));
    assert!(read(&source, &log, 1, 16).is_pending());
    drop(peer); // with unread bytes: a reset
    turn_until_all_woken(&reactor);
    let result = source.poll_read(log.wait(1), &mut [0; 16]);
    assert!(matches!(result, Poll::Ready(Err(error)) if error.kind() == ErrorKind::ConnectionReset));
}

#[test]
fn a_short_write_has_filled_the_stream() {
    let (reactor, log) = (real(), Log::default());
    let (source, mut peer) = stream(&reactor);
    peer.set_nonblocking(true).unwrap();
    let megabyte = vec![7; 1 << 20];
    let mut sent = 0;
    while let Poll::Ready(length) = source.poll_write(log.wait(1), &megabyte) {
        sent += length.unwrap();
        assert!(sent < 1 << 30);
    }
    assert!(!would_try(&source, Direction::Write));
    let (mut received, mut buf) = (0, vec![0; 1 << 20]);
    while reactor.waiting() > 0 || received < sent {
        match peer.read(&mut buf) {
            Ok(length) => received += length,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        reactor.turn(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!((received, log.take()), (sent, vec![1]));
    assert!(source.poll_write(log.wait(1), b"more").is_ready());
}

#[test]
fn pitfall_48_two_tasks_on_one_seat_do_not_lose_a_wake() {
    let (reactor, log) = (real(), Log::default());
    let (source, peer) = stream(&reactor);
    assert!(read(&source, &log, 1, 8).is_pending());
    assert!(read(&source, &log, 2, 8).is_pending());
    assert_eq!((log.take(), reactor.waiting()), (vec![1], 1), "the displaced task is woken, to try again");
    send(&peer, b"x");
    turn_until_all_woken(&reactor);
    assert_eq!(log.take(), [2]);
}

#[test]
fn a_wait_can_be_taken_back() {
    let (reactor, log) = (real(), Log::default());
    let (source, _peer) = stream(&reactor);
    assert!(read(&source, &log, 1, 8).is_pending());
    source.stop_waiting(Direction::Read);
    source.stop_waiting(Direction::Read);
    assert_eq!((reactor.waiting(), log.take(), log.holders()), (0, vec![], 1));
}

#[test]
fn dropping_a_source_wakes_who_waits_on_it() {
    let (reactor, log) = (real(), Log::default());
    let (source, _peer) = stream(&reactor);
    assert!(read(&source, &log, 1, 8).is_pending());
    let blocked = source.poll_io(Direction::Write, log.wait(2), |_| Err::<(), _>(ErrorKind::WouldBlock.into()));
    assert!(blocked.is_pending());
    drop(source);
    assert_eq!((log.take(), reactor.waiting(), events(&reactor).len()), (vec![1, 2], 0, 0));
}

#[test]
fn no_two_sources_have_the_same_id() {
    let reactor = real();
    let (first, _peer) = stream(&reactor);
    let former = first.id();
    drop(first);
    let (second, _peer) = stream(&reactor);
    assert_ne!(second.id(), former);
}
