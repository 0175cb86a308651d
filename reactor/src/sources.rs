//! The registered sources: which one an event is for, what it changes, and who is woken.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use mio::{Interest, Token};

use crate::observer::{Event, Visited, WaitEnd, WakerId};
use crate::reactor::Reactor;
use crate::readiness::{Direction, Readiness, Room, Wait, Waiter};

/// What the reactor and a [`Source`](crate::Source) both know of it.
#[derive(Debug)]
pub(crate) struct SourceState {
    /// What observers call it; never used again.
    pub(crate) id: u64,
    kind: &'static str,
    token: Token,
    read: Readiness,
    write: Readiness,
}

impl SourceState {
    pub(crate) fn readiness(&self, direction: Direction) -> &Readiness {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Sets bits; returns those that were not set before.
    fn set(&self, bits: Bits) -> Bits {
        let newly = |cell: &Cell<bool>, bit: bool| bit && !cell.replace(true);
        Bits {
            readable: newly(&self.read.ready, bits.readable),
            writable: newly(&self.write.ready, bits.writable),
            read_closed: newly(&self.read.closed, bits.read_closed),
            write_closed: newly(&self.write.closed, bits.write_closed),
        }
    }

    fn visit(&self, visited: &mut Vec<Visited>) {
        visited.push(Visited::Source {
            source: self.id,
            kind: self.kind,
            readable: self.read.ready.get(),
            writable: self.write.ready.get(),
            read_closed: self.read.closed.get(),
            write_closed: self.write.closed.get(),
        });
        for direction in [Direction::Read, Direction::Write] {
            let source = self.id;
            visited.extend(self.readiness(direction).waiters().into_iter().map(
                |(waiter, waker, operation, location)| Visited::Waiter {
                    source,
                    direction,
                    waiter,
                    waker,
                    operation,
                    location,
                },
            ));
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bits {
    readable: bool,
    writable: bool,
    read_closed: bool,
    write_closed: bool,
}

impl Bits {
    /// A closed or failed direction is ready too, so that the operation itself reports what happened. That the peer
    /// will send no more (read-closed) says nothing of whether it still listens (write-closed).
    fn of(event: &mio::event::Event) -> Bits {
        let (read_closed, write_closed) = (event.is_read_closed(), event.is_write_closed());
        Bits {
            readable: event.is_readable() || read_closed || event.is_error(),
            writable: event.is_writable() || write_closed || event.is_error(),
            read_closed,
            write_closed,
        }
    }

    fn any(self) -> bool {
        self.readable || self.writable || self.read_closed || self.write_closed
    }
}

/// The table of sources. A [`Token`] is an index into it and the generation of what lives there, so an event that was
/// meant for a former source finds nothing.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    slots: Vec<Slot>,
    free: Vec<u32>,
    next_id: u64,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    state: Option<Rc<SourceState>>,
}

impl Sources {
    /// The unparker's: no source has it, as the table stays shorter.
    pub(crate) const UNPARK: Token = Token(usize::MAX);

    fn insert(&mut self, kind: &'static str) -> Rc<SourceState> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).expect("more than 4 billion sources are registered")
        });
        let slot = &mut self.slots[index as usize];
        let token = Token((slot.generation as usize) << 32 | index as usize);
        let (read, write) = (Readiness::new(), Readiness::new());
        let state = Rc::new(SourceState { id: self.next_id, kind, token, read, write });
        slot.state = Some(Rc::clone(&state));
        self.next_id += 1;
        state
    }

    fn find(&self, token: Token) -> Option<Rc<SourceState>> {
        let slot = self.slots.get(token.0 & u32::MAX as usize)?;
        let state = slot.state.as_ref()?;
        (state.token == token).then(|| Rc::clone(state))
    }

    fn remove(&mut self, token: Token) {
        let index = token.0 as u32;
        let slot = &mut self.slots[index as usize];
        slot.state = None;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index);
    }

    /// Adds every source, in the order of registration, each with its waiters.
    pub(crate) fn visit(&self, visited: &mut Vec<Visited>) {
        let mut states: Vec<_> = self.slots.iter().filter_map(|slot| slot.state.as_deref()).collect();
        states.sort_unstable_by_key(|state| state.id);
        states.into_iter().for_each(|state| state.visit(visited));
    }
}

impl Reactor {
    pub(crate) fn add_source(
        &self,
        io: &mut dyn mio::event::Source,
        kind: &'static str,
        interest: Interest,
    ) -> io::Result<Rc<SourceState>> {
        let state = self.sources().borrow_mut().insert(kind);
        if let Err(error) = self.registry().register(io, state.token, interest) {
            let _ = self.registry().deregister(io); // half of it may have succeeded
            self.sources().borrow_mut().remove(state.token);
            return Err(error);
        }
        self.emit(|| Event::SourceAdd { source: state.id, kind });
        Ok(state)
    }

    pub(crate) fn remove_source(&self, io: &mut dyn mio::event::Source, state: &SourceState) {
        let _ = self.registry().deregister(io); // the system may have forgotten it already
        let mut waiters = Vec::new();
        for direction in [Direction::Read, Direction::Write] {
            let readiness = state.readiness(direction);
            while let Some(waiter) = readiness.leave_seat().or_else(|| readiness.first_in_line()) {
                self.wait_ended(state, direction, &waiter, WaitEnd::Woken);
                waiters.push(waiter);
            }
        }
        self.sources().borrow_mut().remove(state.token);
        self.emit(|| Event::SourceDrop { source: state.id });
        waiters.into_iter().for_each(|waiter| waiter.wait.waker.wake());
    }

    /// Takes in what the system says of one source.
    pub(crate) fn source_event(&self, event: &mio::event::Event) {
        let found = self.sources().borrow().find(event.token());
        let Some(state) = found else { return }; // it was dropped since
        let bits = Bits::of(event);
        let new = state.set(bits);
        if new.any() {
            let Bits { readable, writable, read_closed, write_closed } = new;
            self.emit(|| Event::Ready { source: state.id, readable, writable, read_closed, write_closed });
        }
        for (direction, ready) in [(Direction::Read, bits.readable), (Direction::Write, bits.writable)] {
            if ready {
                self.wake_waiter(&state, direction, state.readiness(direction).leave_seat());
                self.wake_first_in_line(&state, direction);
            }
        }
    }

    fn wake_first_in_line(&self, state: &SourceState, direction: Direction) {
        self.wake_waiter(state, direction, state.readiness(direction).first_in_line());
    }

    /// Wakes the next in line if there may be something for it.
    pub(crate) fn pass_turn(&self, state: &SourceState, direction: Direction) {
        if state.readiness(direction).ready.get() {
            self.wake_first_in_line(state, direction);
        }
    }

    fn wake_waiter(&self, state: &SourceState, direction: Direction, waiter: Option<Waiter>) {
        if let Some(waiter) = waiter {
            self.wait_ended(state, direction, &waiter, WaitEnd::Woken);
            waiter.wait.waker.wake();
        }
    }

    /// Leaves `wait` with the source: in the line if it has a `number` there, else in the seat.
    pub(crate) fn wait(&self, state: &SourceState, direction: Direction, number: Option<u64>, wait: Wait) {
        let readiness = state.readiness(direction);
        let Room::Made(displaced) = readiness.make_room(number, &wait) else { return };
        if let Some(displaced) = &displaced {
            self.wait_ended(state, direction, displaced, WaitEnd::Replaced);
        }
        let waiter = number.unwrap_or_else(|| self.next_waiter());
        let (waker, operation, location) = (WakerId::from(&wait.waker), wait.operation, wait.location);
        match number {
            Some(id) => readiness.join_line(Waiter { id, wait }),
            None => readiness.sit(Waiter { id: waiter, wait }),
        }
        self.count_waiting(1);
        self.emit(|| Event::WaitOn { source: state.id, direction, waiter, waker, operation, location });
        // Two tasks on one seat: the former would sleep for ever.
        if let Some(Waiter { wait, .. }) = displaced.filter(|displaced| !waker.is(&displaced.wait.waker)) {
            wait.waker.wake();
        }
    }

    pub(crate) fn wait_ended(&self, state: &SourceState, direction: Direction, waiter: &Waiter, why: WaitEnd) {
        self.count_waiting(-1);
        self.emit(|| Event::WaitOff { source: state.id, direction, waiter: waiter.id, why });
    }

    pub(crate) fn not_ready(&self, state: &SourceState, direction: Direction) {
        if state.readiness(direction).ready.replace(false) {
            self.emit(|| Event::NotReady { source: state.id, direction });
        }
    }
}
