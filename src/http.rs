//! An HTTP/1.1 client, and a server to embed.
//!
//! ```
//! # glassloop::run(async {
//! use glassloop::http::{self, Client, Server};
//!
//! let server = Server::bind("127.0.0.1:0").await?;
//! let base = format!("http://{}", server.local_addr());
//! glassloop::create_task(server.serve(async |request: http::Request| {
//!     format!("you asked for {}", request.uri())
//! })).detach();
//!
//! let client = Client::new();
//! let response = client.get(format!("{base}/posts/1")).await?.error_for_status()?;
//! assert_eq!(response.text().await?, "you asked for /posts/1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! The asyncio world's counterpart is aiohttp: a [`Client`] is its `ClientSession`.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `client.rs`, `client/execute.rs` | what happens, in order, when a request is sent? |
//! | `request.rs`, `request/encode.rs` | what can be asked, and what of it goes over the wire? |
//! | `body.rs`, `form.rs`, `multipart.rs`, `auth.rs` | what can be sent along? |
//! | `redirect.rs` | is a redirect followed, and what does the next request look like? |
//! | `cookies.rs` | which cookies are kept, and where do they go? |
//! | `response.rs`, `response/reading.rs` | what can be done with the answer? |
//! | `decode.rs`, `charset.rs` | what was encoded, and which text is that? (no I/O) |
//! | `origin.rs` | what does this URL lead to, and may it be used at all? |
//! | `pool.rs` | who may have a connection, which one is used again, and when is it not? |
//! | `connect.rs` | how does a connection come about: the name, the socket, the proxy, TLS? |
//! | `connection.rs`, `buffer.rs` | how do bytes get from the socket to the codec and back? |
//! | `upgraded.rs` | and if the two go on with another protocol? |
//! | `deadlines.rs`, `events.rs` | how long may it take, and who is told? |
//! | `h1.rs`, `h1/` | what do the bytes mean? (no I/O) |
//! | `server.rs`, `server/` | the other side |
//! | `error.rs` | what can go wrong |
//!
//! Not here: HTTP/2 and HTTP/3, WebSocket (but the way to it: [`Upgraded`]), Digest and NTLM credentials, SOCKS proxies, caching.

pub mod decode;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod h1;
pub mod multipart;
pub mod redirect;

mod auth;
mod body;
mod buffer;
mod charset;
mod client;
mod connect;
mod connection;
#[cfg(feature = "cookies")]
mod cookies;
mod deadlines;
mod error;
mod events;
mod form;
mod origin;
mod pool;
mod request;
mod response;
mod server;
mod upgraded;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
pub use ::url::Url;

pub use body::Body;
pub use client::{Client, ClientBuilder, get};
#[cfg(feature = "tls")]
pub use connect::{Certificates, Identity, InvalidCertificates, InvalidIdentity};
pub use connect::{InvalidProxy, Proxy};
pub use deadlines::TimeLimit;
pub use error::{Class, Error};
pub use events::{Event, EventKind};
pub use origin::redact;
pub use request::{RequestBuilder, ResponseFuture};
pub use response::{BytesStream, Response};
pub use server::{Peer, Reply, Request, RequestBody, RequestBodyError, Server};
pub use upgraded::Upgraded;
