//! What a server allows its clients, and how it is set.

use std::time::Duration;

use super::Server;
#[cfg(feature = "tls")]
use super::tls::{Callers, Tls};
use crate::http::h1::Limits;
#[cfg(feature = "tls")]
use crate::http::{Certificates, Identity};
use crate::net::Family;

/// The limits of one server.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) body_bytes: u64,
    pub(super) connections: usize,
    pub(super) requests: u64,
    pub(super) head_time: Duration,
    pub(super) idle_time: Duration,
    pub(super) body_time: Duration,
    pub(super) write_time: Duration,
    pub(super) grace: Duration,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Tls>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Limits::default(),
            body_bytes: 16 * 1024 * 1024,
            connections: 10_000,
            requests: u64::MAX,
            head_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// Limits, and TLS. `Duration::MAX` is no limit of time.
impl<F: Family> Server<F> {
    /// Speaks TLS (1.2 or 1.3), with this certificate: the server is one of `https` URLs then. A connection whose
    /// handshake fails, or takes longer than a [head](Server::head_timeout) may, is closed. (aiohttp: `ssl_context`.)
    #[cfg(feature = "tls")]
    pub fn tls(mut self, identity: &Identity) -> Server<F> {
        self.settings.tls = Some(Tls::new(identity, Callers::Anybody));
        self
    }

    /// As [`tls`](Server::tls), and lets in only clients that show a certificate of one of these authorities that is
    /// not made out for something else, such as servers: [`Peer::certificate`](super::Peer::certificate) says whose. (Python: `ssl.CERT_REQUIRED`; a client
    /// shows its certificate by [`ClientBuilder::identity`](crate::http::ClientBuilder::identity).)
    ///
    /// Who shows none, or one that is not to be trusted, gets an alert of TLS and no answer. Which of the authority's
    /// clients may do what, the handler has to decide.
    #[cfg(feature = "tls")]
    pub fn mutual_tls(mut self, identity: &Identity, authorities: &Certificates) -> Server<F> {
        self.settings.tls = Some(Tls::new(identity, Callers::Known(authorities)));
        self
    }

    /// As [`mutual_tls`](Server::mutual_tls), but clients without a certificate are let in too: the handler sees that
    /// there is none. One that is not to be trusted is refused. (Python: `ssl.CERT_OPTIONAL`.)
    #[cfg(feature = "tls")]
    pub fn mutual_tls_optional(mut self, identity: &Identity, authorities: &Certificates) -> Server<F> {
        self.settings.tls = Some(Tls::new(identity, Callers::MayBeKnown(authorities)));
        self
    }

    /// The longest request head, in bytes; beyond it the answer is 431. 64 KiB by default.
    pub fn max_head_bytes(mut self, bytes: usize) -> Server<F> {
        self.settings.limits.head_bytes = bytes;
        self
    }

    /// The most header lines of a request; beyond it the answer is 431. 256 by default.
    pub fn max_headers(mut self, lines: usize) -> Server<F> {
        self.settings.limits.headers = lines;
        self
    }

    /// The largest request body, in bytes, streamed ones too; beyond it the answer is 413. 16 MiB by default.
    pub fn max_body_bytes(mut self, bytes: u64) -> Server<F> {
        self.settings.body_bytes = bytes;
        self
    }

    /// The most connections at once; those beyond wait in the system's queue until one ends. 10,000 by default, at
    /// least one.
    pub fn max_connections(mut self, connections: usize) -> Server<F> {
        self.settings.connections = connections.max(1);
        self
    }

    /// The most requests on one connection; the last answer says that it closes. No limit by default.
    pub fn max_requests(mut self, requests: u64) -> Server<F> {
        self.settings.requests = requests;
        self
    }

    /// How long a request head may take from its first byte on; then the answer is 408. 15 s by default.
    pub fn head_timeout(mut self, limit: Duration) -> Server<F> {
        self.settings.head_time = limit;
        self
    }

    /// How long a connection may wait for the first byte of its next request; then it is closed without a word. 75 s by
    /// default.
    pub fn idle_timeout(mut self, limit: Duration) -> Server<F> {
        self.settings.idle_time = limit;
        self
    }

    /// How long a client may keep the server waiting for a request body, all waits together; then the answer is 408.
    /// Every KiB that comes buys a second back, up to this. 30 s by default.
    pub fn body_timeout(mut self, limit: Duration) -> Server<F> {
        self.settings.body_time = limit;
        self
    }

    /// How long a client may keep the server waiting by not reading its response, all waits together; then the
    /// connection is closed. Every KiB that it takes buys a second back, up to this. 30 s by default.
    pub fn write_timeout(mut self, limit: Duration) -> Server<F> {
        self.settings.write_time = limit;
        self
    }

    /// How long requests may go on when the server shuts down; then they are cut off. 30 s by default.
    pub fn grace(mut self, limit: Duration) -> Server<F> {
        self.settings.grace = limit;
        self
    }
}
