//! Timers and sources.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::state::{Check, State, Wait};
use crate::trace::executor::TaskRef;
use crate::trace::reactor::Place;
use crate::trace::schema::{Direction, Entry};

/// An armed timer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timer {
    /// Whom it will wake; `None`: a stranger, or somebody gone.
    pub task: Option<TaskRef>,
    /// When it is due, in nanoseconds by the loop's clock.
    pub deadline: u64,
    /// Where it lies.
    pub place: Place,
    /// Where it was armed.
    pub loc: Rc<str>,
}

/// A registered source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// What it is.
    pub label: Rc<str>,
    /// Whether it is known to be ready, by direction.
    pub ready: [bool; 2],
    /// Whether the peer has ended it, by direction.
    pub closed: [bool; 2],
    /// Who waits, by direction and number.
    pub waits: [BTreeMap<u64, SourceWait>; 2],
}

/// Somebody waits for a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceWait {
    /// Who; `None`: a stranger, or somebody gone.
    pub task: Option<TaskRef>,
    /// To do what.
    pub op: Rc<str>,
    /// Where.
    pub loc: Rc<str>,
}

impl State {
    pub(super) fn apply_to_reactor(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry.code() {
            48..54 => self.apply_to_timers(entry),
            _ => self.apply_to_sources(entry),
        }
    }

    fn apply_to_timers(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry {
            Entry::TimerArm { timer, task, deadline, place, loc } => {
                if self.timers.last_key_value().is_some_and(|(last, _)| last >= timer) {
                    return Err("numbers of timers grow".into());
                }
                let armed = Timer { task: *task, deadline: *deadline, place: *place, loc: loc.clone() };
                self.timers.insert(*timer, armed);
                self.begin_wait(*task, Wait::Timer(*timer));
            }
            Entry::TimerCascade { timer, from, to } => {
                let place = &mut self.timer_mut(*timer)?.place;
                if place != from {
                    return Err(format!("timer {timer} is at {place:?}"));
                }
                if level(*to) >= level(*from) {
                    return Err("a cascade goes down".into());
                }
                *place = *to;
            }
            Entry::TimerFire { timer, .. } | Entry::TimerCancel { timer } => {
                let removed = self.timers.remove(timer).ok_or_else(|| not_armed(*timer))?;
                self.end_wait(removed.task, Wait::Timer(*timer));
                if matches!(entry, Entry::TimerFire { .. }) && removed.place != Place::Due {
                    return Err(format!("timer {timer} is not due"));
                }
            }
            Entry::TimerWaker { timer, task } => {
                let former = std::mem::replace(&mut self.timer_mut(*timer)?.task, *task);
                self.end_wait(former, Wait::Timer(*timer));
                self.begin_wait(*task, Wait::Timer(*timer));
            }
            Entry::ClockJump { from, to } if from >= to => return Err("time does not run backwards".into()),
            _ => {}
        }
        Ok(())
    }

    fn timer_mut(&mut self, timer: u64) -> Result<&mut Timer, String> {
        self.timers.get_mut(&timer).ok_or_else(|| not_armed(timer))
    }

    fn apply_to_sources(&mut self, entry: &Entry<Rc<str>>) -> Check {
        match entry {
            Entry::SourceAdd { source, label } => {
                let label = label.clone();
                let added = Source { label, ready: [true; 2], closed: [false; 2], waits: Default::default() };
                if self.sources.insert(*source, added).is_some() {
                    return Err(format!("source {source} is registered"));
                }
            }
            Entry::SourceDel { source } => {
                let removed = self.sources.remove(source).ok_or_else(|| not_registered(*source))?;
                if !removed.waits.iter().all(BTreeMap::is_empty) {
                    return Err(format!("somebody waits for source {source}"));
                }
            }
            Entry::Ready { source, readable, writable, read_closed, write_closed } => {
                let Source { ready: [read, write], closed: [no_read, no_write], .. } = self.source_mut(*source)?;
                let bits = [(read, readable), (write, writable), (no_read, read_closed), (no_write, write_closed)];
                for (bit, _) in bits.into_iter().filter(|(_, new)| **new) {
                    if std::mem::replace(bit, true) {
                        return Err("only what is new is told".into());
                    }
                }
            }
            Entry::NotReady { source, direction } => {
                let ready = &mut self.source_mut(*source)?.ready[*direction as usize];
                return if std::mem::replace(ready, false) { Ok(()) } else { Err("it was not ready".into()) };
            }
            Entry::SourceWaitOn { source, direction, waiter, task, op, loc } => {
                let wait = SourceWait { task: *task, op: op.clone(), loc: loc.clone() };
                if self.source_mut(*source)?.waits[*direction as usize].insert(*waiter, wait).is_some() {
                    return Err(format!("waiter {waiter} is there"));
                }
                self.begin_wait(*task, of_source(*source, *direction, *waiter));
            }
            Entry::SourceWaitOff { source, direction, waiter, .. } => {
                let wait = self.source_mut(*source)?.waits[*direction as usize].remove(waiter);
                let wait = wait.ok_or_else(|| format!("waiter {waiter} is not there"))?;
                self.end_wait(wait.task, of_source(*source, *direction, *waiter));
            }
            _ => {}
        }
        Ok(())
    }

    fn source_mut(&mut self, source: u64) -> Result<&mut Source, String> {
        self.sources.get_mut(&source).ok_or_else(|| not_registered(source))
    }
}

fn of_source(source: u64, direction: Direction, waiter: u64) -> Wait {
    Wait::Source { source, direction, waiter }
}

fn not_armed(timer: u64) -> String {
    format!("timer {timer} is not armed")
}

fn not_registered(source: u64) -> String {
    format!("source {source} is not registered")
}

/// How far from firing.
fn level(place: Place) -> u8 {
    match place {
        Place::Due => 0,
        Place::Slot { level, .. } => 1 + level,
        Place::Far => u8::MAX,
    }
}
