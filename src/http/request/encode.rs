//! What of a request goes over the wire.

use std::borrow::Cow;
use std::rc::Rc;

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, Version};

use super::Hop;
use crate::http::Error;
use crate::http::body::Source;
use crate::http::client::Shared;
use crate::http::connect::Route;
use crate::http::connection::{Head, Outgoing};
use crate::http::decode::ACCEPTED;
use crate::http::h1::{Framing, Protocols, encode_request_head, keep_alive};

const USER_AGENT: &str = concat!("glassloop/", env!("CARGO_PKG_VERSION"));

/// Bodies up to this size are copied behind the head, so that the request is one write.
const SMALL_BODY: usize = 16 * 1024;

/// Room for the head of most requests.
const HEAD_ROOM: usize = 512;

/// A request as it is sent, as often as it is.
pub(in crate::http) struct Message {
    head: Rc<Head>,
    /// The body is in the same bytes.
    holds_body: bool,
    expects_continue: bool,
    closes: bool,
    offered: Option<Protocols>,
}

impl Message {
    /// For one sending.
    ///
    /// # Errors
    /// The body was sent before and cannot be sent again.
    pub(in crate::http) fn outgoing(&self, hop: &Hop) -> Result<Outgoing, Error> {
        let body = match self.holds_body {
            true => Some(Source::Nothing),
            false => hop.body.start(),
        };
        Ok(Outgoing {
            method: hop.method.clone(),
            head: Rc::clone(&self.head),
            body: body.ok_or_else(|| hop.invalid(&"the body was sent before and cannot be sent again"))?,
            expects_continue: self.expects_continue,
            closes: self.closes,
            offered: self.offered.clone(),
        })
    }
}

impl Hop {
    /// The head, and behind it the body if that is small.
    ///
    /// # Errors
    /// Something may not be sent.
    pub(in crate::http) fn encode(&self, shared: &Shared, route: &Route) -> Result<Message, Error> {
        let framing = self.framing();
        let expects_continue = !matches!(framing, Framing::Empty | Framing::Length(0))
            && (self.options.expects_continue || asks_to_continue(&self.headers));
        let headers = self.headers_with_cookies(shared);
        let target = self.target(route);
        let mut out = Vec::with_capacity(HEAD_ROOM);
        let own = self.own_headers(route, expects_continue);
        let host = self.destination.host().as_bytes();
        encode_request_head(&mut out, &self.method, &target, host, &headers, own, framing)
            .map_err(|error| self.invalid(&error))?;

        let small = self.body.in_memory().filter(|body| body.len() <= SMALL_BODY && !expects_continue);
        if let Some(body) = small {
            out.extend_from_slice(body);
        }
        Ok(Message {
            head: Rc::new(Head(out)),
            holds_body: small.is_some(),
            expects_continue,
            closes: !keep_alive(Version::HTTP_11, &headers),
            offered: Protocols::of(Version::HTTP_11, &headers),
        })
    }

    /// What is sent, beside `Host`, unless the request brings its own.
    fn own_headers<'a>(
        &self,
        route: &'a Route,
        expects_continue: bool,
    ) -> impl Iterator<Item = (HeaderName, &'a [u8])> + use<'a> {
        // A part of something encoded could not be decoded.
        let may_be_encoded = self.options.decompress && !self.headers.contains_key(header::RANGE);
        let proxy = route.proxy_authorization().map(HeaderValue::as_bytes);
        [
            Some((header::USER_AGENT, USER_AGENT.as_bytes())),
            Some((header::ACCEPT, b"*/*".as_slice())),
            ACCEPTED.filter(|_| may_be_encoded).map(|codings| (header::ACCEPT_ENCODING, codings.as_bytes())),
            proxy.map(|credentials| (header::PROXY_AUTHORIZATION, credentials)),
            expects_continue.then_some((header::EXPECT, b"100-continue".as_slice())),
        ]
        .into_iter()
        .flatten()
    }

    /// A method that is expected to have a body says so also when that is empty.
    fn framing(&self) -> Framing {
        match self.body.framing() {
            Framing::Length(0) if !has_body(&self.method) => Framing::Empty,
            framing => framing,
        }
    }

    /// The request target: the whole URL for a proxy that forwards it, else path and query.
    fn target(&self, route: &Route) -> Cow<'_, str> {
        let path = self.destination.target();
        match route.wants_absolute_form() {
            true => format!("{}://{}{path}", self.destination.url.scheme(), self.destination.host()).into(),
            false => path.into(),
        }
    }

    #[cfg(feature = "cookies")]
    fn headers_with_cookies(&self, shared: &Shared) -> Cow<'_, HeaderMap> {
        let jar = shared.cookies.as_ref();
        match jar.and_then(|jar| jar.header(&self.destination.url, self.headers.get(header::COOKIE))) {
            None => Cow::Borrowed(&self.headers),
            Some(cookies) => {
                let mut headers = self.headers.clone();
                headers.insert(header::COOKIE, cookies);
                Cow::Owned(headers)
            }
        }
    }

    #[cfg(not(feature = "cookies"))]
    fn headers_with_cookies(&self, _: &Shared) -> Cow<'_, HeaderMap> {
        Cow::Borrowed(&self.headers)
    }
}

/// Whether a body is what this method is about.
fn has_body(method: &Method) -> bool {
    method == Method::POST || method == Method::PUT || method == Method::PATCH
}

fn asks_to_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
