//! The header lines of a response, as they came.
//!
//! To make a map of them is more work than all else that a client does for a small response, and most programs ask for
//! one header, or for none. So what the parser has found is kept as it is: a copy of the bytes, and where in it each
//! line is. What the client itself has to know (how long is the body, is it encoded?) is looked up in the lines. The
//! map is made when a program asks for it.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

/// Headers, however they are kept.
pub trait Headers {
    /// The values of the lines with this name, in order of arrival.
    fn values_of<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]>;

    /// Whether there is a line with this name.
    #[inline]
    fn has(&self, name: &HeaderName) -> bool {
        self.values_of(name).next().is_some()
    }
}

impl Headers for HeaderMap {
    fn values_of<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).into_iter().map(HeaderValue::as_bytes)
    }

    fn has(&self, name: &HeaderName) -> bool {
        // Most requests bring no headers of their own.
        !self.is_empty() && self.contains_key(name)
    }
}

/// The most lines, and the longest name, that a map can hold.
const MOST_LINES: usize = 24 * 1024;
const LONGEST_NAME: usize = u16::MAX as usize;

/// Header lines that were parsed, and are a map only for those who want one.
#[derive(Clone, Default)]
pub struct HeaderLines {
    /// From the first name to the last value.
    bytes: Box<[u8]>,
    lines: Vec<Line>,
    /// How long the names are, a bit for each length. Most names that are looked for are as long as none of them.
    lengths: u64,
    map: OnceCell<Box<HeaderMap>>,
}

/// Where one line is.
#[derive(Clone)]
struct Line {
    name: Range<usize>,
    value: Range<usize>,
}

impl HeaderLines {
    /// The lines that were found in these bytes; `None` if a name or their number is beyond what a map can hold.
    pub(super) fn new(received: &[u8], found: &[httparse::Header<'_>]) -> Option<HeaderLines> {
        let Some((first, last)) = found.first().zip(found.last()) else { return Some(HeaderLines::default()) };
        let start = range_within(received, first.name.as_bytes())?.start;
        let end = range_within(received, last.value)?.end;
        let head = received.get(start..end)?;
        if found.len() > MOST_LINES {
            return None;
        }
        let (mut lines, mut lengths) = (Vec::with_capacity(found.len()), 0);
        for line in found {
            let line = Line { name: range_within(head, line.name.as_bytes())?, value: range_within(head, line.value)? };
            if line.name.len() > LONGEST_NAME {
                return None;
            }
            lengths |= length_bit(line.name.len());
            lines.push(line);
        }
        Some(HeaderLines { bytes: head.into(), lines, lengths, map: OnceCell::new() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The same as a map, which is made at the first call.
    pub fn map(&self) -> &HeaderMap {
        self.map.get_or_init(|| Box::new(self.to_map()))
    }

    /// All values share one copy of the bytes, so a line costs no allocation of its own.
    fn to_map(&self) -> HeaderMap {
        let shared = Bytes::copy_from_slice(&self.bytes);
        let mut map = HeaderMap::with_capacity(self.lines.len());
        for line in &self.lines {
            let name = HeaderName::from_bytes(&self.bytes[line.name.clone()]);
            let value = HeaderValue::from_maybe_shared(shared.slice(line.value.clone()));
            // A test shows it of every byte.
            let (name, value) = name.ok().zip(value.ok()).expect("the parser lets through what a map can hold");
            map.append(name, value);
        }
        map
    }
}

/// Where this part of the bytes is.
fn range_within(bytes: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(bytes.as_ptr().addr())?;
    let end = start + part.len();
    (end <= bytes.len()).then_some(start..end)
}

/// The bit of [`HeaderLines::lengths`] for names of this length; the longest ones share one.
#[inline]
fn length_bit(length: usize) -> u64 {
    1 << length.min(u64::BITS as usize - 1)
}

/// Whether a name as it came is this one, which is in lower case.
fn is_named(came: &[u8], name: &[u8]) -> bool {
    // All bytes are looked at, also behind one that differs: the compiler then takes several at a time.
    let both = came.iter().zip(name);
    came.len() == name.len() && both.fold(true, |same, (came, name)| same & (came.to_ascii_lowercase() == *name))
}

impl Headers for HeaderLines {
    #[inline]
    fn values_of<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let name = name.as_str().as_bytes();
        let lines = if self.lengths & length_bit(name.len()) == 0 { &[] } else { &*self.lines };
        let named = move |line: &&Line| is_named(&self.bytes[line.name.clone()], name);
        lines.iter().filter(named).map(|line| &self.bytes[line.value.clone()])
    }
}

impl fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.map().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use ::http::header;

    use super::*;
    use crate::http::h1::Error;
    use crate::http::h1::head::parse_response;

    fn parsed(lines: &[u8]) -> Result<HeaderLines, Error> {
        let head = [b"HTTP/1.1 200 OK\r\n", lines, b"\r\n"].concat();
        parse_response(&head, 100_000).map(|head| head.expect("it is whole").0.lines)
    }

    #[test]
    fn the_lines_say_what_the_map_says() {
        let lines = parsed(b"A: 1\r\nSet-Cookie:x\r\nempty:\r\nset-cookie: \t y z \r\nblank:  \r\n").unwrap();
        assert_eq!(lines.len(), 5);
        for name in ["a", "set-cookie", "empty", "blank", "none"].map(HeaderName::from_static) {
            let values: Vec<&[u8]> = lines.values_of(&name).collect();
            assert_eq!(values, lines.map().values_of(&name).collect::<Vec<_>>(), "{name}");
            assert_eq!(lines.has(&name), lines.map().has(&name), "{name}");
        }
        assert_eq!(lines.values_of(&header::SET_COOKIE).collect::<Vec<_>>(), [&b"x"[..], b"y z"]);
        assert!(parsed(b"").unwrap().is_empty());
    }

    #[test]
    fn a_line_is_found_however_long_its_name_is() {
        for length in [1, 2, 31, 62, 63, 64, 65, 200] {
            let name = |length| HeaderName::try_from("a".repeat(length)).unwrap();
            let lines = parsed(format!("{}: x\r\n", name(length)).as_bytes()).unwrap();
            assert_eq!(lines.values_of(&name(length)).collect::<Vec<_>>(), [b"x"], "{length}");
            assert!(!lines.has(&name(length + 1)) && !lines.has(&HeaderName::from_static("b")), "{length}");
        }
    }

    #[test]
    fn rule_12_a_map_can_hold_whatever_the_parser_lets_through() {
        for byte in 0..=u8::MAX {
            for line in [[b'a', byte, b':', b'x'], [byte, b'a', b':', b'x'], [b'a', b':', byte, b'x']] {
                let lines = parsed(&[&line[..], b"\r\n"].concat());
                let _ = lines.map(|lines| lines.map().len());
            }
        }
        let name = |length| [vec![b'a'; length], b":\r\n".to_vec()].concat();
        assert_eq!(parsed(&name(LONGEST_NAME)).unwrap().map().len(), 1);
        assert_eq!(parsed(&name(LONGEST_NAME + 1)).unwrap_err(), Error::Header);
        let many = |count| (0..count).flat_map(|n| format!("x{n}:\r\n").into_bytes()).collect::<Vec<u8>>();
        assert_eq!(parsed(&many(MOST_LINES)).unwrap().map().len(), MOST_LINES);
        assert_eq!(parsed(&many(MOST_LINES + 1)).unwrap_err(), Error::Header);
        assert_eq!(parsed(&b"a:\r\n".repeat(MOST_LINES)).unwrap().map().get_all("a").iter().count(), MOST_LINES);
    }
}
