//! Several tasks in one operation: accept.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::task::Poll;

use glassloop_reactor::{Direction, Reactor, Source, Waiting};
use mio::net::TcpListener;

use crate::support::{Log, real};

struct Door {
    reactor: Reactor,
    listener: Source<TcpListener>,
    log: Log,
    /// One place in the line for each task.
    places: [Option<Waiting>; 4],
}

impl Door {
    fn new() -> Door {
        let reactor = real();
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = Source::new_readable(&reactor, listener, "tcp listener").unwrap();
        Door { reactor, listener, log: Log::default(), places: [const { None }; 4] }
    }

    /// Polls the accept of a task; whether it got a connection.
    fn accept(&mut self, task: usize) -> bool {
        let accept = |listener: &TcpListener| listener.accept();
        let place = &mut self.places[task];
        match self.listener.poll_io_shared(place, Direction::Read, self.log.wait(task as u64), accept) {
            Poll::Ready(accepted) => {
                accepted.unwrap();
                assert!(place.is_none());
                true
            }
            Poll::Pending => false,
        }
    }

    fn connect(&self, connections: usize) -> Vec<TcpStream> {
        let address = self.listener.get_ref().local_addr().unwrap();
        (0..connections).map(|_| TcpStream::connect(address).unwrap()).collect()
    }

    /// Turns until a task is woken; says which ones.
    fn woken(&self) -> Vec<u64> {
        loop {
            let woken = self.log.take();
            if !woken.is_empty() {
                return woken;
            }
            self.reactor.turn(None).unwrap();
        }
    }
}

#[test]
fn one_connection_wakes_the_first_in_line() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1) && !door.accept(2));
    for task in 0..3 {
        let _connection = door.connect(1);
        assert_eq!(door.woken(), [task as u64]);
        assert!(door.accept(task));
        // There may be more: the next one looks, finds nothing, and comes back to where it stood.
        let next = task + 1;
        if next < 3 {
            assert_eq!(door.log.take(), [next as u64]);
            assert!(!door.accept(next));
        }
        assert_eq!((door.log.take(), door.reactor.waiting()), (vec![], 2 - task));
    }
}

#[test]
fn one_edge_for_many_connections_serves_many_tasks() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1) && !door.accept(2));
    let _connections = door.connect(3);
    let mut served = Vec::new();
    while served.len() < 3 {
        for task in door.woken() {
            if door.accept(task as usize) {
                served.push(task);
            }
        }
    }
    assert_eq!(served, [0, 1, 2]);
}

#[test]
fn pitfall_55_a_woken_waiter_that_is_dropped_passes_its_turn_on() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1));
    let _connection = door.connect(1);
    assert_eq!(door.woken(), [0]);
    door.places[0] = None;
    assert_eq!(door.log.take(), [1]);
    assert!(door.accept(1));
}

#[test]
fn pitfall_57_a_waiter_that_is_dropped_before_is_not_woken() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1));
    door.places[0] = None;
    assert_eq!((door.reactor.waiting(), door.log.take()), (1, vec![]));
    let _connection = door.connect(1);
    assert_eq!(door.woken(), [1]);
    assert!(door.accept(1));
}

#[test]
fn who_was_woken_in_vain_keeps_its_place() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1));
    let _connection = door.connect(1);
    assert_eq!(door.woken(), [0]);
    assert!(door.accept(3), "a newcomer is faster");
    assert_eq!(door.log.take(), [1]);
    assert!(!door.accept(1) && !door.accept(0));
    let _connection = door.connect(1);
    assert_eq!(door.woken(), [0], "first as before");
}

#[test]
fn a_wait_that_is_polled_again_by_another_task_moves_to_it() {
    let mut door = Door::new();
    assert!(!door.accept(0));
    door.places.swap(0, 1);
    assert!(!door.accept(1));
    assert_eq!((door.reactor.waiting(), door.log.take()), (1, vec![0]), "the former task is told");
    let _connection = door.connect(1);
    assert_eq!(door.woken(), [1]);
}

#[test]
fn dropping_the_listener_wakes_all() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1));
    let Door { reactor, listener, log, places } = door;
    drop(listener);
    assert_eq!((log.take(), reactor.waiting()), (vec![0, 1], 0));
    drop(places);
    assert_eq!(log.take(), []);
}

#[test]
fn a_place_at_another_source_is_given_up() {
    let (mut door, mut other) = (Door::new(), Door::new());
    assert!(!door.accept(0));
    other.places.swap_with_slice(&mut door.places);
    assert!(!other.accept(0));
    assert_eq!((door.reactor.waiting(), other.reactor.waiting()), (0, 1));
}

#[test]
fn an_error_passes_the_turn_on_too() {
    let mut door = Door::new();
    assert!(!door.accept(0) && !door.accept(1));
    let _connections = door.connect(2);
    assert_eq!(door.woken(), [0]);
    let mut place = door.places[0].take();
    let no_more_files = |_: &TcpListener| Err::<(), _>(ErrorKind::OutOfMemory.into());
    let result = door.listener.poll_io_shared(&mut place, Direction::Read, door.log.wait(0), no_more_files);
    assert!(matches!(result, Poll::Ready(Err(_))));
    assert!(door.woken().contains(&1));
    assert!(door.accept(1));
}
