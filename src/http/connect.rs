//! How a connection to a server comes about: the way, the name, the socket, the tunnel, TLS.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `connect/route.rs` | where does a connection lead to, and over which proxy? |
//! | `connect/names.rs` | which addresses does a name have? |
//! | `connect/happy_eyeballs.rs` | which of several addresses is it? |
//! | `connect/proxy.rs`, `connect/proxy/` | which proxy, for whom, and how is it asked for a tunnel? |
//! | `connect/tls.rs`, `connect/tls/` | who is trusted, and how do records get to the socket and back? |
//! | `connect/transport.rs` | what do bytes go over? |
//! | `connect/settings.rs` | what can a program say about all this? |

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::rc::Rc;

use ::url::Host;

use super::Error;
use super::connection::Connection;
use super::deadlines::Deadlines;
use super::events::{EventKind, Watch};
use super::h1::Limits;
use super::origin::{Destination, Scheme};

mod happy_eyeballs;
mod names;
mod proxy;
mod route;
mod settings;
#[cfg(feature = "tls")]
mod tls;
mod transport;

use names::Names;
use proxy::Proxies;
pub use proxy::{InvalidProxy, Proxy};
pub(super) use route::Route;
pub(super) use settings::ConnectSettings;
#[cfg(feature = "tls")]
pub(super) use tls::TlsStream;
#[cfg(feature = "tls")]
pub use tls::{Certificates, Identity, InvalidCertificates, InvalidIdentity};
pub(super) use transport::{Socket, Transport};

/// Makes the connections of a client.
#[derive(Debug)]
pub(super) struct Connector {
    names: Names,
    proxies: Proxies,
    unix_socket: Option<Rc<Path>>,
    #[cfg(feature = "tls")]
    tls: tls::Tls,
    /// Of what a proxy answers to CONNECT.
    limits: Limits,
}

/// Why there is no connection.
enum NoConnection {
    Resolve {
        host: String,
        source: io::Error,
    },
    Connect {
        address: String,
        source: io::Error,
    },
    Proxy {
        address: String,
        what: String,
    },
    #[cfg(feature = "tls")]
    Tls {
        address: String,
        source: io::Error,
    },
}

/// One attempt to connect.
struct Attempt<'a> {
    connector: &'a Connector,
    route: &'a Route,
    watch: &'a Watch,
    /// What is being done, for the error when time runs out.
    doing: Cell<&'static str>,
}

impl Connector {
    pub(super) fn new(settings: ConnectSettings, limits: Limits) -> Connector {
        Connector {
            names: Names::new(settings.names),
            proxies: settings.proxy.proxies(),
            unix_socket: settings.unix_socket,
            #[cfg(feature = "tls")]
            tls: tls::Tls::new(settings.tls),
            limits,
        }
    }

    /// The way to where a request goes.
    ///
    /// # Errors
    /// [`Error::InvalidProxy`], if it leads over a proxy that cannot be used.
    #[inline]
    pub(super) fn route(&self, to: &Destination) -> Result<Route, Error> {
        let origin = Rc::clone(&to.origin);
        let proxy = match self.unix_socket {
            Some(_) => Ok(None),
            None => self.proxies.choose(&origin),
        };
        let proxy = proxy.map_err(|source| Error::InvalidProxy { url: to.shown(), source })?;
        Ok(Route { origin, proxy })
    }

    /// Connects, within the time for that.
    ///
    /// # Cancel safety
    /// Dropping it gives the connection up.
    pub(super) async fn connect(
        &self,
        to: &Destination,
        route: &Route,
        deadlines: &Deadlines,
        watch: &Watch,
    ) -> Result<Connection, Error> {
        let attempt = Attempt { connector: self, route, watch, doing: Cell::new("connecting") };
        match deadlines.connect(attempt.transport()).await {
            Ok(Ok(transport)) => Ok(Connection::new(transport)),
            Ok(Err(why)) => Err(why.into_error(to.shown())),
            Err(overrun) => Err(overrun.error(to.shown(), attempt.doing.get())),
        }
    }
}

impl Attempt<'_> {
    async fn transport(&self) -> Result<Transport, NoConnection> {
        let Attempt { connector, route, .. } = *self;
        let socket = match (&connector.unix_socket, &route.proxy) {
            (Some(path), _) => self.unix(path).await?,
            (None, None) => self.tcp(&route.origin.host, route.origin.port).await?,
            (None, Some(proxy)) => {
                let mut socket = self.tcp(&proxy.host, proxy.port).await?;
                if route.origin.scheme == Scheme::Https {
                    self.doing.set("asking the proxy for a tunnel");
                    let opened = proxy::open_tunnel(&mut socket, proxy, &route.origin, connector.limits).await;
                    let refused = |why: proxy::NoTunnel| NoConnection::Proxy {
                        address: proxy.to_string(),
                        what: why.to_string(),
                    };
                    opened.map_err(refused)?;
                }
                socket
            }
        };
        match route.origin.scheme {
            Scheme::Http => Ok(Transport::Plain(socket)),
            #[cfg(feature = "tls")]
            Scheme::Https => self.tls(socket).await,
            #[cfg(not(feature = "tls"))]
            Scheme::Https => unreachable!("no URL was accepted that needs TLS"),
        }
    }

    #[cfg(unix)]
    async fn unix(&self, path: &Path) -> Result<Socket, NoConnection> {
        let address = path.display().to_string();
        self.watch.tell(EventKind::ConnectBegin { address: &address });
        match crate::net::UnixStream::connect(path).await {
            Ok(stream) => {
                self.watch.tell(EventKind::ConnectEnd { address: &address });
                Ok(Socket::Unix(stream))
            }
            Err(error) => Err(NoConnection::Connect { address, source: bare(error) }),
        }
    }

    #[cfg(not(unix))]
    async fn unix(&self, _: &Path) -> Result<Socket, NoConnection> {
        unreachable!("no setting leads to a Unix socket here")
    }

    async fn tcp(&self, host: &Host<String>, port: u16) -> Result<Socket, NoConnection> {
        let addresses = match host {
            Host::Ipv4(ip) => vec![(*ip, port).into()],
            Host::Ipv6(ip) => vec![(*ip, port).into()],
            Host::Domain(name) => {
                self.doing.set("looking up the host");
                let found = self.connector.names.addresses(name, port, self.watch).await;
                found.map_err(|error| NoConnection::Resolve { host: name.clone(), source: bare(error) })?
            }
        };
        self.doing.set("connecting");
        let connected = happy_eyeballs::connect(addresses, self.watch).await;
        connected.map(Socket::Tcp).map_err(|failed| {
            let error = failed.into_io_error();
            let source = match host {
                Host::Domain(name) => {
                    self.connector.names.forget(name, port);
                    error // which of its addresses were tried is worth telling
                }
                _ => bare(error),
            };
            NoConnection::Connect { address: format!("{host}:{port}"), source }
        })
    }

    #[cfg(feature = "tls")]
    async fn tls(&self, socket: Socket) -> Result<Transport, NoConnection> {
        self.doing.set("in the TLS handshake");
        let origin = &self.route.origin;
        self.watch.tell_text(&origin.host, |host| EventKind::TlsBegin { host });
        match self.connector.tls.connect(socket, &origin.host).await {
            Ok(stream) => {
                self.watch.tell(EventKind::TlsEnd);
                Ok(Transport::Tls(Box::new(stream)))
            }
            Err(source) => Err(NoConnection::Tls { address: origin.to_string(), source }),
        }
    }
}

impl NoConnection {
    fn into_error(self, url: String) -> Error {
        match self {
            NoConnection::Resolve { host, source } => Error::Resolve { url, host, source },
            NoConnection::Connect { address, source } => Error::Connect { url, address, source },
            NoConnection::Proxy { address, what } => Error::Proxy { url, address, what },
            #[cfg(feature = "tls")]
            NoConnection::Tls { address, source } => Error::Tls { url, address, source },
        }
    }
}

/// The system's own error, where the text around it only says again what was tried.
fn bare(error: io::Error) -> io::Error {
    let system = error.get_ref().and_then(|around| around.source()?.downcast_ref::<io::Error>());
    match system.map(|system| (system.raw_os_error(), system)) {
        None => error,
        Some((Some(code), _)) => io::Error::from_raw_os_error(code),
        Some((None, system)) => io::Error::new(system.kind(), system.to_string()),
    }
}

/// Whether an error of a transport is one of TLS: what the other side sent is not what it should be.
pub(super) fn is_tls_error(error: &io::Error) -> bool {
    #[cfg(feature = "tls")]
    return tls::is_tls_error(error);
    #[cfg(not(feature = "tls"))]
    {
        let _ = error;
        false
    }
}
