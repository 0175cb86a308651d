//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Whom a request came from, as far as the connection tells: it is among the extensions of each request.
/// (aiohttp's `request.remote` and `request.secure`.)
///
/// Behind a proxy it is the proxy: whether its `Forwarded` header is to be believed, only the application knows.
///
/// ```
/// # glassloop::run(async {
/// use glassloop::http::{self, Peer, Server};
///
/// let server = Server::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/", server.local_addr());
/// glassloop::create_task(server.serve(async |request: http::Request| {
///     let peer = request.extensions().get::<Peer>().expect("always there");
///     peer.address().map_or("a neighbour".into(), |address| address.ip().to_string())
/// }))
/// .detach();
/// assert_eq!(http::get(url).await?.text().await?, "127.0.0.1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Peer {
    pub(super) address: Option<SocketAddr>,
    pub(super) is_tls: bool,
    /// Counted, as each request of a connection has it.
    pub(super) certificate: Option<Arc<[u8]>>,
}

impl Peer {
    /// Its address and port; `None` over a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The certificate that it has shown and that was found good, in DER form, if the server asks for one
    /// ([`Server::mutual_tls`](super::Server::mutual_tls)). (Python: `getpeercert(binary_form=True)`.)
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Peer");
        shown.field("address", &self.address).field("is_tls", &self.is_tls);
        if let Some(certificate) = &self.certificate {
            shown.field("certificate", &format_args!("{} bytes", certificate.len()));
        }
        shown.finish()
    }
}
