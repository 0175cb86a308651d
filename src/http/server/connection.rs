//! One connection of the server: requests in, responses out, in order.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use ::http::header::{self, HeaderValue};
use ::http::{Method, StatusCode, Version};

use super::date::DateClock;
use super::{Reply, Request, Settings};
use crate::http::buffer::ReadBuffer;
use crate::http::h1::{self, RequestEvent, RequestHead, RequestReader};
use crate::net::TcpStream;

/// A response buffer larger than this is not kept for the next response.
const KEPT_OUTPUT: usize = 64 * 1024;

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct ServerConnection {
    stream: TcpStream,
    settings: Settings,
    clock: Rc<DateClock>,
    received: ReadBuffer,
    output: Vec<u8>,
}

/// What came instead of a request.
enum Refused {
    /// The client closed between two requests: nothing is wrong.
    Closed,
    /// The connection broke: there is nobody to answer.
    Broken,
    /// The request is refused with this status.
    With(StatusCode),
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Refused {
        Refused::Broken
    }
}

impl From<h1::Error> for Refused {
    fn from(error: h1::Error) -> Refused {
        Refused::With(match error {
            h1::Error::HeadTooLarge { .. } | h1::Error::TooManyHeaders { .. } => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            h1::Error::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            h1::Error::TransferEncoding => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        })
    }
}

impl ServerConnection {
    pub(super) fn new(stream: TcpStream, settings: Settings, clock: Rc<DateClock>) -> ServerConnection {
        let (received, output) = Default::default();
        ServerConnection { stream, settings, clock, received, output }
    }

    /// Answers requests until either side closes.
    pub(super) async fn run<H, R>(mut self, handler: Rc<H>)
    where
        H: AsyncFn(Request) -> R,
        R: Into<Reply>,
    {
        loop {
            match self.exchange(&*handler).await {
                Ok(true) => {}
                Ok(false) => return self.linger().await,
                Err(Refused::Closed | Refused::Broken) => return,
                Err(Refused::With(status)) => {
                    let refusal = Reply::from(status);
                    if self.answer(refusal, &Method::GET, Version::HTTP_11, true).await.is_ok() {
                        self.linger().await;
                    }
                    return;
                }
            }
        }
    }

    /// One request and its response. Says whether there may be another.
    async fn exchange<H, R>(&mut self, handler: &H) -> Result<bool, Refused>
    where
        H: AsyncFn(Request) -> R,
        R: Into<Reply>,
    {
        let (request, keep_alive) = self.read_request().await?;
        let (method, version) = (request.method().clone(), request.version());
        let (reply, close) = match unless_panicked(handler, request).await {
            Some(reply) => {
                let reply = reply.into();
                let close = !keep_alive || reply.closes();
                (reply, close)
            }
            None => (Reply::from(StatusCode::INTERNAL_SERVER_ERROR), true),
        };
        self.answer(reply, &method, version, close).await?;
        Ok(!close)
    }

    /// Reads a whole request, and whether its sender is ready for another.
    async fn read_request(&mut self) -> Result<(Request, bool), Refused> {
        let mut reader = RequestReader::new(self.settings.limits);
        let mut head = None;
        let mut body = Vec::new();
        loop {
            let step = reader.next(self.received.unread())?;
            if let RequestEvent::Data(range) = &step.event {
                self.check_size(body.len() as u64 + range.len() as u64)?;
                body.extend_from_slice(&self.received.unread()[range.clone()]);
            }
            self.received.consume(step.consumed);
            match step.event {
                RequestEvent::Data(_) => {}
                RequestEvent::Head(received) => {
                    self.check_head(&received, &reader).await?;
                    head = Some(received);
                }
                RequestEvent::NeedMore => {
                    let nothing_yet = head.is_none() && self.received.is_empty();
                    if self.receive().await? == 0 {
                        if nothing_yet {
                            return Err(Refused::Closed);
                        }
                        reader.closed(self.received.unread())?;
                    }
                }
                RequestEvent::End => {
                    let head = head.expect("the head comes before the end");
                    return Ok((assemble(head, body), reader.keep_alive()));
                }
            }
        }
    }

    /// Refuses what the head alone condemns, and lets a client that waits for it send its body.
    async fn check_head(&mut self, head: &RequestHead, reader: &RequestReader) -> Result<(), Refused> {
        if head.method == Method::CONNECT {
            return Err(Refused::With(StatusCode::NOT_IMPLEMENTED));
        }
        self.check_size(reader.remaining().unwrap_or(0))?;
        if reader.expects_continue() && self.received.is_empty() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    }

    fn check_size(&self, body_bytes: u64) -> Result<(), Refused> {
        if body_bytes > self.settings.max_body_bytes {
            return Err(Refused::With(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.received.poll_fill(cx, &mut self.stream)).await
    }

    /// Writes a response, in one piece.
    async fn answer(&mut self, mut reply: Reply, method: &Method, version: Version, close: bool) -> io::Result<()> {
        if close {
            reply.default_header(header::CONNECTION, HeaderValue::from_static("close"));
        } else if version == Version::HTTP_10 {
            reply.default_header(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        if let Some(date) = self.clock.now() {
            reply.default_header(header::DATE, date);
        }
        self.output.clear();
        reply.encode(&mut self.output, method, version).map_err(io::Error::other)?;
        self.stream.write_all(&self.output).await?;
        if self.output.capacity() > KEPT_OUTPUT {
            self.output = Vec::new();
        }
        Ok(())
    }

    /// Closes, though the client may still be sending: first only our half, as a close with unread
    /// bytes would reset the connection, and the reset may overtake the response (RFC 9112 §9.6).
    async fn linger(&mut self) {
        const LONGEST: Duration = Duration::from_secs(1);
        const MOST: usize = 1024 * 1024;
        if self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let drain = async {
            let mut drained = 0;
            while drained < MOST {
                self.received.consume(self.received.unread().len());
                match self.receive().await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => drained += count,
                }
            }
        };
        // Whether the client closed or the time is over: the connection ends here.
        let _ = crate::timeout(LONGEST, drain).await;
    }
}

fn assemble(head: RequestHead, body: Vec<u8>) -> Request {
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = head.target;
    *request.version_mut() = head.version;
    *request.headers_mut() = head.headers;
    request
}

/// What the handler answers, unless it panics.
async fn unless_panicked<H, R>(handler: &H, request: Request) -> Option<R>
where
    H: AsyncFn(Request) -> R,
{
    let answer = catch_unwind(AssertUnwindSafe(|| handler(request))).ok()?;
    let mut answer = pin!(answer);
    poll_fn(|cx| {
        // The answer is not polled again after a panic, and nothing else of it is looked at.
        match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(reply)) => Poll::Ready(Some(reply)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
