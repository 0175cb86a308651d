//! What happens, in order, when a request is sent.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use ::http::Method;

use super::connection::{Connection, Failure};
use super::h1::{self, Limits};
use super::origin::Destination;
use super::pool::{Pool, PoolLimits};
use super::request::{Prepared, RequestBuilder};
use super::{Error, Response};
use crate::Instant;

/// Sends requests and keeps the connections for the next ones; `aiohttp.ClientSession`.
///
/// Cheap to clone: clones share their settings and their idle connections, which are closed with
/// the last clone and the last unread response.
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
}

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) settings: Settings,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) timeout: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) max_body_bytes: u64,
}

/// Gets a URL with a client of its own; the connection is closed afterwards.
///
/// Await the builder, or change the request first. Several requests to one host are better made by
/// one [`Client`].
///
/// ```
/// # glassloop::run(async {
/// let error = glassloop::http::get("no URL at all").await.unwrap_err();
/// assert_eq!(error.to_string(), "not a URL: no URL at all");
/// # });
/// ```
pub fn get(url: impl AsRef<str>) -> RequestBuilder {
    Client::new().get(url)
}

impl Client {
    /// A client with the default settings (see [`ClientBuilder`]).
    pub fn new() -> Client {
        Client::builder().build()
    }

    /// Settings for a new client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A GET request.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A HEAD request: as GET, but only the head comes back.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// A request with any method but CONNECT. A URL that cannot be used is reported by
    /// [`RequestBuilder::send`].
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        RequestBuilder::new(Rc::clone(&self.shared), method, url.as_ref())
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { pool, settings } = &*self.shared;
        f.debug_struct("Client").field("settings", settings).field("pool", pool).finish()
    }
}

/// Settings for a [`Client`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    settings: Settings,
    pool: PoolLimits,
}

impl Default for ClientBuilder {
    fn default() -> ClientBuilder {
        ClientBuilder {
            settings: Settings {
                timeout: Some(Duration::from_secs(300)),
                limits: Limits::default(),
                max_body_bytes: 64 * 1024 * 1024,
            },
            pool: PoolLimits { idle: 100, idle_per_host: 16, idle_timeout: Duration::from_secs(15) },
        }
    }
}

impl ClientBuilder {
    /// How long a whole request may take, from looking up the name to the last byte of the body;
    /// `None` for ever. 5 minutes by default, as in aiohttp.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> ClientBuilder {
        self.settings.timeout = timeout.into();
        self
    }

    /// The longest response head, in bytes; also for each interim response and for the trailers of
    /// a chunked body. 64 KiB by default.
    pub fn max_head_bytes(mut self, bytes: usize) -> ClientBuilder {
        self.settings.limits.head_bytes = bytes;
        self
    }

    /// The most header lines of a response. 256 by default.
    pub fn max_headers(mut self, lines: usize) -> ClientBuilder {
        self.settings.limits.headers = lines;
        self
    }

    /// The largest response body, in bytes, however it is read. 64 MiB by default; a single request
    /// can say otherwise ([`RequestBuilder::max_body_bytes`]).
    pub fn max_body_bytes(mut self, bytes: u64) -> ClientBuilder {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// The most idle connections that are kept, in all; 0 keeps none. 100 by default.
    pub fn max_idle(mut self, connections: usize) -> ClientBuilder {
        self.pool.idle = connections;
        self
    }

    /// The most idle connections that are kept to one host and port. 16 by default.
    pub fn max_idle_per_host(mut self, connections: usize) -> ClientBuilder {
        self.pool.idle_per_host = connections;
        self
    }

    /// How long a connection may idle before it is not used again. 15 s by default, as in aiohttp.
    pub fn idle_timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.pool.idle_timeout = timeout.min(FAR_FUTURE);
        self
    }

    /// The client.
    pub fn build(self) -> Client {
        let shared = Shared { pool: Pool::new(self.pool), settings: self.settings };
        Client { shared: Rc::new(shared) }
    }
}

/// Longer than any program runs, short enough to be added to any point of time.
const FAR_FUTURE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// When a request must be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    fn after(limit: Duration) -> Deadline {
        Deadline { limit, at: crate::now() + limit.min(FAR_FUTURE) }
    }
}

/// Runs one step of a request, until the deadline.
pub(super) async fn within<T>(
    deadline: Option<Deadline>,
    destination: &Destination,
    doing: &'static str,
    step: impl Future<Output = T>,
) -> Result<T, Error> {
    let Some(Deadline { limit, at }) = deadline else { return Ok(step.await) };
    let timed_out = |_| Error::Timeout { url: destination.shown(), limit, doing };
    crate::timeout_at(at, step).await.map_err(timed_out)
}

const CONNECTING: &str = "connecting";
const WAITING: &str = "waiting for the response";

/// Sends a request and reads the head of its response.
///
/// A server may close an idle connection in the moment in which we take it. So a request that found
/// a used connection dead, without a byte of an answer, is sent once more on a fresh one, if its
/// method says that twice is as good as once.
pub(super) async fn execute(shared: Rc<Shared>, request: Prepared) -> Result<Response, Error> {
    let Prepared { method, destination, message, closes, timeout, max_body_bytes } = request;
    let deadline = timeout.map(Deadline::after);
    let limits = shared.settings.limits;

    let mut pooled = shared.pool.take(&destination.origin);
    let (connection, head) = loop {
        let reused = pooled.is_some();
        let mut connection = match pooled.take() {
            Some(connection) => connection,
            None => connect(deadline, &destination).await?,
        };
        connection.begin(Rc::clone(&message), &method, limits, closes);
        match within(deadline, &destination, WAITING, connection.read_head()).await? {
            Ok(head) => break (connection, head),
            Err(_) if reused && !connection.answered() && method.is_idempotent() => {}
            Err(failure) => return Err(failed(failure, &destination, WAITING)),
        }
    };
    if connection.reader().remaining().is_some_and(|length| length > max_body_bytes) {
        return Err(Error::BodyTooLarge { url: destination.shown(), limit: max_body_bytes });
    }
    Ok(Response::new(head, connection, shared, destination, deadline, max_body_bytes))
}

async fn connect(deadline: Option<Deadline>, destination: &Destination) -> Result<Connection, Error> {
    let opened = Connection::open(&destination.origin);
    within(deadline, destination, CONNECTING, opened).await?.map_err(|source| Error::Connect {
        url: destination.shown(),
        address: destination.origin.to_string(),
        source,
    })
}

/// The error for a failed exchange.
pub(super) fn failed(failure: Failure, destination: &Destination, doing: &'static str) -> Error {
    let url = destination.shown();
    let address = destination.origin.to_string();
    match failure {
        Failure::Io(source) => Error::Connection { url, address, doing, source },
        Failure::Protocol(h1::Error::ClosedInHead | h1::Error::ClosedInBody) => {
            Error::Incomplete { url, address, doing }
        }
        Failure::Protocol(source) => Error::Protocol { url, address, source },
    }
}
