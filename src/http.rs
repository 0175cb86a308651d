//! An HTTP/1.1 client, and a small server to embed.
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
//! | `client.rs` | what happens, in order, when a request is sent? |
//! | `request.rs`, `response.rs` | what can be asked, and what can be done with the answer? |
//! | `origin.rs` | what does this URL lead to, and may it be used at all? |
//! | `pool.rs` | which connection is used again, and when is it not? |
//! | `connection.rs`, `buffer.rs` | how do bytes get from the socket to the codec and back? |
//! | `h1.rs`, `h1/` | what do the bytes mean? (no I/O) |
//! | `server.rs`, `server/` | the other side |
//! | `error.rs` | what can go wrong |
//!
//! Not here yet: TLS, redirects, cookies, compression, proxies.

pub mod h1;

mod auth;
mod buffer;
mod client;
mod connection;
mod error;
mod origin;
mod pool;
mod request;
mod response;
mod server;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
pub use ::url::Url;

pub use client::{Client, ClientBuilder, get};
pub use error::Error;
pub use request::{RequestBuilder, ResponseFuture};
pub use response::Response;
pub use server::{Reply, Request, Server};
