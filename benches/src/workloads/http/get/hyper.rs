//! A bare connection of hyper's for each slot, on tokio's `current_thread`.

use ::hyper::Request;
use ::hyper::body::Bytes;
use ::hyper::client::conn::http1::handshake;
use ::hyper::header::HOST;
use ::hyper_util::rt::TokioIo;
use http_body_util::{BodyExt, Empty};
use tokio::net::TcpStream;

use super::{Target, must};
use crate::workloads::http::on_tokio;

pub(super) fn get_for_ever(target: Target) {
    on_tokio(target.concurrency, move || one_slot(target));
}

async fn one_slot(target: Target) {
    let stream = must(TcpStream::connect(target.server).await);
    let (mut sender, connection) = must(handshake(TokioIo::new(stream)).await);
    tokio::spawn(async { must(connection.await) });
    let host = target.server.to_string();
    loop {
        must(sender.ready().await);
        let request = must(Request::get("/").header(HOST, &host).body(Empty::<Bytes>::new()));
        let response = must(sender.send_request(request).await);
        let status = response.status().as_u16();
        target.count(status, &must(response.into_body().collect().await).to_bytes());
    }
}
