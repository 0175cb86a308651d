//! The body of a request, while it arrives.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use ::http::{HeaderMap, StatusCode};
use futures_core::Stream;

use super::{Reply, wire::Wire};
use crate::http::h1;

/// Why the body of a request cannot be had. As a [`Reply`] it is the status that says so, and the server closes the
/// connection behind it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestBodyError {
    /// More than [`Server::max_body_bytes`](super::Server::max_body_bytes): 413.
    #[error("the request body is over {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It came too slowly ([`Server::body_timeout`](super::Server::body_timeout)): 408.
    #[error("the request body came too slowly")]
    Timeout,
    /// Its framing is wrong, or it broke off: 400.
    #[error("invalid request body")]
    Invalid(#[from] h1::Error),
    /// The connection broke; nobody will read an answer.
    #[error("the connection broke within the request body: {0}")]
    Connection(io::ErrorKind),
    /// The answer to the request was given before: what is left of the body is no longer to be had.
    #[error("the request has been answered; its body is gone")]
    Over,
}

impl From<RequestBodyError> for Reply {
    fn from(error: RequestBodyError) -> Reply {
        Reply::from(match error {
            RequestBodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            RequestBodyError::Timeout => StatusCode::REQUEST_TIMEOUT,
            RequestBodyError::Invalid(_) | RequestBodyError::Connection(_) => StatusCode::BAD_REQUEST,
            RequestBodyError::Over => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }
}

/// The body of a request, read from the connection as it is asked for and not before: a handler that takes its time
/// makes the client wait. A client that sent `Expect: 100-continue` is told to go on when the body is first asked for.
///
/// aiohttp's counterpart is `request.content`. It is a [`Stream`] too, and may be answered with ([`Reply::stream`]),
/// which sends what comes back as it comes. Dropped before its end, the rest is skipped if it is short, else the
/// connection closes.
pub struct RequestBody {
    wire: Rc<RefCell<Wire>>,
    /// The connection's request that it belongs to.
    number: u64,
}

impl RequestBody {
    pub(super) fn new(wire: &Rc<RefCell<Wire>>, number: u64) -> RequestBody {
        RequestBody { wire: Rc::clone(wire), number }
    }

    /// The next bytes, or `None` at the end.
    ///
    /// # Errors
    /// [`RequestBodyError`]; it stays so.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has taken nothing.
    pub fn chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RequestBodyError>> {
        poll_fn(|cx| self.poll_chunk(cx))
    }

    /// All that is left.
    ///
    /// # Errors
    /// As [`chunk`](RequestBody::chunk).
    ///
    /// # Cancel safety
    /// None: what was read is lost.
    pub async fn bytes(self) -> Result<Vec<u8>, RequestBodyError> {
        let mut whole = Vec::new();
        poll_fn(|cx| {
            while ready!(self.wire.borrow_mut().poll_body(cx, self.number, &mut whole))? > 0 {}
            Poll::Ready(Ok(()))
        })
        .await
        .map(|()| whole)
    }

    /// How many bytes are left, if the client has said how many it sends.
    pub fn remaining(&self) -> Option<u64> {
        self.wire.borrow().body_remaining(self.number)
    }

    /// The trailer lines behind a chunked body: empty until it was read to its end, and when it has none. They come
    /// from the client and from nobody in front of it, so they are not to be taken for headers.
    pub fn trailers(&self) -> HeaderMap {
        self.wire.borrow().trailers(self.number).unwrap_or_default()
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>, RequestBodyError>> {
        let mut chunk = Vec::new();
        let length = ready!(self.wire.borrow_mut().poll_body(cx, self.number, &mut chunk))?;
        Poll::Ready(Ok((length > 0).then_some(chunk)))
    }
}

impl Stream for RequestBody {
    type Item = Result<Vec<u8>, RequestBodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx).map(Result::transpose)
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestBody {{ remaining: {:?} }}", self.remaining())
    }
}
