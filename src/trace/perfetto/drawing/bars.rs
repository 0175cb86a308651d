//! Timers, waits for sockets and spans: they overlap as they like, and are drawn if they outlive a poll.

use std::rc::Rc;

use super::Drawing;
use crate::trace::perfetto::plan::Planned;
use crate::trace::perfetto::sheet::Edge;
use crate::trace::schema::{Direction, Entry};

/// Something that may outlive a poll.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bar {
    Timer(u64),
    Io(u64, Direction, u64),
    Span(u64),
}

impl Drawing<'_> {
    pub(super) fn begin_bar(&mut self, entry: &Entry<Rc<str>>) {
        let (bar, name) = match entry {
            Entry::TimerArm { timer, loc, .. } => (Bar::Timer(*timer), format!("timer {timer} ({loc})")),
            Entry::SourceWaitOn { source, direction, waiter, op, .. } => {
                (Bar::Io(*source, *direction, *waiter), format!("{op} of source {source}"))
            }
            Entry::SpanBegin { span, name, .. } => (Bar::Span(*span), name.to_string()),
            _ => return,
        };
        let planned = self.plan.begin();
        let name: Rc<str> = name.into();
        self.draw_bar(Edge::Begin, bar, planned, &name);
        self.bars.insert(bar, (planned, self.polls, name));
    }

    pub(super) fn end_bar(&mut self, entry: &Entry<Rc<str>>) {
        let bar = match *entry {
            Entry::TimerFire { timer, .. } | Entry::TimerCancel { timer } => Bar::Timer(timer),
            Entry::SourceWaitOff { source, direction, waiter, .. } => Bar::Io(source, direction, waiter),
            Entry::SpanEnd { span } => Bar::Span(span),
            _ => return,
        };
        if let Some((planned, polls, name)) = self.bars.remove(&bar) {
            let outlives_a_poll = self.model.state.polling.is_none() || polls != self.polls;
            self.plan.settle(planned, u64::from(outlives_a_poll || matches!(bar, Bar::Span(_))));
            self.draw_bar(Edge::End, bar, planned, &name);
        }
    }

    pub(super) fn draw_bar(&mut self, edge: Edge, bar: Bar, planned: Planned, name: &str) {
        if planned.number > 0 {
            let row = self.loop_row();
            let id = match bar {
                Bar::Timer(timer) => ("timer", timer),
                Bar::Io(_, _, waiter) => ("io", waiter),
                Bar::Span(span) => ("span", span),
            };
            self.write(|sheet, now| sheet.bar(edge, row, now, id, name));
        }
    }
}
