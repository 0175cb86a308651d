//! Why an exchange failed.

use std::io;

use crate::http::Error;
use crate::http::connect::is_tls_error;
use crate::http::deadlines::Overrun;
use crate::http::h1;

/// Why an exchange failed; the connection that it happened on is of no more use.
#[derive(Debug)]
pub(in crate::http) enum Failure {
    /// The socket, or TLS.
    Io(io::Error),
    /// The server's bytes.
    Protocol(h1::Error),
    /// The request's own body.
    Body(io::Error),
    /// A time limit.
    TimedOut(Overrun),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<h1::Error> for Failure {
    fn from(error: h1::Error) -> Failure {
        Failure::Protocol(error)
    }
}

impl Failure {
    /// The error for it: of the request to this URL, on its way to this address, while this was being done.
    pub(in crate::http) fn into_error(self, url: String, address: String, doing: &'static str) -> Error {
        match self {
            Failure::Io(source) if is_tls_error(&source) => Error::Tls { url, address, source },
            Failure::Io(source) => Error::Connection { url, address, doing, source },
            Failure::Protocol(source) if source.is_incomplete() => Error::Incomplete { url, address, doing },
            Failure::Protocol(source) => Error::Protocol { url, address, source },
            Failure::Body(source) => Error::Body { url, source },
            Failure::TimedOut(overrun) => overrun.error(url, doing),
        }
    }
}
