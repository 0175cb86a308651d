//! What a picture is drawn on: JSON or packets.

use std::io::{self, Write};

/// A process and a thread in it: a row of the picture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Row {
    pub(super) pid: u64,
    pub(super) tid: u64,
}

/// Takes what is drawn, in the order of its times, which are nanoseconds.
pub(super) trait Sheet {
    /// A name for the process of a row, or for the row.
    fn name(&mut self, of: Named, row: Row, name: &str);
    /// Where among the others.
    fn sort(&mut self, of: Named, row: Row, index: u64);
    /// Something that takes time; `task` is whose it is.
    fn slice(&mut self, row: Row, at: u64, length: u64, name: &str, task: Option<&str>);
    /// An arrow leaves whatever is under way on the row.
    fn arrow_begins(&mut self, row: Row, at: u64, cat: &str, id: u64);
    /// It arrives.
    fn arrow_ends(&mut self, row: Row, at: u64, cat: &str, id: u64);
    /// The beginning or the end of something that need not nest.
    fn bar(&mut self, edge: Edge, row: Row, at: u64, id: (&'static str, u64), name: &str);
    fn counter(&mut self, row: Row, at: u64, name: &'static str, value: u64);
    fn instant(&mut self, row: Row, at: u64, name: &str);
    /// The first error since this was asked.
    fn check(&mut self) -> io::Result<()>;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Process,
    Thread,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Edge {
    Begin,
    End,
}

/// The file on its way. The first error is kept until somebody asks, and nothing is written after it.
pub(super) struct Output<'o> {
    out: &'o mut dyn Write,
    error: Option<io::Error>,
    failed: bool,
}

impl<'o> Output<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Output<'o> {
        Output { out, error: None, failed: false }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if !self.failed {
            self.error = self.out.write_all(bytes).err();
            self.failed = self.error.is_some();
        }
    }

    pub(super) fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.check()?;
        if self.failed { Ok(()) } else { self.out.flush() }
    }
}
