//! The records of a run, decoded one by one.

use std::rc::Rc;

use super::{Body, ReadError, ReadProblem, Record, Run, decode, lines};
use crate::trace::ndjson;
use crate::trace::schema::Entry;

/// See [`Run::records`]. After an error it ends.
#[derive(Debug)]
pub struct Records<'r> {
    run: &'r Run,
    cursor: Cursor<'r>,
    over: bool,
    /// The last record was the end of the loop.
    ended: bool,
}

#[derive(Debug)]
enum Cursor<'r> {
    /// Blocks to come, and what is left of the one before.
    Blocks { next: usize, first: bool, open: Option<decode::Records<'r>> },
    /// Lines to come, and the number of the first.
    Lines { rest: &'r [u8], number: usize },
}

impl<'r> Records<'r> {
    /// From the block with this index on.
    pub(super) fn new(run: &'r Run, block: usize) -> Records<'r> {
        let cursor = match &run.body {
            Body::Blocks(_) => Cursor::Blocks { next: block, first: true, open: None },
            Body::Lines(range, number) => Cursor::Lines { rest: &run.bytes[range.clone()], number: *number },
        };
        Records { run, cursor, over: false, ended: false }
    }

    fn step(&mut self) -> Result<Option<Record<Rc<str>>>, ReadProblem> {
        let run = self.run;
        match (&mut self.cursor, &run.body) {
            (Cursor::Blocks { next, first, open }, Body::Blocks(blocks)) => loop {
                if let Some(record) = open.as_mut().and_then(Iterator::next) {
                    let record = record?;
                    // Who has read the blocks before has come to that state.
                    if record.seq > 0 || *first {
                        return Ok(Some(record));
                    }
                    continue;
                }
                *first &= open.is_none();
                let Some(block) = blocks.get(*next) else {
                    return run.cut.clone().map_or(Ok(None), |cut| Err(cut.into()));
                };
                *next += 1;
                *open = Some(decode::records(&run.bytes, block.clone())?);
            },
            (Cursor::Lines { rest, number }, _) if !rest.is_empty() => {
                let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
                let (line, others) = rest.split_at(end);
                let text = lines::text(line, *number)?;
                let record = ndjson::read(text).map_err(|problem| ReadProblem::Line { line: *number, problem })?;
                (*rest, *number) = (others, *number + 1);
                Ok(Some(record))
            }
            _ => Ok(None),
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record<Rc<str>>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let step = match self.step() {
            // A flight recorder's file is written in the middle of the run.
            Ok(None) if !self.ended && self.run.header.ring.is_none() => Err(ReadProblem::NoEnd),
            step => step,
        };
        self.over = !matches!(step, Ok(Some(_)));
        self.ended = matches!(&step, Ok(Some(record)) if matches!(record.entry, Entry::LoopEnd {}));
        step.map_err(|problem| self.run.error(problem)).transpose()
    }
}
