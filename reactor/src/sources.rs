//! The registered sources: which one an event is for, what it changes, and who is woken.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use mio::{Interest, Token};

use crate::observer::{Event, WaitEnd, WakerId};
use crate::reactor::Reactor;
use crate::readiness::{Direction, Readiness, Wait};

/// What the reactor and a [`Source`](crate::Source) both know of it.
#[derive(Debug)]
pub(crate) struct SourceState {
    /// What observers call it; never used again.
    pub(crate) id: u64,
    kind: &'static str,
    token: Token,
    read: Readiness,
    write: Readiness,
    /// Urgent data came: reads stop short at its place, with more behind it.
    pub(crate) urgent: Cell<bool>,
    /// Whether somebody observes the reactor: kept with what every operation looks at anyway.
    #[cfg(feature = "trace")]
    observed: Cell<bool>,
}

impl SourceState {
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        #[cfg(feature = "trace")]
        return self.observed.get();
        #[cfg(not(feature = "trace"))]
        false
    }

    pub(crate) fn readiness(&self, direction: Direction) -> &Readiness {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Adds the events that lead from nothing to this state.
    fn describe(&self, events: &mut Vec<Event>) {
        let source = self.id;
        events.push(Event::SourceAdd { source, kind: self.kind });
        for direction in [Direction::Read, Direction::Write] {
            let readiness = self.readiness(direction);
            if !readiness.ready.get() {
                events.push(Event::NotReady { source, direction });
            }
            readiness.for_each_wait(|waiter, wait| events.push(wait_on(source, direction, waiter, wait)));
        }
        let (read_closed, write_closed) = (self.read.closed.get(), self.write.closed.get());
        if read_closed || write_closed {
            events.push(Event::Ready { source, readable: false, writable: false, read_closed, write_closed });
        }
    }
}

fn wait_on(source: u64, direction: Direction, waiter: u64, wait: &Wait) -> Event {
    let (operation, location) = (wait.operation, wait.location);
    Event::WaitOn { source, direction, waiter, waker: WakerId::from(&wait.waker), operation, location }
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

    fn insert(&mut self, kind: &'static str, seats: [u64; 2]) -> Rc<SourceState> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).expect("more than 4 billion sources are registered")
        });
        let slot = &mut self.slots[index as usize];
        let token = Token((slot.generation as usize) << 32 | index as usize);
        let [read, write] = seats.map(Readiness::new);
        let state = Rc::new(SourceState {
            id: self.next_id,
            kind,
            token,
            read,
            write,
            urgent: Cell::new(false),
            #[cfg(feature = "trace")]
            observed: Cell::default(),
        });
        slot.state = Some(Rc::clone(&state));
        self.next_id += 1;
        state
    }

    #[cfg(feature = "trace")]
    pub(crate) fn set_observed(&self, observed: bool) {
        self.slots.iter().filter_map(|slot| slot.state.as_ref()).for_each(|state| state.observed.set(observed));
    }

    fn find(&self, token: Token) -> Option<Rc<SourceState>> {
        let state = self.slots.get(token.0 & u32::MAX as usize)?.state.as_ref()?;
        (state.token == token).then(|| Rc::clone(state))
    }

    fn remove(&mut self, token: Token) {
        let index = token.0 as u32;
        let slot = &mut self.slots[index as usize];
        slot.state = None;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index);
    }

    /// Adds the events that lead to what is there now.
    pub(crate) fn describe(&self, events: &mut Vec<Event>) {
        let mut states: Vec<_> = self.slots.iter().filter_map(|slot| slot.state.as_deref()).collect();
        states.sort_unstable_by_key(|state| state.id);
        states.into_iter().for_each(|state| state.describe(events));
    }
}

impl Reactor {
    pub(crate) fn add_source(
        &self,
        io: &mut dyn mio::event::Source,
        kind: &'static str,
        interest: Interest,
    ) -> io::Result<Rc<SourceState>> {
        let seats = [self.next_waiter(), self.next_waiter()];
        let state = self.shared.sources.borrow_mut().insert(kind, seats);
        if let Err(error) = self.shared.registry.register(io, state.token, interest) {
            self.shared.sources.borrow_mut().remove(state.token);
            return Err(error);
        }
        #[cfg(feature = "trace")]
        state.observed.set(self.is_observed());
        self.emit(|| Event::SourceAdd { source: state.id, kind });
        Ok(state)
    }

    pub(crate) fn remove_source(&self, io: &mut dyn mio::event::Source, state: &SourceState) {
        let _ = self.shared.registry.deregister(io); // the system may have forgotten it already
        let mut waits = Vec::new();
        for direction in [Direction::Read, Direction::Write] {
            while let Some(first) = state.readiness(direction).first() {
                waits.extend(self.end_wait::<true>(state, direction, first, WaitEnd::Woken));
            }
        }
        self.shared.sources.borrow_mut().remove(state.token);
        self.emit(|| Event::SourceDrop { source: state.id });
        waits.into_iter().for_each(|wait| wait.waker.wake());
    }

    /// Takes in what the system says of one source.
    ///
    /// A closed or failed direction is ready too, so that the operation itself reports what happened. That the peer
    /// will send no more (read-closed) says nothing of whether it still listens (write-closed).
    #[inline(always)]
    pub(crate) fn source_event<const TELL: bool>(&self, event: &mio::event::Event) {
        let found = self.shared.sources.borrow().find(event.token());
        let Some(state) = found else { return }; // it was dropped since
        let (readable, writable) = (event.is_readable() || event.is_error(), event.is_writable() || event.is_error());
        let (read_closed, write_closed) = (event.is_read_closed(), event.is_write_closed());
        state.urgent.set(state.urgent.get() || event.is_priority());
        let (readable, writable) = (readable || read_closed, writable || write_closed);

        let newly = |cell: &Cell<bool>, bit: bool| bit && !cell.replace(true);
        let new_bits = [
            newly(&state.read.ready, readable),
            newly(&state.write.ready, writable),
            newly(&state.read.closed, read_closed),
            newly(&state.write.closed, write_closed),
        ];
        if TELL && new_bits.contains(&true) {
            let [readable, writable, read_closed, write_closed] = new_bits;
            self.tell_inline(&Event::Ready { source: state.id, readable, writable, read_closed, write_closed });
        }
        for (direction, ready) in [(Direction::Read, readable), (Direction::Write, writable)] {
            if ready {
                self.pass_turn::<TELL>(&state, direction);
            }
        }
    }

    /// Wakes the first in line, if there is one and there may be something for it.
    #[inline]
    pub(crate) fn pass_turn<const TELL: bool>(&self, state: &SourceState, direction: Direction) {
        let readiness = state.readiness(direction);
        if let Some(first) = readiness.first().filter(|_| readiness.ready.get())
            && let Some(wait) = self.end_wait::<TELL>(state, direction, first, WaitEnd::Woken)
        {
            wait.waker.wake();
        }
    }

    /// Leaves `wait` with the source. Whoever stood under this number before is woken, if it is another task: it would
    /// sleep for ever.
    #[inline]
    pub(crate) fn wait<const TELL: bool>(&self, state: &SourceState, direction: Direction, number: u64, wait: Wait) {
        let readiness = state.readiness(direction);
        if readiness.nobody_waits() {
            // The wait moves into the line, so its event is made before; it is told after.
            let event = (TELL && self.is_observed()).then(|| wait_on(state.id, direction, number, &wait));
            readiness.join(number, wait);
            self.count_waiting(1);
            if let Some(event) = event {
                self.tell_inline(&event);
            }
        } else if !readiness.has(number, &wait) {
            self.wait_among_others(state, direction, number, wait);
        }
    }

    fn wait_among_others(&self, state: &SourceState, direction: Direction, number: u64, wait: Wait) {
        let readiness = state.readiness(direction);
        let displaced = self.end_wait::<true>(state, direction, number, WaitEnd::Replaced);
        let displaced = displaced.filter(|displaced| !displaced.waker.will_wake(&wait.waker));
        let event = wait_on(state.id, direction, number, &wait);
        readiness.join(number, wait);
        self.count_waiting(1);
        self.emit(|| event);
        if let Some(displaced) = displaced {
            displaced.waker.wake();
        }
    }

    /// Takes the wait with this number out of the line, if it is there. `TELL`: somebody may observe, which is asked then.
    #[inline]
    pub(crate) fn end_wait<const TELL: bool>(
        &self,
        state: &SourceState,
        direction: Direction,
        number: u64,
        why: WaitEnd,
    ) -> Option<Wait> {
        let wait = state.readiness(direction).leave(number)?;
        self.count_waiting(-1);
        if TELL {
            self.emit(|| Event::WaitOff { source: state.id, direction, waiter: number, why });
        }
        Some(wait)
    }

    #[inline]
    pub(crate) fn not_ready<const TELL: bool>(&self, state: &SourceState, direction: Direction) {
        if state.readiness(direction).ready.replace(false) && TELL {
            self.tell_not_ready(state.id, direction);
        }
    }

    #[cold]
    fn tell_not_ready(&self, source: u64, direction: Direction) {
        self.tell_inline(&Event::NotReady { source, direction });
    }
}
