//! What of a request goes over the wire.

use std::borrow::Cow;

use ::http::header::{self, HeaderMap};
use ::http::{Method, Version};

use super::Hop;
use crate::http::Error;
use crate::http::body::Source;
use crate::http::client::Shared;
use crate::http::connect::Route;
use crate::http::connection::{Head, Outgoing};
use crate::http::decode::ACCEPTED;
use crate::http::h1::{Framing, Headers, Protocols, ReadyLine, encode_request_head, keep_alive};

const USER_AGENT: &str = concat!("glassloop/", env!("CARGO_PKG_VERSION"));

/// Bodies up to this size are copied behind the head, so that the request is one write.
const SMALL_BODY: usize = 16 * 1024;

/// Room for the head of most requests.
const HEAD_ROOM: usize = 512;

/// What each request says by itself, unless it brings its own: ready to be sent, as most requests say all of it.
pub(in crate::http) struct OwnLines {
    user_agent: ReadyLine,
    accept: ReadyLine,
    accept_encoding: Option<ReadyLine>,
    expect: ReadyLine,
}

impl OwnLines {
    pub(in crate::http) fn new() -> OwnLines {
        let line = |name, value: &str| {
            ReadyLine::new(name, value.as_bytes()).expect("what is written in this file can be sent")
        };
        OwnLines {
            user_agent: line(header::USER_AGENT, USER_AGENT),
            accept: line(header::ACCEPT, "*/*"),
            accept_encoding: ACCEPTED.map(|codings| line(header::ACCEPT_ENCODING, codings)),
            expect: line(header::EXPECT, "100-continue"),
        }
    }
}

impl Hop {
    /// The head, in this memory, and behind it the body if that is small.
    ///
    /// # Errors
    /// Something may not be sent; or the body was sent before, and cannot be sent again.
    pub(in crate::http) fn encode(
        &self,
        shared: &Shared,
        route: &Route,
        mut memory: Vec<u8>,
    ) -> Result<Outgoing, Error> {
        let framing = self.framing();
        let expects_continue = !matches!(framing, Framing::Empty | Framing::Length(0))
            && (self.options.expects_continue || asks_to_continue(&self.headers));
        let headers = &*self.headers_with_cookies(shared);
        let for_proxy = self.line_for_proxy(route)?;
        let own = self.own_lines(&shared.own_lines, for_proxy.as_ref(), expects_continue);
        let (target, host) = (self.target(route), &self.destination.origin.host_line);
        memory.reserve(HEAD_ROOM);
        encode_request_head(&mut memory, &self.method, &target, host, headers, own, framing)
            .map_err(|error| self.invalid(&error))?;

        let small = self.body.in_memory().filter(|body| body.len() <= SMALL_BODY && !expects_continue);
        let body = match small {
            Some(body) => {
                memory.extend_from_slice(body);
                Some(Source::Nothing)
            }
            None => self.body.start(),
        };
        Ok(Outgoing {
            head: Head(memory),
            body: body.ok_or_else(|| self.invalid(&"the body was sent before and cannot be sent again"))?,
            expects_continue,
            closes: !keep_alive(Version::HTTP_11, headers),
            offered: Protocols::of(Version::HTTP_11, headers),
        })
    }

    /// Of what the client says by itself, what this request has a use for.
    fn own_lines<'a>(
        &self,
        own: &'a OwnLines,
        for_proxy: Option<&'a ReadyLine>,
        expects_continue: bool,
    ) -> impl Iterator<Item = &'a ReadyLine> + use<'a> {
        // A part of something encoded could not be decoded.
        let may_be_encoded = self.options.decompress && !self.headers.has(&header::RANGE);
        let lines = [
            Some(&own.user_agent),
            Some(&own.accept),
            own.accept_encoding.as_ref().filter(|_| may_be_encoded),
            for_proxy,
            Some(&own.expect).filter(|_| expects_continue),
        ];
        lines.into_iter().flatten()
    }

    /// The credentials for a proxy that forwards this request.
    fn line_for_proxy(&self, route: &Route) -> Result<Option<ReadyLine>, Error> {
        let Some(credentials) = route.proxy_authorization() else { return Ok(None) };
        let line = ReadyLine::new(header::PROXY_AUTHORIZATION, credentials.as_bytes());
        line.map(Some).map_err(|error| self.invalid(&error))
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
