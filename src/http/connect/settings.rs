//! What a program can say about how its requests reach their servers.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::names::{Name, NameSettings};
use super::proxy::{Proxies, Proxy};
#[cfg(feature = "tls")]
use super::tls::{self, Certificates, Identity};
use crate::http::ClientBuilder;
use crate::http::events::{Event, Hook};

/// What the builder has been told of connections.
#[derive(Clone, Default)]
pub(in crate::http) struct ConnectSettings {
    pub(super) names: NameSettings,
    pub(super) proxy: ProxySetting,
    pub(super) unix_socket: Option<Rc<Path>>,
    #[cfg(feature = "tls")]
    pub(super) tls: tls::Settings,
    pub(in crate::http) hook: Option<Hook>,
}

#[derive(Clone, Default)]
pub(super) enum ProxySetting {
    #[default]
    Environment,
    None,
    Only(Proxy),
}

impl ProxySetting {
    pub(super) fn proxies(self) -> Proxies {
        match self {
            ProxySetting::Environment => Proxies::from_environment(),
            ProxySetting::None => Proxies::default(),
            ProxySetting::Only(proxy) => Proxies::only(proxy),
        }
    }
}

impl fmt::Debug for ConnectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = match &self.proxy {
            ProxySetting::Environment => "of the environment".to_owned(),
            ProxySetting::None => "none".to_owned(),
            ProxySetting::Only(proxy) => proxy.to_string(),
        };
        f.debug_struct("ConnectSettings")
            .field("names", &self.names)
            .field("proxy", &proxy)
            .field("unix_socket", &self.unix_socket)
            .field("hook", &self.hook.is_some())
            .finish_non_exhaustive()
    }
}

/// How servers are reached.
impl ClientBuilder {
    /// The addresses of a host and port, in place of those that its name would be looked up to (curl's `--resolve`).
    ///
    /// They are tried in this order, each with a head start of 250 ms over the next (RFC 8305). Said twice of the same
    /// host and port, the later counts.
    ///
    /// ```
    /// let client = glassloop::http::Client::builder()
    ///     .resolve("example.test", 80, [[127, 0, 0, 1].into()])
    ///     .build();
    /// # drop(client);
    /// ```
    pub fn resolve(
        mut self,
        host: impl Into<String>,
        port: u16,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> ClientBuilder {
        let addresses = addresses.into_iter().map(|ip| SocketAddr::from((ip, port))).collect();
        self.connect.names.given.insert(0, Name { host: host.into(), port, addresses });
        self
    }

    /// Looks names up by this function (name and port in, addresses out) in place of the system (aiohttp's `resolver`).
    ///
    /// ```
    /// use glassloop::http::Client;
    ///
    /// let at_home = async |_name: String, port: u16| Ok(vec![([127, 0, 0, 1], port).into()]);
    /// let client = Client::builder().resolver(at_home).build();
    /// # drop(client);
    /// ```
    pub fn resolver<R>(mut self, resolver: R) -> ClientBuilder
    where
        R: AsyncFn(String, u16) -> io::Result<Vec<SocketAddr>> + 'static,
    {
        let resolver = Rc::new(resolver);
        self.connect.names.resolver = Some(Rc::new(move |name, port| {
            let resolver = Rc::clone(&resolver);
            Box::pin(async move { resolver(name, port).await })
        }));
        self
    }

    /// How long a client remembers the addresses that were looked up for a name, unless nobody answers there; zero: not
    /// at all. 10 s by default, as in aiohttp (`ttl_dns_cache`).
    pub fn dns_cache_time(mut self, time: Duration) -> ClientBuilder {
        self.connect.names.cache_time = time;
        self
    }

    /// Sends everything over this proxy but what the environment's `no_proxy` names.
    ///
    /// Without this and [`no_proxy`](ClientBuilder::no_proxy) the environment decides, when the client is built:
    /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in small letters only. A proxy there that cannot be
    /// used is an error of each request that would go over it.
    pub fn proxy(mut self, proxy: Proxy) -> ClientBuilder {
        self.connect.proxy = ProxySetting::Only(proxy);
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> ClientBuilder {
        self.connect.proxy = ProxySetting::None;
        self
    }

    /// Connects to this Unix socket whatever the URL's host and port (aiohttp's `UnixConnector`). No proxy is used
    /// then.
    #[cfg(unix)]
    pub fn unix_socket(mut self, path: impl AsRef<Path>) -> ClientBuilder {
        self.connect.unix_socket = Some(Rc::from(path.as_ref()));
        self
    }

    /// Trusts these certificate authorities in place of the system's.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, certificates: Certificates) -> ClientBuilder {
        self.connect.tls.roots = Some(certificates);
        self
    }

    /// Shows this certificate to servers that ask who is calling (aiohttp: `SSLContext.load_cert_chain`).
    #[cfg(feature = "tls")]
    pub fn identity(mut self, identity: Identity) -> ClientBuilder {
        self.connect.tls.identity = Some(identity);
        self
    }

    /// Accepts any certificate, of anybody: what is sent can be read and changed by whoever is on the way. For tests.
    #[cfg(feature = "tls")]
    pub fn danger_accept_invalid_certificates(mut self, accept: bool) -> ClientBuilder {
        self.connect.tls.accept_any = accept;
        self
    }

    /// The most connections at once, in use and idle; 0: no limit. 100 by default, as in aiohttp.
    ///
    /// A request that finds no room waits for its turn, first come, first served, within its total time limit. A
    /// response that is not read to its end, and not dropped, keeps its connection.
    pub fn max_connections(mut self, connections: usize) -> ClientBuilder {
        self.pool.total = connections;
        self
    }

    /// The most connections at once to one origin (scheme, host and port); 0: no limit, the default, as in aiohttp.
    ///
    /// Requests that wait for one origin hold up none to others.
    pub fn max_connections_per_host(mut self, connections: usize) -> ClientBuilder {
        self.pool.per_host = connections;
        self
    }

    /// Calls this with everything that happens to a request on its way (aiohttp's `TraceConfig`).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    /// use glassloop::http::{Client, Event};
    ///
    /// # glassloop::run(async {
    /// let seen = Rc::new(RefCell::new(Vec::new()));
    /// let told = seen.clone();
    /// let tell = move |event: &Event<'_>| told.borrow_mut().push(event.kind.to_string());
    /// let client = Client::builder().no_proxy().on_event(tell).build();
    /// assert!(client.get("http://127.0.0.1:1/").await.is_err());
    /// assert_eq!(seen.borrow()[..2], ["GET http://127.0.0.1:1/", "connects to 127.0.0.1:1"]);
    /// # });
    /// ```
    pub fn on_event(mut self, hook: impl Fn(&Event<'_>) + 'static) -> ClientBuilder {
        self.connect.hook = Some(Rc::new(hook));
        self
    }
}
