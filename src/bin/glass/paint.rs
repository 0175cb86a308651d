//! Text with colours, or without.

use std::borrow::Cow;
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
        let text = text.to_string();
        let text = printable(&text);
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

    /// The bare stream, for what is not meant for a terminal.
    pub(super) fn stream(&mut self) -> &mut dyn Write {
        self.out
    }
}

/// Without what a terminal would obey: a recording may come from anywhere, and names in it may be anything.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |letter: char| letter.is_control() && letter != '\n';
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| if obeyed(letter) { letter.escape_default().to_string() } else { letter.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}
