//! The URL of the request before. To read a URL is a good part of the work of a small request, the host's name (IDNA)
//! most of all, and most requests go where one has gone just before.

use std::cell::RefCell;
use std::rc::Rc;

use super::Destination;
use crate::http::Error;

/// The URL that was read last, as it was given and as what it was read.
#[derive(Default)]
pub(in crate::http) struct Known(RefCell<Option<(Box<str>, Destination)>>);

impl Known {
    /// As [`Destination::parse`], which is only asked about what is new.
    ///
    /// The same text has the same meaning. Where only what is behind the authority differs, that part is read as a
    /// reference from the URL before: by the same parser, but the host is not read again.
    pub(in crate::http) fn parse(&self, text: &str) -> Result<Destination, Error> {
        let mut known = self.0.borrow_mut();
        let beside = match &*known {
            Some((before, destination)) if **before == *text => return Ok(destination.clone()),
            Some((before, destination)) => beside(before, destination, text),
            None => None,
        };
        let destination = beside.map_or_else(|| Destination::parse(text), Ok)?;
        // What the parser would cut off at either end is no part of the authority.
        if text.trim() == text {
            *known = Some((text.into(), destination.clone()));
        }
        Ok(destination)
    }
}

/// The destination of `text`, if that is the scheme and the authority of `before`, byte by byte, with another path.
fn beside(before: &str, destination: &Destination, text: &str) -> Option<Destination> {
    let authority = before.find("://")? + "://".len();
    let end = before[authority..].find(['/', '?', '#']).map_or(before.len(), |length| authority + length);
    let path = text.strip_prefix(&before[..end])?;
    // A reference with two slashes in front would name another host.
    if !path.starts_with('/') || path.starts_with("//") || super::has_forbidden_byte(path) {
        return None;
    }
    let url = Rc::new(destination.url.join(path).ok()?);
    Some(Destination { url, origin: Rc::clone(&destination.origin) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(result: Result<Destination, Error>) -> Result<(String, String, String), String> {
        let told = |found: Destination| (found.url.to_string(), found.origin.to_string(), found.host().to_owned());
        result.map(told).map_err(|error| error.to_string())
    }

    /// What a client makes of the second text is what it would make of it alone.
    fn check(first: &str, second: &str) {
        let known = Known::default();
        let _ = known.parse(first);
        for _ in 0..2 {
            assert_eq!(told(known.parse(second)), told(Destination::parse(second)), "{second:?} behind {first:?}");
        }
    }

    #[test]
    fn rule_18_what_was_read_before_changes_no_meaning() {
        let texts = [
            "http://h.test",
            "http://h.test/",
            "http://h.test/a/b?q#f",
            "http://h.test?q",
            "http://h.test#f",
            "http://h.test/../x y",
            "http://h.test//evil.test/",
            "http://h.test.evil.test/",
            "http://h.test:81/",
            "http://h.test@evil.test/",
            "http://h.test/\\evil.test/",
            "http://h.test/a\tb",
            "http://h.test /x",
            " http://h.test/x ",
            "http://h.test\u{a0}",
            "HTTP://H.test/x",
            "http://u:p@h.test/x?y",
            "http://u:p@h.test",
            "http://b\u{fc}cher.test/\u{e9}",
            "http://[::1]:1/x",
            "http://[::1]:1/y/./z",
            "https://h.test/x",
            "http:x",
            "",
        ];
        for first in texts {
            for second in texts {
                check(first, second);
            }
        }
    }

    proptest! {
        #[test]
        fn rule_18_no_text_means_anything_else_behind_another(
            front in "(http://|HTTP://| http://)(u:p@)?(h|\\[::1\\]|%41|1)(:8)?",
            first in "[/?#@:.\\\\ a%\t\u{e9}]{0,6}",
            second in "[/?#@:.\\\\ a%\t\u{e9}]{0,6}",
        ) {
            check(&format!("{front}{first}"), &format!("{front}{second}"));
        }
    }
}
