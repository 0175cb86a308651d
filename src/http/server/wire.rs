//! The bytes of one connection: what its task and the body of its request share.
//!
//! Nothing here waits: each function tries once, so that no borrow outlasts a poll.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use ::http::{HeaderMap, Method, StatusCode};
use futures_io::AsyncWrite;

use super::patience::{Alarm, Patience};
use super::{RequestBodyError, Shared};
use crate::http::buffer::ReadBuffer;
use crate::http::connect::Transport;
use crate::http::h1::{self, Protocols, RequestEvent, RequestHead, RequestReader};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A socket, what was received and not consumed, and where in a request that is.
#[derive(Debug)]
pub(in crate::http) struct Wire {
    stream: Transport,
    shared: Rc<Shared>,
    received: ReadBuffer,
    /// The buffer is somebody else's at the moment.
    lent: bool,
    reader: RequestReader,
    /// Counts the requests. A body is of one of them, and has nothing to say behind its end.
    number: u64,
    /// A byte of the request has come.
    begun: bool,
    body_bytes: u64,
    body_error: Option<RequestBodyError>,
    /// The client waits for `100 Continue`; what is left to send of it.
    interim: Option<&'static [u8]>,
    /// For the next request, and then for the rest of its head.
    waiting: Alarm,
    /// For the body of the request.
    reading: Patience,
    /// For the client to take the response.
    writing: Patience,
}

/// What came instead of a request.
#[derive(Debug)]
pub(super) enum NoRequest {
    /// The client closed between two requests, or asked for nothing for too long, or the connection broke: there is
    /// nothing to say.
    Silence,
    /// The request is refused with this status.
    Refused(StatusCode),
}

impl From<h1::Error> for NoRequest {
    fn from(error: h1::Error) -> NoRequest {
        NoRequest::Refused(match error {
            h1::Error::HeadTooLarge { .. } | h1::Error::TooManyHeaders { .. } => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            h1::Error::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            h1::Error::TransferEncoding => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        })
    }
}

impl Wire {
    pub(super) fn new(stream: Transport, shared: Rc<Shared>) -> Wire {
        let settings = &shared.settings;
        Wire {
            stream,
            received: ReadBuffer::default(),
            lent: true,
            reader: RequestReader::new(settings.limits),
            number: 0,
            begun: false,
            body_bytes: 0,
            body_error: None,
            interim: None,
            waiting: Alarm::default(),
            reading: Patience::new(settings.body_time),
            writing: Patience::new(settings.write_time),
            shared,
        }
    }

    /// Makes ready for the next request; gives its number. Bodies of earlier ones are over.
    pub(super) fn begin(&mut self) -> u64 {
        let settings = &self.shared.settings;
        self.reader = RequestReader::new(settings.limits);
        self.number += 1;
        self.begun = false;
        self.body_bytes = 0;
        self.body_error = None;
        self.interim = None;
        self.waiting.begin(settings.idle_time);
        self.number
    }

    /// From now on only who knows the new number reads the rest of the body.
    pub(super) fn take_over(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Whether a byte of the request has come.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Reads the next head.
    pub(super) fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Box<RequestHead>, NoRequest>> {
        loop {
            let step = self.reader.next(self.received.unread())?;
            self.received.consume(step.consumed);
            if let RequestEvent::Head(head) = step.event {
                self.check_head(&head)?;
                return Poll::Ready(Ok(head));
            }
            if !self.begun && !self.received.is_empty() {
                self.begun = true;
                self.waiting.begin(self.shared.settings.head_time);
            }
            match self.poll_receive(cx) {
                Poll::Ready(Ok(0)) if self.begun => return Poll::Ready(Err(self.closed_early().into())),
                // Bytes of a head buy no time: it is short.
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Ready(_) => return Poll::Ready(Err(NoRequest::Silence)),
                Poll::Pending => {
                    ready!(self.waiting.poll_over(cx));
                    return Poll::Ready(Err(match self.begun {
                        true => NoRequest::Refused(StatusCode::REQUEST_TIMEOUT),
                        false => NoRequest::Silence,
                    }));
                }
            }
        }
    }

    fn check_head(&mut self, head: &RequestHead) -> Result<(), NoRequest> {
        if head.method == Method::CONNECT {
            return Err(NoRequest::Refused(StatusCode::NOT_IMPLEMENTED)); // this is no proxy
        }
        self.begun = true;
        self.reading = Patience::new(self.shared.settings.body_time);
        let waits = self.reader.expects_continue() && self.received.is_empty();
        self.interim = waits.then_some(CONTINUE);
        self.body_error = self.check_size(self.reader.remaining().unwrap_or(0)).err();
        Ok(())
    }

    fn closed_early(&mut self) -> h1::Error {
        self.reader.closed(self.received.unread()).err().unwrap_or(h1::Error::ClosedInHead)
    }

    /// Appends some of the request's body; how much, and 0 at its end.
    pub(super) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        number: u64,
        out: &mut Vec<u8>,
    ) -> Poll<Result<usize, RequestBodyError>> {
        if number != self.number {
            return Poll::Ready(Err(RequestBodyError::Over));
        }
        if let Some(error) = &self.body_error {
            return Poll::Ready(Err(error.clone()));
        }
        let result = ready!(self.try_body(cx, out));
        if let Err(error) = &result {
            self.body_error = Some(error.clone());
        }
        Poll::Ready(result)
    }

    fn try_body(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Result<usize, RequestBodyError>> {
        ready!(self.poll_interim(cx)).map_err(|error| RequestBodyError::Connection(error.kind()))?;
        loop {
            let step = self.reader.next(self.received.unread())?;
            let range = match &step.event {
                RequestEvent::Data(range) => range.clone(),
                _ => 0..0,
            };
            self.body_bytes += range.len() as u64;
            self.check_size(0)?;
            out.extend_from_slice(&self.received.unread()[range.clone()]);
            self.received.consume(step.consumed);
            if !range.is_empty() || matches!(step.event, RequestEvent::End) {
                return Poll::Ready(Ok(range.len()));
            }
            match self.poll_receive(cx) {
                Poll::Ready(Ok(0)) => {
                    self.reader.closed(self.received.unread())?;
                }
                Poll::Ready(Ok(count)) => self.reading.progress(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(RequestBodyError::Connection(error.kind()))),
                Poll::Pending => {
                    ready!(self.reading.poll_over(cx));
                    return Poll::Ready(Err(RequestBodyError::Timeout));
                }
            }
        }
    }

    fn check_size(&self, announced: u64) -> Result<(), RequestBodyError> {
        let limit = self.shared.settings.body_bytes;
        let fits = self.body_bytes <= limit && announced <= limit;
        if fits { Ok(()) } else { Err(RequestBodyError::TooLarge { limit }) }
    }

    pub(super) fn body_remaining(&self, number: u64) -> Option<u64> {
        self.reader.remaining().filter(|_| number == self.number)
    }

    pub(super) fn trailers(&self, number: u64) -> Option<HeaderMap> {
        self.reader.trailers().filter(|_| number == self.number).cloned()
    }

    /// How the request's body stands.
    pub(super) fn body(&self) -> BodyState {
        match self.reader.remaining() {
            _ if self.body_error.is_some() => BodyState::Failed,
            _ if self.reader.is_complete() => BodyState::Complete,
            remaining => BodyState::Open { remaining, untold: self.interim == Some(CONTINUE) },
        }
    }

    /// Whether all of the request was read, and bytes behind it are here already.
    pub(super) fn has_more(&self) -> bool {
        self.reader.is_complete() && !self.received.is_empty()
    }

    /// The other protocols that the client would go on with.
    pub(super) fn take_offered(&mut self) -> Option<Protocols> {
        self.reader.take_offered()
    }

    /// Whether the client is ready for another request.
    pub(super) fn keep_alive(&self) -> bool {
        self.reader.keep_alive()
    }

    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.interim {
            let written = match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Ready(written) => written?,
                Poll::Pending => {
                    ready!(self.reading.poll_over(cx));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            };
            self.interim = Some(&rest[written..]).filter(|rest| !rest.is_empty());
        }
        self.stream.poll_send_held_back(cx)
    }

    /// A new response begins: the client has all its time to take it. Gives what has to go in front of it: the `100
    /// Continue` that was not sent yet, if the body is wanted, or the rest of one.
    pub(super) fn begin_response(&mut self, body_is_wanted: bool) -> &'static [u8] {
        self.writing = Patience::new(self.shared.settings.write_time);
        self.interim.take().filter(|rest| body_is_wanted || rest.len() < CONTINUE.len()).unwrap_or_default()
    }

    /// Writes what is left of these two behind `sent` bytes.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        parts: [&[u8]; 2],
        sent: &mut usize,
    ) -> Poll<io::Result<()>> {
        let [head, tail] = parts;
        while *sent < head.len() + tail.len() {
            let stream = Pin::new(&mut self.stream);
            let written = if *sent >= head.len() {
                stream.poll_write(cx, &tail[*sent - head.len()..])
            } else if tail.is_empty() {
                stream.poll_write(cx, &head[*sent..])
            } else {
                stream.poll_write_vectored(cx, &[IoSlice::new(&head[*sent..]), IoSlice::new(tail)])
            };
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    *sent += count;
                    self.writing.progress(count);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_unwritable(cx),
            }
        }
        match self.stream.poll_send_held_back(cx) {
            Poll::Pending => self.poll_unwritable(cx),
            sent => sent,
        }
    }

    fn poll_unwritable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.writing.poll_over(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Receives and throws away; how much, and 0 at the end.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.received.consume(self.received.unread().len());
        self.poll_receive(cx)
    }

    /// Reads once. A connection that waits with nothing received lends its buffer to the others.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if mem::take(&mut self.lent) {
            self.received = self.shared.spare.take();
        }
        let result = self.received.poll_fill(cx, &mut self.stream);
        if self.received.is_empty() {
            self.shared.spare.give(mem::take(&mut self.received));
            self.lent = true;
        }
        result
    }

    /// Nothing more is to be read or written here, by whoever still holds the body.
    pub(super) fn abandon(&mut self) {
        self.take_over();
        self.stream.cut();
    }

    /// Says that nothing more will be sent.
    pub(super) fn poll_end_writing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    /// For who goes on with another protocol: what was received of that already, and the stream.
    pub(in crate::http) fn parts(&mut self) -> (&mut ReadBuffer, &mut Transport) {
        (&mut self.received, &mut self.stream)
    }
}

/// How the body of a request stands when its answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyState {
    Complete,
    /// So much is still to come, if that is known.
    Open {
        remaining: Option<u64>,
        /// The client waits for a `100 Continue` that was never sent: it may send the body or not.
        untold: bool,
    },
    /// What follows on the connection cannot be understood any more.
    Failed,
}
