//! TLS on the server's side: who it says it is, and the handshake.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;

use crate::http::Identity;
use crate::http::connect::{Socket, TlsStream, Transport};

/// One configuration for all connections, so that sessions can be resumed.
#[derive(Clone)]
pub(super) struct Tls(Arc<ServerConfig>);

impl Tls {
    pub(super) fn new(identity: &Identity) -> Tls {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("the provider knows these versions");
        let mut config = builder.with_no_client_auth().with_cert_resolver(identity.resolver());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Tls(Arc::new(config))
    }

    /// Shakes hands with whoever is at the other end.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<Transport> {
        let session = rustls::ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        Ok(Transport::Tls(Box::new(TlsStream::handshake(socket, session.into()).await?)))
    }
}

/// Tells nothing: there is a key in it.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
