//! What can be asked.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, Version};
use serde::Serialize;

use super::client::{Shared, execute};
use super::connection::Message;
use super::h1::{Framing, encode_request_head, keep_alive};
use super::origin::Destination;
use super::{Error, Response, auth};

const USER_AGENT: &str = concat!("glassloop/", env!("CARGO_PKG_VERSION"));

/// Bodies up to this size are copied behind the head, so that the request is one write.
const SMALL_BODY: usize = 16 * 1024;

/// The future of an awaited [`RequestBuilder`].
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Error>>>>;

/// A request that is being put together. [`send`](RequestBuilder::send) it, or just await it.
///
/// Whatever is wrong with the URL, a header or the body is reported then, before a byte is sent.
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct RequestBuilder {
    shared: Rc<Shared>,
    draft: Result<Draft, Error>,
}

struct Draft {
    method: Method,
    destination: Destination,
    headers: HeaderMap,
    body: Vec<u8>,
    timeout: Option<Duration>,
    max_body_bytes: u64,
}

/// A request in its final form.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) destination: Destination,
    pub(super) message: Rc<Message>,
    /// The request itself asks the server to close.
    pub(super) closes: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) max_body_bytes: u64,
}

impl RequestBuilder {
    pub(super) fn new(shared: Rc<Shared>, method: Method, url: &str) -> RequestBuilder {
        let settings = shared.settings;
        let draft = Destination::parse(url).map(|destination| Draft {
            method,
            destination,
            headers: HeaderMap::new(),
            body: Vec::new(),
            timeout: settings.timeout,
            max_body_bytes: settings.max_body_bytes,
        });
        RequestBuilder { shared, draft }
    }

    /// Adds a header line. `Host`, `User-Agent`, `Accept` and `Authorization` replace what the client
    /// would send; `Content-Length` and `Transfer-Encoding` are ignored in favour of the true framing.
    pub fn header<N, V>(self, name: N, value: V) -> RequestBuilder
    where
        N: TryInto<HeaderName, Error: fmt::Display>,
        V: TryInto<HeaderValue, Error: fmt::Display>,
    {
        self.change(|draft| {
            let name = name.try_into().map_err(|error| draft.invalid(&error))?;
            let value = value.try_into().map_err(|error| draft.invalid(&error))?;
            let added = draft.headers.try_append(name, value);
            added.map(|_| ()).map_err(|error| draft.invalid(&error))
        })
    }

    /// Sets the body; its length is sent with it.
    pub fn body(self, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.change(|draft| {
            draft.body = body.into();
            Ok(())
        })
    }

    /// Sets the body to this value as JSON, and `Content-Type` if it is not set yet.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> RequestBuilder {
        self.change(|draft| {
            let error = |source| Error::EncodeJson { url: draft.destination.shown(), source };
            draft.body = serde_json::to_vec(value).map_err(error)?;
            draft.default_header(header::CONTENT_TYPE, "application/json");
            Ok(())
        })
    }

    /// How long the whole request may take, in place of the client's limit; `None` for ever.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> RequestBuilder {
        self.change(|draft| {
            draft.timeout = timeout.into();
            Ok(())
        })
    }

    /// The largest response body, in bytes, in place of the client's limit.
    pub fn max_body_bytes(self, bytes: u64) -> RequestBuilder {
        self.change(|draft| {
            draft.max_body_bytes = bytes;
            Ok(())
        })
    }

    /// Sends the request and waits for the head of the response. The status is not judged
    /// ([`Response::error_for_status`] does that).
    ///
    /// # Errors
    /// See [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future closes its connection; whether the server saw the request is unknown.
    pub async fn send(self) -> Result<Response, Error> {
        let prepared = self.draft?.prepare()?;
        execute(self.shared, prepared).await
    }

    fn change(mut self, change: impl FnOnce(&mut Draft) -> Result<(), Error>) -> RequestBuilder {
        if let Ok(draft) = &mut self.draft
            && let Err(error) = change(draft)
        {
            self.draft = Err(error);
        }
        self
    }
}

impl Draft {
    fn prepare(mut self) -> Result<Prepared, Error> {
        if self.method == Method::CONNECT {
            return Err(self.invalid(&"CONNECT would turn the connection into a tunnel"));
        }
        if !self.headers.contains_key(header::HOST) {
            let host = self.destination.host_header();
            let host = host.ok_or_else(|| self.invalid(&"the host is not a valid header value"))?;
            self.headers.insert(header::HOST, host);
        }
        if !self.headers.contains_key(header::AUTHORIZATION)
            && let Some(credentials) = auth::basic(&self.destination.url)
        {
            self.headers.insert(header::AUTHORIZATION, credentials);
        }
        self.default_header(header::USER_AGENT, USER_AGENT);
        self.default_header(header::ACCEPT, "*/*");

        let mut head = Vec::with_capacity(512);
        let framing = self.framing();
        let target = self.destination.target();
        encode_request_head(&mut head, &self.method, target, &self.headers, framing)
            .map_err(|error| self.invalid(&error))?;
        if self.body.len() <= SMALL_BODY {
            head.append(&mut self.body);
        }
        Ok(Prepared {
            closes: !keep_alive(Version::HTTP_11, &self.headers),
            method: self.method,
            destination: self.destination,
            message: Rc::new(Message { head, body: self.body }),
            timeout: self.timeout,
            max_body_bytes: self.max_body_bytes,
        })
    }

    /// A method that is expected to have a body says so also when that is empty.
    fn framing(&self) -> Framing {
        let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        match self.body.len() as u64 {
            0 if !has_body => Framing::Empty,
            length => Framing::Length(length),
        }
    }

    fn default_header(&mut self, name: HeaderName, value: &'static str) {
        if !self.headers.contains_key(&name) {
            self.headers.insert(name, HeaderValue::from_static(value));
        }
    }

    fn invalid(&self, what: &dyn fmt::Display) -> Error {
        Error::InvalidRequest { url: self.destination.shown(), what: what.to_string() }
    }
}

impl IntoFuture for RequestBuilder {
    type Output = Result<Response, Error>;
    type IntoFuture = ResponseFuture;

    fn into_future(self) -> ResponseFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("RequestBuilder");
        match &self.draft {
            Ok(draft) => f
                .field("method", &draft.method)
                .field("url", &draft.destination.shown())
                .field("body_bytes", &draft.body.len()),
            Err(error) => f.field("error", error),
        };
        f.finish_non_exhaustive()
    }
}
