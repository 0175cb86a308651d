//! What can go wrong with a request.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use ::http::StatusCode;

use super::connect::InvalidProxy;
use super::deadlines::TimeLimit;
use super::h1;
use super::origin::escape_controls;

mod class;

pub use class::Class;

/// Why a request failed. Says what was tried; the cause, if there is one, is its
/// [`source`](std::error::Error::source). `Display` is one line, of bytes that a terminal can be shown; user info in
/// URLs is never shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not an absolute URL. Nothing was sent.
    #[error("not a URL: {url}")]
    InvalidUrl {
        /// The text.
        url: String,
        /// What the parser did not like.
        source: ::url::ParseError,
    },
    /// The URL holds a control byte or a backslash, on which parsers disagree. Nothing was sent.
    #[error("a control byte or a backslash in the URL: {url}")]
    ForbiddenByteInUrl {
        /// The text.
        url: String,
    },
    /// The URL names no host. Nothing was sent.
    #[error("no host in the URL: {url}")]
    UrlWithoutHost {
        /// The text.
        url: String,
    },
    /// The URL's scheme is neither `http` nor, where TLS is built in, `https`. Nothing was sent.
    #[error("unsupported scheme `{scheme}`: {url}")]
    UnsupportedScheme {
        /// The URL.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// The method cannot be used here, or a header name or value is not allowed. Nothing was sent.
    #[error("invalid request: {what}: {url}")]
    InvalidRequest {
        /// The URL.
        url: String,
        /// What is not allowed.
        what: String,
    },
    /// The value given as a JSON or form body cannot be written as such. Nothing was sent.
    #[error("cannot write the body: {url}")]
    EncodeBody {
        /// The URL.
        url: String,
        /// What is wrong with it.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The name of the host was not found, or could not be looked up.
    #[error("cannot look up {host}: {url}")]
    Resolve {
        /// The URL.
        url: String,
        /// The name.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// No connection: nobody listens there, or nobody can be reached.
    #[error("cannot connect to {address}: {url}")]
    Connect {
        /// The URL.
        url: String,
        /// Host and port of the server or proxy, or the path of a Unix socket.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The request would go over a proxy that cannot be used. Nothing was sent.
    #[error("the proxy cannot be used: {url}")]
    InvalidProxy {
        /// The URL of the request.
        url: String,
        /// What is wrong with the proxy.
        source: InvalidProxy,
    },
    /// The proxy does not lead on to the server.
    #[error("the proxy {address} does not connect: {what}: {url}")]
    Proxy {
        /// The URL.
        url: String,
        /// Host and port of the proxy.
        address: String,
        /// What it answered.
        what: String,
    },
    /// The TLS handshake failed, or the certificate is not to be trusted.
    #[error("no secure connection to {address}: {url}")]
    Tls {
        /// The URL.
        url: String,
        /// Host and port of the server.
        address: String,
        /// What the TLS library says.
        source: io::Error,
    },
    /// The connection broke (a reset, mostly) while the exchange was going on.
    #[error("connection to {address} failed while {doing}: {url}")]
    Connection {
        /// The URL.
        url: String,
        /// Host and port of the server, or of the proxy that speaks for it.
        address: String,
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The server closed the connection before its response was complete.
    #[error("{address} closed the connection while {doing}: {url}")]
    Incomplete {
        /// The URL.
        url: String,
        /// Host and port of the server, or of the proxy that speaks for it.
        address: String,
        /// What was being done.
        doing: &'static str,
    },
    /// The server's bytes are not a valid response, or go over a limit of its head or framing.
    #[error("invalid response from {address}: {url}")]
    Protocol {
        /// The URL.
        url: String,
        /// Host and port of the server, or of the proxy that speaks for it.
        address: String,
        /// What is wrong with them.
        source: h1::Error,
    },
    /// The request's own body could not be read, or is longer or shorter than was promised.
    #[error("cannot read the body to send: {url}")]
    Body {
        /// The URL.
        url: String,
        /// What its reader or stream says.
        source: io::Error,
    },
    /// The server redirects to where this client does not go.
    #[error("redirect not followed: {what}: {url}")]
    Redirect {
        /// The URL that answered with the redirect.
        url: String,
        /// Where it leads to, and why not there.
        what: String,
    },
    /// The server redirects more often than allowed: perhaps in a circle.
    #[error("more than {limit} redirects: {url}")]
    TooManyRedirects {
        /// The URL that answered with the last of them.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The body's `Content-Encoding` is unknown or too deep, or the encoded bytes are broken or cut short.
    #[error("cannot decode the body: {what}: {url}")]
    Encoding {
        /// The URL.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// The body is larger than the limit.
    #[error("body over {limit} bytes: {url}")]
    BodyTooLarge {
        /// The URL.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A time limit is over.
    #[error("timed out after {limit:?} while {doing}: {url}")]
    Timeout {
        /// The URL.
        url: String,
        /// Which limit it is.
        which: TimeLimit,
        /// The limit.
        limit: Duration,
        /// What was being done.
        doing: &'static str,
    },
    /// An earlier read of this body failed; what is missing will not come.
    #[error("the body broke off earlier: {url}")]
    BodyLost {
        /// The URL.
        url: String,
    },
    /// The status is 400 or above
    /// ([`Response::error_for_status`](super::Response::error_for_status)).
    #[error("status {status}: {url}")]
    Status {
        /// The URL.
        url: String,
        /// The status.
        status: StatusCode,
    },
    /// The server did not switch to another protocol ([`Response::upgrade`](super::Response::upgrade)).
    #[error("not upgraded: status {status}: {url}")]
    NotUpgraded {
        /// The URL.
        url: String,
        /// The status, which is not 101.
        status: StatusCode,
    },
    /// The body is not the JSON that was asked for.
    #[error("unexpected body, as JSON: {url}")]
    DecodeJson {
        /// The URL.
        url: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl Error {
    /// The URL of the request, without user info.
    pub fn url(&self) -> &str {
        match self {
            Error::InvalidUrl { url, .. }
            | Error::ForbiddenByteInUrl { url }
            | Error::UrlWithoutHost { url }
            | Error::UnsupportedScheme { url, .. }
            | Error::InvalidRequest { url, .. }
            | Error::EncodeBody { url, .. }
            | Error::Resolve { url, .. }
            | Error::Connect { url, .. }
            | Error::InvalidProxy { url, .. }
            | Error::Proxy { url, .. }
            | Error::Tls { url, .. }
            | Error::Connection { url, .. }
            | Error::Incomplete { url, .. }
            | Error::Protocol { url, .. }
            | Error::Body { url, .. }
            | Error::Redirect { url, .. }
            | Error::TooManyRedirects { url, .. }
            | Error::Encoding { url, .. }
            | Error::BodyTooLarge { url, .. }
            | Error::Timeout { url, .. }
            | Error::BodyLost { url }
            | Error::Status { url, .. }
            | Error::NotUpgraded { url, .. }
            | Error::DecodeJson { url, .. } => url,
        }
    }

    /// What happened, without the URL but with the causes, on one line: `cannot connect to 127.0.0.1:81: Connection
    /// refused (os error 111)`.
    ///
    /// ```
    /// # glassloop::run(async {
    /// let error = glassloop::http::get("http://[::1").await.unwrap_err();
    /// assert_eq!(error.what(), "not a URL: invalid IPv6 address");
    /// # });
    /// ```
    pub fn what(&self) -> String {
        let text = self.to_string();
        // Every text above ends with the URL.
        let mut what = text.strip_suffix(self.url()).unwrap_or(&text).trim_end_matches(": ").to_owned();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = escape_controls(&error.to_string());
            // The system's errors are often wrapped in themselves.
            if !what.ends_with(&text) {
                what += &format!(": {text}");
            }
            cause = error.source();
        }
        what
    }

    /// Whether a time limit was over.
    pub fn is_timeout(&self) -> bool {
        self.class() == Class::Timeout
    }

    /// Whether no connection could be made: the name is unknown, nobody listens there, or the handshake failed.
    pub fn is_connect(&self) -> bool {
        matches!(self.class(), Class::Dns | Class::Connect | Class::Tls)
    }

    /// An [`Error::InvalidRequest`], of which nothing is shown raw.
    pub(super) fn invalid_request(url: String, what: &dyn fmt::Display) -> Error {
        Error::InvalidRequest { url, what: escape_controls(&what.to_string()) }
    }
}
