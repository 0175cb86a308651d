//! What a server reads: the head and the body of one request.

use std::ops::Range;

use ::http::{Version, header};

use super::framing::{keep_alive, request_framing};
use super::head::{HeadScanner, parse_request};
use super::{BodyDecoder, Error, Limits, RequestHead, Step};

/// What a [`RequestReader`] found.
#[derive(Debug, Clone)]
pub enum RequestEvent {
    /// Nothing yet: show it more bytes.
    NeedMore,
    /// The head.
    Head(RequestHead),
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
        RequestReader { limits, state: State::Head(HeadScanner::default()), keep_alive: false, expects_continue: false }
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
        step.inspect_err(|error| self.state = State::Failed(error.clone()))
    }

    fn next_head(&mut self, input: &[u8]) -> Result<Step<RequestEvent>, Error> {
        let State::Head(scanner) = &mut self.state else { unreachable!("called while the head is read") };
        let (consumed, head) = scanner.next(input, &self.limits, parse_request)?;
        let Some(head) = head else {
            return Ok(Step { consumed, event: RequestEvent::NeedMore });
        };
        check_line_ends(&input[..consumed])?;
        check_host(&head)?;
        let framing = request_framing(head.version, &head.headers)?;
        self.keep_alive = keep_alive(head.version, &head.headers);
        self.expects_continue = expects_continue(&head);
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

    /// How many bytes of the body are still to come, if its framing says so.
    pub fn remaining(&self) -> Option<u64> {
        match &self.state {
            State::Body(body) => body.remaining(),
            State::Head(_) | State::Failed(_) => None,
        }
    }
}

/// RFC 9112 §2.2 allows to take a line feed alone for the end of a line, or not to: what stands in front of a server may have
/// decided otherwise. Empty lines in front of the head are nobody's.
fn check_line_ends(head: &[u8]) -> Result<(), Error> {
    let is_empty_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = head.iter().position(|byte| !is_empty_line(byte)).unwrap_or(head.len());
    let bare = head[start..].windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r');
    if bare { Err(Error::BareLineFeed) } else { Ok(()) }
}

/// RFC 9112 §3.2: HTTP/1.1 needs one `Host`, nobody may send two, and its value has the form of an authority.
fn check_host(head: &RequestHead) -> Result<(), Error> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.as_bytes().iter().all(|&byte| may_be_in_host(byte)) => Ok(()),
        (None, None) if head.version == Version::HTTP_10 => Ok(()),
        _ => Err(Error::Host),
    }
}

/// Letters, digits, the marks of a registered name, and what a port and an IP literal need (RFC 3986 §3.2.2).
fn may_be_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}

/// RFC 9110 §10.1.1: not from HTTP/1.0 clients, which do not know interim responses.
fn expects_continue(head: &RequestHead) -> bool {
    let expect = head.headers.get(header::EXPECT);
    head.version != Version::HTTP_10
        && expect.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
