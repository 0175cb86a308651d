//! The kinds of errors, for who only wants to know what to do next.

use std::fmt;

use super::Error;

/// The kind of an [`Error`]: what a program does about it mostly depends on this alone.
///
/// ```
/// # glassloop::run(async {
/// use glassloop::http::{self, Class};
///
/// let error = http::get("gopher://example.org/").await.unwrap_err();
/// assert_eq!((error.class(), error.class().as_str()), (Class::Usage, "usage"));
/// # });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The request is wrong in itself: its URL, method, headers. Nothing was sent.
    Usage,
    /// The host's name was not found.
    Dns,
    /// No connection to the host, or through the proxy.
    Connect,
    /// The server's bytes are not a valid response, or go over a limit of its head or framing.
    Protocol,
    /// Closed or reset before the response was complete.
    Incomplete,
    /// The status is 400 or above, where that was called an error; or it is not 101, where that was asked for.
    Http,
    /// The request's own body could not be read.
    Io,
    /// A time limit is over.
    Timeout,
    /// TLS: the handshake or the certificate.
    Tls,
    /// A redirect that cannot or must not be followed.
    Redirect,
    /// The content encoding is unknown, broken or cut short; or the body is not the JSON that it should be.
    Encoding,
    /// The body is larger than the limit.
    TooLarge,
}

impl Class {
    /// Its name: one word in small letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Usage => "usage",
            Class::Dns => "dns",
            Class::Connect => "connect",
            Class::Protocol => "protocol",
            Class::Incomplete => "incomplete",
            Class::Http => "http",
            Class::Io => "io",
            Class::Timeout => "timeout",
            Class::Tls => "tls",
            Class::Redirect => "redirect",
            Class::Encoding => "encoding",
            Class::TooLarge => "too_large",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// What kind of error this is.
    pub fn class(&self) -> Class {
        match self {
            Error::InvalidUrl { .. }
            | Error::ForbiddenByteInUrl { .. }
            | Error::UrlWithoutHost { .. }
            | Error::UnsupportedScheme { .. }
            | Error::InvalidRequest { .. }
            | Error::EncodeBody { .. }
            | Error::InvalidProxy { .. } => Class::Usage,
            Error::Resolve { .. } => Class::Dns,
            Error::Connect { .. } | Error::Proxy { .. } => Class::Connect,
            Error::Tls { .. } => Class::Tls,
            Error::Protocol { .. } => Class::Protocol,
            Error::Connection { .. } | Error::Incomplete { .. } | Error::BodyLost { .. } => Class::Incomplete,
            Error::Body { .. } => Class::Io,
            Error::Redirect { .. } | Error::TooManyRedirects { .. } => Class::Redirect,
            Error::Encoding { .. } | Error::DecodeJson { .. } => Class::Encoding,
            Error::BodyTooLarge { .. } => Class::TooLarge,
            Error::Timeout { .. } => Class::Timeout,
            Error::Status { .. } | Error::NotUpgraded { .. } => Class::Http,
        }
    }
}
