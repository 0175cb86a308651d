//! While there is work, the world is looked at now and then.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use glassloop_reactor::Instant;

use super::Runtime;
use crate::context::Context;

/// When the sockets were last looked at.
#[derive(Default)]
pub(super) struct LastTurn {
    /// After how many polls.
    polls: Cell<u64>,
    /// After how many more polls the clock is worth a look.
    next_reading: Cell<u64>,
    /// What the clock said then; or, if the loop waited for the world, at the first glance since. One that waits after each tick never asks it.
    reading: Cell<Option<Instant>>,
}

impl LastTurn {
    /// It was just now, after so many polls.
    pub(super) fn was_at(&self, polls: u64) {
        self.polls.set(polls);
        self.next_reading.set(0);
        self.reading.set(None);
    }
}

impl Runtime {
    /// There is work, and others wait for time or sockets.
    pub(super) fn glance_at_the_world<const TELL: bool>(&self) -> io::Result<()> {
        let Context { reactor, .. } = &*self.context;
        // Where nobody waits for a socket, nobody would be woken.
        if reactor.waiting() > 0 {
            self.glance_at_sockets::<TELL>()?;
        }
        if reactor.is_spinning() && !self.context.works_outside() {
            reactor.jump_to_next_deadline();
        }
        Ok(())
    }

    /// While there is work, sockets are looked at now and then, not once per tick: each look is a system call.
    fn glance_at_sockets<const TELL: bool>(&self) -> io::Result<()> {
        /// Reading the clock costs as much as a small poll or two: it is read once in so many polls.
        const POLLS_PER_READING: u64 = 16;
        const AT_LEAST_EVERY: Duration = Duration::from_micros(200);

        let Context { executor, reactor, .. } = &*self.context;
        let turns = &self.last_turn;
        let since = executor.polls() - turns.polls.get();
        let mut long_ago = false;
        if since >= turns.next_reading.get() {
            let now = reactor.clock().now();
            match turns.reading.get() {
                Some(then) => {
                    turns.next_reading.set(since + POLLS_PER_READING);
                    long_ago = now - then >= AT_LEAST_EVERY;
                }
                // How long these polls take is not known yet: the next glance reads it again.
                None => turns.reading.set(Some(now)),
            }
        }
        if long_ago || since >= u64::from(self.event_interval) {
            self.turn::<TELL>(Some(Duration::ZERO))?;
            turns.reading.set(Some(reactor.clock().now()));
        }
        Ok(())
    }
}
