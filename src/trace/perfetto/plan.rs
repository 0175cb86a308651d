//! What is known only later, and has to be written before: how long a slice is, whether an arrow arrives, whether
//! something outlives a poll.

/// A number for each thing that begins, in the order of the beginnings. The first time through it is made, the second
/// time it is read.
#[derive(Debug, Default)]
pub(super) struct Plan {
    is_made: bool,
    /// Of slices, their lengths; of the others, 1 if they are to be drawn.
    numbers: Vec<u64>,
    next: usize,
    /// How many lanes one for each task would be.
    pub(super) tasks: usize,
    end: u64,
}

/// One of those things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Planned {
    index: usize,
    /// Zero the first time.
    pub(super) number: u64,
}

impl Plan {
    /// From now on it is read.
    pub(super) fn made(mut self) -> Plan {
        self.is_made = true;
        self.next = 0;
        self
    }

    pub(super) fn is_made(&self) -> bool {
        self.is_made
    }

    /// Something begins.
    pub(super) fn begin(&mut self) -> Planned {
        let index = self.next;
        self.next += 1;
        if !self.is_made {
            self.numbers.push(0);
        }
        Planned { index, number: self.numbers[index] }
    }

    /// It has turned out what its number is.
    pub(super) fn settle(&mut self, planned: Planned, number: u64) {
        if !self.is_made {
            self.numbers[planned.index] = number;
        }
    }

    /// The time of the last event.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn set_end(&mut self, end: u64) {
        self.end = end;
    }
}
