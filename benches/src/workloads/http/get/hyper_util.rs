//! hyper-util's client with a pool, on tokio's `current_thread`.

use ::hyper::Uri;
use ::hyper::body::Bytes;
use ::hyper_util::client::legacy::Client;
use ::hyper_util::client::legacy::connect::HttpConnector;
use ::hyper_util::rt::TokioExecutor;
use http_body_util::{BodyExt, Empty};

use super::{Target, must};
use crate::workloads::http::on_tokio;

pub(super) fn get_for_ever(target: Target) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    on_tokio(target.concurrency, move || one_slot(client.clone(), target));
}

async fn one_slot(client: Client<HttpConnector, Empty<Bytes>>, target: Target) {
    loop {
        let response = must(client.get(must(target.url.parse::<Uri>())).await);
        let status = response.status().as_u16();
        target.count(status, &must(response.into_body().collect().await).to_bytes());
    }
}
