//! TLS on the server's side: who it says it is, whom it lets in, and the handshake.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};

use crate::http::connect::{Socket, TlsStream, Transport};
use crate::http::{Certificates, Identity};

/// One configuration for all connections, so that sessions can be resumed, where nobody is asked for a certificate.
#[derive(Clone)]
pub(super) struct Tls(Arc<ServerConfig>);

/// Whether clients have to say who they are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Callers<'a> {
    /// They are not asked.
    Anybody,
    /// They may show a certificate of one of these authorities; one of another is refused.
    MayBeKnown(&'a Certificates),
    /// They have to show one.
    Known(&'a Certificates),
}

impl Callers<'_> {
    fn verifier(self) -> Arc<dyn ClientCertVerifier> {
        let (authorities, may_be_unknown) = match self {
            Callers::Anybody => return WebPkiClientVerifier::no_client_auth(),
            Callers::MayBeKnown(authorities) => (authorities, true),
            Callers::Known(authorities) => (authorities, false),
        };
        let provider = Arc::new(ring::default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(authorities.store(), provider);
        let builder = if may_be_unknown { builder.allow_unauthenticated() } else { builder };
        builder.build().expect("there is an authority, and no revocation list that could be bad")
    }
}

impl Tls {
    pub(super) fn new(identity: &Identity, callers: Callers<'_>) -> Tls {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("the provider knows these versions");
        let asks = !matches!(callers, Callers::Anybody);
        let builder = builder.with_client_cert_verifier(callers.verifier());
        let mut config = builder.with_cert_resolver(identity.resolver());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if asks {
            // Who resumes a session is not asked again, however long ago the certificate has expired.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Tls(Arc::new(config))
    }

    /// Shakes hands with whoever is at the other end. Who cannot, or may not come in, is told why.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<Transport> {
        let session = rustls::ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        let mut stream = Box::new(TlsStream::new(socket, session.into()));
        let shaken = poll_fn(|cx| stream.poll_handshake(cx)).await;
        if let Err(refusal) = shaken {
            // It may take its time; it has no more than this.
            let _ = crate::timeout(Duration::from_secs(1), let_go(stream.socket_mut())).await;
            return Err(refusal);
        }
        Ok(Transport::Tls(stream))
    }
}

/// Ends a socket on which an alert has just been sent. The client may have sent a request already: a close with unread
/// bytes would reset the connection, and the reset may overtake the alert.
async fn let_go(socket: &mut Socket) -> io::Result<()> {
    const MOST: usize = 64 * 1024;
    let (mut buffer, mut read) = ([0; 4096], 0);
    poll_fn(|cx| Pin::new(&mut *socket).poll_close(cx)).await?;
    while read < MOST {
        match poll_fn(|cx| Pin::new(&mut *socket).poll_read(cx, &mut buffer)).await? {
            0 => break,
            count => read += count,
        }
    }
    Ok(())
}

/// Tells nothing: there is a key in it.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
