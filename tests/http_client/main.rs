//! The client against servers that write literal bytes.

mod errors;
mod exchange;
mod raw_server;
mod reuse;
mod time;

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
