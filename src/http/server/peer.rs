//! Who is at the other end of a connection.

use std::net::SocketAddr;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub(super) address: Option<SocketAddr>,
    pub(super) is_tls: bool,
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
}
