//! What a server reads: the head and the body of one request.

use std::iter::zip;
use std::ops::Range;

use ::http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use ::http::{HeaderMap, Version};

use super::framing::{keep_alive, request_framing};
use super::head::{HeadScanner, parse_request};
use super::{BodyDecoder, Error, Framing, Limits, Protocols, RequestHead, Step};

/// What a [`RequestReader`] found.
#[derive(Debug, Clone)]
pub enum RequestEvent {
    /// Nothing yet: show it more bytes.
    NeedMore,
    /// The head. Boxed: it goes from hand to hand.
    Head(Box<RequestHead>),
    /// The part of the bytes shown that is data of the body.
    Data(Range<usize>),
    /// The request is complete; what is behind the bytes consumed is the next one.
    End,
}

/// Reads one request.
#[derive(Debug)]
pub struct RequestReader {
    limits: Limits,
    state: State,
    keep_alive: bool,
    expects_continue: bool,
    offered: Option<Protocols>,
}

#[derive(Debug)]
enum State {
    Head(HeadScanner),
    Body(BodyDecoder),
    /// What was wrong; said again at every further call.
    Failed(Error),
}

impl RequestReader {
    /// A reader for one request.
    pub fn new(limits: Limits) -> RequestReader {
        let state = State::Head(HeadScanner::default());
        RequestReader { limits, state, keep_alive: false, expects_continue: false, offered: None }
    }

    /// Looks at the unconsumed bytes.
    ///
    /// # Errors
    /// The bytes are not a request, or go over a limit. The reader stays in that error.
    pub fn next(&mut self, input: &[u8]) -> Result<Step<RequestEvent>, Error> {
        let step = match &mut self.state {
            State::Head(_) => self.next_head(input),
            State::Body(body) => body.decode(input).map(|piece| Step {
                consumed: piece.consumed,
                event: if !piece.data.is_empty() {
                    RequestEvent::Data(piece.data)
                } else if body.is_complete() {
                    RequestEvent::End
                } else {
                    RequestEvent::NeedMore
                },
            }),
            State::Failed(error) => Err(error.clone()),
        };
        if let Err(error) = &step {
            self.state = State::Failed(error.clone());
        }
        step
    }

    fn next_head(&mut self, input: &[u8]) -> Result<Step<RequestEvent>, Error> {
        let State::Head(scanner) = &mut self.state else { unreachable!("called while the head is read") };
        let (consumed, head) = scanner.next(input, &self.limits, parse_request)?;
        let Some(head) = head else {
            return Ok(Step { consumed, event: RequestEvent::NeedMore });
        };
        check_line_ends(&input[..consumed])?;
        let seen = Seen::in_head(&head)?;
        let RequestHead { version, ref headers, .. } = *head;
        let framing = if seen.framing { request_framing(version, headers)? } else { Framing::Empty };
        self.keep_alive = if seen.connection { keep_alive(version, headers) } else { version != Version::HTTP_10 };
        self.offered = if seen.upgrade { Protocols::of(version, headers) } else { None };
        self.expects_continue = seen.expects_continue;
        self.state = State::Body(BodyDecoder::new(framing, self.limits));
        Ok(Step { consumed, event: RequestEvent::Head(head) })
    }

    /// The peer closed with these bytes unconsumed.
    ///
    /// # Errors
    /// The request is incomplete ([`Error::is_incomplete`]), or what there was of it is wrong.
    pub fn closed(&mut self, unconsumed: &[u8]) -> Result<(), Error> {
        let result = match &mut self.state {
            State::Head(_) => Err(HeadScanner::closed(unconsumed, &self.limits, parse_request)),
            State::Body(body) => body.closed(),
            State::Failed(error) => Err(error.clone()),
        };
        result.inspect_err(|error| self.state = State::Failed(error.clone()))
    }

    /// Whether head and body were read to their end.
    pub fn is_complete(&self) -> bool {
        matches!(&self.state, State::Body(body) if body.is_complete())
    }

    /// Whether the client is ready for another exchange on this connection.
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the client waits for `100 Continue` before it sends the rest of its body.
    pub fn expects_continue(&self) -> bool {
        self.expects_continue && !self.is_complete()
    }

    /// The other protocols that the client would go on with; the second time, nothing.
    pub fn take_offered(&mut self) -> Option<Protocols> {
        self.offered.take()
    }

    /// The trailer lines, once a chunked body is complete.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        match &self.state {
            State::Body(body) => body.trailers(),
            State::Head(_) | State::Failed(_) => None,
        }
    }

    /// How many bytes of the body are still to come, if its framing says so.
    pub fn remaining(&self) -> Option<u64> {
        match &self.state {
            State::Body(body) => body.remaining(),
            State::Head(_) | State::Failed(_) => None,
        }
    }
}

/// RFC 9112 §2.2 allows to take a line feed alone for the end of a line, or not to: what stands in front of a server
/// may have decided otherwise. Empty lines in front of the head are nobody's.
fn check_line_ends(head: &[u8]) -> Result<(), Error> {
    let is_empty_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = head.iter().position(|byte| !is_empty_line(byte)).unwrap_or(head.len());
    let behind = &head[head.len().min(start + 1)..];
    // All bytes are looked at, also behind a bad one: the compiler then takes sixteen at a time.
    let bare = zip(&head[start..], behind).fold(false, |found, (&a, &b)| found | ((b == b'\n') & (a != b'\r')));
    if bare { Err(Error::BareLineFeed) } else { Ok(()) }
}

/// Which of the headers that concern the codec are there, found in one pass: to look each of them up would cost more
/// than to parse the head.
#[derive(Default)]
struct Seen {
    connection: bool,
    framing: bool,
    upgrade: bool,
    expects_continue: bool,
}

impl Seen {
    /// # Errors
    /// [`Error::Host`]: HTTP/1.1 needs one, nobody may send two, and its value has the form of an authority (RFC 9112
    /// §3.2).
    fn in_head(head: &RequestHead) -> Result<Seen, Error> {
        let (mut seen, mut hosts) = (Seen::default(), 0);
        for (name, value) in &head.headers {
            if name == HOST {
                hosts += 1;
                if !value.as_bytes().iter().all(|&byte| IN_HOST[usize::from(byte)]) {
                    return Err(Error::Host);
                }
            } else if name == CONNECTION {
                seen.connection = true;
            } else if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
                seen.framing = true;
            } else if name == EXPECT {
                seen.expects_continue |= expects_continue(head.version, value);
            } else if name == UPGRADE {
                seen.upgrade = true;
            }
        }
        let may_have_none = head.version == Version::HTTP_10;
        if hosts == 1 || (hosts == 0 && may_have_none) { Ok(seen) } else { Err(Error::Host) }
    }
}

/// Letters, digits, the marks of a registered name, and what a port and an IP literal need (RFC 3986 §3.2.2).
const IN_HOST: [bool; 256] = {
    let marks = b"-._~%!$&'()*+,;=:[]";
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
};

/// RFC 9110 §10.1.1: not from HTTP/1.0 clients, which do not know interim responses.
fn expects_continue(version: Version, expect: &HeaderValue) -> bool {
    version != Version::HTTP_10 && expect.as_bytes().eq_ignore_ascii_case(b"100-continue")
}
