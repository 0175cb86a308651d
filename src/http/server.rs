//! The other side: a small server, to be embedded in examples, tests and benchmarks.
//!
//! One task a connection, one handler for all. A request is read whole before the handler sees it,
//! and a response is written whole. There are no timeouts yet, so it is not meant to face the open
//! internet; its limits and its framing are those of the client, and as strict.

mod connection;
mod connections;
mod date;
mod reply;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use super::h1::Limits;
use crate::net::{Address, TcpListener};
use connection::ServerConnection;
use connections::Connections;

pub use reply::Reply;

/// A request as the handler gets it, with its whole body.
pub type Request = ::http::Request<Vec<u8>>;

/// An HTTP/1.1 server: keep-alive, pipelining, `Expect: 100-continue`, bodies with a length or
/// chunked, both ways.
///
/// ```
/// # glassloop::run(async {
/// use glassloop::http::{self, Reply, Server, StatusCode};
///
/// let server = Server::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/missing", server.local_addr());
/// let serving = glassloop::create_task(server.serve(async |request: http::Request| {
///     match request.uri().path() {
///         "/" => Reply::from("hello"),
///         _ => Reply::from(StatusCode::NOT_FOUND),
///     }
/// }));
/// assert_eq!(http::get(url).await?.status(), StatusCode::NOT_FOUND);
/// serving.cancel();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    settings: Settings,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    limits: Limits,
    max_body_bytes: u64,
}

impl Server {
    /// Listens on an address; port 0 asks the system for a free one.
    ///
    /// # Errors
    /// As [`TcpListener::bind`].
    pub async fn bind(address: impl Into<Address>) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let local_addr = listener.local_addr()?;
        let settings = Settings { limits: Limits::default(), max_body_bytes: 16 * 1024 * 1024 };
        Ok(Server { listener, local_addr, settings })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The longest request head, in bytes; beyond it the answer is 431. 64 KiB by default.
    pub fn max_head_bytes(mut self, bytes: usize) -> Server {
        self.settings.limits.head_bytes = bytes;
        self
    }

    /// The most header lines of a request; beyond it the answer is 431. 256 by default.
    pub fn max_headers(mut self, lines: usize) -> Server {
        self.settings.limits.headers = lines;
        self
    }

    /// The largest request body, in bytes; beyond it the answer is 413. 16 MiB by default.
    pub fn max_body_bytes(mut self, bytes: u64) -> Server {
        self.settings.max_body_bytes = bytes;
        self
    }

    /// Answers requests with this handler, for ever. Each connection is a task of its own; requests
    /// on one connection are answered one after the other, in order.
    ///
    /// A handler that panics costs its connection a 500, nobody else anything. A connection that
    /// cannot be accepted (no descriptor is free, say) does not end the server: it waits a moment.
    ///
    /// # Cancel safety
    /// Dropping the future closes the listener and every connection, at whatever they are.
    pub async fn serve<H, R>(self, handler: H) -> Infallible
    where
        H: AsyncFn(Request) -> R + 'static,
        R: Into<Reply> + 'static,
    {
        let handler = Rc::new(handler);
        let clock = Rc::new(date::DateClock::default());
        let connections = Connections::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let connection = ServerConnection::new(stream, self.settings, Rc::clone(&clock));
                    connections.spawn(connection.run(Rc::clone(&handler)));
                }
                Err(error) => {
                    if let Some(pause) = crate::net::accept_pause(&error) {
                        crate::sleep(pause).await;
                    }
                }
            }
        }
    }
}
