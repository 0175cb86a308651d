//! What can be done with the answer.

use std::fmt;
use std::mem;
use std::rc::Rc;

use ::http::{HeaderMap, StatusCode, Version};
use ::url::Url;
use serde::de::DeserializeOwned;

use super::Error;
use super::client::{Deadline, Shared, failed, within};
use super::connection::Connection;
use super::h1::ResponseHead;
use super::origin::Destination;

const READING: &str = "reading the body";

/// A response: its head is here, its body is read when it is asked for.
///
/// The connection is used again once the body was read to its end. Dropping a response before that
/// closes the connection.
pub struct Response {
    head: ResponseHead,
    destination: Destination,
    body: Body,
    trailers: HeaderMap,
}

enum Body {
    Reading(Box<Reading>),
    Complete,
    /// A read failed. What is missing must not look like the end.
    Lost,
}

/// What it takes to read the rest of a body.
struct Reading {
    connection: Connection,
    shared: Rc<Shared>,
    deadline: Option<Deadline>,
    limit: u64,
    /// How much of the limit is left.
    left: u64,
}

impl Response {
    pub(super) fn new(
        head: ResponseHead,
        connection: Connection,
        shared: Rc<Shared>,
        destination: Destination,
        deadline: Option<Deadline>,
        limit: u64,
    ) -> Response {
        let complete = connection.reader().is_complete();
        let reading = Reading { connection, shared, deadline, limit, left: limit };
        let body = Body::Reading(Box::new(reading));
        let mut response = Response { head, destination, body, trailers: HeaderMap::new() };
        if complete {
            response.finish();
        }
        response
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The version that the server speaks.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The header lines.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The trailer lines of a chunked body: empty until the body was read to its end.
    pub fn trailers(&self) -> &HeaderMap {
        &self.trailers
    }

    /// The URL that this is the answer for.
    pub fn url(&self) -> &Url {
        &self.destination.url
    }

    /// The response itself, unless its status is 400 or above.
    ///
    /// # Errors
    /// [`Error::Status`]; the body is not read, so the connection is closed.
    pub fn error_for_status(self) -> Result<Response, Error> {
        let status = self.status();
        if status.as_u16() >= 400 {
            return Err(Error::Status { url: self.destination.shown(), status });
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
        self.read(&mut chunk).await?;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, Error> {
        self.collect().await
    }

    /// The rest of the body as text: it is taken for UTF-8, with U+FFFD for what is not. (The
    /// charset of `Content-Type` is not looked at yet.)
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text(mut self) -> Result<String, Error> {
        let bytes = self.collect().await?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// The rest of the body, which is JSON, whatever `Content-Type` says.
    ///
    /// # Errors
    /// [`Error::DecodeJson`] if it is not what `T` wants; else see [`Error`].
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.collect().await?;
        let error = |source| Error::DecodeJson { url: self.destination.shown(), source };
        serde_json::from_slice(&bytes).map_err(error)
    }

    async fn collect(&mut self) -> Result<Vec<u8>, Error> {
        /// What is reserved on the mere word of the server.
        const TRUSTED: u64 = 64 * 1024;
        let declared = match &self.body {
            Body::Reading(reading) => reading.connection.reader().remaining().unwrap_or(0),
            Body::Complete | Body::Lost => 0,
        };
        let mut bytes = Vec::with_capacity(declared.min(TRUSTED) as usize);
        while self.read(&mut bytes).await? {}
        Ok(bytes)
    }

    /// Appends what comes next, and says whether there may be more.
    async fn read(&mut self, sink: &mut Vec<u8>) -> Result<bool, Error> {
        let reading = match &mut self.body {
            Body::Reading(reading) => reading,
            Body::Complete => return Ok(false),
            Body::Lost => return Err(Error::BodyLost { url: self.destination.shown() }),
        };
        let result = reading.read(sink, &self.destination).await;
        let complete = reading.connection.reader().is_complete();
        match result {
            Ok(()) if complete => self.finish(),
            Ok(()) => {}
            Err(error) => {
                self.body = Body::Lost;
                return Err(error);
            }
        }
        Ok(!complete)
    }

    /// The body is complete: keeps its trailers and gives the connection back.
    fn finish(&mut self) {
        if let Body::Reading(reading) = mem::replace(&mut self.body, Body::Complete) {
            let Reading { connection, shared, .. } = *reading;
            self.trailers = connection.reader().trailers().cloned().unwrap_or_default();
            shared.pool.put(&self.destination.origin, connection);
        }
    }
}

impl Reading {
    async fn read(&mut self, sink: &mut Vec<u8>, to: &Destination) -> Result<(), Error> {
        let before = sink.len();
        let read = self.connection.read_body(sink);
        within(self.deadline, to, READING, read).await?.map_err(|f| failed(f, to, READING))?;
        let received = (sink.len() - before) as u64;
        let left = self.left.checked_sub(received);
        let limit = self.limit;
        self.left = left.ok_or_else(|| Error::BodyTooLarge { url: to.shown(), limit })?;
        Ok(())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.head.status)
            .field("version", &self.head.version)
            .field("url", &self.destination.shown())
            .field("header_lines", &self.head.headers.len())
            .finish_non_exhaustive()
    }
}
