//! What can be done with the answer. (`response/reading.rs`: how its body gets here.)

use std::cell::OnceCell;
use std::fmt;
use std::mem;

use ::http::{HeaderMap, StatusCode, Version, header};
use ::url::Url;
use serde::de::DeserializeOwned;

use super::events::Watch;
use super::h1::{Headers, ResponseHead};
use super::origin::Destination;
use super::pool::Lease;
use super::request::Hop;
use super::{Error, Upgraded, charset};

mod reading;
mod stream;

use reading::Reading;
pub use stream::BytesStream;

/// A response: its head is here, its body is read when it is asked for.
///
/// The connection is used again once the body was read to its end. Dropping a response before that
/// closes the connection.
pub struct Response {
    /// Boxed, as a response goes through many hands.
    inner: Box<Inner>,
}

struct Inner {
    head: ResponseHead,
    destination: Destination,
    body: Body,
    /// Empty until the body is complete, and mostly then too.
    trailers: OnceCell<Box<HeaderMap>>,
    redirects: usize,
    is_reused: bool,
}

enum Body {
    Reading(Reading),
    Complete,
    /// A read failed. What is missing must not look like the end.
    Lost,
}

impl Response {
    /// What has come on this connection, where its head is.
    ///
    /// # Errors
    /// The body is longer than allowed, as the head says already, or nobody here could decode it.
    pub(super) fn new(
        mut lease: Lease,
        watch: &Watch,
        redirects: usize,
        hop: Box<Hop>,
    ) -> Result<Response, Box<Error>> {
        let Hop { destination, options, .. } = *hop;
        let head = lease.take_head();
        let is_reused = lease.is_reused();
        let is_complete = lease.reader().is_complete();
        let reading = Reading::new(lease, watch.clone(), &head.lines, &options, &destination)?;
        let body = Body::Reading(reading);
        let trailers = OnceCell::new();
        let inner = Inner { head, destination, body, trailers, redirects, is_reused };
        let mut response = Response { inner: Box::new(inner) };
        // What comes behind a `101` is still to be read, if not as HTTP.
        if is_complete && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response.finish();
        }
        Ok(response)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.inner.head.status
    }

    /// The version that the server speaks.
    pub fn version(&self) -> Version {
        self.inner.head.version
    }

    /// The header lines, as they came: `Content-Encoding` and `Content-Length` tell of the body before it is decoded,
    /// as in aiohttp. The first call makes the map.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.head.lines.map()
    }

    /// The trailer lines of a chunked body: empty until the body was read to its end.
    pub fn trailers(&self) -> &HeaderMap {
        self.inner.trailers.get_or_init(Box::default)
    }

    /// The URL that this is the answer for: after redirects, the last one.
    pub fn url(&self) -> &Url {
        &self.inner.destination.url
    }

    /// How many redirects led here.
    pub fn redirects(&self) -> usize {
        self.inner.redirects
    }

    /// Whether it came over a connection that an earlier request had used.
    pub fn is_reused(&self) -> bool {
        self.inner.is_reused
    }

    /// The response itself, unless its status is 400 or above.
    ///
    /// # Errors
    /// [`Error::Status`]; the body is not read, so the connection is closed.
    pub fn error_for_status(self) -> Result<Response, Error> {
        let status = self.status();
        if status.as_u16() >= 400 {
            return Err(Error::Status { url: self.inner.destination.shown(), status });
        }
        Ok(self)
    }

    /// The next part of the body, as it arrives; `None` at its end.
    ///
    /// # Errors
    /// See [`Error`]. After an error every further call fails too: a lost body never looks complete.
    ///
    /// # Cancel safety
    /// Cancel-safe: nothing is lost when the future is dropped.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut chunk = Vec::new();
        self.read(&mut chunk).await.map_err(|error| *error)?;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// The body as a stream of its parts, as they arrive. No more is read than is asked for.
    ///
    /// ```
    /// # use glassloop::http::{self, Server, Request};
    /// use futures_util::TryStreamExt;
    ///
    /// # glassloop::run(async {
    /// # let server = Server::bind("127.0.0.1:0").await?;
    /// # let url = format!("http://{}", server.local_addr());
    /// # glassloop::create_task(server.serve(async |_: Request| "hello")).detach();
    /// let parts: Vec<Vec<u8>> = http::get(url).await?.bytes_stream().try_collect().await?;
    /// assert_eq!(parts.concat(), b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn bytes_stream(self) -> BytesStream {
        BytesStream::new(self)
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, Error> {
        self.collect().await.map_err(|error| *error)
    }

    /// The rest of the body as text, with U+FFFD for what is none: a byte order mark tells the charset, else
    /// `Content-Type` does, else it is UTF-8.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text(mut self) -> Result<String, Error> {
        let bytes = self.collect().await.map_err(|error| *error)?;
        Ok(charset::text(bytes, self.content_type()))
    }

    /// The rest of the body, which is JSON, whatever `Content-Type` says it is; its charset is that of
    /// [`text`](Response::text).
    ///
    /// # Errors
    /// [`Error::DecodeJson`] if it is not what `T` wants; else see [`Error`].
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.collect().await.map_err(|error| *error)?;
        let text = charset::text(bytes, self.content_type());
        let error = |source| Error::DecodeJson { url: self.inner.destination.shown(), source };
        serde_json::from_str(&text).map_err(error)
    }

    /// The connection itself, after a `101 Switching Protocols`: what comes next on it is in the protocol that the
    /// `Upgrade` header of this response names. See [`RequestBuilder::upgrade`](super::RequestBuilder::upgrade).
    ///
    /// None of the request's time limits goes on. (In aiohttp only `ws_connect` does this.)
    ///
    /// # Errors
    /// [`Error::NotUpgraded`] if the status is another one. The connection is closed.
    pub fn upgrade(self) -> Result<Upgraded, Error> {
        match self.inner.body {
            Body::Reading(reading) if self.inner.head.status == StatusCode::SWITCHING_PROTOCOLS => {
                Ok(Upgraded::client(reading.into_lease()))
            }
            _ => Err(Error::NotUpgraded { url: self.inner.destination.shown(), status: self.inner.head.status }),
        }
    }

    fn content_type(&self) -> Option<&[u8]> {
        self.inner.head.lines.values_of(&header::CONTENT_TYPE).next()
    }

    async fn collect(&mut self) -> Result<Vec<u8>, Box<Error>> {
        /// What is reserved on the mere word of the server.
        const TRUSTED: u64 = 64 * 1024;
        let declared = match &self.inner.body {
            Body::Reading(reading) => reading.expected().unwrap_or(0),
            Body::Complete | Body::Lost => 0,
        };
        let mut bytes = Vec::with_capacity(declared.min(TRUSTED) as usize);
        while self.read(&mut bytes).await? {}
        Ok(bytes)
    }

    /// Appends what comes next, and says whether there may be more.
    async fn read(&mut self, sink: &mut Vec<u8>) -> Result<bool, Box<Error>> {
        let reading = match &mut self.inner.body {
            Body::Reading(reading) => reading,
            Body::Complete => return Ok(false),
            Body::Lost => return Err(Error::BodyLost { url: self.inner.destination.shown() }.into()),
        };
        match reading.read(sink, &self.inner.destination).await {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.finish();
                Ok(false)
            }
            Err(error) => {
                reading.failed(&error);
                self.inner.body = Body::Lost;
                Err(error)
            }
        }
    }

    /// The body is complete: keeps its trailers and gives the connection back.
    fn finish(&mut self) {
        if let Body::Reading(reading) = mem::replace(&mut self.inner.body, Body::Complete) {
            self.inner.trailers = reading.finish().map(Box::new).map(OnceCell::from).unwrap_or_default();
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.inner.head.status)
            .field("version", &self.inner.head.version)
            .field("url", &self.inner.destination.shown())
            .field("header_lines", &self.inner.head.lines.len())
            .finish_non_exhaustive()
    }
}
