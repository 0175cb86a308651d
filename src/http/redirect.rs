//! Whether a redirect is followed, and what the next request then looks like.
//!
//! No I/O. The rules are those of browsers: 301 and 302 make a POST a GET, 303 makes everything but HEAD a GET, 307 and
//! 308 change nothing. When scheme, host or port change, everything that was meant for the first server alone is
//! dropped, and stays dropped, also if a later redirect leads back.

use std::fmt;
use std::rc::Rc;

use ::http::header::{self, HeaderMap, HeaderName};
use ::http::{Method, StatusCode};
use ::url::{ParseError, Url};

use super::h1::Headers;
use super::origin::{Destination, escape_controls, has_forbidden_byte};
use super::request::Hop;
use super::{Body, Error};

/// How many redirects are followed if nothing else is said; as in aiohttp.
pub(super) const DEFAULT_LIMIT: usize = 10;

/// Which redirects a client follows ([`ClientBuilder::redirects`](super::ClientBuilder::redirects)).
///
/// ```
/// use glassloop::http::{Client, redirect::{Action, Policy}};
///
/// let at_home = Policy::custom(|attempt| {
///     if attempt.count() > 5 {
///         Action::Refuse("too many".into())
///     } else if attempt.to().host_str() == attempt.from().host_str() {
///         Action::Follow
///     } else {
///         Action::Stop // the redirect itself is the answer
///     }
/// });
/// let client = Client::builder().redirects(at_home).build();
/// # drop(client);
/// ```
#[derive(Clone)]
pub struct Policy(Kind);

#[derive(Clone)]
enum Kind {
    Limited(usize),
    Custom(Rc<dyn Fn(&mut Attempt<'_>) -> Action>),
}

/// What is to be done with a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Follow it.
    Follow,
    /// Take it for the answer.
    Stop,
    /// Fail, with this reason ([`Error::Redirect`]).
    Refuse(String),
}

/// A redirect that is about to be followed.
pub struct Attempt<'a> {
    status: StatusCode,
    from: &'a Url,
    to: &'a Url,
    count: usize,
    headers: &'a mut HeaderMap,
}

impl Policy {
    /// Follow so many, then fail ([`Error::TooManyRedirects`]). 0 is the same as [`Policy::none`].
    pub fn limited(limit: usize) -> Policy {
        Policy(Kind::Limited(limit))
    }

    /// Follow none: a redirect is the answer.
    pub fn none() -> Policy {
        Policy::limited(0)
    }

    /// Ask this function about each. It has to count itself ([`Attempt::count`]); only the total time ends a circle
    /// that it follows for ever.
    pub fn custom(decide: impl Fn(&mut Attempt<'_>) -> Action + 'static) -> Policy {
        Policy(Kind::Custom(Rc::new(decide)))
    }

    /// Whether redirects are so much as looked at.
    fn is_none(&self) -> bool {
        matches!(self.0, Kind::Limited(0))
    }
}

impl Default for Policy {
    /// Follow 10.
    fn default() -> Policy {
        Policy::limited(DEFAULT_LIMIT)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Limited(limit) => write!(f, "Policy(at most {limit})"),
            Kind::Custom(_) => f.write_str("Policy(custom)"),
        }
    }
}

impl Attempt<'_> {
    /// The status of the redirect.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The URL that answered with it.
    pub fn from(&self) -> &Url {
        self.from
    }

    /// Where it leads to.
    pub fn to(&self) -> &Url {
        self.to
    }

    /// Which redirect of this request it is, from 1.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The headers of the next request, to drop more of them, or to add some. (Those that this client makes itself for
    /// each request, such as `Host` and the cookies it keeps, are not among them.)
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.host_str(), self.to.host_str());
        f.debug_struct("Attempt")
            .field("status", &self.status)
            .field("from", &from)
            .field("to", &to)
            .finish_non_exhaustive()
    }
}

/// What is said of redirects in a client's settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Redirects {
    pub(super) policy: Policy,
    /// Headers that are for one server alone, beside the known ones.
    pub(super) secret: Vec<HeaderName>,
}

impl Redirects {
    /// Turns this request into the one that the response asks for; `false` if the response is the answer. `count` says
    /// which redirect it is, from 1.
    pub(super) fn follow(
        &self,
        hop: &mut Hop,
        status: StatusCode,
        headers: &impl Headers,
        count: usize,
    ) -> Result<bool, Error> {
        if !is_redirect(status) || self.policy.is_none() {
            return Ok(false);
        }
        let refused = |what: String| Error::Redirect { url: hop.destination.shown(), what };
        let Some(location) = location(headers).map_err(refused)? else { return Ok(false) };
        if let Kind::Limited(limit) = self.policy.0
            && count > limit
        {
            return Err(Error::TooManyRedirects { url: hop.destination.shown(), limit });
        }
        let next = resolve(&hop.destination.url, location).map_err(refused)?;

        let mut method = hop.method.clone();
        let mut new_headers = hop.headers.clone();
        let keeps_body = !becomes_get(&method, status);
        if !keeps_body {
            method = Method::GET;
            drop_body_headers(&mut new_headers);
        }
        if next.origin != hop.destination.origin {
            self.drop_secrets(&mut new_headers);
        }
        if let Kind::Custom(decide) = &self.policy.0 {
            let (from, to) = (&hop.destination.url, &next.url);
            let mut attempt = Attempt { status, from, to, count, headers: &mut new_headers };
            match decide(&mut attempt) {
                Action::Follow => {}
                Action::Stop => return Ok(false),
                Action::Refuse(why) => return Err(refused(escape_controls(&why))),
            }
        }
        if keeps_body && !hop.body.is_replayable() {
            return Err(refused("the body cannot be sent again".into()));
        }
        if method != hop.method {
            hop.body = Body::empty();
        }
        (hop.method, hop.destination, hop.headers) = (method, next, new_headers);
        Ok(true)
    }

    fn drop_secrets(&self, headers: &mut HeaderMap) {
        let known = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION, header::HOST];
        let marked: Vec<HeaderName> =
            headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()).collect();
        for name in known.iter().chain(&self.secret).chain(&marked) {
            headers.remove(name);
        }
    }
}

/// The statuses that have a rule. (300 leaves the choice to the reader, 304 is no redirect, 305 would be a proxy's.)
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn becomes_get(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        301 | 302 => method == Method::POST,
        303 => method != Method::HEAD && method != Method::GET,
        _ => false,
    }
}

/// What says something about a body that is no longer there.
fn drop_body_headers(headers: &mut HeaderMap) {
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LOCATION,
        header::CONTENT_RANGE,
        header::CONTENT_DISPOSITION,
        header::TRANSFER_ENCODING,
        header::TRAILER,
        header::EXPECT,
    ] {
        headers.remove(name);
    }
}

/// The one `Location`; `None` without any.
fn location(headers: &impl Headers) -> Result<Option<&[u8]>, String> {
    let mut lines = headers.values_of(&header::LOCATION);
    let first = lines.next();
    if lines.any(|line| Some(line) != first) {
        return Err("there are several Locations, which differ".into());
    }
    Ok(first)
}

/// Where a `Location` leads to from here.
fn resolve(base: &Url, location: &[u8]) -> Result<Destination, String> {
    // Bytes beyond ASCII, in whatever charset, are kept as they are by percent-encoding them.
    let text: String = location.iter().map(|&byte| Escaped(byte).to_string()).collect();
    let unusable = |why: &dyn fmt::Display| format!("unusable Location `{}`: {why}", shorten(&text));
    if has_forbidden_byte(&text) {
        return Err(unusable(&"it has a control byte or a backslash"));
    }
    let is_absolute = !matches!(Url::parse(&text), Err(ParseError::RelativeUrlWithoutBase));
    if !is_absolute && text.strip_prefix("//").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    {
        return Err(unusable(&"it names no host"));
    }
    let joined = match is_absolute {
        true => text.clone(),
        false => base.join(&text).map_err(|error| unusable(&error))?.into(),
    };
    let mut next = Destination::parse(&joined).map_err(|error| unusable(&error.what()))?;
    // The server has no business with our credentials, nor we with those it would have us send.
    let url = Rc::make_mut(&mut next.url);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.fragment().is_none() {
        url.set_fragment(base.fragment());
    }
    Ok(next)
}

struct Escaped(u8);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..0x80 => write!(f, "{}", char::from(self.0)),
            byte => write!(f, "%{byte:02X}"),
        }
    }
}

fn shorten(text: &str) -> String {
    super::origin::redact(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &str, location: &[u8]) -> String {
        match resolve(&Url::parse(base).unwrap(), location) {
            Ok(next) => next.url.to_string(),
            Err(what) => what,
        }
    }

    #[test]
    fn rule_09_locations_are_resolved_as_references() {
        for (location, expected) in [
            (&b"next"[..], "http://h.test/a/next#f"),
            (b"/x?y", "http://h.test/x?y#f"),
            (b"?y", "http://h.test/a/b?y#f"),
            (b"", "http://h.test/a/b?q#f"),
            (b"#g", "http://h.test/a/b?q#g"),
            (b"../..", "http://h.test/#f"),
            (b"//o.test/x", "http://o.test/x#f"),
            (b"HTTP://O.test:81/x#g", "http://o.test:81/x#g"),
            (b"/%0d%0aEvil:%201", "http://h.test/%0d%0aEvil:%201#f"),
            (b"/a b", "http://h.test/a%20b#f"),
            (b"/caf\xe9\xc3\xa9", "http://h.test/caf%E9%C3%A9#f"),
            (b"http://b\xc3\xbccher.test/", "http://xn--bcher-kva.test/#f"),
            (b"http://u:p@o.test/", "http://o.test/#f"),
        ] {
            assert_eq!(resolved("http://h.test/a/b?q#f", location), expected);
        }
    }

    #[test]
    fn rule_09_and_18_unusable_locations_are_refused() {
        for (location, part) in [
            (&b"file:///etc/passwd"[..], "unsupported scheme `file`"),
            (b"javascript:alert(1)", "unsupported scheme"),
            (b"http://[::bad", "invalid IPv6"),
            (b"http:x", "no host"),
            (b"http:///x", "no host"),
            (b"///x", "no host"),
            (b"//", "no host"),
            (b"/\\evil.test", "backslash"),
            (b"\\\\evil.test/x", "backslash"),
            (b"/a\tb", "control byte"),
            (b"http://h:99999/", "port"),
        ] {
            let what = resolved("http://h.test/", location);
            assert!(what.contains(part), "{what}");
            assert!(!what.chars().any(char::is_control), "{what:?}");
        }
    }
}
