//! The client against servers that write literal bytes.

mod connecting;
#[cfg(feature = "compression")]
mod content;
#[cfg(feature = "cookies")]
mod cookies;
mod dropping;
mod errors;
mod events;
mod exchange;
mod pitfalls;
mod pool;
mod proxy;
mod raw_server;
mod redirects;
mod requests;
mod reuse;
mod time;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_server;
mod upload;

use glassloop::http::{self, Client, Error};
use glassloop::{Clock, Runtime, run};
use raw_server::{RawServer, Recv, send};

pub(crate) fn run_virtual<T>(future: impl Future<Output = T>) -> T {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap().block_on(future).unwrap()
}

/// The body of the answer to a GET.
pub(crate) async fn text(client: &Client, url: String) -> Result<String, Error> {
    client.get(url).await?.text().await
}

/// What a client makes of these bytes, when the server closes behind them.
pub(crate) fn answer(bytes: &'static str) -> Result<String, Error> {
    run(async move {
        let server = RawServer::start(vec![vec![Recv, send(bytes)]]).await;
        http::get(server.url("/")).await?.text().await
    })
}
