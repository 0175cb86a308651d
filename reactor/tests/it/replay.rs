//! Replaying the events rebuilds the state: a model made of events equals what the reactor shows, after every event.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use glassloop_reactor::{Clock, Direction, Event, Observer, Reactor, Source, TimerKey, Waiting};
use mio::net::TcpStream;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::model::Model;
use crate::support::{Log, read, stream};

/// Replays each event as it comes, and compares.
struct Replay {
    reactor: Reactor,
    model: RefCell<Model>,
    /// Which kinds of events there were.
    kinds: Rc<RefCell<BTreeSet<String>>>,
}

impl Observer for Replay {
    fn event(&self, event: &Event) {
        let text = format!("{event:?}");
        self.kinds.borrow_mut().insert(text.split(' ').next().unwrap().to_string());
        let mut model = self.model.borrow_mut();
        model.apply(event);
        let shown = model.shown(|see| self.reactor.visit(see));
        assert_eq!(*model, shown, "after {event:?}");
        let waiters = model.sources.values().flat_map(|source| &source.waiters).map(BTreeMap::len).sum();
        assert_eq!(self.reactor.waiting(), waiters);
        assert_eq!(self.reactor.armed_timers(), model.timers.len());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Arm(u64),
    Disarm(usize),
    Reset(usize, u64),
    SetWaker(usize),
    Advance(u64),
    Jump,
    Add,
    Remove(usize),
    Send(usize, usize),
    Close(usize),
    Read(usize, usize),
    Share(usize, usize),
    Unshare(usize),
    StopWaiting(usize),
    Turn,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    let span = || (0..42u32).prop_flat_map(|bits| 0..1_000_000u64 << bits);
    prop_oneof![
        8 => span().prop_map(Step::Arm),
        2 => any().prop_map(Step::Disarm),
        2 => (any(), span()).prop_map(|(timer, span)| Step::Reset(timer, span)),
        1 => any().prop_map(Step::SetWaker),
        2 => span().prop_map(Step::Advance),
        2 => Just(Step::Jump),
        1 => Just(Step::Add),
        1 => any().prop_map(Step::Remove),
        4 => (any(), 1..9usize).prop_map(|(source, length)| Step::Send(source, length)),
        1 => any().prop_map(Step::Close),
        6 => (any(), 1..9usize).prop_map(|(source, length)| Step::Read(source, length)),
        4 => (any(), 0..6usize).prop_map(|(source, place)| Step::Share(source, place)),
        2 => (0..6usize).prop_map(Step::Unshare),
        1 => any().prop_map(Step::StopWaiting),
        6 => Just(Step::Turn),
    ]
}

struct Program {
    reactor: Reactor,
    log: Log,
    timers: Vec<TimerKey>,
    streams: Vec<(Source<TcpStream>, std::net::TcpStream)>,
    places: [Option<Waiting>; 6],
}

impl Program {
    fn run(&mut self, step: Step) {
        let Program { reactor, log, timers, streams, places } = self;
        let (armed, registered) = (timers.len(), streams.len());
        match step {
            Step::Arm(span) => {
                let deadline = reactor.clock().now() + Duration::from_nanos(span);
                timers.push(reactor.arm(deadline, log.waker(span), Location::caller()));
            }
            Step::Disarm(timer) if armed > 0 => reactor.disarm(timers.swap_remove(timer % armed)),
            Step::Reset(timer, span) if armed > 0 => {
                reactor.reset(&mut timers[timer % armed], reactor.clock().now() + Duration::from_nanos(span));
            }
            Step::SetWaker(timer) if armed > 0 => reactor.set_waker(&timers[timer % armed], log.waker(0)),
            Step::Advance(span) => {
                reactor.clock().advance(Duration::from_nanos(span));
                reactor.fire_due();
            }
            Step::Jump => {
                reactor.jump_to_next_deadline();
                reactor.fire_due();
            }
            Step::Add => streams.push(stream(reactor)),
            Step::Remove(source) if registered > 0 => drop(streams.swap_remove(source % registered)),
            Step::Send(source, length) if registered > 0 => {
                // Fails if its side was closed before.
                let _ = (&streams[source % registered].1).write(&[0; 8][..length]);
            }
            Step::Close(source) if registered > 0 => {
                let _ = streams[source % registered].1.shutdown(Shutdown::Write);
            }
            Step::Read(source, length) if registered > 0 => {
                let _ = read(&streams[source % registered].0, log, 1, length);
            }
            Step::Share(source, place) if registered > 0 => {
                let attempt = |mut io: &TcpStream| io.read(&mut [0; 2]);
                let source = &streams[source % registered].0;
                let _ = source.poll_io_shared(&mut places[place], Direction::Read, log.wait(place as u64), attempt);
            }
            Step::Unshare(place) => places[place] = None,
            Step::StopWaiting(source) if registered > 0 => streams[source % registered].0.stop_waiting(Direction::Read),
            _ => drop(reactor.turn(Some(Duration::ZERO)).unwrap()),
        }
    }
}

fn run_and_replay(steps: Vec<Step>, kinds: &Rc<RefCell<BTreeSet<String>>>) {
    let reactor = Reactor::new(Clock::new_virtual()).unwrap();
    let model = RefCell::default();
    let replay = Rc::new(Replay { reactor: reactor.clone(), model, kinds: Rc::clone(kinds) });
    reactor.set_observer(Some(replay.clone()));
    let (timers, streams, places) = Default::default();
    let mut program = Program { reactor, log: Log::default(), timers, streams, places };
    steps.into_iter().for_each(|step| program.run(step));
    let Program { reactor, streams, places, .. } = program;
    drop((streams, places));
    while reactor.jump_to_next_deadline() {
        reactor.fire_due();
    }
    reactor.set_observer(None);
    assert_eq!(*replay.model.borrow(), Model::default(), "all is over");
}

#[test]
fn the_events_rebuild_the_state() {
    let kinds = Rc::default();
    let programs = prop::collection::vec(step(), 1..80);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&programs, |steps| {
        run_and_replay(steps, &kinds);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(kinds.borrow().len(), 15, "the programs make every kind of event happen: {kinds:?}");
}
