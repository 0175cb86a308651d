//! Where a head ends, and what it says.
//!
//! httparse knows the grammar but starts from the first byte at each call. A peer that drips its
//! head byte by byte would make that quadratic, so [`HeadScanner`] remembers how far it looked: a
//! parse happens for the first bytes, when the empty line is seen, and when the bytes have doubled
//! (so that an answer which is no HTTP at all is refused soon, not only at its end).

use std::mem::MaybeUninit;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use bytes::Bytes;

use super::{Error, HeaderLines, Limits};

/// The head of a request.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// The method, any token.
    pub method: Method,
    /// The request target: mostly a path with a query; also a whole URL, an authority or `*`.
    pub target: Uri,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// The header lines, in order of arrival for each name.
    pub headers: HeaderMap,
}

/// The head of a response.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    /// The status, 100 to 999.
    pub status: StatusCode,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// The header lines.
    pub lines: HeaderLines,
}

/// A parse function: the bytes from the start line on, and the most header lines; answers with the
/// head and its length, or `None` if it goes on behind these bytes.
type Parse<H> = fn(&[u8], usize) -> Result<Option<(H, usize)>, Error>;

/// Looks for one head in bytes that grow.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    /// Bytes of empty lines dropped in front of the start line; they count against the limit.
    skipped: usize,
    /// The bytes before this hold no end of the head.
    scanned: usize,
    /// The length at which the next parse is worth its price.
    next_try: usize,
}

impl HeadScanner {
    /// Looks again, with all unconsumed bytes. Answers with the bytes finished with (empty lines
    /// in front are dropped at once, RFC 9112 §2.2) and the head, if it is whole.
    pub(super) fn next<H>(
        &mut self,
        input: &[u8],
        limits: &Limits,
        parse: Parse<H>,
    ) -> Result<(usize, Option<H>), Error> {
        let blank = if self.scanned == 0 { empty_lines(input) } else { 0 };
        self.skipped += blank;
        let input = &input[blank..];
        let room = limits.head_bytes.saturating_sub(self.skipped);
        let window = &input[..input.len().min(room)];
        let full = window.len() == room;

        let nothing_yet = window.is_empty() || window == b"\r";
        let worth_a_try = window.len() >= self.next_try || self.sees_end(window);
        if !full && (nothing_yet || !worth_a_try) {
            return Ok((blank, None));
        }
        match parse(window, limits.headers)? {
            Some((head, length)) => Ok((blank + length, Some(head))),
            None if full => Err(Error::HeadTooLarge { limit: limits.head_bytes }),
            None => {
                self.scanned = window.len();
                self.next_try = window.len() * 2;
                Ok((blank, None))
            }
        }
    }

    /// The peer closed with these bytes unconsumed: says whether they were wrong or just too few.
    pub(super) fn closed<H>(input: &[u8], limits: &Limits, parse: Parse<H>) -> Error {
        match parse(input, limits.headers) {
            Err(error) => error,
            Ok(_) => Error::ClosedInHead,
        }
    }

    /// Whether an empty line ends in the part that was not looked at yet.
    fn sees_end(&mut self, window: &[u8]) -> bool {
        // It may have begun with the last two bytes of the part seen before.
        let mut at = self.scanned.saturating_sub(2);
        self.scanned = window.len();
        while let Some(found) = window[at..].iter().position(|&byte| byte == b'\n') {
            at += found + 1;
            let rest = &window[at..];
            if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
                return true;
            }
        }
        false
    }
}

/// The length of the empty lines at the front.
fn empty_lines(input: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &input[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

/// Header lines that are parsed without an allocation; a head with more is parsed once more.
const ON_STACK: usize = 48;

/// Parses the head of a response. Obsolete line folding is refused, as is a blank in front of a colon.
pub(super) fn parse_response(bytes: &[u8], max_headers: usize) -> Result<Option<(ResponseHead, usize)>, Error> {
    with_header_slots(max_headers, |slots| {
        let mut raw = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut raw, bytes, slots)?;
        let httparse::Status::Complete(length) = parsed else {
            return Ok(None);
        };
        let (Some(code), Some(minor)) = (raw.code, raw.version) else { return Err(httparse::Error::Status) };
        let status = StatusCode::from_u16(code).map_err(|_| httparse::Error::Status)?;
        let lines = HeaderLines::new(bytes, raw.headers).ok_or(httparse::Error::HeaderName)?;
        Ok(Some((ResponseHead { status, version: version(minor), lines }, length)))
    })
}

/// Parses the head of a request.
pub(super) fn parse_request(bytes: &[u8], max_headers: usize) -> Result<Option<(Box<RequestHead>, usize)>, Error> {
    with_header_slots(max_headers, |slots| {
        let mut raw = httparse::Request::new(&mut []);
        let httparse::Status::Complete(length) = raw.parse_with_uninit_headers(bytes, slots)? else {
            return Ok(None);
        };
        let head = raw_request(&raw).ok_or(httparse::Error::Token)?;
        let headers = header_map(bytes, raw.headers).ok_or(httparse::Error::HeaderName)?;
        Ok(Some((Box::new(RequestHead { headers, ..head }), length)))
    })
}

fn raw_request(raw: &httparse::Request<'_, '_>) -> Option<RequestHead> {
    Some(RequestHead {
        method: Method::from_bytes(raw.method?.as_bytes()).ok()?,
        target: Uri::try_from(raw.path?).ok()?,
        version: version(raw.version?),
        headers: HeaderMap::new(),
    })
}

/// Gives the parser room for header lines: on the stack first, on the heap if those do not suffice.
fn with_header_slots<'b, T>(
    max_headers: usize,
    mut parse: impl FnMut(&mut [MaybeUninit<httparse::Header<'b>>]) -> Result<T, httparse::Error>,
) -> Result<T, Error> {
    let mut few = [const { MaybeUninit::uninit() }; ON_STACK];
    let slots = max_headers.min(ON_STACK);
    let mut result = parse(&mut few[..slots]);
    if matches!(result, Err(httparse::Error::TooManyHeaders)) && max_headers > ON_STACK {
        result = parse(&mut vec![MaybeUninit::uninit(); max_headers]);
    }
    result.map_err(|error| match error {
        httparse::Error::Version => Error::Version,
        httparse::Error::HeaderName | httparse::Error::HeaderValue => Error::Header,
        httparse::Error::NewLine => Error::LineEnd,
        httparse::Error::TooManyHeaders => Error::TooManyHeaders { limit: max_headers },
        httparse::Error::Status | httparse::Error::Token => Error::StartLine,
    })
}

/// Parses the lines behind the last chunk, which end with an empty one.
pub(super) fn parse_trailers(bytes: &[u8], max_headers: usize) -> Result<HeaderMap, Error> {
    let mut slots = vec![httparse::EMPTY_HEADER; max_headers];
    match httparse::parse_headers(bytes, &mut slots) {
        Ok(httparse::Status::Complete((_, headers))) => header_map(bytes, headers).ok_or(Error::Trailer),
        Ok(httparse::Status::Partial) => Err(Error::Trailer),
        Err(httparse::Error::TooManyHeaders) => Err(Error::TooManyHeaders { limit: max_headers }),
        Err(_) => Err(Error::Trailer),
    }
}

fn version(minor: u8) -> Version {
    if minor == 0 { Version::HTTP_10 } else { Version::HTTP_11 }
}

/// The lines that were found in these bytes; `None` if a name or the number of lines is beyond what the map can hold.
///
/// All values share one copy of what they were found in, so a line costs no allocation of its own.
fn header_map(bytes: &[u8], lines: &[httparse::Header<'_>]) -> Option<HeaderMap> {
    let mut map = HeaderMap::try_with_capacity(lines.len()).ok()?;
    let Some((first, last)) = lines.first().zip(lines.last()) else { return Some(map) };
    let position = |part: &[u8]| part.as_ptr().addr().checked_sub(bytes.as_ptr().addr());
    let start = position(first.value)?;
    let shared = Bytes::copy_from_slice(bytes.get(start..position(last.value)? + last.value.len())?);
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).ok()?;
        let at = position(line.value)? - start;
        let value = HeaderValue::from_maybe_shared(shared.slice(at..at + line.value.len())).ok()?;
        map.try_append(name, value).ok()?;
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static PARSED: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts the bytes that go through the parser.
    fn counting(bytes: &[u8], max_headers: usize) -> Result<Option<(ResponseHead, usize)>, Error> {
        PARSED.set(PARSED.get() + bytes.len());
        parse_response(bytes, max_headers)
    }

    #[test]
    fn rule_13_a_dripped_head_costs_linear_work() {
        let line = "X-A: 0123456789\r\n";
        let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(200));
        let mut scanner = HeadScanner::default();
        PARSED.set(0);
        for end in 1..head.len() {
            let found = scanner.next(&head.as_bytes()[..end], &Limits::default(), counting);
            assert!(matches!(found, Ok((0, None))), "at {end}");
        }
        let (consumed, found) = scanner.next(head.as_bytes(), &Limits::default(), counting).unwrap();
        assert_eq!((consumed, found.unwrap().lines.len()), (head.len(), 200));
        assert!(PARSED.get() < 4 * head.len(), "parsed {} of {}", PARSED.get(), head.len());
    }

    #[test]
    fn endless_empty_lines_are_dropped_and_limited() {
        let limits = Limits { head_bytes: 100, ..Limits::default() };
        let mut scanner = HeadScanner::default();
        let mut dropped = 0;
        let error = loop {
            match scanner.next(b"\r\n\n", &limits, counting) {
                Ok((consumed, None)) => dropped += consumed,
                Ok((_, Some(_))) => panic!("a head out of nothing"),
                Err(error) => break error,
            }
        };
        assert_eq!(error, Error::HeadTooLarge { limit: 100 });
        assert!(dropped <= 100);
    }
}
