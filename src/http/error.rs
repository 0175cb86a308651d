//! What can go wrong with a request.

use std::io;
use std::time::Duration;

use ::http::StatusCode;

use super::h1;

/// Why a request failed. Says what was tried; the cause, if there is one, is its
/// [`source`](std::error::Error::source). `Display` is one line; user info in URLs is never shown.
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
    /// The URL's scheme is not `http` (TLS is not supported yet). Nothing was sent.
    #[error("unsupported scheme `{scheme}` (only http): {url}")]
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
    /// The value given as a JSON body cannot be written as JSON. Nothing was sent.
    #[error("cannot write the body as JSON: {url}")]
    EncodeJson {
        /// The URL.
        url: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// No connection: the name is unknown, or nobody listens there, or nobody can be reached.
    #[error("cannot connect to {address}: {url}")]
    Connect {
        /// The URL.
        url: String,
        /// Host and port that were tried.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The connection broke (a reset, mostly) while the exchange was going on.
    #[error("connection to {address} failed while {doing}: {url}")]
    Connection {
        /// The URL.
        url: String,
        /// Host and port of the server.
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
        /// Host and port of the server.
        address: String,
        /// What was being done.
        doing: &'static str,
    },
    /// The server's bytes are not a valid response, or go over a limit of its head or framing.
    #[error("invalid response from {address}: {url}")]
    Protocol {
        /// The URL.
        url: String,
        /// Host and port of the server.
        address: String,
        /// What is wrong with them.
        source: h1::Error,
    },
    /// The body is larger than the limit.
    #[error("body over {limit} bytes: {url}")]
    BodyTooLarge {
        /// The URL.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The total time is over.
    #[error("timed out after {limit:?} while {doing}: {url}")]
    Timeout {
        /// The URL.
        url: String,
        /// The time that the whole request had, from connecting to the last byte of the body.
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
            | Error::EncodeJson { url, .. }
            | Error::Connect { url, .. }
            | Error::Connection { url, .. }
            | Error::Incomplete { url, .. }
            | Error::Protocol { url, .. }
            | Error::BodyTooLarge { url, .. }
            | Error::Timeout { url, .. }
            | Error::BodyLost { url }
            | Error::Status { url, .. }
            | Error::DecodeJson { url, .. } => url,
        }
    }

    /// Whether the total time was over.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Timeout { .. })
    }

    /// Whether no connection could be made.
    pub fn is_connect(&self) -> bool {
        matches!(self, Error::Connect { .. })
    }
}
