//! What a URL leads to, and whether it may be used at all.
//!
//! One parser (the `url` crate's) decides where we connect, what `Host` says and which connections
//! may be shared, so that the three can never disagree. It forgives what browsers forgive; what
//! would change its meaning silently (line ends, backslashes, missing slashes) is refused before.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use ::http::header;
use ::url::{Host, ParseError, Position, Url};

use super::Error;
use super::h1::ReadyLine;

mod known;

pub(super) use known::Known;

/// Whom a connection leads to: connections of one origin may be shared, others never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    /// The `Host` line of each request, ready to be sent.
    pub(super) host_line: ReadyLine,
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Origin) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Origin {
    /// The `Host` line follows from the rest.
    fn cmp(&self, other: &Origin) -> Ordering {
        (self.scheme, &self.host, self.port).cmp(&(other.scheme, &other.host, other.port))
    }
}

/// What is spoken on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scheme {
    Http,
    /// HTTP inside of TLS.
    Https,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A checked URL: where a request goes.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// Shared, as most requests go where one has gone before.
    pub(super) url: Rc<Url>,
    pub(super) origin: Rc<Origin>,
}

impl Destination {
    /// Parses an absolute `http` or `https` URL.
    pub(super) fn parse(text: &str) -> Result<Destination, Error> {
        let shown = || redact(text);
        if has_forbidden_byte(text) {
            return Err(Error::ForbiddenByteInUrl { url: shown() });
        }
        let url = Url::parse(text).map_err(|source| match source {
            ParseError::EmptyHost => Error::UrlWithoutHost { url: shown() },
            source => Error::InvalidUrl { url: shown(), source },
        })?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            #[cfg(feature = "tls")]
            "https" => Scheme::Https,
            other => return Err(Error::UnsupportedScheme { url: shown(), scheme: other.to_owned() }),
        };
        // `http:///x` and `http:x` would be taken for `http://x/`.
        let authority = text.trim().split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
        if authority.is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#'])) {
            return Err(Error::UrlWithoutHost { url: shown() });
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Error::UrlWithoutHost { url: shown() });
        };
        let host_line = ReadyLine::new(header::HOST, host_and_port(&url).as_bytes());
        let host_line = host_line.map_err(|error| Error::invalid_request(shown(), &error))?;
        let origin = Rc::new(Origin { scheme, host: host.to_owned(), port, host_line });
        Ok(Destination { url: Rc::new(url), origin })
    }

    /// The request target: path and query. (The fragment is the client's own business.)
    pub(super) fn target(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// The value of `Host`: with the port unless it is the scheme's own, IPv6 in brackets.
    pub(super) fn host(&self) -> &str {
        host_and_port(&self.url)
    }

    /// The URL for an error text.
    pub(super) fn shown(&self) -> String {
        redact(self.url.as_str())
    }
}

/// As [`Destination::host`].
fn host_and_port(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// Line ends are dropped by the parser, backslashes taken for slashes: both would change where a URL leads to.
pub(super) fn has_forbidden_byte(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\')
}

/// A URL, or what was meant to be one, as it may be shown: without user info, on one line, of bounded length.
///
/// ```
/// use glassloop::http::redact;
///
/// assert_eq!(redact("http://user:secret@h.test/\n"), "http://***@h.test/\\n");
/// ```
pub fn redact(text: &str) -> String {
    const LONGEST: usize = 500;
    let (before, rest) = text.split_at(user_info_start(text));
    let well_formed = before.ends_with("://") && !rest.starts_with('/');
    let end = rest.find(['/', '?', '#']).filter(|_| well_formed).unwrap_or(rest.len());
    let (before, rest) = match rest[..end].rfind('@') {
        Some(at) => (format!("{before}***"), &rest[at..]),
        None => (before.to_owned(), rest),
    };
    let cut = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(at, _)| at);
    let ellipsis = if cut < rest.len() { "…" } else { "" };
    let shown = before.chars().chain(rest[..cut].chars()).flat_map(escape);
    shown.chain(ellipsis.chars()).collect()
}

/// Where user info would begin; at the front if the text does not look like a URL.
fn user_info_start(text: &str) -> usize {
    match text.find("://") {
        Some(at) if text[..at].bytes().all(|byte| byte.is_ascii_alphabetic()) => at + 3,
        _ => 0,
    }
}

/// Text of strangers as it may be shown: on one line, and without bytes that a terminal would obey.
pub(super) fn escape_controls(text: &str) -> String {
    text.chars().flat_map(escape).collect()
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = (!c.is_control()).then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let destination = Destination::parse(text).unwrap();
        let host = destination.host().to_owned();
        (destination.origin.to_string(), host, destination.target().to_owned())
    }

    fn is(text: &str, origin: &str, host: &str, target: &str) {
        assert_eq!(parts(text), (origin.into(), host.into(), target.into()), "{text}");
    }

    #[test]
    fn pitfall_56_hosts_ports_brackets_and_queries() {
        is("http://h.test", "h.test:80", "h.test", "/");
        is("http://h.test:80/a", "h.test:80", "h.test", "/a");
        is("HTTP://H.test:8080/a?x=1#frag", "h.test:8080", "h.test:8080", "/a?x=1");
        is("http://h.test?query", "h.test:80", "h.test", "/?query");
        is("http://[::1]:81/", "[::1]:81", "[::1]:81", "/");
        is("http://[::1]/", "[::1]:80", "[::1]", "/");
        is("http://user:pw@h.test:1/", "h.test:1", "h.test:1", "/");
        is("http://h.test//x//y", "h.test:80", "h.test", "//x//y");
        is("http://h.test/a%2Fb?x=%26%20&y=a+b%25", "h.test:80", "h.test", "/a%2Fb?x=%26%20&y=a+b%25");
        is("http://h.test/café", "h.test:80", "h.test", "/caf%C3%A9");
        is("http://bücher.test/", "xn--bcher-kva.test:80", "xn--bcher-kva.test", "/");
    }

    #[test]
    fn what_is_no_http_url_is_a_typed_error() {
        use Error as E;
        for text in ["", "x", "/x", "http://h:99999/", "http://[::1", "http://a b/", "http://%00/"] {
            assert!(matches!(Destination::parse(text), Err(E::InvalidUrl { .. })), "{text:?}");
        }
        for text in ["http://", "http:///x", "http:x", "http:/x", "http://?x", "http://u@/x", "http://:80/"] {
            assert!(matches!(Destination::parse(text), Err(E::UrlWithoutHost { .. })), "{text:?}");
        }
        #[cfg(not(feature = "tls"))]
        assert!(matches!(Destination::parse("https://h/"), Err(E::UnsupportedScheme { .. })));
        for text in ["file:///etc/hostname", "localhost:80", "ftp://h/", "data:,x"] {
            assert!(matches!(Destination::parse(text), Err(E::UnsupportedScheme { .. })), "{text:?}");
        }
        for text in ["http://h/\r\nX: y", "http://h/a\tb", "http://h\\@evil/", "http://h/\0"] {
            assert!(matches!(Destination::parse(text), Err(E::ForbiddenByteInUrl { .. })), "{text:?}");
        }
    }

    #[test]
    fn user_info_and_control_bytes_are_not_shown() {
        assert_eq!(redact("http://u:p@h/x@y"), "http://***@h/x@y");
        assert_eq!(redact("http://u:p@x@h"), "http://***@h");
        assert_eq!(redact("http://h/\r\n\u{1b}[31m"), "http://h/\\r\\n\\u{1b}[31m");
        for sloppy in ["u:p@h", "http:/u:p@h", "http:\\\\u:p@h", "//u:p@h", "a b://u:p@h"] {
            assert_eq!(redact(sloppy), "***@h");
        }
        assert_eq!(redact("http:///u:p@h"), "http://***@h");
        assert_eq!(redact("http://h/é"), "http://h/é");
        assert!(redact(&"é".repeat(10_000)).chars().count() < 600);
    }
}
