//! How a client can be set up. (Proxies, TLS and addresses: `connect/settings.rs`.)

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Client, Shared};
use crate::http::connect::{ConnectSettings, Connector};
use crate::http::deadlines::Timeouts;
use crate::http::decode::MAX_LAYERS;
use crate::http::events::Events;
use crate::http::h1::Limits;
use crate::http::origin::Known;
use crate::http::pool::{Pool, PoolLimits};
use crate::http::redirect::{Policy, Redirects};
use crate::http::request::OwnLines;

/// What a client does with each request, unless the request says otherwise.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Settings {
    pub(in crate::http) options: Options,
    pub(in crate::http) limits: Limits,
    pub(in crate::http) redirects: Redirects,
}

/// What a request may say otherwise.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Options {
    pub(in crate::http) timeouts: Timeouts,
    /// Of a body as it comes.
    pub(in crate::http) max_body_bytes: u64,
    /// Of a body as it is given out; `None`: the same.
    pub(in crate::http) max_decoded_bytes: Option<u64>,
    pub(in crate::http) decompress: bool,
    /// Codings on top of each other.
    pub(in crate::http) max_layers: usize,
    pub(in crate::http) follow_redirects: bool,
    pub(in crate::http) expects_continue: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timeouts: Timeouts { total: Some(Duration::from_secs(300)), ..Timeouts::default() },
            max_body_bytes: 64 * 1024 * 1024,
            max_decoded_bytes: None,
            decompress: true,
            max_layers: MAX_LAYERS,
            follow_redirects: true,
            expects_continue: false,
        }
    }
}

/// Settings for a [`Client`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    settings: Settings,
    default_headers: HeaderMap,
    #[cfg(feature = "cookies")]
    cookies: bool,
    pub(in crate::http) pool: PoolLimits,
    pub(in crate::http) connect: ConnectSettings,
}

impl Default for ClientBuilder {
    fn default() -> ClientBuilder {
        ClientBuilder {
            settings: Settings::default(),
            default_headers: HeaderMap::new(),
            #[cfg(feature = "cookies")]
            cookies: false,
            pool: PoolLimits {
                total: 100,
                per_host: 0,
                idle: 100,
                idle_per_host: 16,
                idle_timeout: Duration::from_secs(15),
            },
            connect: ConnectSettings::default(),
        }
    }
}

impl ClientBuilder {
    /// How long a whole request may take, from looking up the name to the last byte of the body, over all redirects;
    /// `None` for ever. 5 minutes by default, as in aiohttp.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> ClientBuilder {
        self.settings.options.timeouts.total = timeout.into();
        self
    }

    /// How long one attempt to connect may take: looking up the name, TCP, a proxy's tunnel and TLS; `None`, the
    /// default, for as long as the whole request.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> ClientBuilder {
        self.settings.options.timeouts.connect = timeout.into();
        self
    }

    /// The longest wait for the next byte of a response; `None`, the default, for as long as the whole request.
    pub fn read_timeout(mut self, timeout: impl Into<Option<Duration>>) -> ClientBuilder {
        self.settings.options.timeouts.read = timeout.into();
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

    /// The most interim (1xx) responses in front of the final one. 16 by default.
    pub fn max_interim(mut self, responses: usize) -> ClientBuilder {
        self.settings.limits.interim = responses;
        self
    }

    /// The largest response body, in bytes, however it is read: as it comes over the wire, and also as it is given out
    /// unless [`max_decoded_bytes`](ClientBuilder::max_decoded_bytes) says otherwise. 64 MiB by default; a single
    /// request can have its own limit.
    pub fn max_body_bytes(mut self, bytes: u64) -> ClientBuilder {
        self.settings.options.max_body_bytes = bytes;
        self
    }

    /// The largest response body as it is given out, in bytes: decoded, if it came encoded. By default as
    /// [`max_body_bytes`](ClientBuilder::max_body_bytes).
    pub fn max_decoded_bytes(mut self, bytes: u64) -> ClientBuilder {
        self.settings.options.max_decoded_bytes = Some(bytes);
        self
    }

    /// The most codings on top of each other (`Content-Encoding: gzip, br`) that are decoded; a body of more layers is an
    /// error ([`Error::Encoding`](crate::http::Error::Encoding)). 2 by default, which is also the most there can be: each
    /// layer can make a thousand bytes of one. 0: every encoded body is an error; to ask for none, see
    /// [`no_decompress`](ClientBuilder::no_decompress).
    pub fn max_layers(mut self, layers: usize) -> ClientBuilder {
        self.settings.options.max_layers = layers;
        self
    }

    /// Takes bodies as they come: no `Accept-Encoding` is sent, and nothing is decoded.
    pub fn no_decompress(mut self) -> ClientBuilder {
        self.settings.options.decompress = false;
        self
    }

    /// Which redirects are followed. By default 10, then the request fails.
    pub fn redirects(mut self, policy: Policy) -> ClientBuilder {
        self.settings.redirects.policy = policy;
        self
    }

    /// Names a header that is for one server alone: as `Authorization` and `Cookie` are, it is dropped when a redirect
    /// leads to another scheme, host or port. (So is every value marked by
    /// [`HeaderValue::set_sensitive`](::http::HeaderValue::set_sensitive), whatever its name.)
    pub fn secret_header(mut self, name: HeaderName) -> ClientBuilder {
        self.settings.redirects.secret.push(name);
        self
    }

    /// A header that each request carries that does not bring its own of that name.
    pub fn default_header(mut self, name: HeaderName, value: HeaderValue) -> ClientBuilder {
        self.default_headers.insert(name, value);
        self
    }

    /// The value of `User-Agent`: `glassloop/` and the version by default.
    pub fn user_agent(self, value: HeaderValue) -> ClientBuilder {
        self.default_header(::http::header::USER_AGENT, value)
    }

    /// Keeps the cookies that responses set and sends them where they belong, by RFC 6265 and the public suffix list.
    /// Off by default (aiohttp keeps them). Their time is the system's, also under a virtual clock.
    #[cfg(feature = "cookies")]
    pub fn cookies(mut self, keep: bool) -> ClientBuilder {
        self.cookies = keep;
        self
    }

    /// The most idle connections that are kept, in all; 0 keeps none. 100 by default.
    pub fn max_idle(mut self, connections: usize) -> ClientBuilder {
        self.pool.idle = connections;
        self
    }

    /// The most idle connections that are kept for one origin; 0 keeps none. 16 by default.
    pub fn max_idle_per_host(mut self, connections: usize) -> ClientBuilder {
        self.pool.idle_per_host = connections;
        self
    }

    /// How long a connection may idle before it is not used again. 15 s by default, as in aiohttp.
    pub fn idle_timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.pool.idle_timeout = timeout;
        self
    }

    /// The client.
    pub fn build(self) -> Client {
        let events = Events::new(self.connect.hook.clone());
        let connector = Connector::new(self.connect, self.settings.limits);
        let shared = Shared {
            pool: Pool::new(connector, events, self.pool),
            known: Known::default(),
            settings: self.settings,
            default_headers: self.default_headers,
            own_lines: OwnLines::new(),
            #[cfg(feature = "cookies")]
            cookies: self.cookies.then(Default::default),
        };
        Client { shared: Rc::new(shared) }
    }
}

/// Of the default headers only the number: they may hold secrets.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("settings", &self.settings)
            .field("default_headers", &self.default_headers.len())
            .field("pool", &self.pool)
            .field("connect", &self.connect)
            .finish_non_exhaustive()
    }
}
