//! What a client reads: interim responses, the head, the body.

use std::ops::Range;

use ::http::{HeaderMap, Method, StatusCode};

use super::framing::response_framing;
use super::head::{HeadScanner, parse_response};
use super::{BodyDecoder, Error, Framing, Limits, Protocols, ResponseHead, Step};

/// What a [`ResponseReader`] found.
#[derive(Debug, Clone)]
pub enum ResponseEvent {
    /// Nothing yet: show it more bytes.
    NeedMore,
    /// An interim (1xx) response; the final one is still to come.
    Interim(ResponseHead),
    /// The final head.
    Head(ResponseHead),
    /// The part of the bytes shown that is data of the body.
    Data(Range<usize>),
    /// The response is complete; what is behind the bytes consumed belongs to nobody.
    End,
}

/// Reads one response.
#[derive(Debug)]
pub struct ResponseReader {
    method: Method,
    limits: Limits,
    state: State,
    interim: usize,
    reusable: bool,
    offered: Option<Protocols>,
}

#[derive(Debug)]
enum State {
    Head(HeadScanner),
    Body(BodyDecoder),
    /// What was wrong; said again at every further call.
    Failed(Error),
}

impl ResponseReader {
    /// A reader for the response to a request with this method.
    pub fn new(method: &Method, limits: Limits) -> ResponseReader {
        ResponseReader {
            method: method.clone(),
            limits,
            state: State::Head(HeadScanner::default()),
            interim: 0,
            reusable: false,
            offered: None,
        }
    }

    /// The same for a request that offers other protocols: a `101` that chooses among them is a final head without a
    /// body, and what is behind it is no HTTP any more. To others it is an error.
    pub fn offering(mut self, offered: Option<Protocols>) -> ResponseReader {
        self.offered = offered;
        self
    }

    /// Looks at the unconsumed bytes.
    ///
    /// # Errors
    /// The bytes are not a response, or go over a limit. The reader stays in that error.
    pub fn next(&mut self, input: &[u8]) -> Result<Step<ResponseEvent>, Error> {
        let step = match &mut self.state {
            State::Head(_) => self.next_head(input),
            State::Body(body) => body.decode(input).map(|piece| Step {
                consumed: piece.consumed,
                event: if !piece.data.is_empty() {
                    ResponseEvent::Data(piece.data)
                } else if body.is_complete() {
                    ResponseEvent::End
                } else {
                    ResponseEvent::NeedMore
                },
            }),
            State::Failed(error) => Err(error.clone()),
        };
        step.inspect_err(|error| self.state = State::Failed(error.clone()))
    }

    fn next_head(&mut self, input: &[u8]) -> Result<Step<ResponseEvent>, Error> {
        let State::Head(scanner) = &mut self.state else { unreachable!("called while the head is read") };
        let (consumed, head) = scanner.next(input, &self.limits, parse_response)?;
        let Some(head) = head else {
            return Ok(Step { consumed, event: ResponseEvent::NeedMore });
        };
        let event = if head.status == StatusCode::SWITCHING_PROTOCOLS {
            self.check_upgrade(&head)?;
            self.state = State::Body(BodyDecoder::new(Framing::Empty, self.limits));
            ResponseEvent::Head(head)
        } else if head.status.is_informational() {
            self.interim += 1;
            if self.interim > self.limits.interim {
                return Err(Error::TooManyInterim { limit: self.limits.interim });
            }
            *scanner = HeadScanner::default();
            ResponseEvent::Interim(head)
        } else {
            let (framing, reusable) = response_framing(&self.method, head.status, head.version, &head.lines)?;
            self.reusable = reusable;
            self.state = State::Body(BodyDecoder::new(framing, self.limits));
            ResponseEvent::Head(head)
        };
        Ok(Step { consumed, event })
    }

    fn check_upgrade(&self, head: &ResponseHead) -> Result<(), Error> {
        let chosen = Protocols::of(head.version, &head.lines);
        let was_offered =
            self.offered.as_ref().zip(chosen).is_some_and(|(offered, chosen)| offered.include_all(&chosen));
        if was_offered { Ok(()) } else { Err(Error::UnaskedUpgrade) }
    }

    /// The peer closed with these bytes unconsumed. A body that lasts until then is complete now.
    ///
    /// # Errors
    /// The response is incomplete ([`Error::is_incomplete`]), or what there was of it is wrong.
    pub fn closed(&mut self, unconsumed: &[u8]) -> Result<(), Error> {
        let result = match &mut self.state {
            State::Head(_) => Err(HeadScanner::closed(unconsumed, &self.limits, parse_response)),
            State::Body(body) => body.closed(),
            State::Failed(error) => Err(error.clone()),
        };
        result.inspect_err(|error| self.state = State::Failed(error.clone()))
    }

    /// Whether head and body were read to their end.
    pub fn is_complete(&self) -> bool {
        matches!(&self.state, State::Body(body) if body.is_complete())
    }

    /// Whether the connection may carry another request now: the response is complete, it was
    /// framed beyond doubt, and the server did not say that it closes. (The caller still has to see
    /// that nothing is behind it, and that the whole request was sent.)
    pub fn can_reuse(&self) -> bool {
        self.reusable && self.is_complete()
    }

    /// How many bytes of the body are still to come, if its framing says so.
    pub fn remaining(&self) -> Option<u64> {
        match &self.state {
            State::Body(body) => body.remaining(),
            State::Head(_) | State::Failed(_) => None,
        }
    }

    /// The trailer lines, once a chunked body is complete.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        match &self.state {
            State::Body(body) => body.trailers(),
            State::Head(_) | State::Failed(_) => None,
        }
    }
}
