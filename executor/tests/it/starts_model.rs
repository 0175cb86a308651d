//! What a gather does, by its rules alone: one queue, first in, first out, and children that are known by their index.

use std::collections::VecDeque;

use crate::starts::{Act, Plan};

#[derive(Clone, Copy, PartialEq)]
enum State {
    NotStarted,
    Alive,
    Ended(char),
}

struct Child {
    acts: std::vec::IntoIter<Act>,
    at_end: Vec<Act>,
    state: State,
    polled: bool,
    queued: bool,
    cancel: bool,
    /// It is being polled or dropped.
    busy: bool,
}

enum Entry {
    Child(usize),
    Task,
}

struct Model {
    children: Vec<Child>,
    queue: VecDeque<Entry>,
    log: Vec<String>,
    /// The gather was given up while it ran.
    cancelled: bool,
    gone: bool,
    first_failure: Option<usize>,
}

struct Panicked;

/// What `run` of the same plans should say.
pub(crate) fn model(plans: &[Plan]) -> String {
    let child = |Plan { acts, at_end }: Plan| Child {
        acts: acts.into_iter(),
        at_end,
        state: State::NotStarted,
        polled: false,
        queued: false,
        cancel: false,
        busy: false,
    };
    let children = plans.iter().cloned().map(child).collect();
    let (queue, log) = (VecDeque::new(), Vec::new());
    let mut model = Model { children, queue, log, cancelled: false, gone: false, first_failure: None };
    for index in 0..plans.len() {
        if model.cancelled {
            model.end(index, 'c');
        } else {
            model.children[index].state = State::Alive;
            model.turn(index);
        }
    }
    model.run();
    if !model.gone {
        if model.has_ended() {
            let sign = |child: &Child| if let State::Ended(sign) = child.state { sign } else { '?' };
            let signs: String = model.children.iter().map(sign).collect();
            model.log.push(format!("{signs} {:?}", model.first_failure));
        }
        model.drop_gather();
    }
    model.run();
    for index in 0..plans.len() {
        if model.children[index].state == State::Alive {
            model.end(index, 'c');
        }
    }
    model.log.join(" ")
}

impl Model {
    fn run(&mut self) {
        while let Some(entry) = self.queue.pop_front() {
            match entry {
                Entry::Task => self.log.push("task".into()),
                Entry::Child(index) => {
                    self.children[index].queued = false;
                    self.turn(index);
                }
            }
        }
    }

    fn turn(&mut self, index: usize) {
        let child = &mut self.children[index];
        if child.state != State::Alive {
            return;
        }
        if child.cancel {
            return self.end(index, 'c');
        }
        (child.busy, child.polled) = (true, true);
        self.log.push(index.to_string());
        let sign = loop {
            match self.children[index].acts.next() {
                None => break 'v',
                Some(Act::Wait) => {
                    self.children[index].busy = false;
                    return;
                }
                Some(act) => {
                    if self.act(act).is_err() {
                        break 'p';
                    }
                }
            }
        };
        self.end(index, sign);
    }

    /// The future is dropped, and then there is an outcome.
    fn end(&mut self, index: usize, sign: char) {
        self.children[index].busy = true;
        self.log.push(format!("-{index}"));
        let at_end = std::mem::take(&mut self.children[index].at_end);
        let dropped = at_end.into_iter().try_for_each(|act| self.act(act));
        let sign = if dropped.is_err() { 'p' } else { sign };
        self.children[index].state = State::Ended(sign);
        self.children[index].busy = false;
        if sign != 'v' {
            self.first_failure.get_or_insert(index);
        }
    }

    fn act(&mut self, act: Act) -> Result<(), Panicked> {
        match act {
            Act::Wake(other) => self.wake(other),
            Act::Cancel(other) if self.children[other].polled => self.cancel(other),
            Act::CancelNow(other) if self.children[other].polled => self.cancel_now(other),
            Act::DropGather => self.drop_gather(),
            Act::Spawn => self.queue.push_back(Entry::Task),
            Act::Nest => self.log.extend(["inner".into(), "most".into()]),
            Act::Panic => return Err(Panicked),
            Act::Cancel(_) | Act::CancelNow(_) | Act::SetLocals | Act::Wait | Act::WakeFromElsewhere(_) => {}
        }
        Ok(())
    }

    fn wake(&mut self, index: usize) {
        let child = &mut self.children[index];
        if child.state == State::Alive && !child.queued {
            child.queued = true;
            self.queue.push_back(Entry::Child(index));
        }
    }

    fn cancel(&mut self, index: usize) {
        if !matches!(self.children[index].state, State::Ended(_)) {
            self.children[index].cancel = true;
            self.wake(index);
        }
    }

    fn cancel_now(&mut self, index: usize) {
        let child = &mut self.children[index];
        if child.state == State::Alive && !child.busy {
            child.cancel = true;
            self.end(index, 'c');
        } else {
            self.cancel(index);
        }
    }

    fn has_ended(&self) -> bool {
        self.first_failure.is_some() || self.children.iter().all(|child| matches!(child.state, State::Ended(_)))
    }

    fn drop_gather(&mut self) {
        if std::mem::replace(&mut self.gone, true) || self.has_ended() {
            return;
        }
        self.cancelled = true;
        for index in 0..self.children.len() {
            self.cancel_now(index);
        }
    }
}
