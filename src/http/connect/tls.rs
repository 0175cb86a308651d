//! TLS by rustls: who is trusted, and the handshake.

use std::cell::OnceCell;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use ::url::Host;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::transport::Socket;

mod identity;
mod roots;
mod stream;

pub use identity::{Identity, InvalidIdentity};
pub use roots::{Certificates, InvalidCertificates};
pub(in crate::http) use stream::TlsStream;

/// What the builder has been told of TLS.
#[derive(Clone, Default)]
pub(super) struct Settings {
    /// In place of the system's.
    pub(super) roots: Option<Certificates>,
    pub(super) accept_any: bool,
    pub(super) identity: Option<Identity>,
}

/// The TLS of a client: one configuration for all its connections, so that sessions can be resumed.
pub(super) struct Tls {
    settings: Settings,
    /// Made at first use, as reading the system's certificates takes a while.
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(settings: Settings) -> Tls {
        Tls { settings, config: OnceCell::new() }
    }

    /// Shakes hands with the host at the other end of the socket.
    ///
    /// # Errors
    /// Its certificate is not to be trusted, or is not its own; it does not speak TLS; it has closed.
    pub(super) async fn connect(&self, socket: Socket, host: &Host<String>) -> io::Result<TlsStream> {
        let config = self.config().await?;
        let session = rustls::ClientConnection::new(config, server_name(host)?).map_err(io::Error::other)?;
        TlsStream::handshake(socket, session.into()).await
    }

    async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let settings = self.settings.clone();
        // Some hundred files may have to be read: not here, where everything else would wait.
        let config = crate::to_thread(move || roots::client_config(&settings)).await?;
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("own_roots", &self.settings.roots.is_some())
            .field("accept_any", &self.settings.accept_any)
            .field("identity", &self.settings.identity)
            .finish_non_exhaustive()
    }
}

/// Whose certificate is expected. To a name, it is also said whom we want to speak to (SNI); to an address it is not.
fn server_name(host: &Host<String>) -> io::Result<ServerName<'static>> {
    match host {
        // The root's dot is no part of a name in a certificate (RFC 6066).
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error)),
        Host::Ipv4(ip) => Ok(ServerName::IpAddress(IpAddr::V4(*ip).into())),
        Host::Ipv6(ip) => Ok(ServerName::IpAddress(IpAddr::V6(*ip).into())),
    }
}

/// Whether an error is one of TLS, and not of the socket below it.
pub(super) fn is_tls_error(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_56_server_names_of_hosts_and_addresses() {
        let name = |host: &str| server_name(&Host::parse(host).unwrap()).unwrap();
        assert_eq!(name("A.test").to_str(), "a.test");
        assert_eq!(name("a.test.").to_str(), "a.test");
        assert_eq!(name("bücher.test").to_str(), "xn--bcher-kva.test");
        assert!(matches!(name("127.0.0.1"), ServerName::IpAddress(_)));
        assert!(matches!(name("[::1]"), ServerName::IpAddress(_)));
        let under_score = server_name(&Host::Domain("a b".to_owned()));
        assert_eq!(under_score.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
