//! What a handler answers.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, StatusCode, Version};
use futures_core::Stream;
use serde::Serialize;

use crate::http::Upgraded;
use crate::http::h1::{self, Framing, Protocols};

/// A response as a handler gives it: from a text, bytes, a status alone, a stream, or a whole
/// [`http::Response`](::http::Response), and changed from there. (aiohttp's `web.Response` and `web.StreamResponse`.)
///
/// Of a `Result` with two that can be replies, either is one; so a handler may use `?` on the errors of a body.
pub struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: ReplyBody,
    pub(super) chunk_bytes: Option<usize>,
    switch: Option<Box<Switch>>,
}

/// What is sent behind the head.
pub(super) enum ReplyBody {
    Whole(Vec<u8>),
    Stream { stream: ByteStream, length: Option<u64> },
}

/// What is done with a connection that goes on with another protocol.
pub(super) struct Switch {
    protocol: HeaderValue,
    pub(super) run: Box<dyn FnOnce(Upgraded) -> Work>,
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

pub(super) type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Vec<u8>>>>>;

impl Reply {
    /// A status with a body.
    pub fn new(status: StatusCode, body: impl Into<Vec<u8>>) -> Reply {
        Reply::with(status, HeaderMap::new(), ReplyBody::Whole(body.into()))
    }

    /// This value as JSON; a 500 if it cannot be written as such.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Reply {
        match serde_json::to_vec(value) {
            Ok(body) => Reply::typed("application/json", body),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        }
    }

    /// A body that is sent as it comes: each item once the client has taken those before it. It is asked for the next
    /// item only then, so a slow client costs no memory.
    ///
    /// Without a [length](Reply::with_length) it is sent in chunks, an item each; to HTTP/1.0 clients, until the
    /// connection closes. A stream that fails ends the connection in the middle, which a client can tell from the end,
    /// except by HTTP/1.0. It is not asked at all if the answer has no body (to HEAD).
    ///
    /// ```
    /// # glassloop::run(async {
    /// use glassloop::http::{self, Reply, RequestBody, Server};
    ///
    /// let server = Server::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/", server.local_addr());
    /// // Sends back what comes, while it comes.
    /// let echo = async |request: ::http::Request<RequestBody>| Reply::stream(request.into_body());
    /// glassloop::create_task(server.serve_streaming(echo)).detach();
    /// let response = http::Client::new().post(url).body("hello").await?;
    /// assert_eq!(response.text().await?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn stream<S, B, E>(stream: S) -> Reply
    where
        S: Stream<Item = Result<B, E>> + 'static,
        B: Into<Vec<u8>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = ReplyBody::Stream { stream: Box::pin(Bytes(Box::pin(stream))), length: None };
        Reply::with(StatusCode::OK, HeaderMap::new(), body)
    }

    /// Goes on with another protocol on this connection, if the client has offered it in `Upgrade`: answers `101
    /// Switching Protocols`, and runs `then` with the connection, which closes when that is done. Else the client is
    /// told with `426 Upgrade Required` what is spoken here. Headers that are added go with the `101` only.
    ///
    /// None of the server's time limits holds then. When the server shuts down, `then` is cut off after the
    /// [grace](super::Server::grace), so it may want to listen to the [token](super::Server::shutdown_token). What is
    /// left of the request's body is skipped if it is short; if not, the answer is 413.
    ///
    /// An example is at [`RequestBuilder::upgrade`](crate::http::RequestBuilder::upgrade). (In aiohttp, only
    /// `WebSocketResponse` does this.)
    ///
    /// # Panics
    /// If the name of the protocol holds a byte that a header cannot: it is written in the program, not read from
    /// somewhere.
    pub fn upgrade(protocol: &'static str, then: impl AsyncFnOnce(Upgraded) + 'static) -> Reply {
        let protocol = HeaderValue::from_static(protocol);
        let run = Box::new(|stream| Box::pin(then(stream)) as Work);
        Reply { switch: Some(Box::new(Switch { protocol, run })), ..Reply::new(StatusCode::SWITCHING_PROTOCOLS, "") }
    }

    /// If this is to be an upgrade and the client has offered that: the rest of it, and this is its head. What was not
    /// offered becomes an answer that says so.
    pub(super) fn take_switch(&mut self, offered: Option<&Protocols>) -> Option<Box<Switch>> {
        let switch = self.switch.take()?;
        let was_offered = offered.is_some_and(|offered| offered.include(switch.protocol.as_bytes()));
        if was_offered {
            self.status = StatusCode::SWITCHING_PROTOCOLS;
        } else {
            *self = StatusCode::UPGRADE_REQUIRED.into();
        }
        self.headers.insert(header::UPGRADE, switch.protocol.clone());
        self.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        was_offered.then_some(switch)
    }

    fn typed(content_type: &'static str, body: Vec<u8>) -> Reply {
        let mut reply = Reply::new(StatusCode::OK, body);
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        reply
    }

    /// The same with another status. An interim one (1xx) is no answer: the client gets a 500.
    pub fn with_status(mut self, status: StatusCode) -> Reply {
        self.status = status;
        self
    }

    /// The same with one more header line. `Connection: close` closes the connection after it;
    /// `Content-Length` and `Transfer-Encoding` are the server's business and ignored, except a
    /// length in an answer without body (to HEAD, or a 304), where it is that of another response.
    ///
    /// # Panics
    /// If the name is no header name: it is written in the program, not read from somewhere.
    pub fn with_header(mut self, name: &'static str, value: HeaderValue) -> Reply {
        let name = name.parse::<HeaderName>().expect("a valid header name");
        self.headers.append(name, value);
        self
    }

    /// The same with a stream that gives exactly so many bytes. Should it give more or fewer, the connection ends
    /// before the response does, so no client takes the wrong bytes for the right ones. Of no effect on a body that is
    /// there already.
    pub fn with_length(mut self, bytes: u64) -> Reply {
        if let ReplyBody::Stream { length, .. } = &mut self.body {
            *length = Some(bytes);
        }
        self
    }

    /// The same, but sent in chunks of so many bytes (to clients that know chunks) and without
    /// its length. Streams are sent in chunks anyway.
    pub fn chunked(mut self, bytes: usize) -> Reply {
        self.chunk_bytes = Some(bytes.max(1));
        self
    }

    fn with(status: StatusCode, headers: HeaderMap, body: ReplyBody) -> Reply {
        Reply { status, headers, body, chunk_bytes: None, switch: None }
    }

    /// Says that the connection closes, where a `Connection` of the handler's says something else.
    pub(super) fn add_close(&mut self) {
        if self.headers.contains_key(header::CONNECTION) && !self.closes() {
            self.headers.append(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Whether the handler wants the connection closed.
    pub(super) fn closes(&self) -> bool {
        self.headers.contains_key(header::CONNECTION) && !h1::keep_alive(Version::HTTP_11, &self.headers)
    }

    /// How the body is framed for a client that asked with this method and version.
    pub(super) fn framing(&self, method: &Method, version: Version) -> Framing {
        if self.has_no_body(method) {
            return Framing::Empty;
        }
        match &self.body {
            ReplyBody::Whole(_) if self.chunk_bytes.is_some() && version != Version::HTTP_10 => Framing::Chunked,
            ReplyBody::Whole(bytes) => Framing::Length(bytes.len() as u64),
            ReplyBody::Stream { length: Some(length), .. } => Framing::Length(*length),
            ReplyBody::Stream { length: None, .. } if version != Version::HTTP_10 => Framing::Chunked,
            ReplyBody::Stream { length: None, .. } => Framing::UntilClose,
        }
    }

    fn has_no_body(&self, method: &Method) -> bool {
        method == Method::HEAD || matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// Sets right what no client may be sent: an interim status as the answer, a length in a 204; and tells a HEAD what
    /// a GET would have been told.
    pub(super) fn make_final(&mut self, method: &Method, version: Version) {
        if self.status.is_informational() {
            *self = Reply::from(StatusCode::INTERNAL_SERVER_ERROR);
        }
        if self.status == StatusCode::NO_CONTENT {
            self.headers.remove(header::CONTENT_LENGTH);
        } else if method == Method::HEAD
            && let Framing::Length(length) = self.framing(&Method::GET, version)
            && !self.headers.contains_key(header::CONTENT_LENGTH)
        {
            self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
}

/// A stream whose items and errors are made ours.
struct Bytes<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Bytes<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Vec<u8>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.0.as_mut().poll_next(cx);
        item.map(|item| item.map(|item| item.map(B::into).map_err(io::Error::other)))
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Reply {
        Reply::from(text.to_owned())
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Reply {
        Reply::typed("text/plain; charset=utf-8", text.into_bytes())
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Reply {
        Reply::typed("application/octet-stream", bytes)
    }
}

/// The status with its reason as the body.
impl From<StatusCode> for Reply {
    fn from(status: StatusCode) -> Reply {
        Reply::from(status.canonical_reason().unwrap_or("")).with_status(status)
    }
}

impl From<::http::Response<Vec<u8>>> for Reply {
    fn from(response: ::http::Response<Vec<u8>>) -> Reply {
        let (parts, body) = response.into_parts();
        Reply::with(parts.status, parts.headers, ReplyBody::Whole(body))
    }
}

impl<T: Into<Reply>, E: Into<Reply>> From<Result<T, E>> for Reply {
    fn from(result: Result<T, E>) -> Reply {
        match result {
            Ok(reply) => reply.into(),
            Err(reply) => reply.into(),
        }
    }
}

/// Says how much there is, not what: a response may hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = match &self.body {
            ReplyBody::Whole(bytes) => format!("{} bytes", bytes.len()),
            ReplyBody::Stream { length: Some(length), .. } => format!("a stream of {length} bytes"),
            ReplyBody::Stream { length: None, .. } => "a stream".to_owned(),
        };
        write!(f, "Reply({}, {body})", self.status)
    }
}
