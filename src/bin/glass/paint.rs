//! Text with colours, or without.

use std::fmt::Display;
use std::io::{self, Write};

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Plain,
    Heading,
    /// Numbers and times at the side.
    Faint,
    Bad,
    Good,
}

/// Writes text; an [`Ink`] shows on a terminal only.
pub(super) struct Painter<'o> {
    out: &'o mut dyn Write,
    colours: bool,
}

impl<'o> Painter<'o> {
    pub(super) fn new(out: &'o mut dyn Write, colours: bool) -> Painter<'o> {
        Painter { out, colours }
    }

    pub(super) fn put(&mut self, ink: Ink, text: impl Display) -> io::Result<()> {
        let code = match ink {
            _ if !self.colours => return write!(self.out, "{text}"),
            Ink::Plain => return write!(self.out, "{text}"),
            Ink::Heading => 1,
            Ink::Faint => 2,
            Ink::Bad => 31,
            Ink::Good => 32,
        };
        write!(self.out, "\x1b[{code}m{text}\x1b[0m")
    }

    pub(super) fn line(&mut self, ink: Ink, text: impl Display) -> io::Result<()> {
        self.put(ink, text)?;
        writeln!(self.out)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The bare stream.
    pub(super) fn stream(&mut self) -> &mut dyn Write {
        self.out
    }
}
