//! What one can know of a reactor from its events alone. It also refuses events that make no sense.

use std::collections::BTreeMap;
use std::panic::Location;

use glassloop_reactor::{Event, Instant, Place, WakerId};

/// A timer: its waker, deadline, place and location.
pub(crate) type Timer = (WakerId, Instant, Place, &'static Location<'static>);

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SourceModel {
    kind: &'static str,
    ready: [bool; 2],
    closed: [bool; 2],
    /// For each direction, by number: waker, operation, location.
    pub(crate) waiters: [BTreeMap<u64, (WakerId, &'static str, &'static Location<'static>)>; 2],
}

/// What one can know from the events alone. It also refuses events that make no sense.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Model {
    pub(crate) timers: BTreeMap<u64, Timer>,
    pub(crate) sources: BTreeMap<u64, SourceModel>,
    parked: bool,
}

impl Model {
    /// What there really is, `visit` says: as the events that would lead to it.
    pub(crate) fn shown(&self, visit: impl FnOnce(&mut dyn FnMut(&Event))) -> Model {
        let mut shown = Model { parked: self.parked, ..Model::default() };
        visit(&mut |event| shown.apply(event));
        shown
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match *event {
            Event::TimerArm { timer, waker, deadline, place, location } => {
                let newest = self.timers.last_key_value().is_none_or(|(&last, _)| last < timer);
                assert!(newest, "numbers grow");
                self.timers.insert(timer, (waker, deadline, place, location));
            }
            Event::TimerMove { timer, from, to } => {
                let place = &mut self.timers.get_mut(&timer).unwrap().2;
                assert_eq!(std::mem::replace(place, to), from);
                assert!(level(to) < level(from), "a cascade goes down");
            }
            Event::TimerFire { timer, deadline, .. } => {
                let (_, armed_for, place, _) = self.timers.remove(&timer).unwrap();
                assert_eq!((armed_for, place), (deadline, Place::Due));
            }
            Event::TimerCancel { timer } => assert!(self.timers.remove(&timer).is_some()),
            Event::TimerWaker { timer, waker } => self.timers.get_mut(&timer).unwrap().0 = waker,
            Event::ClockJump { from, to } => assert!(from < to),
            Event::SourceAdd { source, kind } => {
                let (ready, closed, waiters) = ([true; 2], [false; 2], Default::default());
                self.sources.insert(source, SourceModel { kind, ready, closed, waiters });
            }
            Event::SourceDrop { source } => {
                let gone = self.sources.remove(&source).unwrap();
                assert!(gone.waiters.iter().all(BTreeMap::is_empty));
            }
            Event::Ready { source, readable, writable, read_closed, write_closed } => {
                let model = self.sources.get_mut(&source).unwrap();
                let SourceModel { ready: [read, write], closed: [no_read, no_write], .. } = model;
                let bits = [(read, readable), (write, writable), (no_read, read_closed), (no_write, write_closed)];
                for (bit, _) in bits.into_iter().filter(|(_, new)| *new) {
                    assert!(!std::mem::replace(bit, true), "only new bits");
                }
            }
            Event::NotReady { source, direction } => {
                let bit = &mut self.sources.get_mut(&source).unwrap().ready[direction as usize];
                assert!(std::mem::replace(bit, false));
            }
            Event::WaitOn { source, direction, waiter, waker, operation, location } => {
                let waiters = &mut self.sources.get_mut(&source).unwrap().waiters[direction as usize];
                assert!(waiters.insert(waiter, (waker, operation, location)).is_none());
            }
            Event::WaitOff { source, direction, waiter, .. } => {
                let waiters = &mut self.sources.get_mut(&source).unwrap().waiters[direction as usize];
                assert!(waiters.remove(&waiter).is_some());
            }
            // Only what is ready may be tried; a try that would block is told as that, then the direction is not ready.
            Event::Tried { source, direction, .. } => {
                assert!(self.sources[&source].ready[direction as usize], "source {source} was tried in vain");
            }
            Event::Park { .. } => assert!(!std::mem::replace(&mut self.parked, true)),
            Event::Unpark { .. } => assert!(std::mem::replace(&mut self.parked, false)),
        }
    }
}

fn level(place: Place) -> u8 {
    match place {
        Place::Due => 0,
        Place::Slot { level, .. } => 1 + level,
        Place::Far => 7,
    }
}
