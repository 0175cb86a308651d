//! What other threads have sent, taken in at the start of a tick.

use super::Message;
use crate::cell::{drop_quietly, quietly};
use crate::core::Core;
use crate::observer::Via;
use crate::ticket::Ticket;

impl Core {
    /// Takes in what other threads have sent, in that order.
    pub(crate) fn drain_messages(&self) {
        let mut slots = Vec::new();
        // What is sent from here on comes with a notification of its own.
        for _ in 0..self.half.queue.len() {
            match self.half.queue.pop() {
                Some(Message::Wake(slot)) => slots.push(slot),
                Some(Message::Call(id, call)) => {
                    self.wake_tenants(&mut slots);
                    if id == self.id {
                        quietly(call);
                    } else {
                        // It was on its way to a former owner of the half.
                        drop_quietly(call);
                    }
                }
                None => break,
            }
        }
        self.wake_tenants(&mut slots);
    }

    /// Wakes who was woken from other threads. The bits first, and then whoever lives there: a wake from here on has a message of its own.
    fn wake_tenants(&self, slots: &mut Vec<u32>) {
        self.half.pending.clear(slots);
        for slot in slots.drain(..) {
            let tenant = self.tenant(slot).unwrap_or(Ticket::new(self.id.index, slot, 0));
            self.wake(tenant, Via::Remote);
        }
    }
}
