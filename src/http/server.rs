//! The other side: a server to be embedded, that may face the open internet.
//!
//! One task a connection, one handler for all. A handler gets a request as soon as its head is there, and reads the
//! body as it likes ([`Server::serve_streaming`]), or gets it with its whole body ([`Server::serve`]). What it answers
//! is sent whole, or as it comes. Limits and framing are those of the client, and stricter where the client has to be
//! lenient.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `server.rs` | how are connections accepted, and how does it all end? |
//! | `server/connection.rs` | what happens, in order, on one connection? |
//! | `server/wire.rs`, `server/output.rs` | how do bytes get from the socket to the codec and back, and who waits how long? |
//! | `server/request_body.rs`, `server/reply.rs` | what can a handler do with a request, and what can it answer? |
//! | `server/handler.rs`, `server/peer.rs` | what does a handler get, and whom is it from? |
//! | `server/tls.rs` | who does the server say it is, and whom does it let in? |
//! | `server/settings.rs`, `server/patience.rs` | how much may a client send, and how slowly? |
//! | `server/connections.rs`, `server/spare.rs`, `server/date.rs` | what do the connections share? |
//!
//! How requests are told apart, where two readers might disagree (request smuggling): a head ends its lines with CR LF,
//! and a line feed alone is refused; so are folded lines, blanks in front of a colon, more or fewer than one `Host` in
//! HTTP/1.1, a length that is not one plain number, a length beside a transfer coding, and any coding but `chunked`.
//! After a refusal the connection closes.

mod connection;
mod connections;
mod date;
mod handler;
mod output;
mod patience;
mod peer;
mod reply;
mod request_body;
mod settings;
mod spare;
#[cfg(feature = "tls")]
mod tls;
mod wire;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::rc::Rc;

use super::buffer::ReadBuffer;
use super::connect::Socket;
use crate::net::{Address, Family, Listener, Stream, Tcp, TcpListener};
#[cfg(unix)]
use crate::net::{Unix, UnixListener};
use crate::{CancelOnDrop, CancelToken, Semaphore};
use connections::Connections;
use settings::Settings;
use spare::Spare;

pub use peer::Peer;
pub use reply::Reply;
pub use request_body::{RequestBody, RequestBodyError};
pub(super) use wire::Wire;

/// A request as the handler of [`Server::serve`] gets it, with its whole body.
pub type Request = ::http::Request<Vec<u8>>;

/// An HTTP/1.1 server: keep-alive, pipelining, `Expect: 100-continue`, bodies with a length or chunked, both ways; over
/// TCP or a [Unix socket](Server::bind_unix), with or without [TLS](Server::tls). (aiohttp's `web.Server`.)
///
/// ```
/// # glassloop::run(async {
/// use glassloop::http::{self, Reply, Server, StatusCode};
///
/// let server = Server::bind("127.0.0.1:0").await?;
/// let url = format!("http://{}/missing", server.local_addr());
/// let stop = server.shutdown_token();
/// let serving = glassloop::create_task(server.serve(async |request: http::Request| {
///     match request.uri().path() {
///         "/" => Reply::from("hello"),
///         _ => Reply::from(StatusCode::NOT_FOUND),
///     }
/// }));
/// assert_eq!(http::get(url).await?.status(), StatusCode::NOT_FOUND);
/// stop.cancel();
/// assert_eq!(serving.await?, 0, "nobody had to be cut off");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Server<F: Family = Tcp> {
    listener: Listener<F>,
    local_addr: F::Addr,
    accepted: fn(Stream<F>, F::Addr) -> Accepted,
    settings: Settings,
    stop: CancelToken,
    /// They cancel the token.
    stoppers: Vec<CancelOnDrop<()>>,
}

/// A socket that was accepted, and the address at its other end, if it is one of the network.
type Accepted = (Socket, Option<SocketAddr>);

/// What the connections of a server have in common.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    clock: date::DateClock,
    stop: CancelToken,
    spare: Spare<ReadBuffer>,
    spare_output: Spare<Vec<u8>>,
}

impl Server<Tcp> {
    /// Listens on an address; port 0 asks the system for a free one.
    ///
    /// # Errors
    /// As [`TcpListener::bind`].
    pub async fn bind(address: impl Into<Address>) -> io::Result<Server> {
        Server::on(TcpListener::bind(address).await?)
    }

    /// Takes a listener that is there already.
    ///
    /// # Errors
    /// If the listener's address cannot be had.
    pub fn on(listener: TcpListener) -> io::Result<Server> {
        Server::with(listener, |stream, address| (stream.into(), Some(address)))
    }
}

#[cfg(unix)]
impl Server<Unix> {
    /// Listens at a path, which must not exist yet; its file is left there in the end. (aiohttp's `UnixSite`.)
    ///
    /// ```
    /// # glassloop::run(async {
    /// use glassloop::http::{Client, Request, Server};
    ///
    /// let path = std::env::temp_dir().join(format!("glassloop-doc-{}.sock", std::process::id()));
    /// let server = Server::bind_unix(&path)?;
    /// glassloop::create_task(server.serve(async |_: Request| "hello")).detach();
    /// let client = Client::builder().unix_socket(&path).build();
    /// assert_eq!(client.get("http://anybody/").await?.text().await?, "hello");
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`UnixListener::bind`].
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn bind_unix(path: impl AsRef<Path>) -> io::Result<Server<Unix>> {
        Server::on_unix(UnixListener::bind(path)?)
    }

    /// Takes a listener that is there already.
    ///
    /// # Errors
    /// If the listener's address cannot be had.
    pub fn on_unix(listener: UnixListener) -> io::Result<Server<Unix>> {
        Server::with(listener, |stream, _| (stream.into(), None))
    }
}

impl<F: Family> Server<F> {
    fn with(listener: Listener<F>, accepted: fn(Stream<F>, F::Addr) -> Accepted) -> io::Result<Server<F>> {
        let local_addr = listener.local_addr()?;
        let (settings, stop, stoppers) = (Settings::default(), CancelToken::new(), Vec::new());
        Ok(Server { listener, local_addr, accepted, settings, stop, stoppers })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> F::Addr {
        self.local_addr.clone()
    }

    /// Cancelling it shuts the server down in good order: it stops listening, closes connections that wait for a
    /// request, lets the others finish the one they are at (its answer says `Connection: close`), cuts off what is left
    /// after the [grace](Server::grace), and [`serve`](Server::serve) returns.
    pub fn shutdown_token(&self) -> CancelToken {
        self.stop.clone()
    }

    /// Shuts down as [`shutdown_token`](Server::shutdown_token) does when this future is done. It runs in a task of its
    /// own, which ends with the server.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn stop_when(mut self, future: impl Future<Output = ()> + 'static) -> Server<F> {
        let stop = self.stop.clone();
        let waiting = async move {
            future.await;
            stop.cancel();
        };
        self.stoppers.push(crate::cancel_on_drop(crate::create_task(waiting)));
        self
    }

    /// Shuts down in good order on SIGTERM and on Ctrl-C, which then interrupts no loop.
    ///
    /// # Errors
    /// When the system has no file descriptors left.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[cfg(unix)]
    #[track_caller]
    pub fn stop_on_signals(mut self) -> io::Result<Server<F>> {
        for number in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            let mut signal = crate::signal(number)?;
            self = self.stop_when(async move {
                // It fails only in another loop, where nobody could be told.
                let _ = signal.recv().await;
            });
        }
        Ok(self)
    }

    /// Answers requests with this handler, which gets them with their whole bodies, until it is [shut
    /// down](Server::shutdown_token). Each connection is a task of its own; requests on one connection are answered one
    /// after the other, in order. Says how many connections had to be cut off at the end.
    ///
    /// A body that cannot be had ([`RequestBodyError`]) is answered without asking the handler. A handler that panics
    /// costs its connection a 500, nobody else anything. A connection that cannot be accepted (no descriptor is free,
    /// say) does not end the server: it waits a moment.
    ///
    /// # Cancel safety
    /// Dropping the future closes the listener and every connection, at whatever they are.
    pub async fn serve<H, R>(self, handler: H) -> usize
    where
        H: AsyncFn(Request) -> R + 'static,
        R: Into<Reply> + 'static,
    {
        self.serve_streaming(async move |request: ::http::Request<RequestBody>| -> Result<Reply, RequestBodyError> {
            let (parts, body) = request.into_parts();
            let body = body.bytes().await?;
            Ok(handler(Request::from_parts(parts, body)).await.into())
        })
        .await
    }

    /// As [`serve`](Server::serve), for a handler that reads the bodies itself, as they come.
    ///
    /// ```
    /// # glassloop::run(async {
    /// use glassloop::http::{self, Reply, RequestBody, RequestBodyError, Server};
    ///
    /// async fn count(request: ::http::Request<RequestBody>) -> Result<Reply, RequestBodyError> {
    ///     let (mut body, mut bytes) = (request.into_body(), 0);
    ///     while let Some(chunk) = body.chunk().await? {
    ///         bytes += chunk.len();
    ///     }
    ///     Ok(Reply::json(&bytes))
    /// }
    ///
    /// let server = Server::bind("127.0.0.1:0").await?.max_body_bytes(u64::MAX);
    /// let url = format!("http://{}/", server.local_addr());
    /// glassloop::create_task(server.serve_streaming(count)).detach();
    /// let response = http::Client::new().post(url).body("hello").await?;
    /// assert_eq!(response.text().await?, "5");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    /// As [`serve`](Server::serve).
    pub async fn serve_streaming<H, R>(self, handler: H) -> usize
    where
        H: AsyncFn(::http::Request<RequestBody>) -> R + 'static,
        R: Into<Reply> + 'static,
    {
        let Server { listener, accepted, settings, stop, stoppers: _stoppers, .. } = self;
        let places = Semaphore::new(settings.connections).named("http connections");
        let (spare, spare_output) = (Spare::default(), Spare::default());
        let shared = Rc::new(Shared { settings, clock: date::DateClock::default(), stop, spare, spare_output });
        let connections = Connections::default();
        let handler = Rc::new(handler);

        let accepting = async {
            loop {
                let permit = places.acquire().await;
                match listener.accept().await {
                    Ok((stream, address)) => {
                        let idle = Rc::new(Cell::new(false));
                        let (shared, handler) = (Rc::clone(&shared), Rc::clone(&handler));
                        let connection =
                            connection::serve(accepted(stream, address), shared, Rc::clone(&idle), handler);
                        connections.spawn(connection, idle, permit);
                    }
                    Err(error) => {
                        if let Some(pause) = crate::net::accept_pause(&error) {
                            crate::sleep(pause).await;
                        }
                    }
                }
            }
        };
        let _: Option<()> = shared.stop.until_cancelled(accepting).await;
        drop(listener);
        connections.drain(shared.settings.grace).await
    }
}
